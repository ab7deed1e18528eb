"""Browsers that have signed in to an account before. Their attempts are counted apart from everybody else's, so that no
stranger's wrong ones shut the owner out.

A browser keeps, for each account that was signed in to with it, a random name, until when it is known there, and a
signature. A changed password ends it everywhere, as the signature covers the password's hash.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from moderation.core.ids import is_id
from moderation.core.signing import keyed
from moderation.services import Services
from moderation.storage.accounts import Account

KNOWN_LASTS = timedelta(days=365)
MAXIMUM_ACCOUNTS = 10
LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """That a browser, which this account alone knows by this name, has signed in to it."""

    account_id: str
    name: str
    ends: int
    signature: str

    @property
    def text(self) -> str:
        return f"{self.account_id}.{self.name}.{self.ends}.{self.signature}"


def known_to(services: Services, kept: str, account: Account | None) -> str | None:
    """What names this browser in its attempts at an account, if it has signed in to it before; else None. ``kept`` is
    what the browser has kept, or somebody has made up.
    """
    found = next((known for known in _parsed(kept) if account is not None and known.account_id == account.id), None)
    if account is None or found is None or found.ends < services.clock().timestamp():
        return None
    right = [_signature(secret, account, found.name, found.ends) for secret in services.keys.sessions.secrets]
    signed = any(hmac.compare_digest(found.signature, one) for one in right)
    return f"{account.id} {found.name}" if signed else None


def made_known(services: Services, kept: str, account: Account) -> str:
    """What a browser that has just signed in to an account keeps from now on."""
    before = known_to(services, kept, account)
    name = before.rpartition(" ")[2] if before else secrets.token_urlsafe(12)
    ends = int((services.clock() + KNOWN_LASTS).timestamp())
    signature = _signature(services.keys.sessions.newest.secret, account, name, ends)
    own = _Known(account_id=account.id, name=name, ends=ends, signature=signature)
    others = [known for known in _parsed(kept) if known.account_id != account.id]
    return "~".join(known.text for known in (own, *others[: MAXIMUM_ACCOUNTS - 1]))


def _signature(secret: str, account: Account, name: str, ends: int) -> str:
    return keyed(secret, "known browser", name, account.id, str(ends), account.password_hash)[:40]


def _parsed(kept: str) -> list[_Known]:
    if len(kept) > LONGEST or not kept.isascii():
        return []
    return [known for text in kept.split("~")[:MAXIMUM_ACCOUNTS] if (known := _known(text)) is not None]


def _known(text: str) -> _Known | None:
    parts = text.split(".")
    if len(parts) != 4 or not (is_id(parts[0]) and parts[2].isdigit() and len(parts[2]) < 12):
        return None
    return _Known(account_id=parts[0], name=parts[1], ends=int(parts[2]), signature=parts[3])
