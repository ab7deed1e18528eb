"""The secrets that Coral signs its requests with, and what classifiers beside the pack say of a comment."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("sites", sa.Column("coral_secret", sa.String(), nullable=True))
    op.add_column("sites", sa.Column("coral_former_secret", sa.String(), nullable=True))
    op.add_column("scores", sa.Column("outside", sa.JSON(), nullable=True))
    op.add_column("queue_index", sa.Column("outside", sa.JSON(), nullable=True))
