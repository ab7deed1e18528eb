"""What people did on the desk, so that it can be undone: one action on one comment, or on many together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import WAITING, Status
from moderation.core.ids import is_id
from moderation.storage.base import Base, BigCount, locked, table_of
from moderation.storage.comments import Comment


class ModeratorAction(Base):
    """One thing that somebody did and may undo.

    ``kind`` says what (``approve``, ``reject``, ``reopen``, ``escalate``, ``author`` ...), ``words`` how moderators are
    told of it. A large one runs in the background: ``total`` comments are chosen, ``done`` of them are through,
    ``skipped`` were left as they are because somebody else had decided meanwhile. ``detail`` holds what it needs to run
    and to be told; never a name or a text of a reader. ``leased_until``: see ``storage.claims``.
    """

    __tablename__ = "moderator_actions"
    __table_args__ = (
        Index("ix_moderator_actions_mine", "account_id", "id"),
        Index("ix_moderator_actions_unfinished", "finished_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    words: Mapped[str]
    detail: Mapped[dict[str, Any]]
    total: Mapped[int] = mapped_column(BigCount)
    done: Mapped[int] = mapped_column(BigCount)
    skipped: Mapped[int] = mapped_column(BigCount)
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    undoes: Mapped[str | None] = mapped_column(ForeignKey("moderator_actions.id"))
    undone_by: Mapped[str | None]


class ItemState(StrEnum):
    """How far an action has come with one thing."""

    CHOSEN = "chosen"
    DONE = "done"
    SKIPPED = "skipped"
    """Left as it was: somebody else has decided about it meanwhile, or has it open."""


class ActionItem(Base):
    """One comment (or author) that an action is about: what it was before, and its revision after.

    Until its turn ``revision`` is the one that it was chosen at.
    """

    __tablename__ = "action_items"
    __table_args__ = (Index("ix_action_items_subject", "subject"),)

    action_id: Mapped[str] = mapped_column(ForeignKey("moderator_actions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigCount, primary_key=True, autoincrement=False)
    subject: Mapped[str]
    state: Mapped[str]  # an ItemState
    before: Mapped[dict[str, Any]]
    revision: Mapped[int | None]


ERASED: dict[str, Any] = {"erased": True}
"""What stands in an item's ``before`` once its subject is erased: there is nothing to go back to."""
CHOSEN = ["action_id", "position", "subject", "state", "before", "revision"]


def find_action(session: Session, action_id: str, *, lock: bool = False) -> ModeratorAction | None:
    """One action; with ``lock`` nobody else goes on with it until this transaction ends."""
    if not is_id(action_id):
        return None
    query = select(ModeratorAction).where(ModeratorAction.id == action_id)
    return session.scalar(locked(query) if lock else query)


def own_actions(session: Session, account_id: str, *, limit: int) -> Sequence[ModeratorAction]:
    """What somebody did last, the newest first: what undoes another action is not listed by itself."""
    query = select(ModeratorAction).where(ModeratorAction.account_id == account_id, ModeratorAction.undoes.is_(None))
    return session.scalars(query.order_by(ModeratorAction.id.desc()).limit(limit)).all()


def newest_action(session: Session, account_id: str) -> ModeratorAction | None:
    """What somebody did last and has not taken back."""
    return session.scalar(_NEWEST, {"account": account_id})


_NEWEST = (
    select(ModeratorAction)
    .where(
        ModeratorAction.account_id == bindparam("account"),
        ModeratorAction.undoes.is_(None),
        ModeratorAction.undone_by.is_(None),
    )
    .order_by(ModeratorAction.id.desc())
    .limit(1)
)


def forget_actions(session: Session, action_ids: Sequence[str]) -> None:
    """Nobody can take these back any more; what they did stands."""
    session.execute(delete(ActionItem).where(ActionItem.action_id.in_(action_ids)))
    session.execute(delete(ModeratorAction).where(ModeratorAction.id.in_(action_ids)))


