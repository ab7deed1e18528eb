"""Sites, keys, accounts and sign-ins as the pages list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.core.actor import EVERYWHERE
from moderation.core.messages import noted
from moderation.storage.accounts import Account, Extra, Granted
from moderation.storage.reader_keys import ReaderKey, ReaderKeyKind
from moderation.storage.sites import KeyKind, Site, SiteKey
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.wording import day


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key. Of a secret one only its last four characters are known."""

    id: str
    kind: str
    shown: str
    hint: str
    may: str
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderKeyRow:
    """A key of readers' tokens, in words; ``problem`` is why its set couldn't be fetched last."""

    words: str
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBox:
    """``sign_in``: nobody writes whom the site's login doesn't name."""

    id: str
    name: str
    keys: tuple[KeyRow, ...]
    reader_keys: tuple[ReaderKeyRow, ...]
    sign_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWords:
    """A role and where it holds, in words; ``more`` are the rights granted beyond it. ``place``, ``sections`` and
    ``rejects_many`` are the same as a form has them.
    """

    role: str
    where: str
    more: str
    place: str
    sections: str
    rejects_many: bool


_NAMES = (noted("moderator"), noted("senior"), noted("admin"), noted("secret"), noted("publishable"))
"""What roles and kinds of keys are called."""


class State(StrEnum):
    """Where an account stands, as its chip says."""

    INVITED = noted("invited")
    ENDED = noted("invitation has ended")
    DISABLED = noted("disabled")
    OPEN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    id: str
    name: str
    created_at: datetime
    state: State
    disabled: bool
    invited_until: datetime | None
    second_factor: bool
    password: bool
    subject: str | None
    """Whom the sign-in provider calls so; None: nobody has been linked."""
    roles: tuple[RoleWords, ...]


def site_box(site: Site, keys: Sequence[SiteKey], reader_keys: Sequence[ReaderKey]) -> SiteBox:
    """A site with its keys, live ones first, and those of its readers' tokens."""
    ordered = sorted(keys, key=lambda key: key.revoked_at is not None)
    return SiteBox(
        id=site.id,
        name=site.name,
        keys=tuple(_key_row(key) for key in ordered),
        reader_keys=tuple(ReaderKeyRow(words=_reader_key(key), problem=key.problem) for key in reader_keys),
        sign_in=site.sign_in,
    )


def _reader_key(key: ReaderKey) -> str:
    when = day(key.created_at, language())
    if key.kind == ReaderKeyKind.SECRET:
        return gettext("%(algorithm)s: a shared secret, set on %(day)s", algorithm=key.algorithm, day=when)
    if key.kind == ReaderKeyKind.PUBLIC:
        return gettext("%(algorithm)s: a public key, set on %(day)s", algorithm=key.algorithm, day=when)
    return gettext(
        "%(algorithm)s: keys from %(address)s, set on %(day)s", algorithm=key.algorithm, address=key.address, day=when
    )


def _key_row(key: SiteKey) -> KeyRow:
    publishable = key.kind == KeyKind.PUBLISHABLE
    may = ", ".join(key.rights)
    if publishable:
        origins = ", ".join(key.origins)
        may = gettext("submit and read what is published, from %(origins)s", origins=origins)
    return KeyRow(
        id=key.id,
        kind=key.kind,
        shown=key.public or f"sk_…{key.hint}",
        hint=key.hint,
        may=may,
        origins=tuple(key.origins),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


def account_row(account: Account, grants: Mapping[str, Granted], now: datetime) -> AccountRow:
    """An account with what it may do, and where."""
    return AccountRow(
        id=account.id,
        name=account.name,
        created_at=account.created_at,
        state=_state(account, now),
        disabled=account.disabled_at is not None,
        invited_until=account.invitation_ends_at,
        second_factor=account.totp_secret is not None,
        password=bool(account.password_hash),
        subject=account.oidc_subject,
        roles=tuple(
            RoleWords(
                role=granted.role.value,
                where=_where(place, granted),
                more=gettext(", may reject many together") if Extra.BATCH_REJECT in granted.extra else "",
                place=place,
                sections=", ".join(granted.sections or ()),
                rejects_many=Extra.BATCH_REJECT in granted.extra,
            )
            for place, granted in grants.items()
        ),
    )


def _state(account: Account, now: datetime) -> State:
    if account.disabled_at is not None:
        return State.DISABLED
    if account.invitation_ends_at is None or account.password_hash or account.oidc_subject:
        return State.OPEN
    return State.INVITED if account.invitation_ends_at > now else State.ENDED


def _where(place: str, granted: Granted) -> str:
    if place == EVERYWHERE:
        return gettext("every site")
    if granted.sections is None:
        return place
    return gettext("%(site)s, in %(sections)s", site=place, sections=", ".join(granted.sections))
