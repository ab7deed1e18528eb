"""A site's own export is read back: checked as a whole first, then stored batch by batch. Stopped and started again it
goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from moderation.accounts.passwords import NOT_CHOSEN
from moderation.accounts.sites import insert_site
from moderation.comments.lifecycle import put_back
from moderation.core.actor import IMPORT
from moderation.core.audit_chain import GENESIS, SYSTEM, AuditEvent, ChainHead, hashed_text, verify
from moderation.core.errors import ChainBroken
from moderation.core.keyring import Purpose
from moderation.imports.own_format import BY_NAME, QUEUE, QUEUE_TABLE, VERSION, Kind, of_json
from moderation.imports.reading import UnreadableArchive, json_lines, text_in
from moderation.imports.records import Untaken
from moderation.services import Services
from moderation.storage.accounts import Account
from moderation.storage.articles import Article
from moderation.storage.audit import EventRow, HeadRow, events_of, stored_head
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.database import lock
from moderation.storage.key_store import LOCK, Wrapping, add_key
from moderation.storage.keys import stored_keys
from moderation.storage.row_insert import RowInsert
from moderation.storage.sites import Site
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 500
_EVENT = ("sequence", "time", "actor", "event", "subject", "payload", "previous", "hash")
_insert_events = RowInsert(table_of(EventRow))


@dataclass(slots=True)
class Checked:
    """What an export says of itself, and that it is whole. ``keys`` open with a secret key of this installation."""

    site_id: str
    name: str
    keys: list[str]
    opened: bool
    head: ChainHead
    counts: Counter[str] = field(default_factory=Counter)


def check_export(services: Services, file: Path, site_id: str, read: Callable[[int], None]) -> Checked:
    """Reads an export from its beginning to its end and writes nothing. Raises ``UnreadableArchive``."""
    found: Checked | None = None
    last: Mapping[str, Any] | None = None
    events = _Chain(site_id)
    for where, line in _lines(file, read):
        kind = line.get("kind")
        if found is None:
            found = _header(services, file, site_id, line)
            continue
        if last is not None:
            raise UnreadableArchive(str(file), f"goes on after its end ({where}).")
        if kind == "end":
            last = line
            continue
        found.counts[str(kind)] += 1
        try:
            if kind == "event":
                events.add(_event(site_id, line))
            elif kind != "account":
                _row(line)
            elif text_in(line.get("id")) is None or text_in(line.get("name")) is None:
                raise ValueError("is an account without id or name")
        except (ValueError, ChainBroken) as error:
            raise UnreadableArchive(str(file), f"can’t be read back: {where} {error}.") from error
    if found is None or last is None or last.get("lines") != found.counts.total():
        raise UnreadableArchive(str(file), "isn’t whole: its last line is missing. Export the site again.")
    found.head = events.head
    return found


def read_back(
    services: Services, file: Path, site_id: str, checked: Checked, stored: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Stores a checked export; returns how many lines of each kind were new. Raises ``UnreadableArchive`` where the
    site has a life of its own already.
    """
    _check_free(services, file, site_id, checked)
    run_in_unit_of_work(services, lambda unit: _prepare(unit, services, site_id, checked))
    new: Counter[str] = Counter()
    joined: dict[str, str] = {}
    for kind, lines in _batches(file):
        try:
            new[kind] += run_in_unit_of_work(services, lambda unit: _store(unit, site_id, kind, lines, joined))  # noqa: B023
        except (IntegrityError, ValueError) as error:
            raise UnreadableArchive(
                str(file), f"can’t be read back: a line of kind {kind} fits nothing here."
            ) from error
        stored(len(lines))

    def finish(unit: UnitOfWork) -> None:
        for article_id, into in joined.items():
            unit.connection.execute(update(Article).where(Article.id == article_id).values(joined_into=into))
        if new.total():
            payload = {"lines": checked.counts.total(), "head": checked.head.hash}
            unit.event(SYSTEM, IMPORT, "site.restored", site_id, payload)

    run_in_unit_of_work(services, finish)
    return +new


