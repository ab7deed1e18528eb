"""The language in which an account wants its pages; empty: that of the site, else of the browser."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("language", sa.String(), nullable=True))
