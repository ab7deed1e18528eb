"""Readers report comments, and send notices of what they hold to be illegal, without an account"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_OPEN = sa.text("open_reports > 0")
_LEGAL: tuple[sa.Column[Any], ...] = (
    sa.Column("category", sa.String(), nullable=True),
    sa.Column("law", sa.String(), nullable=True),
    sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("good_faith", sa.Boolean(), nullable=True),
    sa.Column("notice_key", sa.String(), nullable=True),
    sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
)


def upgrade() -> None:
    op.create_table(
        "reporters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("rightly", sa.Integer(), nullable=False),
        sa.Column("wrongly", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_reporters_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporters")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_reporters_site_id_key")),
    )
    op.create_index("ix_reporters_newest", "reporters", ["site_id", "newest_at"])
    op.create_table(
        "reports",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("reporter_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("reason_id", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at_revision", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_reports_comment_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporters.id"], name=op.f("fk_reports_reporter_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_reports_site_id")),
        sa.PrimaryKeyConstraint("comment_id", "reporter_id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_reporter", "reports", ["reporter_id", "made_at"])
    op.create_index("ix_reports_site", "reports", ["site_id", "made_at"])
    op.create_table(
        "reported_comments",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("open_reports", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_reported_comments_comment_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_reported_comments_site_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_reported_comments")),
    )
    op.create_index(
        "ix_reported_comments_open",
        "reported_comments",
        ["site_id", "newest_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    for column in _LEGAL:
        op.add_column("legal_cases", column)
    op.create_index("ix_legal_cases_notice", "legal_cases", ["site_id", "notice_key"], unique=True)
