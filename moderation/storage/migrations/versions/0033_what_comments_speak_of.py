"""What each scored comment speaks of, as its pack sees it: relevance is told from what stands under an article too. A
comment that is too short to tell says so.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("scores", sa.Column("subject", sa.LargeBinary(), nullable=True))
    op.add_column("scores", sa.Column("subject_by", sa.String(), nullable=True))
    op.add_column("scores", sa.Column("relevance_note", sa.String(), nullable=True))
    op.add_column("queue_index", sa.Column("too_short", sa.Boolean(), nullable=True))
