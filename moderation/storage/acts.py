"""What people did on the desk, so that it can be undone: one act on one comment, or on many together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base


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


class ActItem(Base):
    """One comment (or author) that an act is about: what it was before, and its revision after.

    ``state`` is ``chosen`` until its turn, then ``done`` or ``passed`` (left as it was).
    """

    __tablename__ = "act_items"
    __table_args__ = (Index("ix_act_items_subject", "subject"),)

    act_id: Mapped[str] = mapped_column(ForeignKey("acts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str]
    state: Mapped[str]
    before: Mapped[dict[str, Any]]
    revision: Mapped[int | None]
