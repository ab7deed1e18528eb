"""Sites, keys and accounts as the admin page lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.core.actor import EVERYWHERE
from moderation.storage.accounts import Account, Extra, Granted
from moderation.storage.sites import KeyKind, Site, SiteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key. Of a secret one only its last four characters are known."""

    id: str
    kind: str
    shown: str
    hint: str
    may: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBox:
    id: str
    name: str
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWords:
    """A role and where it holds, in words; ``more`` are the rights granted beyond it."""

    role: str
    where: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    id: str
    name: str
    created_at: datetime
    disabled_at: datetime | None
    roles: tuple[RoleWords, ...]


def site_box(site: Site, keys: Sequence[SiteKey]) -> SiteBox:
    """A site with its keys, live ones first."""
    ordered = sorted(keys, key=lambda key: key.revoked_at is not None)
    return SiteBox(id=site.id, name=site.name, keys=tuple(_key_row(key) for key in ordered))


def _key_row(key: SiteKey) -> KeyRow:
    publishable = key.kind == KeyKind.PUBLISHABLE
    may = f"submit and read what is published, from {', '.join(key.origins)}" if publishable else ", ".join(key.rights)
    return KeyRow(
        id=key.id,
        kind=key.kind,
        shown=key.public or f"sk_…{key.hint}",
        hint=key.hint,
        may=may,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


def account_row(account: Account, grants: Mapping[str, Granted]) -> AccountRow:
    """An account with what it may do, and where."""
    return AccountRow(
        id=account.id,
        name=account.name,
        created_at=account.created_at,
        disabled_at=account.disabled_at,
        roles=tuple(
            RoleWords(role=granted.role.value, where=_where(place, granted), more=_more(granted))
            for place, granted in grants.items()
        ),
    )


def _where(place: str, granted: Granted) -> str:
    if place == EVERYWHERE:
        return "every site"
    return place if granted.sections is None else f"{place}, in {', '.join(granted.sections)}"


def _more(granted: Granted) -> str:
    return ", may reject many together" if Extra.BATCH_REJECT in granted.extra else ""
