"""Why what a reader sent wasn't taken, for the page that its form stands on: what was typed comes back with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import BadRequest

from moderation.core.errors import CommentTooLong, CommentTooShort, InvalidField, ModerationError
from moderation.core.messages import Message
from moderation.web.shared.errors import CODES
from moderation.web.shared.languages import language
from moderation.web.shared.limits import RateLimitExceeded

REFUSALS = (BadRequest, RateLimitExceeded, ModerationError)
"""What a form is refused with, and ``problem_of`` tells."""
_TOO_FAST = Message("too_fast")
_FORM_OLD = Message("form_old")
_NO_COOKIE = Message("form_without_cookie")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a form wasn't taken, and the field that is to be mended, if it is one."""

    status: int
    words: str
    field: str | None = None


def problem_of(error: Exception, *, too_fast: Message = _TOO_FAST, fields: Mapping[str, str] | None = None) -> Problem:
    """One of ``REFUSALS`` in words; ``too_fast`` are those for a limit that is used up, ``fields`` the form's own names
    for what is called otherwise elsewhere. Raises everything else.
    """
    if isinstance(error, RateLimitExceeded):
        return Problem(status=429, words=too_fast.told(language()))
    if isinstance(error, BadRequest):
        return Problem(status=400, words=(_FORM_OLD if request.cookies else _NO_COOKIE).told(language()))
    if not isinstance(error, ModerationError):
        raise error
    status = next(code for kind, code in CODES.items() if isinstance(error, kind))
    if isinstance(error, InvalidField):
        return Problem(
            status=status, words=error.sentence(language()), field=(fields or {}).get(error.field, error.field)
        )
    too_short_or_long = isinstance(error, CommentTooShort | CommentTooLong)
    return Problem(status=status, words=error.told(language()), field="body" if too_short_or_long else None)
