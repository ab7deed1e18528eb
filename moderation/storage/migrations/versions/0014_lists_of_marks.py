"""Lists of what is featured and of what waits for the newsroom, the newest mark first"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index("ix_marks_newest", "marks", ["kind", "made_at"])
