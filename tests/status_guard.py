"""While tests run, nothing but the lifecycle may change a comment's status, by the mapper or past it."""

from __future__ import annotations

import re
import sys
from types import FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect

from moderation.storage.comments import Comment

LIFECYCLE = "moderation.comments.lifecycle"
_WRITES_STATUS = re.compile(
    r"\s*(?:INSERT\s+INTO\s+(?:comments|queue_index)\s*\([^)]*|UPDATE\s+(?:comments|queue_index)\s+SET\s(?:(?!\sWHERE\s).)*?)"
    r"\bstatus\b",
    re.IGNORECASE | re.DOTALL,
)


class StatusChangedElsewhere(AssertionError):
    """A comment's status was changed by another module than the lifecycle."""


def install() -> None:
    """Has every engine and every ``Comment`` of this process watched. Engines by events of their dialects: those of
    connections are gathered anew for each connection, whether or not anybody listens for more than one of them.
    """
    event.listen(Comment.status, "set", lambda *_: _check())
    for way in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(DefaultDialect, way, _look)


def _look(_cursor: Any, statement: str, *_more: Any) -> None:
    if _WRITES_STATUS.match(statement):
        _check()


def _check() -> None:
    """Whoever of us asks for it must be the lifecycle. Storage does as it is told; tests may do what they like."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("moderation.") and not name.startswith("moderation.storage."):
            if name != LIFECYCLE:
                raise StatusChangedElsewhere(f"{name} changes a comment's status; only {LIFECYCLE} may")
            return
        frame = frame.f_back
