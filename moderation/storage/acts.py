"""What people did on the desk, so that it can be undone: one act on one comment, or on many together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, func, insert, literal, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.ids import is_id
from moderation.storage.base import Base, table_of


class Act(Base):
    """One thing that somebody did and may undo.

    ``kind`` says what (``approve``, ``reject``, ``reopen``, ``escalate``, ``author`` ...), ``words`` how moderators are
    told of it. A large one runs in the background: ``total`` comments are chosen, ``done`` of them are through,
    ``passed`` were left as they are because somebody else had decided meanwhile. ``detail`` holds what it needs to run
    and to be told; never a name or a text of a reader. ``leased_until`` keeps a second runner away.
    """

    __tablename__ = "acts"
    __table_args__ = (
        Index("ix_acts_mine", "account_id", "id"),
        Index("ix_acts_unfinished", "finished_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    words: Mapped[str]
    detail: Mapped[dict[str, Any]]
    total: Mapped[int]
    done: Mapped[int]
    passed: Mapped[int]
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    undoes: Mapped[str | None] = mapped_column(ForeignKey("acts.id"))
    undone_by: Mapped[str | None]


class ItemState(StrEnum):
    """How far an act has come with one thing."""

    CHOSEN = "chosen"
    DONE = "done"
    PASSED = "passed"
    """Left as it was: somebody else has decided about it meanwhile, or has it open."""


class ActItem(Base):
    """One comment (or author) that an act is about: what it was before, and its revision after.

    Until its turn ``revision`` is the one that it was chosen at.
    """

    __tablename__ = "act_items"
    __table_args__ = (Index("ix_act_items_subject", "subject"),)

    act_id: Mapped[str] = mapped_column(ForeignKey("acts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str]
    state: Mapped[str]  # an ItemState
    before: Mapped[dict[str, Any]]
    revision: Mapped[int | None]


def find_act(session: Session, act_id: str, *, lock: bool = False) -> Act | None:
    """One act; with ``lock`` nobody else goes on with it until this transaction ends."""
    if not is_id(act_id):
        return None
    query = select(Act).where(Act.id == act_id)
    return session.scalar(query.with_for_update() if lock else query)


def own_acts(session: Session, account_id: str, *, limit: int) -> Sequence[Act]:
    """What somebody did last, the newest first: what undoes another act is not listed by itself."""
    query = select(Act).where(Act.account_id == account_id, Act.undoes.is_(None))
    return session.scalars(query.order_by(Act.id.desc()).limit(limit)).all()


def newest_act(session: Session, account_id: str) -> Act | None:
    """What somebody did last and has not taken back."""
    query = select(Act).where(Act.account_id == account_id, Act.undoes.is_(None), Act.undone_by.is_(None))
    return session.scalar(query.order_by(Act.id.desc()).limit(1))


def chosen_items(session: Session, act_id: str, *, limit: int) -> Sequence[ActItem]:
    """What an act has still to do, in its order."""
    return session.scalars(
        select(ActItem)
        .where(ActItem.act_id == act_id, ActItem.state == ItemState.CHOSEN)
        .order_by(ActItem.position)
        .limit(limit)
    ).all()


def choose_again(session: Session, act_id: str, undoing_id: str) -> int:
    """Chooses all that an act did for another that undoes it, the last first, and returns how many that are."""
    items = table_of(ActItem)
    did = select(
        literal(undoing_id),
        func.row_number().over(order_by=items.c.position.desc()),
        items.c.subject,
        literal(ItemState.CHOSEN.value),
        items.c.before,
        items.c.revision,
    ).where(items.c.act_id == act_id, items.c.state == ItemState.DONE)
    columns = ["act_id", "position", "subject", "state", "before", "revision"]
    session.connection().execute(insert(items).from_select(columns, did))
    return how_many_items(session, undoing_id)


def how_many_items(session: Session, act_id: str) -> int:
    return session.scalar(select(func.count()).select_from(ActItem).where(ActItem.act_id == act_id)) or 0


def pass_the_rest(session: Session, act_id: str) -> int:
    """Leaves alone what an act has not done yet, and returns how many things that are."""
    items = table_of(ActItem)
    rest = update(items).where(items.c.act_id == act_id, items.c.state == ItemState.CHOSEN)
    return session.connection().execute(rest.values(state=ItemState.PASSED.value)).rowcount


def stands_again(session: Session, subject: str, before: int, revision: int) -> None:
    """What an act left at the revision ``before`` stands like that again, at another."""
    items = table_of(ActItem)
    session.connection().execute(
        update(items)
        .where(items.c.subject == subject, items.c.revision == before, items.c.state == ItemState.DONE)
        .values(revision=revision)
    )
