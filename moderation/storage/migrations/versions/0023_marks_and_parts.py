"""Marks of authors count, and articles that were joined can be parted again

Rows of the queue index from before say nothing of marks: what asks about them is skipped there. How strong names from
before are say the marks of their authors' comments. Of what was joined before nobody knows where it was: it stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_STRENGTHS = (("verified", 2), ("staff", 3))


def upgrade() -> None:
    for name in ("staff", "subscriber", "verified"):
        op.add_column("queue_index", sa.Column(name, sa.Boolean(), nullable=True))
    joined = sa.text("joined_into IS NOT NULL")
    op.create_index("ix_articles_joined", "articles", ["joined_into"], sqlite_where=joined, postgresql_where=joined)
    op.add_column("comments", sa.Column("joined_from", sa.String(), nullable=True))
    op.add_column("article_addresses", sa.Column("joined_from", sa.String(), nullable=True))
    moved = sa.text("joined_from IS NOT NULL")
    op.create_index("ix_comments_joined", "comments", ["joined_from"], sqlite_where=moved, postgresql_where=moved)
    op.add_column("marked_names", sa.Column("strength", sa.Integer(), nullable=False, server_default="1"))
    for mark, strength in _STRENGTHS:
        op.execute(
            sa.text(
                "UPDATE marked_names SET strength = :strength WHERE EXISTS (SELECT 1 FROM comments "
                "WHERE comments.author_id = marked_names.author_id AND CAST(comments.marks AS VARCHAR) LIKE :mark)"
            ).bindparams(strength=strength, mark=f'%"{mark}"%')
        )
