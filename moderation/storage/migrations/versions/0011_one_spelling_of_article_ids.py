"""An article's id is kept in canonical Unicode: two spellings of one are the same article

Where both spellings are there already, each stays what it is: the canonical one is found from now on.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ARTICLES = sa.text("SELECT id, site_id, external_id FROM articles WHERE id > :after ORDER BY id LIMIT 1000")
_TAKEN = sa.text("SELECT 1 FROM articles WHERE site_id = :site AND external_id = :name")
_RENAME = sa.text("UPDATE articles SET external_id = :name WHERE id = :id")


def upgrade() -> None:
    connection = op.get_bind()
    after = ""
    while rows := connection.execute(_ARTICLES, {"after": after}).all():
        after = rows[-1].id
        for row in rows:
            name = unicodedata.normalize("NFC", row.external_id)
            if name != row.external_id and not connection.execute(_TAKEN, {"site": row.site_id, "name": name}).first():
                connection.execute(_RENAME, {"id": row.id, "name": name})
