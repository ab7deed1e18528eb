"""The search index over comments: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL, both filled with the words
that ``core.search_words`` makes of a text and a name. The database itself drops a comment's words when its text
changes or it is erased; whoever changes a text enters it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, column, insert, table, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from moderation.core.text.search_words import Sought, words_in
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.row_insert import RowInsert

_MAX_BYTES = 1_000_000
"""So many bytes of words a tsvector holds, a mebibyte with those of a name."""
_SURELY_FITS = _MAX_BYTES // 8
"""Characters of a text whose words come to fewer bytes: of four bytes each, and twice where they are cut into pairs."""

_insert_comment = RowInsert(table_of(Comment))
_WITH_SEARCH = table(
    "comments", *(column(one.name, one.type) for one in table_of(Comment).c), column("search", TSVECTOR)
)
_INSERT_WITH_SEARCH = insert(_WITH_SEARCH)
_insert_with_search = RowInsert(_WITH_SEARCH)
_FTS5_DELETE = "DELETE FROM comment_search WHERE rowid = ?"
_FTS5_INSERT = "INSERT INTO comment_search (rowid, body, author_name) VALUES (?, ?, ?)"
_UPDATE = text("UPDATE comments SET search = CAST(:words AS tsvector) WHERE id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A comment to be found: its number in the queue index, its id, its text, its author's name."""

    number: int
    comment_id: str
    body: str
    author_name: str


def insert_comment(connection: Connection, comment: Mapping[str, Any]) -> None:
    """Stores a comment, on PostgreSQL with its words; on SQLite they follow under its number (``enter_new``)."""
    if connection.dialect.name == "sqlite":
        _insert_comment(connection, comment)
    else:
        words = tsvector(comment["body"], comment["author_name"])
        connection.execute(_INSERT_WITH_SEARCH, {**comment, "search": words})


def enter_new(connection: Connection, number: int, comment: Mapping[str, Any]) -> None:
    """The words of a comment that has just been stored."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_FTS5_INSERT, (number, *fts5_columns(comment["body"], comment["author_name"])))


def insert_comments(connection: Connection, comments: Sequence[Mapping[str, Any]]) -> None:
    """The same for many at once."""
    if connection.dialect.name == "sqlite":
        _insert_comment(connection, *comments)
    else:
        with_words = ({**one, "search": tsvector(one["body"], one["author_name"])} for one in comments)
        _insert_with_search.many(connection, with_words)


def enter_many_new(connection: Connection, comments: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """The words of comments that have just been stored under these numbers, on SQLite."""
    rows = [(number, *fts5_columns(one["body"], one["author_name"])) for number, one in comments]
    connection.exec_driver_sql(_FTS5_INSERT, rows)


def enter(connection: Connection, texts: Sequence[Text]) -> None:
    """These comments are found by these words, and no longer by others."""
    if not texts:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_FTS5_DELETE, [(one.number,) for one in texts])
        rows = [(one.number, *fts5_columns(one.body, one.author_name)) for one in texts]
        connection.exec_driver_sql(_FTS5_INSERT, rows)
    else:
        rows_of = [{"id": one.comment_id, "words": tsvector(one.body, one.author_name)} for one in texts]
        connection.execute(_UPDATE, rows_of)


@lru_cache(maxsize=10_000)  # most people write more than once
def _words_in_name(name: str) -> tuple[str, ...]:
    return tuple(words_in(name))


def fts5_columns(body: str, author_name: str) -> tuple[str, str]:
    """What FTS5 is given: words, which its tokenizer cuts at the spaces and nowhere else."""
    return " ".join(words_in(body)), " ".join(_words_in_name(author_name))


def tsvector(body: str, author_name: str) -> str:
    """The same for PostgreSQL, as it reads a tsvector: the name behind the text, so that no phrase spans both. It
    gathers the places of each word by itself, and keeps as many as it can.
    """
    words = words_in(body)
    if len(body) > _SURELY_FITS:
        words = _those_that_fit(words)
    name = _words_in_name(author_name)
    places = [f"'{word}':{place}" for place, word in enumerate(words, start=1)]
    places += [f"'{word}':{place}" for place, word in enumerate(name, start=len(words) + 2)]
    return " ".join(places)


def _those_that_fit(words: Sequence[str]) -> list[str]:
    sizes = accumulate(len(word.encode()) for word in words)
    return [word for word, size in zip(words, sizes, strict=True) if size <= _MAX_BYTES]


def fts5_query(find: Sequence[Sought]) -> str:
    """What FTS5 is asked. Words hold letters, marks and numbers alone: nothing in them needs escaping."""
    return " AND ".join(f'"{" ".join(piece.words)}"{"*" if piece.start else ""}' for piece in find)


def tsquery(find: Sequence[Sought]) -> str:
    """What PostgreSQL is asked, as it writes a tsquery."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in piece.words) + (":*" if piece.start else "") + ")" for piece in find
    )