# --- reading ----------------------------------------------------------------------------------------------------------


def _lines(file: Path, read: Callable[[int], None]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in json_lines(file, read):
        if isinstance(line, Untaken):
            raise UnreadableArchive(str(file), f"can’t be read back: {line.where}: {line.why}")
        where, value = line
        if not isinstance(value, dict):
            raise UnreadableArchive(str(file), f"can’t be read back: {where} is not a JSON object.")
        yield where, value


def _header(services: Services, file: Path, site_id: str, line: Mapping[str, Any]) -> Checked:
    if line.get("kind") != "export":
        raise UnreadableArchive(str(file), "is no export of this service: its first line doesn’t say so.")
    if line.get("version") != VERSION:
        raise UnreadableArchive(str(file), "was written by a newer version of this service; install that one.")
    if line.get("site") != site_id:
        other = text_in(line.get("site")) or "?"
        raise UnreadableArchive(
            str(file), f"is an export of the site {other[:64]!r}, whose audit chain bears its name: --site {other[:64]}"
        )
    keys = [one for one in line.get("identity_keys") or [] if isinstance(one, str)]
    wrapping = Wrapping(services.settings)
    opened = bool(keys) and all(wrapping.opened(one) is not None for one in keys)
    name = text_in(line.get("name")) or site_id
    return Checked(
        site_id=site_id, name=name, keys=keys, opened=opened, head=ChainHead(chain=site_id, sequence=0, hash=GENESIS)
    )


class _Chain:
    """Checks a chain's events as they come by."""

    def __init__(self, site_id: str) -> None:
        self.head = ChainHead(chain=site_id, sequence=0, hash=GENESIS)

    def add(self, event: AuditEvent) -> None:
        after = self.head if self.head.sequence else None
        self.head = verify(event.chain, [event], after=after)


def _event(site_id: str, line: Mapping[str, Any]) -> AuditEvent:
    if set(line) - {"kind"} != set(_EVENT) or type(line["sequence"]) is not int:
        raise ValueError("is no whole event")
    if not all(isinstance(line[name], str) and "\x00" not in line[name] for name in _EVENT if name != "sequence"):
        raise ValueError("is no whole event")
    parts = {name: line[name] for name in _EVENT}
    text = hashed_text(chain=site_id, **{name: part for name, part in parts.items() if name != "hash"})
    return AuditEvent(chain=site_id, text=text, **parts)


def _row(line: Mapping[str, Any]) -> tuple[Kind, dict[str, Any], dict[str, Any] | None]:
    """A line's row, and the row of the queue index that a comment's holds."""
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


def _batches(file: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    kind, batch = "", list[dict[str, Any]]()
    for _, line in _lines(file, lambda _: None):
        if line["kind"] in ("export", "end"):
            continue
        if batch and (line["kind"] != kind or len(batch) == AT_ONCE):
            yield kind, batch
            batch = []
        kind = line["kind"]
        batch.append(line)
    if batch:
        yield kind, batch


# --- storing ----------------------------------------------------------------------------------------------------------


def _check_free(services: Services, file: Path, site_id: str, checked: Checked) -> None:
    """Whether the site is new here, or has nothing but what this very export has brought before."""
    with services.database.reading() as session:
        head = stored_head(session, site_id)
        used = session.scalar(select(Article.id).where(Article.site_id == site_id).limit(1)) is not None
        if head is None and not used:
            return
        same = head is not None and 0 < head.sequence <= checked.head.sequence
        if same:
            events = (_event(site_id, line) for _, line in _lines(file, lambda _: None) if line["kind"] == "event")
            same = all(one == other for one, other in zip(events_of(session, site_id), events, strict=False))
    if not same:
        raise UnreadableArchive(
            str(file),
            f"can’t be read back: the site {site_id!r} has articles or an audit chain of its own here. Read it into a "
            "database where the site isn’t there yet, and make its keys afterwards.",
        )


def _prepare(unit: UnitOfWork, services: Services, site_id: str, checked: Checked) -> None:
    """The site is there, and the keys by which its authors are known again."""
    if unit.session.get(Site, site_id) is None:
        insert_site(unit, IMPORT, site_id, checked.name)
    lock(unit.connection, LOCK)
    wrapping = Wrapping(services.settings)
    known = {wrapping.opened(row.wrapped) for row in stored_keys(unit.session)}
    for secret in map(wrapping.opened, checked.keys):
        if secret is not None and secret not in known:
            row = add_key(unit.session, wrapping, Purpose.IDENTITY, unit.now, secret=secret)
            unit.event(SYSTEM, IMPORT, "key.imported", str(row.id), {"purpose": Purpose.IDENTITY.value})


def _store(
    unit: UnitOfWork, site_id: str, kind: str, lines: Sequence[Mapping[str, Any]], joined: dict[str, str]
) -> int:
    if kind == "account":
        return sum(_store_account(unit, str(line["id"]), str(line["name"])) for line in lines)
    if kind == "event":
        return _store_events(unit.connection, site_id, [_event(site_id, line) for line in lines])
    found = [_row(line) for line in lines]
    of = found[0][0]
    if of.mapped is Article:  # also of those that came before it was stopped: they are joined at the very end
        joined.update({row["id"]: row["joined_into"] for _, row, _ in found if row["joined_into"] is not None})
    known = _known(unit.connection, of, [row for _, row, _ in found])
    new = [(row, queue) for _, row, queue in found if _key(of, row) not in known]
    for row, _ in new:
        if row.get("site_id", site_id) != site_id:
            raise ValueError("is of another site")
    if not new:
        return 0
    rows = [row for row, _ in new]
    if of.mapped is Comment:
        rows = [{**row, "scoring_leased_until": None} for row in rows]
        index = [{**queue, "comment_id": row["id"], "site_id": site_id} for row, queue in new if queue is not None]
        put_back(unit, rows, index)
        return len(rows)
    if of.mapped is Article:  # one may be joined into another that comes later
        rows = [{**row, "joined_into": None} for row in rows]
    RowInsert(of.table)(unit.connection, *rows)
    return len(rows)


def _key(kind: Kind, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in kind.table.primary_key.columns)


def _known(connection: Connection, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """The keys of those of these rows that are stored already."""
    columns = list(kind.table.primary_key.columns)
    asked = [_key(kind, row) for row in rows]
    query = select(*columns)
    where = columns[0].in_([key[0] for key in asked]) if len(columns) == 1 else tuple_(*columns).in_(asked)
    return {tuple(row) for row in connection.execute(query.where(where))}


def _store_account(unit: UnitOfWork, id_: str, name: str) -> int:
    """Whoever decided something there is named here, but can't sign in; an account of that id here is left as it is."""
    if unit.session.get(Account, id_) is not None:
        return 0
    taken = unit.session.scalar(select(Account.id).where(Account.name == name)) is not None
    account = Account(
        id=id_,
        name=f"{name} ({id_[-6:]})" if taken else name,
        password_hash=NOT_CHOSEN,
        created_at=unit.now,
        disabled_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()
    unit.event(SYSTEM, IMPORT, "account.created", id_, {"roles": {}, "restored": True})
    return 1


def _store_events(connection: Connection, site_id: str, events: Sequence[AuditEvent]) -> int:
    """Events as they were chained, and the chain's head with them."""
    heads = table_of(HeadRow)
    head = connection.execute(select(heads).where(heads.c.chain == site_id).with_for_update()).first()
    new = [event for event in events if head is None or event.sequence > head.sequence]
    if not new:
        return 0
    names = tuple(AuditEvent.__dataclass_fields__)
    _insert_events(connection, *({name: getattr(event, name) for name in names} for event in new))
    values = {"sequence": new[-1].sequence, "hash": new[-1].hash}
    if head is None:
        connection.execute(insert(heads).values(chain=site_id, **values))
    else:
        connection.execute(update(heads).where(heads.c.chain == site_id).values(**values))
    return len(new)
