"""Pages as answers: templates with their filters, errors in plain words, and what of a request's text can be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import regex
from flask import Flask, Response, current_app, g, make_response, render_template, request
from markupsafe import Markup

from moderation.core.addresses import taken_apart
from moderation.core.messages import noted
from moderation.core.reach import sites_of
from moderation.core.text.written import storable
from moderation.watching.request import request_id
from moderation.web.shared.addresses import RootedAttributes, root, rooted
from moderation.web.shared.escaping import escape_faster, escaped
from moderation.web.shared.languages import gettext, in_its_language, install_languages, language
from moderation.web.shared.wording import FILTERS, day, day_and_time, iso

_ID = regex.compile(r"[0-9a-z]{1,64}")


def install_templates(app: Flask) -> None:
    """Gives the templates their filters, and lets no line of theirs leave an empty one behind."""
    install_languages(app)
    escape_faster(app.jinja_env)
    app.jinja_env.add_extension(RootedAttributes)
    app.jinja_env.filters["rooted"] = rooted
    app.jinja_env.globals["root"] = root
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.filters.update({"moment": moment, "day": day_told, "age": age_told})
    app.jinja_env.globals["zone_name"] = lambda: time_zone().key
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


# --- times, by the clock of whoever looks -----------------------------------------------------------------------------


def time_zone() -> ZoneInfo:
    """The zone in which this answer tells times: that of the site whose page it is, on the desk that of the sites of
    whoever is signed in. A browser that runs scripts tells them by its own clock instead (``times.js``).
    """
    if "time_zone" not in g:
        actor = g.get("signed_in")
        tell_times_of(*(sites_of(actor) if actor else ()))
    return cast(ZoneInfo, g.time_zone)


def tell_times_of(*sites: str) -> None:
    """Has this answer tell times in the zone of these sites."""
    configuration = current_app.extensions["moderation"].configuration.current()
    g.time_zone = configuration.display.zone_of(*sites)


def in_words(time: datetime) -> str:
    """``13 January 2026, 15:20 CET``, for where there can be no element."""
    return day_and_time(time, time_zone(), language())


def moment(time: datetime, style: str = "") -> Markup:
    """The same as an element that tells UTC on hover."""
    return _told(time, "moment", style, in_words(time), day_and_time(time, language=language()))


def day_told(time: datetime, style: str = "") -> Markup:
    """The day alone, as such an element."""
    told = day(time.astimezone(time_zone()), language())
    return _told(time, "day", style, told, day_and_time(time, language=language()))


def age_told(time: datetime, words: str) -> Markup:
    """How long ago it was, in ``words``, as an element that tells the moment on hover."""
    return _told(time, "age", "", words, f"{in_words(time)} · {day_and_time(time, language=language())}")


def _told(time: datetime, kind: str, style: str, words: str, title: str) -> Markup:
    of_class = f' class="{escaped(style)}"' if style else ""
    told = f'datetime="{iso(time)}" data-told="{kind}" title="{escaped(title)}"'
    return Markup(f"<time{of_class} {told}>{escaped(words)}</time>")  # noqa: S704 - all of it is escaped


def page(template: str, status: int = 200, /, *, kept: bool = False, **context: Any) -> Response:
    """A page that no cache keeps: it shows what only its reader may see. One that is ``kept`` holds a form's token at
    most: going back to it brings along what was typed there.
    """
    answer = make_response(render_template(template, **context), status)
    answer.headers["Cache-Control"] = "private, no-cache" if kept else "private, no-store"
    return in_its_language(answer)


def argument(name: str, maximum: int = 200) -> str:
    """A parameter of the address, trimmed and without what no database can look for; empty where there is none."""
    return tidy(request.args.get(name, ""), maximum)


LARGEST = 2**31 - 1
"""The largest whole number that the database keeps in a column of ours, where it isn't ``LARGEST_COUNT``."""
LARGEST_COUNT = 2**63 - 1
"""The largest number of an event or a comment: of what is numbered as it comes."""


def whole_number(text: str, *, largest: int = LARGEST) -> int | None:
    """A whole number from 0 on that somebody sent; None for anything else. One that is too large is ``largest``."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return largest if len(digits) > len(str(largest)) else min(int(digits or "0"), largest)


def tidy(text: str, maximum: int) -> str:
    """At most so much of a text, trimmed and without what no database can look for."""
    return storable(text)[:maximum].strip()


def known_id(text: str) -> str:
    """An id of ours as it may stand in a query; anything else becomes one that nothing has."""
    return text if _ID.fullmatch(text) else "-"


def path_within(text: str, start: str, default: str) -> str:
    """A path of this service that begins with ``start``; anything else, other hosts above all, becomes ``default``."""
    parts = taken_apart(text if text.isprintable() and "\\" not in text else "")
    inside = not parts.scheme and not parts.netloc and (parts.path == start or parts.path.startswith(start + "/"))
    return text if inside else default


_TITLES: Mapping[int, str] = {
    400: noted("That did not arrive whole"),
    403: noted("That is not open to you"),
    404: noted("There is nothing here"),
    405: noted("That is not possible here"),
    409: noted("It changed meanwhile"),
    410: noted("It is no longer here"),
    413: noted("That is too large"),
    422: noted("That cannot be used"),
    429: noted("A little too fast"),
    500: noted("Something broke on our side"),
    503: noted("Not right now"),
}


_OTHER_TITLE = noted("That did not work")


def error_page(status: int, detail: str, _fields: list[dict[str, Any]], headers: dict[str, str]) -> Response:
    """An error as a page: what happened, and what to do about it."""
    title = gettext(_TITLES.get(status, _OTHER_TITLE))
    named = request_id() if status >= 500 else None
    answer = page("error.html", status, status=status, title=title, detail=detail, request_id=named)
    answer.headers.update(headers)
    return answer
