"""Accounts of moderators and admins: their roles per site, tokens and sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Row, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, table_of

EVERY_SITE = "*"
MAXIMUM_NAME = 60


class Role(StrEnum):
    """What an account may do on a site. A role includes those before it."""

    MODERATOR = "moderator"
    SENIOR = "senior"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class Extra(StrEnum):
    """A right that no role brings and that is granted by name."""

    BATCH_REJECT = "batch_reject"
    """Rejecting many comments together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What an account may do on one site: a role, in all sections (None) or in these alone, and rights beyond it."""

    role: Role
    sections: tuple[str, ...] | None = None
    extra: frozenset[Extra] = frozenset()


_MODERATOR = frozenset({"read", "moderate", "batch_approve"})
_SENIOR = _MODERATOR | {"senior"}
_RIGHTS_OF = {
    Role.MODERATOR: _MODERATOR,
    Role.SENIOR: _SENIOR,
    Role.ADMIN: _SENIOR | {"admin", "articles", "submit", "analyze"},
}


def rights_of(granted: Granted) -> frozenset[str]:
    """The rights that a grant comes to."""
    return _RIGHTS_OF[granted.role] | {right.value for right in granted.extra}


class Account(Base):
    """A person who signs in. An invited one has no password yet: whoever holds the invitation chooses it.

    ``totp_secret`` is the second factor's; ``totp_last`` the time step whose code was used last, so that none works
    twice; ``recovery`` holds digests of codes that work once in its place. ``oidc_subject`` is who they are at the
    OpenID provider ``oidc_issuer``: these two together, and nothing else that it says of them.
    """

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_oidc", "oidc_issuer", "oidc_subject", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    invitation: Mapped[str | None] = mapped_column(index=True, unique=True)
    invitation_ends_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None]
    totp_last: Mapped[int | None]
    recovery: Mapped[list[str] | None]
    language: Mapped[str | None]
    oidc_issuer: Mapped[str | None]
    oidc_subject: Mapped[str | None]


class Grant(Base):
    """An account's role on one site, or on every site: in all of its sections, or in these alone (None: all). ``extra``
    are rights that the role doesn't bring, such as rejecting many comments together.
    """

    __tablename__ = "grants"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    sections: Mapped[list[str] | None]
    extra: Mapped[list[str]] = mapped_column(insert_default=list)


class Token(Base):
    """A token that acts for an account with one right, for scripts."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    right: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class WebSession(Base):
    """A sign-in. The cookie holds a random text of which only the digest is kept; ``agent`` tells its owner which
    browser it was, ``oidc_issuer`` which OpenID provider vouched for them (None: they gave a password), ``worked_at``
    when something was last done under it, to within minutes (None: not known yet).
    """

    __tablename__ = "web_sessions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str | None]
    oidc_issuer: Mapped[str | None]
    worked_at: Mapped[datetime | None]

    @property
    def told_as(self) -> str:
        """What pages name it by: the beginning of its digest, which opens nothing."""
        return self.digest[:16]


