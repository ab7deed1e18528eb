"""What each scored comment speaks of, as its pack sees it: relevance is told from what stands under an article too."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("scores", sa.Column("subject", sa.LargeBinary(), nullable=True))
    op.add_column("scores", sa.Column("subject_by", sa.String(), nullable=True))
