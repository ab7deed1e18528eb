"""Webhooks: endpoints, deliveries, every try, a sequence for each subject; the outbox in order; how far chats are told

Events in the outbox from before have no number on PostgreSQL and are handed on to nobody: they are older than any
endpoint. A process of the version before goes on writing events, which get their number from the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("outbox", sa.Column("number", _BIG, nullable=True))
    if op.get_context().dialect.name == "postgresql":
        # Not an identity column, which would write the whole table anew.
        op.execute("CREATE SEQUENCE outbox_number OWNED BY outbox.number")
        op.execute("ALTER TABLE outbox ALTER COLUMN number SET DEFAULT nextval('outbox_number')")
    op.create_index(op.f("ix_outbox_number"), "outbox", ["number"])
    op.drop_index("ix_outbox_waiting", "outbox")
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("former_secret", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("removed_at", _TIME, nullable=True),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_webhook_endpoints_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(op.f("ix_webhook_endpoints_site_id"), "webhook_endpoints", ["site_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("number", _BIG, nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("happened_at", _TIME, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_tried_at", _TIME, nullable=True),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.Column("dead_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_deliveries_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook_deliveries")),
    )
    for name, columns, only in (
        ("ix_webhook_deliveries_due", ["endpoint_id", "next_at", "created_at"], sa.text("next_at IS NOT NULL")),
        ("ix_webhook_deliveries_dead", ["endpoint_id", "number", "dead_at"], sa.text("dead_at IS NOT NULL")),
        ("ix_webhook_deliveries_subject", ["endpoint_id", "subject", "number"], None),
        ("ix_webhook_deliveries_endpoint", ["endpoint_id", "number"], None),
    ):
        op.create_index(name, "webhook_deliveries", columns, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "webhook_attempts",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("delivery", _BIG, nullable=False),
        sa.Column("tried_at", _TIME, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["webhook_deliveries.number"], name=op.f("fk_webhook_attempts_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(op.f("ix_webhook_attempts_delivery"), "webhook_attempts", ["delivery"])
    op.create_table(
        "webhook_sequences",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_webhook_sequences")),
    )
    op.create_table(
        "alerts_told",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("told_until", _TIME, nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_alerts_told")),
    )