def account_named(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def account_of_subject(session: Session, issuer: str, subject: str) -> Account | None:
    """Whose account it is of whom a provider calls so."""
    return session.scalar(select(Account).where(Account.oidc_issuer == issuer, Account.oidc_subject == subject))


def all_accounts(session: Session) -> Sequence[Account]:
    return session.scalars(select(Account).order_by(Account.name)).all()


def grants_of(session: Session, account_id: str) -> dict[str, Granted]:
    """Site id (or ``*``) to what is granted there."""
    return {row.site_id: _granted(row) for row in session.execute(_GRANTS, {"account": account_id})}


def every_grant(session: Session) -> dict[str, dict[str, Granted]]:
    """Of each account that has any: site id (or ``*``) to what is granted there."""
    found: dict[str, dict[str, Granted]] = {}
    for row in session.execute(select(Grant.account_id, *_GRANTED)):
        found.setdefault(row.account_id, {})[row.site_id] = _granted(row)
    return found


_GRANTED = (Grant.site_id, Grant.role, Grant.sections, Grant.extra)
_GRANTS = select(*_GRANTED).where(Grant.account_id == bindparam("account")).order_by(Grant.site_id)


def _granted(row: Row[*tuple[Any, ...]]) -> Granted:
    return Granted(
        role=Role(row.role),
        sections=None if row.sections is None else tuple(row.sections),
        extra=frozenset(Extra(right) for right in row.extra),
    )


def live_token(session: Session, digest: str) -> tuple[Token, Account] | None:
    """The token with this digest and its account, unless either is revoked or disabled."""
    row = session.execute(
        select(Token, Account)
        .join(Account, Account.id == Token.account_id)
        .where(Token.digest == digest, Token.revoked_at.is_(None), Account.disabled_at.is_(None))
    ).first()
    return (row[0], row[1]) if row else None


def tokens_of(session: Session, account_id: str) -> Sequence[Token]:
    """An account's tokens, revoked ones too, oldest first."""
    return session.scalars(select(Token).where(Token.account_id == account_id).order_by(Token.id)).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """An account that is signed in, with its grants by site id (or ``*``)."""

    account_id: str
    name: str
    grants: dict[str, Granted]
    language: str | None
    worked_at: datetime | None


def live_session(connection: Connection, digest: str, now: datetime, *, idle_since: datetime) -> LiveSession | None:
    """Whose sign-in this is, unless it ended or was last worked under before ``idle_since``, or the account is
    disabled.
    """
    rows = connection.execute(_LIVE_SESSION, {"digest": digest, "now": now, "idle_since": idle_since}).all()
    if not rows:
        return None
    return LiveSession(
        account_id=rows[0].id,
        name=rows[0].name,
        grants={row.site_id: _granted(row) for row in rows if row.site_id is not None},
        language=rows[0].language,
        worked_at=rows[0].worked_at,
    )


_ACCOUNTS, _SESSIONS, _GRANT = table_of(Account), table_of(WebSession), table_of(Grant)
_A, _S, _G = _ACCOUNTS.c, _SESSIONS.c, _GRANT.c
_GOES_ON = (
    _S.expires_at > bindparam("now"),
    or_(_S.worked_at.is_(None), _S.worked_at > bindparam("idle_since")),
)
_LIVE_SESSION = (
    select(_A.id, _A.name, _A.language, _S.worked_at, _G.site_id, _G.role, _G.sections, _G.extra)
    .select_from(_ACCOUNTS.join(_SESSIONS, _S.account_id == _A.id).outerjoin(_GRANT, _G.account_id == _A.id))
    .where(_S.digest == bindparam("digest"), *_GOES_ON, _A.disabled_at.is_(None))
    .order_by(_G.site_id)
)


def note_work(session: Session, digest: str, now: datetime) -> None:
    """Something is done under the sign-in with this digest."""
    session.execute(update(WebSession).where(WebSession.digest == digest).values(worked_at=now))


def end_sessions(session: Session, account_id: str, *, exclude: str | None = None) -> None:
    """Ends the sign-ins of an account; the one with the digest ``but`` stays."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id, WebSession.digest != (exclude or "")))


def end_vouched_sessions(session: Session, account_id: str) -> None:
    """Ends those sign-ins of an account that a provider vouched for."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id, WebSession.oidc_issuer.is_not(None)))


def sessions_of(session: Session, account_id: str, now: datetime, *, idle_since: datetime) -> Sequence[WebSession]:
    """An account's sign-ins that haven't ended, newest first."""
    return session.scalars(
        select(WebSession)
        .where(WebSession.account_id == account_id, *_GOES_ON)
        .order_by(WebSession.created_at.desc(), WebSession.digest),
        {"now": now, "idle_since": idle_since},
    ).all()


def session_told_as(session: Session, account_id: str, told_as: str) -> WebSession | None:
    """The account's sign-in that pages name so."""
    rows = session.scalars(select(WebSession).where(WebSession.account_id == account_id))
    return next((row for row in rows if row.told_as == told_as), None)


def locked_account(session: Session, account_id: str) -> Account | None:
    """The account, and nobody else changes it until this transaction ends."""
    return session.get(Account, account_id, with_for_update=True, populate_existing=True)


def invited_account(session: Session, digest: str, now: datetime) -> Account | None:
    """Whom an invitation is for, unless it ended or the account is disabled."""
    return session.scalar(
        select(Account).where(
            Account.invitation == digest, Account.invitation_ends_at > now, Account.disabled_at.is_(None)
        )
    )
