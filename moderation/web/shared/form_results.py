"""What a form on a page led to: something made, or what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.web.shared.access import person
from moderation.web.shared.languages import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was just done, with the secret, or the codes, that are shown this once and what to do with them."""

    words: str
    secret: str | None = None
    codes: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a form led to: something made, or what was wrong with it."""

    made: Made | None = None
    problem: str | None = None


NOTHING_TOLD = Told()


def handled(use: Callable[..., Made], show: Callable[..., Response], **asked: str) -> Response:
    """Runs what a form asks for and shows what became of it, or what is wrong with the form, on the page itself."""
    try:
        made = use(person(), **asked)
    except InvalidField as error:
        return show(Told(problem=error.sentence(language())), **asked)
    return show(Told(made=made), **asked)


def field(name: str, maximum: int = 200) -> str:
    """A field of the form, trimmed. Raises ``InvalidField`` for what is far too long or can't be stored."""
    text = request.form.get(name, "").strip()
    if len(text) > maximum or "\x00" in text:
        raise InvalidField(name, Message("field_unusable", {"maximum": maximum}))
    return text
