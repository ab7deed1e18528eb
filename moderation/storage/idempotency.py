"""Answers kept for an Idempotency-Key, so that a request sent twice is done once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Row, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, table_of


class IdempotencyKey(Base):
    """The first answer under one key of a site's key. ``digest`` is that of the request."""

    __tablename__ = "idempotency_keys"

    key_id: Mapped[str] = mapped_column(ForeignKey("site_keys.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


_KEPT = table_of(IdempotencyKey)
_THIS = (_KEPT.c.key_id == bindparam("of"), _KEPT.c.name == bindparam("called"))
_FIND = select(_KEPT.c.digest, _KEPT.c.answer).where(*_THIS, _KEPT.c.created_at > bindparam("since"))
_FORGET = delete(_KEPT).where(*_THIS)
_KEEP = insert(_KEPT)


def kept_answer(connection: Connection, key_id: str, name: str, since: datetime) -> Row[str, dict[str, Any]] | None:
    """The ``digest`` of the request and the ``answer`` to it."""
    return connection.execute(_FIND, {"of": key_id, "called": name, "since": since}).first()


def keep_first_answer(
    connection: Connection, key_id: str, name: str, *, digest: str, answer: dict[str, Any], at: datetime
) -> None:
    """An answer under the same name that counts no more gives way to this one."""
    connection.execute(_FORGET, {"of": key_id, "called": name})
    row = {"key_id": key_id, "name": name, "digest": digest, "answer": answer, "created_at": at}
    connection.execute(_KEEP, row)


def forget_answers(session: Session, before: datetime) -> None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= before))
