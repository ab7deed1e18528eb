"""What is said of authors' names and of spam, and an index to find nearly the same text by"""

import sqlalchemy as sa
from alembic import op

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit")

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Of comments from before there is nothing: NULL doesn't apply, which is not the same as missing.
    op.add_column("comments", sa.Column("form_filled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("scores", sa.Column("spam", sa.Float(), nullable=True))
    op.add_column("scores", sa.Column("name_scores", sa.JSON(), nullable=True))
    op.add_column("docket", sa.Column("spam", sa.Float(), nullable=True))
    for label in LABELS:
        op.add_column("docket", sa.Column(f"name_{label}", sa.Float(), nullable=True))
    for name in ("name_links", "name_terms"):
        op.add_column("docket", sa.Column(name, sa.Integer(), nullable=True))
    for one, two in ((0, 1), (2, 3)):
        columns = [f"band_{one}", f"band_{two}", "site_id", "received_at"]
        op.create_index(f"ix_docket_alike_{one}{two}", "docket", columns)
