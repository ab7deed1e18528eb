"""What stands in a command's way, in a sentence that says what is wrong and how to mend it."""

from __future__ import annotations

import errno
from collections.abc import Callable

import click
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from moderation.core.errors import ModerationError

DATABASE = "MODERATION_DATABASE_URL"
_OF_SQLITE = {
    "readonly database": "names a file that this user can't write. Give this user the right to write the file and its "
    "folder, or name another file.",
    "unable to open": "names a file that can't be opened. Its folder must exist, and this user must be allowed to "
    "write there.",
    "not a database": "names a file that is no SQLite database. Name another, or bring this one back from a backup.",
    "malformed": "names a file that is damaged. Bring it back from a backup.",
    "disk is full": "names a file that finds no room on its disk. Make room, then start again.",
    "locked": "names a file that another process holds. Wait until that has finished, or stop it.",
}
_OF_THE_SYSTEM = {
    errno.EACCES: "this user isn't allowed to",
    errno.EPERM: "this user isn't allowed to",
    errno.EROFS: "it lies on a disk that is read-only",
    errno.ENOSPC: "its disk is full",
    errno.EDQUOT: "this user's share of its disk is used up",
    errno.ENOTDIR: "a part of its path is a file, no folder",
    errno.EISDIR: "it is a folder",
    errno.EEXIST: "a file has its name",
    errno.ENOENT: "it doesn't exist",
}


def in_words(error: BaseException) -> str | None:
    """The sentence for a failure that whoever runs the command can mend; None for a bug."""
    if isinstance(error, ModerationError):
        return str(error)
    if isinstance(error, DBAPIError):
        return _of_the_database(error)
    if isinstance(error, PoolTimeout):
        return f"{DATABASE} names a database that doesn't answer. Start it, or name another."
    if isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM and error.filename is not None:
        why = _OF_THE_SYSTEM[error.errno]
        return (
            f"{error.filename} can't be used: {why}. Mend that, or name another place: MODERATION_VAR is the folder "
            f"for what is kept, MODERATION_CONFIG the configuration, {DATABASE} the database."
        )
    return None


def _of_the_database(error: DBAPIError) -> str | None:
    told = str(error.orig).strip()
    for part, words in _OF_SQLITE.items():
        if part in told:
            return f"{DATABASE} {words}"
    if type(error).__name__ not in ("OperationalError", "InterfaceError", "DatabaseError"):
        return None  # a statement of ours was wrong
    return f"{DATABASE} names a database that can't be used: {told.splitlines()[0] if told else 'no reason is given'}"


def told(run: Callable[[], object]) -> None:
    """Runs something; what stands in its way is told on standard error, and the exit status is 2."""
    try:
        run()
    except (ModerationError, SQLAlchemyError, OSError) as error:
        words = in_words(error)
        if words is None:
            raise
        click.echo(words, err=True)
        raise SystemExit(2) from None
