"""Many comments are stored at once: what an archive brings. ``comments.lifecycle`` says where each stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Select, String, and_, bindparam, func, select, update

from moderation.storage.articles import Article, Place
from moderation.storage.authors import Author
from moderation.storage.base import one_of, table_of
from moderation.storage.comments import Comment
from moderation.storage.queue_index import QueueIndex
from moderation.storage.row_insert import RowInsert
from moderation.storage.search_index import enter_many_new, insert_comments
from moderation.storage.sites import Site

_COMMENTS, _ARTICLES, _AUTHORS = table_of(Comment), table_of(Article), table_of(Author)
_INDEX = table_of(QueueIndex)
_AT_ONCE = 500
"""Values that one statement asks for."""
_PLACE = ("shown", "opening", "replies_shown", "thread_id")
_PARENTS = (
    select(*(_COMMENTS.c[name] for name in ("id", "article_id", "parent_id", "depth", "published_at", *_PLACE)))
    .where(one_of(_COMMENTS.c.id, "asked"))
    .order_by(_COMMENTS.c.id)
    .with_for_update(key_share=True)
)
_PLACES = (
    select(
        *(_ARTICLES.c[name] for name in Place.__dataclass_fields__ if name in _ARTICLES.c),
        table_of(Site).c.rules_revision,
        _ARTICLES.c.joined_into,
    )
    .join_from(_ARTICLES, table_of(Site), table_of(Site).c.id == _ARTICLES.c.site_id)
    .where(one_of(_ARTICLES.c.id, "asked"))
    .order_by(_ARTICLES.c.id)
    .with_for_update(read=True, key_share=True, of=_ARTICLES)
)
_SET_PLACE = (
    update(_COMMENTS).where(_COMMENTS.c.id == bindparam("of")).values({name: bindparam(name) for name in _PLACE})
)
_SET_FIRST_SEEN = (
    update(_AUTHORS)
    .where(_AUTHORS.c.id == bindparam("of"), _AUTHORS.c.created_at > bindparam("since"))
    .values(created_at=bindparam("since"))
)
_LAST_NUMBER = select(func.max(_INDEX.c.number))
_insert_index = RowInsert(_INDEX)
_insert_counted = RowInsert(_INDEX, exclude=("number",))
_insert_authors = RowInsert(_AUTHORS)


def _named(column: Column[Any]) -> Mapping[str, Select[Any]]:
    """What a site's rows have in this column, and their ids: for each kind of database, asked for many at once."""
    table = column.table
    at_site = table.c.site_id == bindparam("site")
    # PostgreSQL knows little of a table that was empty a minute ago: given a list it would go through all of the site.
    asked = func.unnest(bindparam("asked", type_=ARRAY(String))).table_valued("value").render_derived(name="asked")
    return {
        "sqlite": select(column, table.c.id).where(at_site, one_of(column, "asked")),
        "postgresql": select(column, table.c.id).join_from(asked, table, and_(at_site, column == asked.c.value)),
    }


_KNOWN, _BY_KEY = _named(_COMMENTS.c.external_id), _named(_AUTHORS.c.key)


def known_comments(connection: Connection, site_id: str, external_ids: Collection[str]) -> dict[str, str]:
    """Our ids of those of a site's comments that have these ids there."""
    return _ids(connection, _KNOWN, site_id, external_ids)


def authors_among(connection: Connection, site_id: str, keys: Collection[str]) -> dict[str, str]:
    """The ids of a site's authors with these keys, by their keys."""
    return _ids(connection, _BY_KEY, site_id, keys)


def _ids(
    connection: Connection, query: Mapping[str, Select[Any]], site_id: str, names: Collection[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for asked in _chunks(sorted(names)):
        rows = connection.execute(query[connection.dialect.name], {"site": site_id, "asked": asked})
        found |= {row[0]: row[1] for row in rows}
    return found


def parents_among(connection: Connection, ids: Collection[str]) -> list[Mapping[str, Any]]:
    """What an answer's place hangs on, of these comments; they stay as they are until this transaction ends."""
    return [
        dict(row._mapping) for asked in _chunks(sorted(ids)) for row in connection.execute(_PARENTS, {"asked": asked})
    ]


def places_of(connection: Connection, article_ids: Collection[str]) -> dict[str, Place]:
    """These articles, by the ids that were asked for; of one that was joined the other. They stay where they are."""
    rows = {
        row.id: row for asked in _chunks(sorted(article_ids)) for row in connection.execute(_PLACES, {"asked": asked})
    }
    joined = {row.joined_into for row in rows.values() if row.joined_into is not None}
    into = places_of(connection, joined) if joined else {}
    return {
        id_: into[row.joined_into] if row.joined_into else Place(**{n: getattr(row, n) for n in _PLACE_FIELDS})
        for id_, row in rows.items()
    }


_PLACE_FIELDS = tuple(name for name in Place.__dataclass_fields__ if name != "revision")


def insert_authors(connection: Connection, authors: Sequence[Mapping[str, Any]]) -> None:
    """Stores new authors, each with all columns."""
    if authors:
        _insert_authors(connection, *authors)


def store_first_seen(connection: Connection, times: Mapping[str, datetime]) -> None:
    """These authors, by our ids, have written here since then at the latest."""
    if times:
        connection.execute(_SET_FIRST_SEEN, [{"of": id_, "since": since} for id_, since in sorted(times.items())])


def store_places(connection: Connection, comments: Sequence[Mapping[str, Any]]) -> None:
    """The places of these comments, which ``parents_among`` has read, are as they are here now."""
    if comments:
        steps = [{"of": one["id"], **{name: one[name] for name in _PLACE}} for one in comments]
        connection.execute(_SET_PLACE, steps)


def insert_many(
    connection: Connection, comments: Sequence[Mapping[str, Any]], index: Sequence[Mapping[str, Any]]
) -> None:
    """Stores comments, each behind its parent, with their rows of the queue index (but for ``number``) and what the
    search finds them by.
    """
    insert_comments(connection, comments)
    if connection.dialect.name != "sqlite":
        _insert_counted(connection, *index)
        return
    # The only writer counts by itself, so that the search knows each number.
    last = connection.scalar(_LAST_NUMBER) or 0
    _insert_index(connection, *({**row, "number": last + n} for n, row in enumerate(index, start=1)))
    enter_many_new(connection, enumerate(comments, start=last + 1))


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