def chosen_items(session: Session, action_id: str, *, limit: int) -> Sequence[ActionItem]:
    """What an action has still to do, in its order."""
    return session.scalars(
        select(ActionItem)
        .where(ActionItem.action_id == action_id, ActionItem.state == ItemState.CHOSEN)
        .order_by(ActionItem.position)
        .limit(limit)
    ).all()


def choose_again(session: Session, action_id: str, undoing_id: str) -> int:
    """Chooses all that an action did for another that undoes it, the last first, and returns how many that are."""
    items = table_of(ActionItem)
    did = select(
        literal(undoing_id),
        func.row_number().over(order_by=items.c.position.desc()),
        items.c.subject,
        literal(ItemState.CHOSEN.value),
        items.c.before,
        items.c.revision,
    ).where(items.c.action_id == action_id, items.c.state == ItemState.DONE)
    session.connection().execute(insert(items).from_select(CHOSEN, did))
    return how_many_items(session, undoing_id)


def how_many_items(session: Session, action_id: str) -> int:
    return session.scalar(select(func.count()).select_from(ActionItem).where(ActionItem.action_id == action_id)) or 0


def skip_the_rest(session: Session, action_id: str) -> int:
    """Leaves alone what an action has not done yet, and returns how many things that are."""
    items = table_of(ActionItem)
    rest = update(items).where(items.c.action_id == action_id, items.c.state == ItemState.CHOSEN)
    return session.connection().execute(rest.values(state=ItemState.SKIPPED.value)).rowcount


def stands_again(session: Session, subject: str, before: int, revision: int) -> None:
    """What an action left at the revision ``before`` stands like that again, at another."""
    items = table_of(ActionItem)
    session.connection().execute(
        update(items)
        .where(items.c.subject == subject, items.c.revision == before, items.c.state == ItemState.DONE)
        .values(revision=revision)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All comments under one article, or by one author, of a site. ``of`` says which in words for the reader."""

    site_id: str
    article_id: str | None = None
    author_id: str | None = None

    @property
    def of(self) -> str:
        return "under this article" if self.article_id is not None else "by this author"


def choose_everything(session: Session, action_id: str, what: Everything) -> int:
    """Chooses all that waits or is published there for an action, the oldest first, and returns how many that are."""
    items = table_of(ActionItem)
    chosen = select(
        literal(action_id),
        func.row_number().over(order_by=Comment.id),
        Comment.id,
        literal(ItemState.CHOSEN.value),
        literal({}, items.c.before.type),
        Comment.revision,
    ).where(*_is_there(what))
    session.connection().execute(insert(items).from_select(CHOSEN, chosen))
    return how_many_items(session, action_id)


def choose_these(session: Session, action_id: str, chosen: Sequence[tuple[str, int]]) -> int:
    """Chooses these comments, each at its revision, for an action, and returns how many they are."""
    rows = [
        {
            "action_id": action_id,
            "position": n,
            "subject": subject,
            "state": ItemState.CHOSEN,
            "before": {},
            "revision": at,
        }
        for n, (subject, at) in enumerate(chosen, 1)
    ]
    if rows:
        session.connection().execute(insert(table_of(ActionItem)), rows)
    return len(rows)


def how_many(session: Session, what: Everything) -> int:
    """How many comments wait or are published there."""
    return session.scalar(select(func.count()).select_from(Comment).where(*_is_there(what))) or 0


def among(session: Session, what: Everything, ids: Collection[str]) -> list[str]:
    """Those of these comments that wait or are published there."""
    return list(session.scalars(select(Comment.id).where(*_is_there(what), Comment.id.in_(ids))))


def _is_there(what: Everything) -> list[ColumnElement[bool]]:
    conditions = [Comment.site_id == what.site_id, Comment.status.in_((*WAITING, Status.APPROVED))]
    if what.article_id is not None:
        conditions.append(Comment.article_id == what.article_id)
    if what.author_id is not None:
        conditions.append(Comment.author_id == what.author_id)
    return conditions


def subjects_of(session: Session, action_id: str, *, limit: int) -> list[str]:
    """The ids of the first things that an action is about."""
    query = select(ActionItem.subject).where(ActionItem.action_id == action_id).order_by(ActionItem.position)
    return list(session.scalars(query.limit(limit)))
