"""When somebody last worked under a sign-in; empty: a version before this began it, and nothing came of it since."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("web_sessions", sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True))
