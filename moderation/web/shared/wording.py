"""Times, names and numbers as a person reads them: the filters of the page templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any
from zlib import crc32

import regex
from babel import Locale
from babel.dates import get_day_names
from babel.numbers import format_decimal

from moderation.core.comment import Status
from moderation.core.decision import Prompt
from moderation.core.messages import ENGLISH, Style, noted, told_time
from moderation.core.text.scripts import word_count
from moderation.core.text.written import clusters, compatible
from moderation.web.shared.languages import gettext, language, ngettext

HUES = 6
_BIDI = regex.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPEAKING = regex.compile(r"[\p{L}\p{N}]\p{M}*")


def iso(time: datetime) -> str:
    """For machines: ``2026-01-13T14:20:00Z``."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(time: datetime, language: str = ENGLISH) -> str:
    """``13 January 2026``, by the clock that the time is told by."""
    return told_time(time, Style.DAY, language)


def day_and_time(time: datetime, zone: tzinfo = UTC, language: str = ENGLISH) -> str:
    """``13 January 2026, 14:20 UTC``."""
    return told_time(time.astimezone(zone), language=language)


def age(since: datetime, now: datetime) -> str:
    """How long ago, as ``duration`` words it."""
    return duration(now - since)


def duration(elapsed: timedelta) -> str:
    """In one or two units: ``under a minute`` (of less than nothing too), ``7 min``, ``3 h 20 min``, ``2 days 4 h``."""
    elapsed = max(elapsed, timedelta(0))
    minutes = int(elapsed.total_seconds() // 60)
    hours, days = minutes // 60, elapsed.days
    if minutes < 1:
        return gettext("under a minute")
    if hours < 1:
        return _minutes(minutes)
    if days < 1:
        return f"{_hours(hours)} {_minutes(minutes % 60)}" if minutes % 60 else _hours(hours)
    words = ngettext("%(num)d day", "%(num)d days", days)
    return f"{words} {_hours(hours % 24)}" if days < 7 and hours % 24 else words


def _minutes(number: int) -> str:
    return gettext("%(number)d min", number=number)


def _hours(number: int) -> str:
    return gettext("%(number)d h", number=number)


def plain(text: str) -> str:
    """For places without markup of their own, such as a page's title: no character that turns the text around."""
    return _BIDI.sub("", text)


def beginning(text: str) -> str:
    """The text with a capital first; names and abbreviations in it stay as they are."""
    return text[:1].upper() + text[1:]


def short(text: str, length: int) -> str:
    """At most so many characters as a reader counts them, on one line, cut at a space if one is near."""
    line = " ".join(text.split())
    characters = clusters(line[: length * 8])
    if len(characters) <= length and len(line) <= length * 8:
        return line
    cut = "".join(characters[: length - 1])
    at_space = cut.rsplit(" ", 1)[0]
    return (at_space if len(at_space) > length * 0.6 else cut).rstrip(" ,;:-") + "…"


def initial(name: str) -> str:
    """The letter that stands for a reader: the name's first letter or number, as a capital."""
    found = _SPEAKING.search(name)
    return found[0][:4].upper() if found else "•"


def hue(name: str) -> int:
    """One of a few colours, the same for the same name."""
    return crc32(name.encode()) % HUES


STATUS_WORDS: Mapping[str, str] = {
    Status.RECEIVED: noted("not scored yet"),
    Status.PENDING: noted("waiting"),
    Status.APPROVED: noted("published"),
    Status.REJECTED: noted("rejected"),
    Status.WITHDRAWN: noted("withdrawn"),
    Status.EXPIRED: noted("expired"),
    Status.ERASED: noted("erased"),
}


def number(value: int) -> str:
    """A whole number with its thousands apart, as the language of the page writes it: ``1,000``."""
    return _number(value, language())


@lru_cache(maxsize=4096)
def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=language))


def weekday(place: int) -> str:
    """A day of the week by its place, 0 for Monday."""
    return str(get_day_names("wide", context="stand-alone", locale=language())[place])


def status_word(status: str) -> str:
    """A status as moderators call it."""
    words = STATUS_WORDS.get(status)
    return status if words is None else gettext(words)


_CAME_UP: Mapping[str, str] = {
    Prompt.OWN_CHECK: noted("It came up in our own checks."),
    Prompt.REPORT: noted("It came up through a reader’s report."),
    Prompt.NOTICE: noted("It came up through a notice."),
    Prompt.ORDER: noted("It came up through an order of an authority."),
}


def came_up(prompt: str) -> str:
    """What a statement of reasons names as ``prompted_by``, as a sentence."""
    words = _CAME_UP.get(prompt)
    return gettext("It came up through %(prompt)s.", prompt=prompt) if words is None else gettext(words)


def percent(value: float) -> str:
    """A number from 0 to 1 as a length in per cent, for drawings."""
    return f"{min(max(value, 0.0), 1.0) * 100:.1f}".rstrip("0").rstrip(".")


_ACTORS = {
    **{
        "policy": noted("the policy"),
        "reader": noted("its writer"),
        "system": noted("the service"),
        "key": noted("the site's key"),
    },
    **{"page": noted("the article page"), "seeds": noted("the seeds"), "visitor": noted("somebody not signed in")},
    "import": noted("an archive"),
}
"""Who acts that has no account, by the kind that begins a reference."""


def who(reference: str, names: Mapping[str, str]) -> str:
    """Whoever the audit log names, in words; ``names`` are the accounts' by their ids."""
    kind, _, reference_id = reference.partition(":")
    if kind == "account":
        return names.get(reference_id) or gettext("an account that is gone")
    return gettext(_ACTORS[kind]) if kind in _ACTORS else reference


def referred_to(typed: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Whom somebody means who types what ``who`` says, such as an account's name or "the policy"; or a reference."""
    wanted = compatible(typed).strip()
    bare = wanted.removeprefix("the ")
    kinds = [
        kind
        for kind, words in _ACTORS.items()
        if bare in (kind, words.removeprefix("the ")) or wanted == compatible(gettext(words))
    ]
    accounts = [f"account:{account}" for account, name in names.items() if compatible(name) == wanted]
    return (*kinds, *accounts) or (typed,)


def language_name(code: str | None) -> str:
    """A language by its name, such as ``German`` for ``de``; a code that nothing is known of as it is."""
    return gettext("an unclear language") if code in (None, "", "und") else _languages(language()).get(code, code)


@cache
def _languages(told_in: str) -> Mapping[str, str]:
    return dict(Locale(told_in).languages)


def own_names(codes: Iterable[str]) -> dict[str, str]:
    """Languages by their codes, each as its own speakers call it: ``Deutsch``."""
    return {code: beginning(Locale(code).get_language_name(code) or code) for code in codes}


WORDS_A_MINUTE = 200


def reading_minutes(*texts: str) -> int:
    """Minutes that it takes to read these texts, at least 1."""
    words = sum(map(word_count, texts))
    return max(1, round(words / WORDS_A_MINUTE + 0.2))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "plain": plain,
    "iso": iso,
    "short": short,
    "beginning": beginning,
    "initial": initial,
    "hue": hue,
    "status_word": status_word,
    "came_up": came_up,
    "language_name": language_name,
    "number": number,
    "weekday": weekday,
}
