"""Readers by a site's own login: the keys that its tokens are signed with, and what is known of an author's record

Rows of the queue index from before say nothing of the record: what asks about it is skipped there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reader_keys",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("site_id", sa.String(), sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("fetched_at", _TIME, nullable=True),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
    )
    op.create_index("ix_reader_keys_site_id", "reader_keys", ["site_id"])
    op.add_column("sites", sa.Column("sign_in", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comments", sa.Column("trusted", sa.Boolean(), nullable=False, server_default=sa.false()))
    decided = sa.text("status IN ('approved', 'rejected')")
    op.create_index(
        "ix_comments_author_decided",
        "comments",
        ["author_id", "decided_at"],
        sqlite_where=decided,
        postgresql_where=decided,
    )
    op.add_column("queue_index", sa.Column("author_age_days", sa.Integer(), nullable=True))
    op.add_column("queue_index", sa.Column("author_rejected_share", sa.Float(), nullable=True))
