"""Who put a configuration in force: until now every one came from the file"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("configurations", sa.Column("actor", sa.String(), nullable=False, server_default="system"))
