"""Where a comment stands, kept with what is done to it, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.core.comment import Status
from moderation.storage import queue_index
from moderation.storage.comments import Comment
from moderation.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Where a comment stands, as undoing must know it. ``by_person`` is what anybody but the policy decided last."""

    status: Status
    revision: int
    published_at: datetime | None
    by_person: str | None

    def as_json(self) -> dict[str, Any]:
        at = self.published_at.isoformat() if self.published_at else None
        return {"status": self.status.value, "revision": self.revision, "published_at": at, "by_person": self.by_person}

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Snapshot:
        """The snapshot that ``as_json`` was made from."""
        at = datetime.fromisoformat(kept["published_at"]) if kept["published_at"] else None
        return Snapshot(
            status=Status(kept["status"]), revision=kept["revision"], published_at=at, by_person=kept["by_person"]
        )


def snapshot(unit: UnitOfWork, comment: Comment) -> Snapshot:
    """Where a comment stands now."""
    return Snapshot(
        status=Status(comment.status),
        revision=comment.revision,
        published_at=comment.published_at,
        by_person=queue_index.by_person(unit.connection, comment.id),
    )
