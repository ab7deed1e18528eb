"""The queue is sorted by severity: two columns of it, under which policy it was made, and which of the two counts"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SLOTS = ("severity", "severity_2")


def upgrade() -> None:
    for slot in _SLOTS:
        op.add_column("docket", sa.Column(slot, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("docket", sa.Column("severity_policy", sa.String(), nullable=True))
    # Until each is weighed, in the background, the order is what it was.
    op.execute("UPDATE docket SET severity = flags, severity_2 = flags, severity_policy = '' WHERE waiting IS TRUE")
    op.drop_index("ix_docket_flagged", "docket")
    op.drop_index("ix_docket_article", "docket")
    for slot in _SLOTS:
        falling = sa.text(f"{slot} DESC")
        op.create_index(f"ix_docket_{slot}", "docket", ["site_id", falling, "received_at", "number"], **_waiting())
        op.create_index(
            f"ix_docket_article_{slot}", "docket", ["article_id", falling, "received_at", "number"], **_waiting()
        )
    op.create_index("ix_docket_severity_policy", "docket", ["severity_policy", "number"], **_waiting())
    order = op.create_table(
        "severity_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serving", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("preparing", sa.String(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severity_order")),
    )
    op.bulk_insert(order, [{"id": 1, "serving": 0, "total": 0, "done": 0}])


def _waiting() -> dict[str, Any]:
    condition = sa.text("waiting IS TRUE")
    return {"sqlite_where": condition, "postgresql_where": condition}
