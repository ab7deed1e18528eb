"""What went wrong, as a log may tell it: where, and of which kind, without what somebody wrote.

An error's own words may hold a text or a name: a database repeats the value that it refused, a ``KeyError`` is its key.
So only words that are known to hold none are told.
"""

from __future__ import annotations

import errno
import traceback
from types import TracebackType

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from moderation.core.errors import ConfigurationError

LONGEST_STATEMENT = 500
_MOST = 10
"""Errors of one chain that are told."""


def told(error: BaseException) -> str:
    """The traceback of an error and of those that it came from, the first one first."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain and len(chain) < _MOST:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(_one(each) for each in reversed(chain))


def _one(error: BaseException) -> str:
    words = _words(error)
    return f"{_frames(error.__traceback__)}{_name(error)}" + (f": {words}" if words else "")


def _frames(came_through: TracebackType | None) -> str:
    if came_through is None:
        return ""
    return "Traceback (most recent call last):\n" + "".join(traceback.format_tb(came_through))


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words(error: BaseException) -> str:
    if isinstance(error, ConfigurationError | PoolTimeout):
        return str(error)
    if isinstance(error, StatementError):
        return _of_a_statement(error)
    if isinstance(error, OSError) and error.errno is not None:
        return f"{errno.errorcode.get(error.errno, error.errno)}"
    return ""


def _of_a_statement(error: StatementError) -> str:
    """The database's name for what is wrong, and the statement with places where its values were."""
    original = error.orig
    known = [type(original).__name__] if original is not None else []
    if isinstance(error, DBAPIError):
        known += [str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")]
        diagnosis = getattr(original, "diag", None)
        known += [str(getattr(diagnosis, "constraint_name", None) or "")]
    statement = " ".join((error.statement or "").split())[:LONGEST_STATEMENT]
    return " ".join(filter(None, known)) + (f" in {statement}" if statement else "")
