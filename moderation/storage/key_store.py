"""The key ring as it is stored: made once, wrapped under ``MODERATION_SECRET_KEY``, wrapped anew when that changes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from threading import Lock

from sqlalchemy.orm import Session

from moderation.config.settings import Settings
from moderation.core.errors import ConfigurationError
from moderation.core.keyring import Key, KeyRing, Purpose
from moderation.core.sealing import Seal
from moderation.storage import mails, reader_keys
from moderation.storage.database import Database, lock
from moderation.storage.keys import StoredKey, made_before_the_ring, stored_keys
from moderation.storage.sites import coral_secrets
from moderation.storage.webhooks import any_endpoint

log = logging.getLogger(__name__)
LOCK = "key ring"
LOST: dict[Purpose, str] = {
    Purpose.IDENTITY: "authors are told apart afresh: bans, mutes and trust of those who were known hold no more",
    Purpose.RECEIPTS: "receipts given so far open nothing any more",
    Purpose.CURSORS: "cursors given so far are refused",
    Purpose.SECOND_FACTOR: "second factors and recovery codes set up so far open nothing any more "
    "(`moderation users second-factor-off NAME` lets somebody in by password)",
    Purpose.SESSIONS: "forms that are open must be loaded again",
    Purpose.WEBHOOKS: "webhooks are delivered again once each endpoint has a new secret (`moderation webhooks rotate`),"
    " Coral is answered once its secret is given again (`moderation sites coral`), and classifiers need the new "
    "secret of `moderation keys outside`",
    Purpose.READER_KEYS: "readers' tokens signed with a shared secret count again once that is set anew (`moderation "
    "sites reader-key`)",
    Purpose.MAIL: "letters that wait are given up, and readers who left an address are told nothing",
}
"""What is lost with the keys of a purpose."""
_LATER: dict[Purpose, Callable[[Session], bool]] = {
    Purpose.WEBHOOKS: lambda session: any_endpoint(session) or bool(coral_secrets(session)),
    Purpose.READER_KEYS: reader_keys.any_sealed,
    Purpose.MAIL: mails.any_sealed,
}
"""Purposes that a ring of an earlier version lacks, and whether anything hangs on their keys: until something does, the
next start makes them.
"""


class KeyStore:
    """The ring of one database, read once, and made or wrapped anew where that is needed."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._ring: KeyRing | None = None

    def ring(self) -> KeyRing:
        """Raises ``ConfigurationError`` where the stored keys can't be read with this secret key, nor one before it."""
        if self._ring is None:
            with self._lock:
                if self._ring is None:
                    self._ring = self._read() or self._database.writing(self._made)
        return self._ring

    def _read(self) -> KeyRing | None:
        """The ring as it is stored; None where something has to be written first."""
        wrapping = Wrapping(self._settings)
        with self._database.reading() as session:
            rows = stored_keys(session)
        if _missing(rows) or not all(wrapping.is_fresh(row.wrapped) for row in rows):
            return None
        return _ring_of(wrapping, rows)

    def _made(self, session: Session) -> KeyRing:
        lock(session, LOCK)  # two processes that start at once make one ring
        wrapping, rows = Wrapping(self._settings), stored_keys(session)
        if unread := [row for row in rows if wrapping.opened(row.wrapped) is None]:
            raise _unreadable(unread)
        stale = [row for row in rows if not wrapping.is_fresh(row.wrapped)]
        for row in stale:
            row.wrapped = wrapping.sealed(wrapping.opened(row.wrapped) or "")
        if stale:
            log.info("the key ring is wrapped under the new secret key; the previous one is not needed any more")
        missing = _missing(rows) if rows else []
        new = [purpose for purpose in missing if purpose in _LATER and not _LATER[purpose](session)]
        if len(new) < len(missing):
            raise _gone([purpose for purpose in missing if purpose not in new])
        for purpose in new:
            add_key(session, wrapping, purpose, self._clock())
        first = self._of_before() if not rows and made_before_the_ring(session) else [None]
        for purpose in () if rows else Purpose:
            for secret in first:
                add_key(session, wrapping, purpose, self._clock(), secret=secret)
        return _ring_of(wrapping, stored_keys(session))

    def _of_before(self) -> list[str | None]:
        """The first keys of a ring for what an earlier version has stored. That hangs on the secret key itself, and
        where that changes with the upgrade, on one before it.
        """
        named = [*reversed(self._settings.previous_secret_keys), self._settings.secret_key]
        return [secret for at, secret in enumerate(named) if secret not in named[at + 1 :]]


class Wrapping(Seal):
    """Encrypts keys under the secret key, and opens what that or one before it has encrypted."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("key ring", [settings.secret_key, *settings.previous_secret_keys])


def add_key(
    session: Session, wrapping: Wrapping, purpose: Purpose, now: datetime, *, secret: str | None = None
) -> StoredKey:
    """Stores a new key for a purpose, in a transaction under way; random unless it is given."""
    row = StoredKey(
        purpose=purpose.value,
        wrapped=wrapping.sealed(secret or secrets.token_urlsafe(48)),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _ring_of(wrapping: Wrapping, rows: Sequence[StoredKey]) -> KeyRing:
    return KeyRing.of(
        Key(id=str(row.id), purpose=Purpose(row.purpose), secret=wrapping.opened(row.wrapped) or "") for row in rows
    )


def _missing(rows: Sequence[StoredKey]) -> list[Purpose]:
    there = {row.purpose for row in rows}
    return [purpose for purpose in Purpose if purpose not in there]


def _gone(missing: Sequence[Purpose]) -> ConfigurationError:
    return ConfigurationError(
        "The database",
        f"has lost its keys for {', '.join(missing)}. Bring the table key_ring back from a backup. If there is none, "
        f"`moderation keys replace-lost` makes new keys; then {_lost(missing)}.",
    )


def _lost(purposes: Iterable[str]) -> str:
    gone = set(purposes)
    return "; ".join(LOST[purpose] for purpose in Purpose if purpose in gone)


def _unreadable(rows: Sequence[StoredKey]) -> ConfigurationError:
    return ConfigurationError(
        "MODERATION_SECRET_KEY",
        "is not the one that this database's keys are kept under. Set the one before it in "
        "MODERATION_SECRET_KEY_PREVIOUS, beside the new one, and start again: nothing is lost. If it is gone for good, "
        f"`moderation keys replace-lost` makes new keys; then {_lost(row.purpose for row in rows)}.",
    )
