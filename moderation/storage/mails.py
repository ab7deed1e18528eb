"""Letters: the addresses that readers left with their comments, and what is to be sent, was sent, or was given up.

An address is stored encrypted, in ``reader_addresses`` for as long as somebody may be told something, and with every
letter that waits. It is erased with the letter's end, and whenever its owner or an erasure asks for that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, exists, func, insert, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import Status
from moderation.storage.base import Base, BigCount, table_of

SETTLES = timedelta(minutes=5)
"""A decision is mailed so long after it was made: until then it is taken back most often."""
WAITS_FOR = timedelta(days=180)
"""For an outcome an address is kept so long at most."""
REPLIES_FOR = timedelta(days=30)
"""For so long answers are told of, once the comment stands."""


class Told(StrEnum):
    """What a reader may be told of."""

    OUTCOME = "outcome"
    REPLY = "reply"


class MailKind(StrEnum):
    """What a letter is."""

    OUTCOME = "outcome"
    REPLY = "reply"
    INVITATION = "invitation"
    DIGEST = "digest"


class ReaderAddress(Base):
    """The address that a reader left with a comment, encrypted, and for what (``Told``). ``ends_at``: when it is erased
    at the latest.
    """

    __tablename__ = "reader_addresses"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    sealed: Mapped[str]
    events: Mapped[list[str]]
    language: Mapped[str]
    left_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


class Digest(Base):
    """Where an account's owner gets a letter every morning, encrypted; ``next_at`` is the next one's."""

    __tablename__ = "digests"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sealed: Mapped[str]
    language: Mapped[str]
    next_at: Mapped[datetime] = mapped_column(index=True)


class Mail(Base):
    """One letter. It is open while ``next_at`` says when to try next; then it was sent, or given up for dead with what
    went wrong as ``error``. ``subject`` is the comment's or the account's id, ``about`` the answer's.

    ``sealed`` is, encrypted, what the letter needs of what nobody may keep: the address, an invitation. It is erased
    with the letter's end. ``recipient`` stands for the address: so many letters a day go to one. ``begun_at``: it is
    being handed over; whoever finds that, and no end, can't know whether it arrived.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index(
            "ix_mails_due",
            "next_at",
            "number",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index(
            "ix_mails_dead",
            "dead_at",
            sqlite_where=text("dead_at IS NOT NULL"),
            postgresql_where=text("dead_at IS NOT NULL"),
        ),
        Index("ix_mails_subject", "subject", "kind"),
        Index("ix_mails_recipient", "recipient", "sent_at"),
    )

    number: Mapped[int] = mapped_column(BigCount, primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    about: Mapped[str | None]
    language: Mapped[str]
    sealed: Mapped[str | None]
    recipient: Mapped[str | None]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    error: Mapped[str | None]


_ADDRESSES, _MAILS = table_of(ReaderAddress), table_of(Mail)
# Locked: whoever takes an address back meanwhile waits, and then erases the new letter too.
_LEFT = select(_ADDRESSES).where(_ADDRESSES.c.comment_id == bindparam("of")).with_for_update()
_KNOWN = select(_MAILS.c.number).where(_MAILS.c.subject == bindparam("of"), _MAILS.c.kind == bindparam("is_kind"))


# --- addresses --------------------------------------------------------------------------------------------------------


def any_sealed(session: Session) -> bool:
    """Whether anything is stored that hangs on the ring's key for letters."""
    left, daily = exists().select_from(ReaderAddress), exists().select_from(Digest)
    return bool(session.scalar(select(or_(left, daily, exists().where(Mail.sealed.is_not(None))))))


def address_left(session: Session, comment_id: str) -> ReaderAddress | None:
    """What a comment's writer has left."""
    return session.get(ReaderAddress, comment_id)


def keep_address(
    connection: Connection, comment_id: str, *, sealed: str, events: Collection[Told], language: str, now: datetime
) -> None:
    """Keeps the address of a comment's writer, in place of what there was."""
    forget_address(connection, comment_id)
    ends_at = now + (WAITS_FOR if Told.OUTCOME in events else REPLIES_FOR)
    row = {"comment_id": comment_id, "sealed": sealed, "language": language, "left_at": now, "ends_at": ends_at}
    connection.execute(insert(_ADDRESSES), {**row, "events": [one.value for one in Told if one in events]})


def forget_address(connection: Connection, comment_id: str) -> None:
    """Erases what a comment's writer has left, with every letter that waits."""
    connection.execute(delete(_ADDRESSES).where(_ADDRESSES.c.comment_id == comment_id))
    waits = _MAILS.c.next_at.is_not(None)
    about_it = _MAILS.c.kind.in_((MailKind.OUTCOME.value, MailKind.REPLY.value))
    connection.execute(delete(_MAILS).where(_MAILS.c.subject == comment_id, about_it, waits))


def erase_mail(connection: Connection, comment_ids: Collection[str]) -> int:
    """Erases what the writers of these comments have left, and every letter about them, sent ones too. Returns how much
    there was.
    """
    left = connection.execute(delete(_ADDRESSES).where(_ADDRESSES.c.comment_id.in_(comment_ids))).rowcount
    about_them = _MAILS.c.kind.in_((MailKind.OUTCOME.value, MailKind.REPLY.value)), _MAILS.c.subject.in_(comment_ids)
    return left + connection.execute(delete(_MAILS).where(*about_them)).rowcount


def outcome_told(session: Session, comment_id: str, status: Status, now: datetime) -> None:
    """An outcome has been mailed: the address goes, unless it was left for answers too and the comment stands."""
    row = session.get(ReaderAddress, comment_id)
    if row is None:
        return
    if status is Status.APPROVED and Told.REPLY in row.events:
        row.events, row.ends_at = [Told.REPLY.value], now + REPLIES_FOR
    else:
        session.delete(row)


def outdated_addresses(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """The comments of up to ``limit`` addresses whose time is over."""
    query = select(ReaderAddress.comment_id).where(ReaderAddress.ends_at < now)
    return session.scalars(query.order_by(ReaderAddress.ends_at).limit(limit)).all()


# --- every morning ----------------------------------------------------------------------------------------------------


def find_digest(session: Session, account_id: str, *, lock: bool = False) -> Digest | None:
    """Where an account's owner gets it; with ``lock`` nobody else changes it until this transaction ends."""
    return session.get(Digest, account_id, with_for_update=lock or None)


def keep_digest(session: Session, account_id: str, *, sealed: str, language: str, next_at: datetime) -> None:
    """Keeps where an account's owner gets it, in place of what there was."""
    session.merge(Digest(account_id=account_id, sealed=sealed, language=language, next_at=next_at))


def forget_digest(session: Session, account_id: str) -> None:
    """Erases where an account's owner got it, with a letter that waits."""
    session.connection().execute(delete(table_of(Digest)).where(table_of(Digest).c.account_id == account_id))
    about, waits = _MAILS.c.subject == account_id, _MAILS.c.next_at.is_not(None)
    session.connection().execute(delete(_MAILS).where(about, _MAILS.c.kind == MailKind.DIGEST.value, waits))


def the_digests_due(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """The accounts whose morning has come."""
    query = select(Digest.account_id).where(Digest.next_at <= now)
    return session.scalars(query.order_by(Digest.next_at).limit(limit)).all()


# --- letters ----------------------------------------------------------------------------------------------------------


def tell_writers(
    connection: Connection, comment_id: str, status: Status, now: datetime, *, new: bool, answers: str | None
) -> None:
    """A comment's status has changed: its writer gets a letter of the outcome, unless it is ``new``, and where it is
    published the writer of the one that it ``answers``, if they asked for it.
    """
    if status in (Status.WITHDRAWN, Status.ERASED):
        forget_address(connection, comment_id)
    elif status in (Status.APPROVED, Status.REJECTED, Status.EXPIRED) and not new:
        told = _tell(connection, Told.OUTCOME, comment_id, now, about=None)
        if status is Status.EXPIRED and not told:
            forget_address(connection, comment_id)
    if status is Status.APPROVED and answers is not None:
        _tell(connection, Told.REPLY, answers, now, about=comment_id)


def asking_among(connection: Connection, comment_ids: Collection[str]) -> frozenset[str]:
    """Those of these comments whose writers have left an address: nobody else is told of anything."""
    return frozenset(
        connection.scalars(select(_ADDRESSES.c.comment_id).where(_ADDRESSES.c.comment_id.in_(comment_ids)))
    )


def _tell(connection: Connection, told: Told, comment_id: str, now: datetime, *, about: str | None) -> bool:
    """Whether there is a letter about it, a new one or one that waits."""
    left = connection.execute(_LEFT, {"of": comment_id}).mappings().first()
    if left is None or told not in left["events"]:
        return False
    known = _KNOWN.where(_MAILS.c.next_at.is_not(None)) if about is None else _KNOWN.where(_MAILS.c.about == about)
    if connection.execute(known, {"of": comment_id, "is_kind": told.value}).first() is None:
        kind, sealed, language = MailKind(told.value), left["sealed"], left["language"]
        letter = {"kind": kind.value, "subject": comment_id, "about": about, "sealed": sealed, "language": language}
        connection.execute(insert(_MAILS), {**letter, "created_at": now, "next_at": now + SETTLES})
    return True


def post(session: Session, kind: MailKind, subject: str, *, sealed: str, language: str, now: datetime) -> Mail:
    """A letter is to be sent, at once."""
    mail = Mail(kind=kind.value, subject=subject, sealed=sealed, language=language, created_at=now, next_at=now)
    session.add(mail)
    session.flush()
    return mail


def find_mail(session: Session, number: int, *, lock: bool = False) -> Mail | None:
    """One letter; with ``lock`` nobody else changes it until this transaction ends."""
    return session.get(Mail, number, with_for_update={"key_share": True} if lock else None)


def sent_to(session: Session, recipient: str, since: datetime) -> int:
    """How many letters somebody was sent since then."""
    query = select(func.count()).where(Mail.recipient == recipient, Mail.sent_at > since)
    return session.scalar(query) or 0


def newest_mails(session: Session, *, dead: bool = False, limit: int) -> Sequence[Mail]:
    """The newest letters; ``dead``: of those that were given up."""
    query = select(Mail).order_by(Mail.number.desc()).limit(limit)
    return session.scalars(query.where(Mail.dead_at.is_not(None)) if dead else query).all()


def mails_standing(session: Session) -> tuple[int, int]:
    """How many letters wait, and how many were given up."""
    waits, dead = (select(func.count()).where(each.is_not(None)) for each in (Mail.next_at, Mail.dead_at))
    return session.scalar(waits) or 0, session.scalar(dead) or 0


def outdated_mails(session: Session, before: datetime, limit: int) -> Sequence[int]:
    """Up to ``limit`` letters that were written before then. One that waits still has no server to go to any more."""
    query = select(Mail.number).where(Mail.created_at < before)
    return session.scalars(query.order_by(Mail.number).limit(limit)).all()


def remove_mails(session: Session, numbers: Collection[int]) -> None:
    """Forgets these letters."""
    session.connection().execute(delete(_MAILS).where(_MAILS.c.number.in_(numbers)))


def unseal(mail: Mail, now: datetime, *, error: str | None = None) -> None:
    """A letter has ended: it was sent, or given up for what went wrong. Nothing is kept of its address."""
    mail.next_at = mail.leased_until = mail.begun_at = mail.sealed = None
    mail.sent_at, mail.dead_at, mail.error = (now, None, None) if error is None else (None, now, error)
