"""Archives come in: who was erased stays so, and Perspective's scores are kept beside ours"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "erased",
        sa.Column("site_id", sa.String(), sa.ForeignKey("sites.id", name="fk_erased_site_id"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "fingerprint", name="pk_erased"),
    )
    op.create_table(
        "perspective_scores",
        sa.Column(
            "comment_id",
            sa.String(),
            sa.ForeignKey("comments.id", name="fk_perspective_scores_comment_id"),
            nullable=False,
        ),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", "attribute", name="pk_perspective_scores"),
    )
