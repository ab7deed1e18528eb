"""Labels that moderators elsewhere suggest"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "suggested_labels",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("client_token", sa.String(), nullable=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=True),
        sa.Column("pack", sa.String(), nullable=True),
        sa.Column("pack_version", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_suggested_labels_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggested_labels")),
    )
    kept = sa.text("text IS NOT NULL")
    op.create_index(
        "ix_suggested_labels_texts", "suggested_labels", ["created_at"], sqlite_where=kept, postgresql_where=kept
    )
    op.create_index("ix_suggested_labels_token", "suggested_labels", ["site_id", "client_token"], unique=False)
