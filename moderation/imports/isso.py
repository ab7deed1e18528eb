"""Isso: its SQLite database (``comments.db``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from moderation.core.comment import Status
from moderation.imports.reading import Broken, UnreadableArchive, moment, reference, tidy, unpacked
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record

_STATUS = {1: Status.APPROVED, 2: Status.PENDING, 4: Status.WITHDRAWN}
_THREADS = "SELECT id, uri, title FROM threads ORDER BY id"
_COMMENTS = (
    "SELECT id, tid, parent, created, mode, remote_addr, text, author, email, likes, dislikes FROM comments ORDER BY id"
)


def read(file: Path, options: Options) -> Iterator[Record]:
    """Threads and comments. Isso keeps paths: ``options.base_url`` is the site that they belong to."""
    try:
        with unpacked(file, options.progress) as plain, closing(_opened(plain)) as database:
            for ref, uri, title in database.execute(_THREADS):
                path = str(uri or "")
                yield Article(ref=str(ref), title=str(title or ""), url=_address(path, options), name=path or None)
            rows = database.execute(_COMMENTS)
            rows.row_factory = sqlite3.Row
            for row in rows:
                where = f"{file.name}, comment {row['id']}"
                try:
                    yield _comment(row, where, options)
                except Broken as broken:
                    yield broken.untaken(where, row["id"])
    except sqlite3.Error as error:
        raise UnreadableArchive(str(file), f"is no database of Isso, or is damaged: {error}.") from error


def _opened(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return database


def _address(path: str, options: Options) -> str | None:
    try:
        url = urljoin(options.base_url, path) if options.base_url else path
    except ValueError:  # what begins like an address, and is none
        return None
    return url if "://" in url else None


def _comment(row: Any, where: str, options: Options) -> Comment:
    status = _STATUS.get(row["mode"])
    if status is None:
        raise Broken("unknown_status", f"Its mode {str(row['mode'])[:40]} is none that Isso has.")
    votes = [row[name] for name in ("likes", "dislikes") if isinstance(row[name], int)]
    return Comment(
        ref=reference(row["id"], "id"),
        where=where,
        article=reference(row["tid"], "thread"),
        parent=None if row["parent"] is None else str(row["parent"]),
        author=Person(
            name=str(row["author"] or ""),
            email=str(row["email"]) if row["email"] else None,
            address=str(row["remote_addr"]) if row["remote_addr"] else None,
        ),
        body=tidy(str(row["text"] or "")),
        created_at=moment(row["created"], now=options.now),
        decided=Decided(status=status),
        votes=sum(votes),
    )
