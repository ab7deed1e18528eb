"""Sites and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, ForeignKey, bindparam, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, table_of


class KeyKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    PUBLISHABLE = "publishable"


class Right(StrEnum):
    """What a secret key may do. A publishable key may submit from an allowed origin, and see what is published."""

    ARTICLES = "articles"
    SUBMIT = "submit"
    READ = "read"
    ANALYZE = "analyze"
    MODERATE = "moderate"


class Site(Base):
    """One publisher's front end, with its own audit chain. ``rules_revision`` counts up with every change of its term
    lists and modes, so that whoever keeps them in memory sees that they are stale. ``sign_in``: nobody writes whom the
    site's own login doesn't name. ``coral_secret`` is what its Coral signs with, encrypted, ``coral_former_secret`` the
    one before, which still holds.
    """

    __tablename__ = "sites"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    rules_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    sign_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    coral_secret: Mapped[str | None]
    coral_former_secret: Mapped[str | None]


class SiteKey(Base):
    """A key of a site. A secret one is kept only as its digest; a publishable one is public anyway."""

    __tablename__ = "site_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    kind: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    public: Mapped[str | None]
    hint: Mapped[str]
    rights: Mapped[list[str]]
    origins: Mapped[list[str]]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def digest_of(key: str) -> str:
    """What is kept of a secret. Keys are long and random (24 characters at least), so a plain hash is enough."""
    return sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """What a request's key may do, and whether its site asks readers to sign in: read with every request, so without a
    mapper's work.
    """

    id: str
    site_id: str
    kind: str
    rights: list[str]
    origins: list[str]
    sign_in: bool


_KEYS, _SITES = table_of(SiteKey).c, table_of(Site).c
_LIVE_KEY = (
    select(_KEYS.id, _KEYS.site_id, _KEYS.kind, _KEYS.rights, _KEYS.origins, _SITES.sign_in)
    .join_from(table_of(SiteKey), table_of(Site), _SITES.id == _KEYS.site_id)
    .where(_KEYS.digest == bindparam("of"), _KEYS.revoked_at.is_(None))
)


def live_key(connection: Connection, key: str) -> LiveKey | None:
    """The key with this text, unless it was revoked."""
    row = connection.execute(_LIVE_KEY, {"of": digest_of(key)}).first()
    return LiveKey(**row._mapping) if row is not None else None


_SITES = table_of(Site).c
_CORAL = select(_SITES.id, _SITES.coral_secret, _SITES.coral_former_secret).where(_SITES.coral_secret.is_not(None))


def coral_secrets(asked: Session | Connection) -> Sequence[tuple[str, str, str | None]]:
    """The sites that Coral asks for: id, secret and former secret, both encrypted."""
    return [(row.id, row.coral_secret, row.coral_former_secret) for row in asked.execute(_CORAL)]


def all_sites(session: Session) -> Sequence[Site]:
    return session.scalars(_ALL_SITES).all()


_ALL_SITES = select(Site).order_by(Site.id)


def keys_of(session: Session, site_id: str) -> Sequence[SiteKey]:
    """A site's keys, revoked ones too, oldest first."""
    return session.scalars(select(SiteKey).where(SiteKey.site_id == site_id).order_by(SiteKey.id)).all()


def find_key(session: Session, named: str) -> SiteKey | None:
    """The key of this id, or with this text."""
    return session.get(SiteKey, named) or session.scalar(select(SiteKey).where(SiteKey.digest == digest_of(named)))


def publishable_key(session: Session, site_id: str, origin: str) -> str | None:
    """A site's publishable key that works from this origin, if there is one."""
    live = (key for key in keys_of(session, site_id) if key.kind == KeyKind.PUBLISHABLE and key.revoked_at is None)
    return next((key.public for key in live if origin in key.origins), None)


def origins_of(session: Session, site_id: str) -> frozenset[str]:
    """The origins from which a live publishable key of the site works."""
    live = (key for key in keys_of(session, site_id) if key.kind == KeyKind.PUBLISHABLE and key.revoked_at is None)
    return frozenset(origin for key in live for origin in key.origins)


def allowed_origin(session: Session, origin: str) -> bool:
    """Whether any site's live publishable key works from this origin."""
    keys = session.scalars(select(SiteKey).where(SiteKey.kind == KeyKind.PUBLISHABLE, SiteKey.revoked_at.is_(None)))
    return any(origin in key.origins for key in keys)
