"""The key ring: secrets of this service, apart by what they are for, each with those before it, which still read.

What somebody keeps or comes back with (a receipt, a cursor, a second factor, a ban) outlives a change of key: it is
looked at with every key of its purpose. What is made new is made with the newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from moderation.core.comment import Author
from moderation.core.signing import author_keys, is_receipt, receipt_for


class Purpose(StrEnum):
    """What a key is for."""

    IDENTITY = "identity"
    """Tells authors apart, and readers in rate limits. Bans hang on it."""
    RECEIPTS = "receipts"
    CURSORS = "cursors"
    SECOND_FACTOR = "second-factor"
    """The secrets of authenticator apps, and recovery codes."""
    SESSIONS = "sessions"
    """Forms, sign-ins half done, and browsers that have signed in before."""
    WEBHOOKS = "webhooks"
    """The secrets that events, and the requests of others, are signed with."""
    READER_KEYS = "reader-keys"
    """The secrets by which sites sign their readers' tokens."""
    MAIL = "mail"
    """The addresses that letters go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One secret of the ring. ``id`` names it where it has to be told which one was used."""

    id: str
    purpose: Purpose
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one purpose, newest first; there is always one."""

    all: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        return self.all[0]

    @property
    def oldest(self) -> Key:
        return self.all[-1]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Newest first."""
        return tuple(key.secret for key in self.all)

    def named(self, key_id: str) -> Key | None:
        return next((key for key in self.all if key.id == key_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Every key that this service works with."""

    identity: Keys
    receipts: Keys
    cursors: Keys
    second_factor: Keys
    sessions: Keys
    webhooks: Keys
    reader_keys: Keys
    mail: Keys

    @classmethod
    def of(cls, keys: Iterable[Key]) -> KeyRing:
        """The ring of these keys, oldest first; every purpose needs one."""
        apart: dict[Purpose, list[Key]] = {purpose: [] for purpose in Purpose}
        for key in keys:
            apart[key.purpose].insert(0, key)
        return cls(**{purpose.replace("-", "_"): Keys(tuple(found)) for purpose, found in apart.items()})

    def receipt(self, comment_id: str) -> str:
        """The text that lets whoever wrote a comment see and withdraw it."""
        return receipt_for(self.receipts.newest.secret, comment_id)

    def is_receipt(self, comment_id: str, receipt: str) -> bool:
        """Whether this is the comment's receipt, now or from before a change of key."""
        return any(is_receipt(secret, comment_id, receipt) for secret in self.receipts.secrets)

    def author_keys(self, site_id: str, author: Author) -> tuple[str, ...]:
        """What stands for an author on a site: as new authors are stored first, then as earlier ones were."""
        return tuple(key for secret in self.identity.secrets for key in author_keys(secret, site_id, author))
