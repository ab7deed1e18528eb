"""JSON as RFC 8259 has it, and nothing else; what is wrong with it is said in words for whoever sent it."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any


class NotJson(ValueError):
    """Bytes that are not JSON; the message says why."""


def parse_json(body: bytes, *, unique: bool = False) -> Any:
    """The value in UTF-8 bytes. With ``unique`` no object may name one thing twice. Raises ``NotJson``."""
    if body.startswith(BOM_UTF8):
        raise NotJson("it begins with a byte order mark. Send it without.")
    try:
        hook = _each_once if unique else None
        return json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=hook)
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8.") from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply.") from error
    except (json.JSONDecodeError, _NotPlain) as error:
        raise NotJson(f"{error}.") from error
    except ValueError as error:  # Python reads no whole numbers of thousands of digits
        raise NotJson("it holds a number with too many digits.") from error


class _NotPlain(ValueError):
    """What Python would read, and others wouldn't or otherwise: NaN, the infinities, one name twice."""


def _no_constant(name: str) -> float:
    raise _NotPlain(f"{name} is not JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotPlain("one of its objects names the same thing twice")
    return found
