"""The search knows the words of every script: what was found by the database's own idea of words is entered anew

Texts are cut into words by our own code now, the same on both databases. Triggers only take a comment's words away when
its text changes or it goes, so that nothing is found that is no longer there.
"""

import sqlalchemy as sa
from alembic import op

from moderation.storage.search_index import Text, enter

revision = "0012"
down_revision = "0011"

_SQLITE = (
    "DROP TRIGGER docket_search_insert",
    "DROP TRIGGER comments_search_update",
    "DROP TABLE comment_search",
    # It keeps its text, so that a comment's words can be taken away; how long each is nobody asks.
    "CREATE VIRTUAL TABLE comment_search USING fts5(body, author_name, tokenize='ascii', columnsize=0)",
    """CREATE TRIGGER comments_search_update AFTER UPDATE OF body, author_name ON comments BEGIN
        DELETE FROM comment_search WHERE rowid = (SELECT number FROM docket WHERE comment_id = OLD.id);
    END""",
    """CREATE TRIGGER docket_search_delete AFTER DELETE ON docket BEGIN
        DELETE FROM comment_search WHERE rowid = OLD.number;
    END""",
)
_POSTGRESQL = (
    "DROP INDEX ix_comments_search",
    "ALTER TABLE comments DROP COLUMN search",
    "ALTER TABLE comments ADD COLUMN search tsvector",
    """CREATE FUNCTION comments_search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.search IS NOT DISTINCT FROM OLD.search THEN NEW.search := NULL; END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER comments_search_update BEFORE UPDATE OF body, author_name ON comments FOR EACH ROW
        WHEN (OLD.body IS DISTINCT FROM NEW.body OR OLD.author_name IS DISTINCT FROM NEW.author_name)
        EXECUTE FUNCTION comments_search_changed()""",
)
_TEXTS = sa.text(
    """SELECT number, comment_id, body, author_name FROM docket JOIN comments ON comments.id = comment_id
    WHERE number > :after ORDER BY number LIMIT 1000"""
)


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for statement in _SQLITE if sqlite else _POSTGRESQL:
        op.execute(statement)
    after = 0
    while rows := connection.execute(_TEXTS, {"after": after}).mappings().all():
        after = rows[-1]["number"]
        enter(connection, [Text(**row) for row in rows])
    if not sqlite:
        op.execute("CREATE INDEX ix_comments_search ON comments USING gin (search)")
