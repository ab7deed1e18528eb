"""Since when a site has an article closed: what waits under it expires by that

Of those that are closed already, their last change is the nearest that is known: they read it as long as this is empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("articles", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
