"""A site's own export is checked as a whole before anything of it is stored: each line by itself, its chain, and what
its lines say of each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from moderation.core.audit_chain import GENESIS, AuditEvent, ChainHead, hashed_text, verify
from moderation.core.errors import ChainBroken
from moderation.core.text.written import is_storable
from moderation.imports.own_format import BY_NAME, EVENT, QUEUE, QUEUE_TABLE, VERSION, Kind, of_json
from moderation.imports.reading import UnreadableArchive, json_lines, text_in
from moderation.imports.records import Untaken
from moderation.imports.references import INDEXED, Rows
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.audit import events_of, stored_head
from moderation.storage.comments import Comment
from moderation.storage.key_store import Wrapping

LONGEST_NAME = 200
"""Characters of an account's id or name."""
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class Checked:
    """What an export says of itself, and that it is whole. ``keys`` open with a secret key of this installation."""

    site_id: str
    name: str
    keys: list[str]
    opened: bool
    head: ChainHead
    checkpoint: ChainHead | None = None
    """What the export's chain goes on from, where its old events were pruned."""
    counts: Counter[str] = field(default_factory=Counter)


def check_export(services: Services, file: Path, site_id: str, read: Callable[[int], None]) -> Checked:
    """Reads an export from its beginning to its end and writes nothing: what has passed can be stored, and all of it.
    Raises ``UnreadableArchive``, also where the site has a life of its own here.
    """
    found: Checked | None = None
    last: Mapping[str, Any] | None = None
    chain = ChainHead(chain=site_id, sequence=0, hash=GENESIS)
    with services.database.asking() as connection, closing(Rows(connection, site_id)) as rows:
        for where, line in lines_of(file, read):
            kind = line.get("kind")
            if found is None:
                found = _header(services, file, site_id, line)
                chain = found.checkpoint or chain
                continue
            if last is not None:
                raise UnreadableArchive(str(file), f"goes on after its end ({where}).")
            if kind == "end":
                last = line
                continue
            found.counts[str(kind)] += 1
            try:
                if kind == "event":
                    after = chain if chain.sequence else None
                    chain = verify(site_id, [event_of(site_id, line)], after=after)
                elif kind == "account":
                    rows.add_account(*account_of(line))
                else:
                    rows.add(*row_of(line))
            except (ValueError, ChainBroken) as error:
                raise UnreadableArchive(str(file), f"can’t be read back: {where} {error}.") from error
        try:
            rows.end()
        except ValueError as error:
            raise UnreadableArchive(str(file), f"can’t be read back: it {error}.") from error
    if found is None or last is None or last.get("lines") != found.counts.total():
        raise UnreadableArchive(str(file), "isn’t whole: its last line is missing. Export the site again.")
    if last.get("head") != (chain.hash if chain.sequence else None):
        raise UnreadableArchive(str(file), "isn’t whole: its chain ends before its head. Export the site again.")
    found.head = chain
    _check_free(services, file, found)
    return found


# --- line by line -----------------------------------------------------------------------------------------------------


