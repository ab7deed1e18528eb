"""Sites and their keys: made, changed, revoked, each with its audit event."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import regex
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField, clipped
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.text.written import display_name
from moderation.services import Services
from moderation.storage.sites import KeyKind, LiveKey, Right, Site, SiteKey, digest_of, find_key, live_key
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


def new_secret_key() -> str:
    return "sk_" + secrets.token_urlsafe(30)


def new_publishable_key() -> str:
    return "pk_" + secrets.token_urlsafe(18)


def add_site(services: Services, actor: str, site_id: str, name: str) -> None:
    """Makes a site. Raises ``InvalidField`` for an id that can't be used or is taken."""
    if not regex.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", site_id) or site_id == SYSTEM_CHAIN:
        raise InvalidField("site", Message("site_id_unusable"))
    name = display_name(name, "name")

    def work(unit: UnitOfWork) -> None:
        if unit.session.get(Site, site_id) is not None:
            raise InvalidField("site", Message("site_id_taken", {"site": repr(site_id)}))
        insert_site(unit, actor, site_id, name)

    run_in_unit_of_work(services, work)


def site_named(session: Session, site_id: str) -> Site:
    """The site that somebody has named. Raises ``InvalidField`` where there is none of that id."""
    site = session.get(Site, site_id) if site_id.isascii() and site_id.isprintable() else None
    if site is None:
        raise InvalidField("site", Message("site_unknown", {"site": repr(clipped(site_id))}))
    return site


def add_secret_key(services: Services, actor: str, site_id: str, rights: list[Right]) -> str:
    """Makes a secret key and returns it: the only time that it is seen."""
    key = new_secret_key()
    _with_site(services, site_id, lambda unit: insert_key(unit, actor, site_id, KeyKind.SECRET, key, rights=rights))
    return key


def add_publishable_key(services: Services, actor: str, site_id: str, origins: list[str]) -> str:
    """Makes a publishable key that works from these origins, each like ``https://news.example``."""
    origins = [origin_checked(origin) for origin in origins]
    key = new_publishable_key()
    _with_site(
        services, site_id, lambda unit: insert_key(unit, actor, site_id, KeyKind.PUBLISHABLE, key, origins=origins)
    )
    return key


def origin_checked(origin: str) -> str:
    """An origin as browsers send it. Raises ``InvalidField``."""
    origin = origin.strip().rstrip("/").lower()
    if not regex.fullmatch(r"https?://[a-z0-9.\-\[\]:]{1,253}", origin):
        raise InvalidField("origin", Message("origin_unusable", {"origin": repr(origin[:80])}))
    # Browsers leave the usual port out.
    usual = ":443" if origin.startswith("https:") else ":80"
    return origin.removesuffix(usual)


def revoke_key(services: Services, actor: str, named: str) -> None:
    """Ends a key at once: ``named`` is its id or the key itself. Raises ``InvalidField`` when there is no such key."""

    def work(unit: UnitOfWork) -> None:
        key = find_key(unit.session, named)
        if key is None:
            raise InvalidField("key", Message("key_unknown"))
        if key.revoked_at is None:
            key.revoked_at = unit.now
            unit.event(key.site_id, actor, "key.revoked", key.id, {"kind": key.kind})

    run_in_unit_of_work(services, work)


def change_origins(services: Services, actor: str, named: str, origins: list[str]) -> tuple[list[str], list[str]]:
    """Puts these origins in the place of all that a publishable key had: ``named`` is its id or the key itself.

    Returns the origins from which it works now, and those from which it no longer does. Raises ``InvalidField``.
    """
    origins = list(dict.fromkeys(origin_checked(origin) for origin in origins))

    def work(unit: UnitOfWork) -> list[str]:
        key = find_key(unit.session, named)
        if key is None or key.kind != KeyKind.PUBLISHABLE:
            raise InvalidField("key", Message("key_not_publishable"))
        before, key.origins = key.origins, origins
        unit.event(key.site_id, actor, "key.changed", key.id, {"origins": origins})
        return [origin for origin in before if origin not in origins]

    return origins, run_in_unit_of_work(services, work)


def key_behind(connection: Connection, text: str) -> LiveKey | None:
    """The live key with this text."""
    return live_key(connection, text)


def _with_site(services: Services, site_id: str, work: Callable[[UnitOfWork], None]) -> None:
    def checked(unit: UnitOfWork) -> None:
        site_named(unit.session, site_id)
        work(unit)

    run_in_unit_of_work(services, checked)


def insert_site(unit: UnitOfWork, actor: str, site_id: str, name: str) -> None:
    unit.session.add(Site(id=site_id, name=name, created_at=unit.now))
    unit.session.flush()
    unit.event(SYSTEM_CHAIN, actor, "site.created", site_id, {})


def insert_key(
    unit: UnitOfWork,
    actor: str,
    site_id: str,
    kind: KeyKind,
    key: str,
    *,
    rights: list[Right] | None = None,
    origins: list[str] | None = None,
) -> None:
    row = SiteKey(
        id=new_id(unit.now),
        site_id=site_id,
        kind=kind.value,
        digest=digest_of(key),
        public=key if kind is KeyKind.PUBLISHABLE else None,
        hint=key[-4:],
        rights=[right.value for right in rights or []],
        origins=origins or [],
        created_at=unit.now,
    )
    unit.session.add(row)
    unit.event(site_id, actor, "key.created", row.id, {"kind": row.kind, "rights": row.rights, "origins": row.origins})
