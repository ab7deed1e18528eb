"""Readers' data are erased on request, step by step; legal holds stand in the way until they are lifted; a signed
checkpoint may stand in the place of an audit chain's old events
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

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
    op.create_index("ix_webhook_deliveries_about", "webhook_deliveries", ["subject"])
    op.create_table(
        "audit_checkpoints",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_checkpoints"),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


# A checkpoint names the last event that it stands for: what follows it in the chain is still there, and names its hash.
# It only moves on, and nothing behind it is deleted.
_SQLITE = (
    "DROP TRIGGER audit_events_delete",
    """CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
    WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE chain = OLD.chain AND sequence >= OLD.sequence)
    BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END""",
    """CREATE TRIGGER audit_checkpoints_insert BEFORE INSERT ON audit_checkpoints
    WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE chain = NEW.chain)
    OR NOT EXISTS (
        SELECT 1 FROM audit_events WHERE chain = NEW.chain AND sequence = NEW.sequence + 1 AND previous = NEW.hash
    )
    BEGIN SELECT RAISE(ABORT, 'an audit checkpoint fits its chain'); END""",
    """CREATE TRIGGER audit_checkpoints_update BEFORE UPDATE ON audit_checkpoints
    WHEN NEW.chain <> OLD.chain OR NEW.sequence <= OLD.sequence
    OR NOT EXISTS (
        SELECT 1 FROM audit_events WHERE chain = NEW.chain AND sequence = NEW.sequence + 1 AND previous = NEW.hash
    )
    BEGIN SELECT RAISE(ABORT, 'an audit checkpoint fits its chain, and only moves on'); END""",
    """CREATE TRIGGER audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'an audit checkpoint is never deleted'); END""",
)
_POSTGRESQL = (
    "DROP TRIGGER audit_events_change ON audit_events",
    """CREATE TRIGGER audit_events_change BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE FUNCTION audit_refuse_unpruned() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE chain = OLD.chain AND sequence >= OLD.sequence) THEN
            RAISE EXCEPTION 'the audit chain is never changed (% on %)', TG_OP, TG_TABLE_NAME;
        END IF;
        RETURN OLD;
    END $$""",
    """CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_unpruned()""",
    """CREATE FUNCTION audit_refuse_misfit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND (NEW.chain <> OLD.chain OR NEW.sequence <= OLD.sequence) OR NOT EXISTS (
            SELECT 1 FROM audit_events WHERE chain = NEW.chain AND sequence = NEW.sequence + 1 AND previous = NEW.hash
        ) THEN
            RAISE EXCEPTION 'an audit checkpoint fits its chain, and only moves on';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER audit_checkpoints_fit BEFORE INSERT OR UPDATE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_misfit()""",
    """CREATE TRIGGER audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_checkpoints_truncate BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)