def lines_of(file: Path, read: Callable[[int], None] = lambda _: None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place and object. Raises ``UnreadableArchive``."""
    for line in json_lines(file, read):
        if isinstance(line, Untaken):
            raise UnreadableArchive(str(file), f"can’t be read back: {line.where}: {line.why}")
        where, value = line
        if not isinstance(value, dict):
            raise UnreadableArchive(str(file), f"can’t be read back: {where} is not a JSON object.")
        yield where, value


def event_of(site_id: str, line: Mapping[str, Any]) -> AuditEvent:
    """The audit event that a line holds. Raises ``ValueError``, in words."""
    parts = {name: line.get(name) for name in EVENT}
    texts = [part for name, part in parts.items() if name != "sequence"]
    if set(line) - {"kind"} != set(EVENT) or type(parts["sequence"]) is not int:
        raise ValueError("is no whole event")
    if not all(isinstance(text, str) and is_storable(text) for text in texts):
        raise ValueError("is no whole event")
    if len(str(parts["subject"]).encode()) > INDEXED:
        raise ValueError("is about something whose name is too long to be kept")
    known: dict[str, Any] = parts
    text = hashed_text(chain=site_id, **{name: part for name, part in known.items() if name != "hash"})
    return AuditEvent(chain=site_id, text=text, **known)


def row_of(line: Mapping[str, Any]) -> tuple[Kind, dict[str, Any], dict[str, Any] | None]:
    """A line's row, and the row of the queue index that a comment's holds. Raises ``ValueError``, in words."""
    kind = BY_NAME.get(str(line.get("kind")))
    if kind is None:
        raise ValueError(f"is of a kind that this version doesn’t know: {str(line.get('kind'))[:60]!r}")
    row = of_json(kind.table, line, beside=(QUEUE,) if kind.mapped is Comment else ())
    if kind.mapped is not Comment:
        return kind, row, None
    queue = line.get(QUEUE)
    if not isinstance(queue, dict):
        raise ValueError(f"lacks {QUEUE!r}")
    return kind, row, of_json(QUEUE_TABLE, queue)


def account_of(line: Mapping[str, Any]) -> tuple[str, str]:
    """The id and the name of the account that a line holds. Raises ``ValueError``, in words."""
    id_, name = text_in(line.get("id")), text_in(line.get("name"))
    if id_ is None or name is None:
        raise ValueError("is an account without id or name")
    if not all(len(one) <= LONGEST_NAME and is_storable(one) for one in (id_, name)):
        raise ValueError("is an account whose id or name can’t be kept")
    return id_, name


def _header(services: Services, file: Path, site_id: str, line: Mapping[str, Any]) -> Checked:
    if line.get("kind") != "export":
        raise UnreadableArchive(str(file), "is no export of this service: its first line doesn’t say so.")
    if line.get("version") != VERSION:
        raise UnreadableArchive(str(file), "was written by a newer version of this service; install that one.")
    if line.get("site") != site_id:
        other = (text_in(line.get("site")) or "?")[:64]
        raise UnreadableArchive(
            str(file), f"is an export of the site {other!r}, whose audit chain bears its name: --site {other}"
        )
    keys, name = line.get("identity_keys") or [], text_in(line.get("name")) or site_id
    if not isinstance(keys, list) or not all(isinstance(one, str) and one.isascii() for one in keys):
        raise UnreadableArchive(str(file), "has identity_keys that can’t be read. Export the site again.")
    if not is_storable(name):
        raise UnreadableArchive(str(file), "has a name of its site that can’t be kept. Export the site again.")
    wrapping = Wrapping(services.settings)
    opened = bool(keys) and all(wrapping.opened(one) is not None for one in keys)
    head = ChainHead(chain=site_id, sequence=0, hash=GENESIS)
    checkpoint = _checkpoint(file, site_id, line.get("checkpoint"))
    return Checked(site_id=site_id, name=name, keys=keys, opened=opened, head=head, checkpoint=checkpoint)


def _checkpoint(file: Path, site_id: str, given: Any) -> ChainHead | None:
    if given is None:
        return None
    sequence, hash_ = (given.get("sequence"), given.get("hash")) if isinstance(given, dict) else (None, None)
    if (
        type(sequence) is not int
        or not 0 < sequence < 2**53
        or not isinstance(hash_, str)
        or not _HASH.fullmatch(hash_)
    ):
        raise UnreadableArchive(str(file), "has a checkpoint that can’t be read. Export the site again.")
    return ChainHead(chain=site_id, sequence=sequence, hash=hash_)


# --- what is here -----------------------------------------------------------------------------------------------------


def _check_free(services: Services, file: Path, found: Checked) -> None:
    """Whether the site is new here, or has nothing but what this very export has brought before."""
    site_id = found.site_id
    with services.database.reading() as session:
        head = stored_head(session, site_id)
        used = session.scalar(select(Article.id).where(Article.site_id == site_id).limit(1)) is not None
        if head is None and not used:
            return
        same = head is not None and 0 < head.sequence <= found.head.sequence
        if same:
            events = (event_of(site_id, line) for _, line in lines_of(file) if line["kind"] == "event")
            same = all(one == other for one, other in zip(events_of(session, site_id), events, strict=False))
    if not same:
        raise UnreadableArchive(
            str(file),
            f"can’t be read back: the site {site_id!r} has articles or an audit chain of its own here. Read it into a "
            "database where the site isn’t there yet, and make its keys afterwards.",
        )
