"""JSON as RFC 8259 has it, and nothing else; what is wrong with it is said in words for whoever sent it."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any


class NotJson(ValueError):
    """Bytes that are not JSON; the message says why."""


def parse_json(body: bytes) -> Any:
    """The value in UTF-8 bytes. Raises ``NotJson``."""
    if body.startswith(BOM_UTF8):
        raise NotJson("it begins with a byte order mark. Send it without.")
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8.") from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply.") from error
    except (json.JSONDecodeError, _NoConstant) as error:
        raise NotJson(f"{error}.") from error
    except ValueError as error:  # Python reads no whole numbers of thousands of digits
        raise NotJson("it holds a number with too many digits.") from error


class _NoConstant(ValueError):
    """NaN and the infinities, which Python would read."""


def _no_constant(name: str) -> float:
    raise _NoConstant(f"{name} is not JSON")
