"""The comment section: articles by their addresses, a discussion's revision and notice, threads, and marks of authors

Threads of comments from before are filled in the background (``jobs/threads.py``); until then a thread is read level by
level. A discussion without a row, as a process of the version before leaves it, is read anew each time.
"""

import re
from urllib.parse import quote

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_CHUNK = 1000
_ADDRESS = re.compile(
    r"(?i)https?://([^/?#@\s\\:\[\]]{1,253})(?::([0-9]{1,5}))?(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
_TRACKING = re.compile(
    r"(?i)utm_.*|(?:fb|g|d|tw|y|tt)clid|msclkid|gbraid|wbraid|li_fat_id|mc_[ce]id|igsh(?:id)?|_g[al]|"
    r"ref_(?:src|url)|at_(?:medium|campaign)|cmp(?:id)?|_hs(?:enc|mi)|mkt_tok|s_cid|wt_mc|xtor|icid|ncid|smid|smtyp"
)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def upgrade() -> None:
    op.add_column("articles", sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(  # SQLite adds a reference only together with its column
        "ALTER TABLE articles ADD COLUMN joined_into VARCHAR "
        "CONSTRAINT fk_articles_joined_into REFERENCES articles (id)"
    )
    op.create_table(
        "discussions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_kind", sa.String(), nullable=True),
        sa.Column("notice", sa.String(), nullable=True),
        sa.Column("notice_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["articles.id"], name=op.f("fk_discussions_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussions")),
    )
    op.execute("INSERT INTO discussions (id, revision) SELECT id, 0 FROM articles")
    op.create_table(
        "article_addresses",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_article_addresses_site_id")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_addresses_article_id")),
        sa.PrimaryKeyConstraint("site_id", "address", name=op.f("pk_article_addresses")),
    )
    op.create_index(op.f("ix_article_addresses_article_id"), "article_addresses", ["article_id"])
    op.create_table(
        "marked_names",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_marked_names_site_id")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_marked_names_author_id")),
        sa.PrimaryKeyConstraint("site_id", "form", "author_id", name=op.f("pk_marked_names")),
    )
    op.create_index(op.f("ix_marked_names_author_id"), "marked_names", ["author_id"])
    op.execute(
        "ALTER TABLE comment_flags ADD COLUMN article_id VARCHAR "
        "CONSTRAINT fk_comment_flags_article_id REFERENCES articles (id)"
    )
    op.execute(  # few comments have flags
        "UPDATE comment_flags SET article_id = (SELECT article_id FROM comments WHERE id = comment_flags.comment_id)"
    )
    op.create_index("ix_comment_flags_article", "comment_flags", ["article_id", "kind"])
    op.execute(
        "ALTER TABLE comments ADD COLUMN thread_id VARCHAR CONSTRAINT fk_comments_thread_id REFERENCES comments (id)"
    )
    op.add_column("comments", sa.Column("marks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("comments", sa.Column("first", sa.Boolean(), nullable=False, server_default=sa.false()))
    shown = sa.text("shown IS TRUE")
    unfilled = sa.text("shown IS TRUE AND thread_id IS NULL")
    for name, columns, only in (
        ("ix_comments_threads", ["thread_id", "created_at", "id"], shown),
        ("ix_comments_published", ["article_id", "published_at"], shown),
        ("ix_comments_unthreaded", ["id"], unfilled),
    ):
        op.create_index(name, "comments", columns, sqlite_where=only, postgresql_where=only)
    _fill_addresses()


def _fill_addresses() -> None:
    """Every article is known by the address that its site gave; of several with one address by the newest's."""
    connection = op.get_bind()
    query = sa.text(
        "SELECT id, site_id, url, updated_at FROM articles WHERE id > :after AND url IS NOT NULL "
        "ORDER BY id LIMIT :many"
    )
    add = sa.text(
        "INSERT INTO article_addresses (site_id, address, article_id, made_at) VALUES (:site, :address, :id, :at) "
        "ON CONFLICT (site_id, address) DO UPDATE SET article_id = excluded.article_id"
    )
    after = ""
    while rows := connection.execute(query, {"after": after, "many": _CHUNK}).all():
        after = rows[-1].id
        for row in rows:
            address = _canonical(row.url)
            if address is not None:
                values = {"site": row.site_id, "address": address, "id": row.id, "at": row.updated_at}
                connection.execute(add, values)


def _canonical(url: str) -> str | None:
    found = _ADDRESS.fullmatch(url.strip()) if len(url) <= 2000 else None
    host = _host(found[1]) if found else None
    if found is None or not host:
        return None
    where = host if (found[2] or "") in ("", "80", "443") else f"{host}:{found[2]}"
    path = _escaped(found[3] or "").rstrip("/")
    parts = _escaped(found[4] or "").split("&")
    kept = sorted(part for part in parts if part and not _TRACKING.fullmatch(part.partition("=")[0]))
    whole = f"{where}{path}?{'&'.join(kept)}" if kept else f"{where}{path}"
    return whole if len(whole) <= 2000 else None


def _host(text: str) -> str | None:
    try:
        return text.lower().rstrip(".").encode("idna").decode("ascii").removeprefix("www.")
    except UnicodeError:
        return None


def _escaped(text: str) -> str:
    ascii_ = quote(text, safe="%/:@!$&'()*+,;=~?[]", errors="replace")

    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", plain, ascii_)
