"""Which request is being answered: its id stands in every line of the log, and in the answer, to name it by."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"
LONGEST = 128
_current: ContextVar[str | None] = ContextVar("the id of the request that is being answered", default=None)
_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")


def request_id() -> str | None:
    """That of the request which this thread answers; None outside of requests."""
    return _current.get()


def new_request_id() -> str:
    return secrets.token_hex(8)


def is_request_id(text: str) -> bool:
    """Whether a proxy's id can be taken over: 8 to 128 letters, digits, ``.``, ``_`` or ``-``."""
    return len(text) <= LONGEST and _ID.fullmatch(text) is not None


@contextmanager
def answering(id_: str) -> Iterator[None]:
    """Within this, the request with this id is being answered."""
    token = _current.set(id_)
    try:
        yield
    finally:
        _current.reset(token)
