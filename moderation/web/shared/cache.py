"""What takes long to count and may be a few seconds old, kept by each process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any

from cachetools import TTLCache
from flask import current_app

from moderation.core.cache import Cached
from moderation.web.shared.access import services


def recently(
    name: str,
    kept_for: timedelta,
    *,
    maximum: int,
    timer: Callable[[], float] | None = None,
    size: Callable[[Any], int] | None = None,
) -> Cached[Hashable, Any]:
    """This application's own cache of that name, of so many answers, or of as much as their ``size`` makes together.
    ``timer`` tells seconds; the service's clock, if none does.
    """
    found: Cached[Hashable, Any] | None = current_app.extensions.get(f"recent {name}")
    if found is None:
        clock = services().clock
        cache = TTLCache[Hashable, Any, float](
            maximum, kept_for.total_seconds(), timer or (lambda: clock().timestamp()), size
        )
        # Of two threads that come here at once, both get the first one's.
        found = current_app.extensions.setdefault(f"recent {name}", Cached(cache))
    return found
