"""Waiting for what goes on elsewhere: in a thread, another process, a server."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], *, seconds: float = 120) -> None:
    """Returns once it holds; fails where it doesn't within so many seconds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)
