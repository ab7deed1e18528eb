"""Everything of a site goes out into one file as it stood at one moment, chunk by chunk, while the service goes on."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Select, func, select, tuple_, union
from sqlalchemy.orm import Session

from moderation.accounts.sites import site_named
from moderation.imports.own_format import EVENT, KINDS, QUEUE, QUEUE_TABLE, VERSION, Kind, as_json, of_site
from moderation.services import Services
from moderation.storage.accounts import Account
from moderation.storage.audit import events_of, stored_head
from moderation.storage.audit_checkpoints import checkpoint_of
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.key_store import Wrapping

CHUNK = 1000


def export_site(
    services: Services, site_id: str, file: Path, *, written: Callable[[int], None] = lambda _: None
) -> Mapping[str, int]:
    """Writes a site into a file, which nobody else may read, and which is whole or not there. Returns how many lines of
    each kind. ``written`` is told of lines as they go. Raises ``InvalidField`` for a site that isn't there.

    What comes in meanwhile is not in it.
    """
    wrapping = Wrapping(services.settings)
    counts: Counter[str] = Counter()
    with services.database.snapshot() as session, whole_or_not_there(file) as lines:
        site, head = site_named(session, site_id), stored_head(session, site_id)
        checkpoint = checkpoint_of(session, site_id)
        first = {
            "kind": "export",
            "version": VERSION,
            "site": site_id,
            "name": site.name,
            "made_at": f"{services.clock():%Y-%m-%dT%H:%M:%SZ}",
            "checkpoint": {"sequence": checkpoint.sequence, "hash": checkpoint.hash} if checkpoint else None,
            "identity_keys": [wrapping.sealed(secret) for secret in reversed(services.keys.identity.secrets)],
        }
        _write(lines, first)
        for line in _lines(session, site_id):
            _write(lines, line)
            counts[line["kind"]] += 1
            written(1)
        _write(lines, {"kind": "end", "lines": counts.total(), "head": head.hash if head else None})
    return counts


def how_many_lines(services: Services, site_id: str) -> int:
    """About how many lines there will be: comments, their decisions and events."""
    with services.database.reading() as session:
        comments = session.scalar(select(func.count()).where(Comment.site_id == site_id)) or 0
        head = stored_head(session, site_id)
    return 2 * comments + (head.sequence if head else 0)


@contextmanager
def whole_or_not_there(file: Path) -> Iterator[TextIO]:
    """A file for nobody else's eyes, which gets its name when all of it is on the disk."""
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)  # one that is there may be open to more eyes
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as lines:
            yield lines
            lines.flush()
            os.fsync(lines.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(lines: TextIO, line: Mapping[str, Any]) -> None:
    lines.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _lines(session: Session, site_id: str) -> Iterator[dict[str, Any]]:
    for account in session.execute(_named_accounts(site_id)):
        yield {"kind": "account", "id": account.id, "name": account.name}
    checkpoint = checkpoint_of(session, site_id)
    for event in events_of(session, site_id, after=checkpoint.sequence if checkpoint else 0):
        yield {"kind": "event", **{name: getattr(event, name) for name in EVENT}}
    for kind in KINDS:
        rows = _comments(session, site_id) if kind.mapped is Comment else _rows(session, kind, site_id)
        for row in rows:
            yield {"kind": kind.name, **row}


def _rows(session: Session, kind: Kind, site_id: str) -> Iterator[dict[str, Any]]:
    table = kind.table
    keys = list(table.primary_key.columns)
    query = select(table).where(of_site(kind, site_id)).order_by(*keys).limit(CHUNK)
    after: tuple[Any, ...] | None = None
    while True:
        chunk = session.execute(query if after is None else query.where(tuple_(*keys) > tuple_(*after))).all()
        for row in chunk:
            yield as_json(table, dict(row._mapping))
        if len(chunk) < CHUNK:
            return
        after = tuple(chunk[-1]._mapping[key.name] for key in keys)


def _named_accounts(site_id: str) -> Select[str, str]:
    """The accounts that this site's rows name, and no others."""
    accounts = table_of(Account)
    naming = [
        select(column).where(of_site(kind, site_id), column.is_not(None))
        for kind in KINDS
        for column in kind.table.c
        if any(key.column.table is accounts for key in column.foreign_keys)
    ]
    return select(Account.id, Account.name).where(Account.id.in_(union(*naming))).order_by(Account.id)


def _comments(session: Session, site_id: str) -> Iterator[dict[str, Any]]:
    """Comments in the order of their arrival, each behind what it answers; with what the desk sorts by."""
    comments = table_of(Comment)
    number = QUEUE_TABLE.c.number
    query: Select[Any] = (
        select(comments, *(column.label(f"queue_{column.name}") for column in QUEUE_TABLE.c))
        .join_from(comments, QUEUE_TABLE, QUEUE_TABLE.c.comment_id == comments.c.id)
        .where(comments.c.site_id == site_id)
        .order_by(number)
        .limit(CHUNK)
    )
    after = -1
    while True:
        chunk = session.execute(query.where(number > after)).all()
        for row in chunk:
            whole = dict(row._mapping)
            index = {column.name: whole[f"queue_{column.name}"] for column in QUEUE_TABLE.c}
            yield {**as_json(comments, whole), QUEUE: as_json(QUEUE_TABLE, index)}
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].queue_number
