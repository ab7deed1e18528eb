"""Mail: the addresses that readers and moderators left, and every letter that is to be sent or was"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reader_addresses",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("left_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_reader_addresses_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_reader_addresses")),
    )
    op.create_index(op.f("ix_reader_addresses_ends_at"), "reader_addresses", ["ends_at"])
    op.create_table(
        "digests",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_digests_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_digests")),
    )
    op.create_index(op.f("ix_digests_next_at"), "digests", ["next_at"])
    op.create_table(
        "mails",
        sa.Column("number", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=True),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.Column("begun_at", _TIME, nullable=True),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("dead_at", _TIME, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mails")),
    )
    waits, dead = sa.text("next_at IS NOT NULL"), sa.text("dead_at IS NOT NULL")
    op.create_index("ix_mails_due", "mails", ["next_at", "number"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_mails_dead", "mails", ["dead_at"], sqlite_where=dead, postgresql_where=dead)
    op.create_index("ix_mails_subject", "mails", ["subject", "kind"])
    op.create_index("ix_mails_recipient", "mails", ["recipient", "sent_at"])
