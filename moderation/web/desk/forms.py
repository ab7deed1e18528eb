"""What the pages about authors, articles, site rules and legal cases share: fields, moments, answers to forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.core.actor import Actor
from moderation.core.comment import Mode
from moderation.core.discussion_hours import DAYS, always_open, read_hours
from moderation.core.errors import InvalidField, ModerationError, OpenWithColleague
from moderation.core.messages import Message, noted
from moderation.desk.discussion_settings import ModeForm
from moderation.storage.actions import find_action
from moderation.storage.articles_desk import COUNTED
from moderation.web.desk.words import action_words
from moderation.web.shared.errors import CODES
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.rendering import argument, known_id, time_zone
from moderation.web.shared.wording import number

SPANS = {
    "1": noted("1 day"),
    "3": noted("3 days"),
    "7": noted("1 week"),
    "28": noted("4 weeks"),
    "183": noted("6 months"),
    "": noted("until somebody lifts it"),
    "date": noted("until the date below"),
}
"""For how many days an author can be muted or banned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a form wasn't taken. What was typed stands in the request, and comes back with the page."""

    status: int
    words: str
    ask_again: bool = False
    """A colleague has the comment open: sent once more, with ``anyway``, the form is taken."""


def problem_of(error: ModerationError) -> Problem:
    """A refusal, in words for the page that the form stands on."""
    status = next((code for kind, code in CODES.items() if isinstance(error, kind)), 500)
    words = error.sentence(language()) if isinstance(error, InvalidField) else error.told(language())
    return Problem(status=status, words=words, ask_again=isinstance(error, OpenWithColleague))


def form_response(
    work: Callable[[], str | None],
    page: Callable[[Problem], Response],
    then: str,
    said: str = "kept",
    **more: str,
) -> Response:
    """Does what a form asks and leads on to ``then``, with the action that undoing takes; or shows the page again with
    what is wrong. Who asks for what isn't there, or isn't theirs, gets an error page. ``more`` enters the address.
    """
    try:
        action_id = work()
    except ModerationError as error:
        problem = problem_of(error)
        if problem.status in (403, 404, 500):
            raise
        return page(problem)
    told = {"done": action_id} if action_id else {"said": said}
    return redirect(f"{then}?{urlencode(more | told)}", 303)


_SAID = {
    "kept": noted("Kept."),
    "removed": noted("Removed."),
    "there": noted("Every one of these is on the list already."),
    "closed": noted("The whole site is read-only now."),
    "opened": noted("The site takes comments again, as its settings say."),
    "lifted": noted("Lifted. The article publishes first again."),
    "joined": noted("Joined. All comments stand under this article now."),
    "parted": noted("Parted. Its own comments and addresses are its again."),
    "entered": noted("Entered. Its time runs."),
    "decided": noted("Decided and recorded."),
    "erasing": noted("Noted. In a moment nothing of this reader is here any more."),
    "forgotten": noted("Erased: nobody can see any more who sent it."),
}


def done_here(session: Session, actor: Actor) -> dict[str, Any] | None:
    """What was just done, from the address: with its undo, where it is an action of one's own."""
    action = find_action(session, known_id(argument("done"))) if argument("done") else None
    if action is not None and action.account_id == actor.account_id:
        return {
            "id": action.id,
            "words": f"{action_words(action.words)}.",
            "may_undo": action.undoes is None and action.undone_by is None,
        }
    words = _SAID.get(argument("said"))
    return {"id": None, "words": gettext(words), "may_undo": False} if words else None


def field(name: str, maximum: int = 5000) -> str:
    """A field of the form, trimmed. Raises ``InvalidField`` for what is far too long."""
    text = request.form.get(name, "").strip()
    if len(text) > maximum:
        raise InvalidField(name, Message("text_too_long", {"number": len(text), "maximum": maximum}))
    return text


def moment(name: str, text: str) -> datetime:
    """A date, or a date and a time, as a browser's field sends it, by the clock of the page's time zone; in UTC. A date
    alone means the end of that day.

    Raises ``InvalidField``.
    """
    try:
        time = datetime.fromisoformat(text)
        if len(text) <= 10:
            time += timedelta(days=1, minutes=-1)
        time = (time.replace(tzinfo=time_zone()) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # in UTC it may lie before all years, or after them
        raise InvalidField(name, Message("date_unreadable")) from error
    if not 1970 <= time.year <= 2200:
        raise InvalidField(name, Message("date_out_of_range"))
    return time


def until_chosen(now: datetime) -> datetime | None:
    """The end of a restriction as the form has it: a number of days, a date, or nothing. Raises ``InvalidField``."""
    span = field("span")
    if span not in SPANS:
        raise InvalidField("duration", Message("not_offered"))
    if span == "date":
        return moment("date", field("until", 40))
    return now + timedelta(days=int(span)) if span else None


def mode_chosen() -> ModeForm:
    """How a place is to take comments, as the form has it. Raises ``InvalidField``."""
    mode, days, hours = field("mode"), field("days", 10), field("hours")
    mode = "" if mode == "wider" else mode
    if mode and mode not in list(Mode):
        raise InvalidField("mode", Message("not_offered_of", {"offered": ", ".join(Mode)}))
    if days and not (days.isascii() and days.isdigit()):
        raise InvalidField("days", Message("days_unreadable"))
    if hours not in ("", "always", "weekly"):
        raise InvalidField("hours", Message("not_offered"))
    weekly = [field(f"day-{place}", 200) for place in range(len(DAYS))]
    if hours == "weekly" and not any(weekly):
        raise InvalidField("hours", Message("hours_empty"))
    chosen = {"": None, "always": always_open()}
    return ModeForm(
        mode=Mode(mode) if mode else None,
        sentence=field("sentence") or None,
        hours=read_hours(weekly, field("zone", 100)) if hours == "weekly" else chosen[hours],
        close_after_days=int(days) if days else None,
    )


def counted(count: int) -> str:
    """A count that stops: ``37``, or ``1,000+``."""
    return number(count) if count <= COUNTED else f"{number(COUNTED)}+"
