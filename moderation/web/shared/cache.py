"""What takes long to count and may be a few seconds old, kept by each process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from flask import current_app

from moderation.core.cache import Recent
from moderation.web.shared.access import services

T = TypeVar("T")
MAX_KEPT = 500


def kept(key: Hashable, seconds: float, make: Callable[[], T]) -> T:
    """What ``make`` returned for this key, at most so long ago."""
    kept: dict[Hashable, tuple[datetime, Any]] = current_app.extensions.setdefault("kept", {})
    now = services().clock()
    found = kept.get(key)
    if found is not None and now - found[0] < timedelta(seconds=seconds):
        return cast(T, found[1])
    made = make()
    if len(kept) >= MAX_KEPT:
        kept.clear()
    kept[key] = (now, made)
    return made


def recently(name: str, kept_for: timedelta, *, maximum: int) -> Recent[Any]:
    """This application's own ``Recent`` of that name: for the few answers that are large."""
    found: Recent[Any] = current_app.extensions.setdefault(f"recent {name}", Recent(kept_for, maximum=maximum))
    return found
