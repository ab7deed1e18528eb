"""Whom an account is at an OpenID provider, and which sign-ins came from there; empty: by password."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("oidc_issuer", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("oidc_subject", sa.String(), nullable=True))
    op.create_index("ix_accounts_oidc", "accounts", ["oidc_issuer", "oidc_subject"], unique=True)
    op.add_column("web_sessions", sa.Column("oidc_issuer", sa.String(), nullable=True))
