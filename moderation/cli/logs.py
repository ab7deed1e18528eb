"""The log: one line an entry, as words with fields (``name=value``) or as JSON, with the id of the request that it
belongs to. Never a body, an address, a key or a password.

Our own entries name what they are about by reference. A library's entry is told without what it fills in, an error
without its own words where these may be somebody's (``watching.exceptions``).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from moderation.config.settings import Settings
from moderation.watching.exceptions import told
from moderation.watching.request import request_id

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_OURS = "moderation"
log = logging.getLogger(__name__)


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    """What an entry says, by the names of its fields; those that every entry has come first."""
    ours = record.name == _OURS or record.name.startswith(f"{_OURS}.")
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage() if ours else str(record.msg),
    }
    if (id_ := request_id()) is not None:
        entry["request_id"] = id_
    if ours:
        entry |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
    if record.exc_info and record.exc_info[1] is not None:
        entry["exception"] = told(record.exc_info[1])
    return entry


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_entry(record), default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(record)
        exception = entry.pop("exception", None)
        time, level, logger, message = (str(entry.pop(name)) for name in ("time", "level", "logger", "message"))
        one_line = message if message.isprintable() else json.dumps(message)[1:-1]
        words = [time, level, logger, one_line, *(f"{name}={_value(value)}" for name, value in entry.items())]
        return " ".join(words) + (f"\n{exception}" if exception else "")


def _value(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and " " not in text and '"' not in text else json.dumps(text)


def log_to_stderr(settings: Settings) -> None:
    """Our own entries from the level on that is set (the audit chains' heads are at INFO), the libraries' from WARNING
    on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(settings.log_level.upper())
    threading.excepthook = _ended
    logging.raiseExceptions = False  # where a line can't be made, the library would print what was to stand in it
    # What no line tells need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as the library's own documentation has it


def _ended(what: threading.ExceptHookArgs) -> None:
    """A thread ended by an error that nobody caught: Python would print the error's own words."""
    if what.exc_value is not None and not isinstance(what.exc_value, SystemExit):
        log.error("a thread ended by an error", exc_info=what.exc_value)
