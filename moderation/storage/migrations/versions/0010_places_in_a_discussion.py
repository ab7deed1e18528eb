"""Where a comment stands among others, and whether readers see it, kept with the comment

Chains of replies become no deeper than the limit: who answered further down stands under the deepest comment that may
be answered, and still says whom they answer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

DEEPEST = 5

_DEPTHS = """
    WITH RECURSIVE thread (id, depth) AS (
        SELECT id, 0 FROM comments WHERE parent_id IS NULL
        UNION ALL
        SELECT c.id, t.depth + 1 FROM comments c JOIN thread t ON c.parent_id = t.id
    )
    UPDATE comments SET depth = thread.depth FROM thread WHERE comments.id = thread.id AND thread.depth > 0
"""
_TOO_DEEP = """
    WITH RECURSIVE thread (id, under) AS (
        SELECT id, parent_id FROM comments WHERE depth = :deepest
        UNION ALL
        SELECT c.id, t.under FROM comments c JOIN thread t ON c.parent_id = t.id
    )
    UPDATE comments SET in_reply_to = parent_id, parent_id = thread.under, depth = :deepest
    FROM thread WHERE comments.id = thread.id AND comments.depth > :deepest
"""
_COUNT = """
    UPDATE comments SET replies_shown = below.number
    FROM (SELECT parent_id, count(*) AS number FROM comments WHERE depth = :below AND shown GROUP BY parent_id) AS below
    WHERE comments.id = below.parent_id
"""
_SHOW = """
    UPDATE comments SET shown = TRUE
    WHERE depth = :depth AND (status = 'approved' OR (published_at IS NOT NULL AND replies_shown > 0))
"""
_OPEN = """
    UPDATE comments SET opening = TRUE
    WHERE shown AND NOT EXISTS (SELECT 1 FROM comments AS above WHERE above.id = comments.parent_id AND above.shown)
"""


def upgrade() -> None:
    op.execute(  # SQLite adds a reference only together with its column
        "ALTER TABLE comments ADD COLUMN in_reply_to VARCHAR "
        "CONSTRAINT fk_comments_in_reply_to REFERENCES comments (id)"
    )
    op.add_column("comments", sa.Column("depth", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("comments", sa.Column("shown", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comments", sa.Column("opening", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comments", sa.Column("replies_shown", sa.Integer(), nullable=False, server_default="0"))
    connection = op.get_bind()
    connection.execute(sa.text(_DEPTHS))
    connection.execute(sa.text(_TOO_DEEP), {"deepest": DEEPEST})
    for depth in range(DEEPEST, -1, -1):
        connection.execute(sa.text(_COUNT), {"below": depth + 1})
        connection.execute(sa.text(_SHOW), {"depth": depth})
    connection.execute(sa.text(_OPEN))
    shown, openings = sa.text("shown IS TRUE"), sa.text("shown IS TRUE AND opening IS TRUE")
    for name, columns, only in (
        ("ix_comments_shown", ["article_id", "created_at", "id"], shown),
        ("ix_comments_openings", ["article_id", "created_at", "id"], openings),
        ("ix_comments_replies", ["parent_id", "created_at", "id"], shown),
    ):
        op.create_index(name, "comments", columns, sqlite_where=only, postgresql_where=only)
