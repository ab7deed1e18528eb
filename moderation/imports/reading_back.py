"""A site's own export is read back: checked as a whole first, then stored batch by batch. Stopped and started again it
goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_, update
from sqlalchemy.exc import DataError, IntegrityError

from moderation.accounts.passwords import NOT_CHOSEN
from moderation.accounts.sites import insert_site
from moderation.comments.lifecycle import put_back
from moderation.core.actor import IMPORT
from moderation.core.audit_chain import SYSTEM, AuditEvent
from moderation.core.keyring import Purpose
from moderation.imports.checking import Checked, account_of, event_of, lines_of, row_of
from moderation.imports.own_format import Kind
from moderation.imports.reading import UnreadableArchive
from moderation.services import Services
from moderation.storage.accounts import Account
from moderation.storage.articles import Article
from moderation.storage.audit import EventRow, HeadRow
from moderation.storage.audit_checkpoints import checkpoint_of, keep_checkpoint
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.database import lock
from moderation.storage.key_store import LOCK, Wrapping, add_key
from moderation.storage.keys import stored_keys
from moderation.storage.row_insert import RowInsert
from moderation.storage.sites import Site
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 500
_insert_events = RowInsert(table_of(EventRow))


def read_back(
    services: Services, file: Path, site_id: str, checked: Checked, stored: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Stores an export that ``check_export`` has passed; returns how many lines of each kind were new."""
    secret = _signing_secret(services, checked) if checked.checkpoint is not None else None
    run_in_unit_of_work(services, lambda unit: _prepare(unit, services, site_id, checked))
    new: Counter[str] = Counter()
    joined: dict[str, str] = {}
    for kind, lines in _batches(file):
        try:
            new[kind] += run_in_unit_of_work(services, lambda unit: _store(unit, site_id, kind, lines, joined))  # noqa: B023
        except (IntegrityError, DataError, ValueError) as error:  # somebody writes into the site meanwhile
            why = f"can’t be read on: a line of kind {kind} fits nothing here. What stands before it is stored."
            raise UnreadableArchive(str(file), why) from error
        stored(len(lines))

    def finish(unit: UnitOfWork) -> None:
        if checked.checkpoint is not None and secret and checkpoint_of(unit.session, site_id) is None:
            keep_checkpoint(unit.session, checked.checkpoint, secret, unit.now)
        for article_id, into in joined.items():
            unit.connection.execute(update(Article).where(Article.id == article_id).values(joined_into=into))
        if new.total():
            payload = {"lines": checked.counts.total(), "head": checked.head.hash}
            unit.event(SYSTEM, IMPORT, "site.restored", site_id, payload)

    run_in_unit_of_work(services, finish)
    return +new


def _batches(file: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    kind, batch = "", list[dict[str, Any]]()
    for _, line in lines_of(file):
        if line["kind"] in ("export", "end"):
            continue
        if batch and (line["kind"] != kind or len(batch) == AT_ONCE):
            yield kind, batch
            batch = []
        kind = line["kind"]
        batch.append(line)
    if batch:
        yield kind, batch


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


def _signing_secret(services: Services, checked: Checked) -> str:
    """What a checkpoint is signed with here: the newest of the keys that come along, or where none can be read our own,
    which may have to be made first.
    """
    came = [secret for secret in map(Wrapping(services.settings).opened, checked.keys) if secret is not None]
    return came[-1] if came else services.keys.identity.newest.secret


def _store(
    unit: UnitOfWork, site_id: str, kind: str, lines: Sequence[Mapping[str, Any]], joined: dict[str, str]
) -> int:
    if kind == "account":
        return sum(_store_account(unit, *account_of(line)) for line in lines)
    if kind == "event":
        return _store_events(unit.connection, site_id, [event_of(site_id, line) for line in lines])
    found = [row_of(line) for line in lines]
    of = found[0][0]
    if of.mapped is Article:  # also of those that came before it was stopped: they are joined at the very end
        joined.update({row["id"]: row["joined_into"] for _, row, _ in found if row["joined_into"] is not None})
    known = _known(unit.connection, of, [row for _, row, _ in found])
    new = [(row, queue) for _, row, queue in found if _key(of, row) not in known]
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
    names = (name, f"{name} ({id_[-6:]})", f"{name} ({id_})")
    taken = set(unit.session.scalars(select(Account.name).where(Account.name.in_(names))))
    account = Account(
        id=id_,
        name=next(one for one in names if one not in taken),
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
