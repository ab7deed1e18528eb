"""How many places of a comment hold private data; of comments decided before, none was looked for"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("docket", sa.Column("private_data", sa.Integer(), nullable=False, server_default="0"))
