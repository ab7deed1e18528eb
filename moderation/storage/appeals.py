"""Appeals: another look at a refused comment, asked for by its writer, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    """The refusal stands."""
    PARTLY_REVERSED = "partly_reversed"
    """The comment stays refused, for another reason than it was told."""
    REVERSED = "reversed"
    """The comment is published."""
    DROPPED = "dropped"
    """The comment was taken back or erased before anybody looked again."""


class Appeal(Base):
    """A reader's request for another look at a refused comment. ``decision_id`` is the decision that it is about,
    ``reason_id`` its reason, ``automated`` whether the policy made it. ``decided_by``: the account that looked again;
    ``by_same``: the one that had refused the comment, as there was nobody else.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        Index("ix_appeals_due", "site_id", "decided_at", "due_at"),
        Index("ix_appeals_asked", "site_id", "asked_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), index=True, unique=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"))
    reason_id: Mapped[str | None]
    automated: Mapped[bool]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    outcome: Mapped[str | None]
    explanation: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    by_same: Mapped[bool] = mapped_column(server_default=false())
