"""What a reader may do: edits of what waits, refused comments that were mended and sent again, and appeals"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "comment_edits",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_edits_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "revision", name=op.f("pk_comment_edits")),
    )
    op.create_table(
        "mended_comments",
        sa.Column("refused_id", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["refused_id"], ["comments.id"], name=op.f("fk_mended_comments_refused_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_mended_comments_comment_id")),
        sa.PrimaryKeyConstraint("refused_id", name=op.f("pk_mended_comments")),
    )
    op.create_index(op.f("ix_mended_comments_comment_id"), "mended_comments", ["comment_id"], unique=True)
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("reason_id", sa.String(), nullable=True),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("by_same", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_appeals_site_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_appeals_comment_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_appeals_decision_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name=op.f("fk_appeals_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    op.create_index(op.f("ix_appeals_comment_id"), "appeals", ["comment_id"], unique=True)
    waiting = sa.text("decided_at IS NULL")
    op.create_index("ix_appeals_open", "appeals", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_appeals_decided", "appeals", ["decided_at", "id"])
    op.create_index("ix_appeals_asked", "appeals", ["site_id", "asked_at"])
