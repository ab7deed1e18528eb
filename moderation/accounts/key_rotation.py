"""The key ring changed on purpose: a new key for a purpose, an old one retired, what is lost replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField
from moderation.core.keyring import Purpose
from moderation.services import Services
from moderation.storage.database import lock
from moderation.storage.key_store import LOCK, Wrapping, add_key
from moderation.storage.keys import StoredKey, stored_keys
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


def keys_in_use(services: Services) -> Sequence[StoredKey]:
    """The ring's keys, oldest first, without a look at what they are. A new database gets its ring with this."""
    _ = services.keys
    with services.database.reading() as session:
        return stored_keys(session)


def rotate(services: Services, actor: str, purpose: Purpose) -> str:
    """Makes a new key for a purpose; those before it still read. Running processes take it with their next start.
    Returns the key's number.
    """
    _ = services.keys

    def work(unit: UnitOfWork) -> str:
        lock(unit.session, LOCK)
        number = str(add_key(unit.session, Wrapping(services.settings), purpose, unit.now).id)
        unit.event(SYSTEM_CHAIN, actor, "key.rotated", number, {"purpose": purpose.value})
        return number

    return run_in_unit_of_work(services, work)


def retire(services: Services, actor: str, number: str) -> Purpose:
    """Ends an old key, with which nothing is read any more; returns what it was for.

    Raises ``InvalidField`` for a key that isn't there, for the newest of its purpose, and for one that authors are told
    apart by: their bans would end with it.
    """

    def work(unit: UnitOfWork) -> Purpose:
        lock(unit.session, LOCK)
        rows = stored_keys(unit.session)
        row = next((row for row in rows if str(row.id) == number), None)
        if row is None:
            raise InvalidField("key", "is not in the ring. `moderation keys list` shows those that are.")
        purpose = Purpose(row.purpose)
        if purpose is Purpose.IDENTITY:
            raise InvalidField("key", "tells authors apart; bans would end with it, so it stays.")
        if row is [one for one in rows if one.purpose == purpose][-1]:
            raise InvalidField("key", f"is the newest for {purpose}. `moderation keys rotate {purpose}` comes first.")
        _retire(unit, actor, row, unit.now)
        return purpose

    return run_in_unit_of_work(services, work)


def replace_lost(services: Services, actor: str) -> list[Purpose]:
    """Retires the keys that can't be read any more, as the secret key that they were kept under is gone, and makes new
    ones; also for a purpose whose keys are gone from the database. Returns those purposes; keys that can be read stay.
    """

    def work(unit: UnitOfWork) -> list[Purpose]:
        lock(unit.session, LOCK)
        wrapping = Wrapping(services.settings)
        rows = stored_keys(unit.session)
        lost = [row for row in rows if wrapping.opened(row.wrapped) is None]
        for row in lost:
            _retire(unit, actor, row, unit.now)
        gone = set(Purpose) - {Purpose(row.purpose) for row in rows} if rows else set()
        purposes = sorted({Purpose(row.purpose) for row in lost} | gone)
        for purpose in purposes:
            add_key(unit.session, wrapping, purpose, unit.now)
        return purposes

    return run_in_unit_of_work(services, work)


def _retire(unit: UnitOfWork, actor: str, row: StoredKey, now: datetime) -> None:
    row.retired_at = now
    unit.event(SYSTEM_CHAIN, actor, "key.retired", str(row.id), {"purpose": row.purpose})
