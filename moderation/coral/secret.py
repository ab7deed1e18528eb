"""The secret that Coral signs a site's comments with: Coral makes it, we keep it, and the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import regex
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from moderation.coral.wire import is_signed
from moderation.core.errors import InvalidField, SiteNotFound
from moderation.core.keyring import Keys
from moderation.services import Services
from moderation.storage.sites import Site, coral_secrets
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks.signing import seal

T = TypeVar("T")
_SECRET = regex.compile(r"[!-~]{16,200}")


def keep_secret(services: Services, actor: str, site_id: str, secret: str) -> bool:
    """Takes the secret of a site's phase; one that was there before holds as well, until it is retired. Returns whether
    there was one.

    Raises ``SiteNotFound``, and ``InvalidField`` for what is no secret of Coral's, or is in use already.
    """
    secret = secret.strip()
    if not _SECRET.fullmatch(secret):
        raise InvalidField(
            "secret", "must be the signing secret as Coral shows it, such as empsec_8f3c… Copy it whole."
        )
    keys = services.keys.webhooks
    kept = seal(keys).sealed(secret)

    def work(unit: UnitOfWork, site: Site) -> bool:
        others = _opened(keys, unit.connection)
        if any(secret in theirs for theirs in others.values()):
            raise InvalidField("secret", "is kept already. Each phase in Coral, and each rotation, has one of its own.")
        site.coral_former_secret, site.coral_secret = site.coral_secret, kept
        unit.event(site_id, actor, "coral.secret_kept", site_id, {})
        return site.coral_former_secret is not None

    return _with_site(services, site_id, work)


def retire_secret(services: Services, actor: str, site_id: str) -> None:
    """Takes nothing any more that is signed with the secret before the newest. Raises ``SiteNotFound``, and
    ``InvalidField`` where there is none.
    """

    def work(unit: UnitOfWork, site: Site) -> None:
        if site.coral_former_secret is None:
            raise InvalidField(
                "secret",
                "is the only one: there is no secret before it. Nothing was changed; --remove ends the connection.",
            )
        site.coral_former_secret = None
        unit.event(site_id, actor, "coral.secret_retired", site_id, {})

    _with_site(services, site_id, work)


def remove_secrets(services: Services, actor: str, site_id: str) -> None:
    """Answers a site's Coral no more. Raises ``SiteNotFound``, and ``InvalidField`` where it has no secret."""

    def work(unit: UnitOfWork, site: Site) -> None:
        if site.coral_secret is None:
            raise InvalidField("secret", "is not kept for this site; nothing was changed.")
        site.coral_secret = site.coral_former_secret = None
        unit.event(site_id, actor, "coral.removed", site_id, {})

    _with_site(services, site_id, work)


def site_that_signed(keys: Keys, asked: Connection | Session, header: str, body: bytes) -> str | None:
    """The site whose Coral has sent these bytes with this signature; None: nobody's."""
    theirs = _opened(keys, asked)
    return next((site_id for site_id, secrets in theirs.items() if is_signed(header, body, secrets)), None)


def _opened(keys: Keys, asked: Connection | Session) -> dict[str, list[str]]:
    """Each site's secrets, but for those whose key was retired."""
    theirs = seal(keys)
    return {
        site_id: [secret for one in kept if one is not None and (secret := theirs.opened(one)) is not None]
        for site_id, *kept in coral_secrets(asked)
    }


def _with_site(services: Services, site_id: str, work: Callable[[UnitOfWork, Site], T]) -> T:
    def found(unit: UnitOfWork) -> T:
        site = unit.session.get(Site, site_id, with_for_update={"key_share": True})
        if site is None:
            raise SiteNotFound
        return work(unit, site)

    return run_in_unit_of_work(services, found)
