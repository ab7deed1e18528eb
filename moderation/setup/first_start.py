"""What a new database needs before anyone can use it: an administrator and a site."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.accounts.accounts import insert_account
from moderation.accounts.passwords import hash_of
from moderation.accounts.sites import insert_key, insert_site, new_publishable_key, new_secret_key
from moderation.config.settings import Settings
from moderation.core.actor import EVERYWHERE, SYSTEM
from moderation.services import Services
from moderation.storage.accounts import Granted, Role, all_accounts
from moderation.storage.sites import KeyKind, Right, all_sites
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

ADMIN = "admin"
DEMO = "demo"
DEMO_ORIGINS = ("http://127.0.0.1:8000", "http://localhost:8000")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStart:
    """What a first start made. Each text is None where it already was there or was given by the environment."""

    admin_password: str | None = None
    secret_key: str | None = None
    publishable_key: str | None = None


def seeds_to_come(settings: Settings) -> Path:
    """A file that stands from a first start until its seeds are loaded."""
    settings.var.mkdir(parents=True, exist_ok=True)
    return settings.var / "seeding"


def first_start(services: Services, *, origins: Sequence[str] = DEMO_ORIGINS) -> FirstStart:
    """Makes the account ``admin`` and the site ``demo`` in an empty database; in production only what the environment
    names. What is random is returned once and kept nowhere. ``origins`` are where the demo's publishable key works.
    """
    settings = services.settings
    with services.database.reading() as session:
        nobody = not all_accounts(session)
    made = None if settings.admin_password else secrets.token_urlsafe(18)
    wanted = nobody and (settings.admin_password or not settings.production)
    hashed = hash_of(services.password_hasher, settings.admin_password or made or "") if wanted else None

    def work(unit: UnitOfWork) -> FirstStart:
        password = secret = publishable = None
        if hashed is not None and not all_accounts(unit.session):
            password = made
            insert_account(unit, SYSTEM, ADMIN, hashed, {EVERYWHERE: Granted(role=Role.ADMIN)})
        if not all_sites(unit.session) and (settings.site_key or not settings.production):
            insert_site(unit, SYSTEM, DEMO, "Demo")
            secret = None if settings.site_key else new_secret_key()
            insert_key(unit, SYSTEM, DEMO, KeyKind.SECRET, settings.site_key or secret or "", rights=list(Right))
            publishable = new_publishable_key()
            insert_key(unit, SYSTEM, DEMO, KeyKind.PUBLISHABLE, publishable, origins=list(origins))
        return FirstStart(admin_password=password, secret_key=secret, publishable_key=publishable)

    return run_in_unit_of_work(services, work)
