"""A write transaction is open for the database's own work: whoever else writes waits for it. What takes its time
(hashing a password, asking Redis, scoring) is done before or after, and says so here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_open: ContextVar[bool] = ContextVar("a write transaction is open", default=False)


@contextmanager
def write_transaction() -> Iterator[None]:
    """Around what is done in a write transaction."""
    token = _is_open.set(True)
    try:
        yield
    finally:
        _is_open.reset(token)


def outside_write_transactions(what: str) -> None:
    """Called by ``what`` takes its time. Raises ``RuntimeError`` inside a write transaction: a fault of ours, which
    any test meets that goes that way.
    """
    if _is_open.get():
        raise RuntimeError(f"{what} must not happen inside a write transaction: do it before, or afterwards")
