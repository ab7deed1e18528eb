"""Since when a site has an article closed, by which what waits under it expires; and reports that still have a text

Of articles that are closed already, their last change is the nearest that is known: that is read as long as the column
is empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("articles", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    said = sa.text("text IS NOT NULL")
    op.create_index("ix_reports_texts", "reports", ["made_at"], sqlite_where=said, postgresql_where=said)
