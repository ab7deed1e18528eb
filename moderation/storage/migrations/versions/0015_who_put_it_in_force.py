"""Who put a configuration in force: until now every one came from the file"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("configurations", sa.Column("actor", sa.String(), nullable=False, server_default="system"))
