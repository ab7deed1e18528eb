"""Late scores are leased, chains are recomputed in the background, and what only grows is numbered with 64 bits"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_WIDER = {
    "audit_events": ("sequence",),
    "audit_heads": ("sequence",),
    "docket": ("number",),
    "configurations": ("id",),
    "acts": ("total", "done", "passed"),
    "act_items": ("position",),
    "severity_order": ("total", "done"),
}
# The trigger names the column, so it goes and comes back: the table is locked all the while.
_HEAD_STAYS = """CREATE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads FOR EACH ROW
    WHEN (NEW.chain <> OLD.chain OR NEW.sequence <= OLD.sequence) EXECUTE FUNCTION audit_refuse()"""
_NUMBERED = {"docket": "number", "configurations": "id"}


def upgrade() -> None:
    op.add_column("comments", sa.Column("scoring_leased_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "chain_checks",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_checks")),
    )
    if op.get_bind().dialect.name == "sqlite":
        return  # its integers have 64 bits as they are
    op.execute("DROP TRIGGER audit_heads_update ON audit_heads")
    for table, columns in _WIDER.items():  # all of a table at once: each such statement writes it anew
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ALTER COLUMN {name} TYPE bigint" for name in columns))
    op.execute(_HEAD_STAYS)
    for table, column in _NUMBERED.items():
        sequence = op.get_bind().scalar(sa.text(f"SELECT pg_get_serial_sequence('{table}', '{column}')"))
        op.execute(f"ALTER SEQUENCE {sequence} AS bigint")
