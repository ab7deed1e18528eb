"""Readers' data are erased on request, step by step; legal holds stand in the way until they are lifted."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("author_id", sa.String(), sa.ForeignKey("authors.id", name="fk_erasures_author_id"), nullable=False),
        sa.Column("site_id", sa.String(), sa.ForeignKey("sites.id", name="fk_erasures_site_id"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), sa.ForeignKey("accounts.id", name="fk_erasures_account_id")),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME, nullable=True),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("author_id", name="pk_erasures"),
    )
    waits = sa.text("done_at IS NULL")
    op.create_index("ix_erasures_waiting", "erasures", ["asked_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), sa.ForeignKey("sites.id", name="fk_holds_site_id"), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("lifted_at", _TIME, nullable=True),
        sa.Column("lifted_because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    stands = sa.text("lifted_at IS NULL")
    op.create_index(
        "ix_holds_standing", "holds", ["subject", "about"], unique=True, sqlite_where=stands, postgresql_where=stands
    )
    # What was sent about a comment is found by it.
    op.create_index("ix_webhook_deliveries_subject", "webhook_deliveries", ["subject"])
