"""Work is claimed in one way: a site's unscored comments are found by themselves, and the queue's order has a lease

The index is made anew rather than a second one beside it: a process of the version before finds what waits in it too,
in another order, and only what waits for its scores is in it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_UNSCORED = sa.text("scored IS FALSE")


def upgrade() -> None:
    op.drop_index("ix_comments_unscored", "comments")
    op.create_index(
        "ix_comments_unscored",
        "comments",
        ["site_id", "received_at"],
        sqlite_where=_UNSCORED,
        postgresql_where=_UNSCORED,
    )
    op.add_column("severity_order", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
