"""Sentences in the language of whoever reads them: the catalogues, and messages as codes with parameters.

A catalogue is ``catalogues/LANGUAGE/DOMAIN.po`` (gettext), its only form: it is compiled in memory when it is first
asked for. Domains: ``section`` (what a newspaper embeds), ``reader`` (pages and answers for readers), ``desk`` (for
moderators). What a page says has its English for a name; what the core says has a code, whose English stands in
``en/reader.po`` or ``en/desk.po``. ``python -m scripts.catalogues`` brings the catalogues up to date with the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "section": ("en", "de", "fr", "es", "pt", "hi", "ar"),
    "reader": ("en", "de", "fr", "es", "pt", "hi", "ar"),
    "desk": ("en", "de", "fr", "es"),
}
"""The languages of each domain, English first: what is not said in a language is said in English."""
RIGHT_TO_LEFT = frozenset({"ar"})
FOLDER = Path(__file__).parent / "catalogues"
_CODE = re.compile(r"\A[a-z][a-z0-9]*(?:_[a-z0-9]+)+\Z")


def direction(language: str) -> str:
    """Which way a language is written, as HTML says it: ``ltr`` or ``rtl``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def catalogue(domain: str, language: str) -> Catalog:
    """The catalogue as it is written. Raises OSError where there is none."""
    with (FOLDER / language / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language, domain=domain)


@cache
def translations(domain: str, language: str) -> NullTranslations:
    """What the domain says in a language, ready to be asked. The desk shares the words of the pages for readers, and
    has those alone where it isn't translated; in a language that nothing is translated to it is English.
    """
    if language not in LANGUAGES[domain]:
        return translations("reader", language) if domain == "desk" else translations(domain, ENGLISH)
    compiled = BytesIO()
    write_mo(compiled, catalogue(domain, language))
    compiled.seek(0)
    found = GNUTranslations(compiled)
    if domain == "desk":
        found.add_fallback(translations("reader", language))
    return found


def is_code(text: str) -> bool:
    """Whether this names a sentence instead of being one: ``comment_too_short``."""
    return _CODE.match(text) is not None


def noted(text: str) -> str:
    """The same text, which stands in the catalogues: translated only when it is shown."""
    return text


def counted(code: str) -> str:
    """The same code, whose sentence differs with a number: with the parameter ``count``."""
    return code


class Style(StrEnum):
    """How a moment is told, in English for example."""

    DAY = "day"
    """``13 January 2026``"""
    TIME = "time"
    """``13 January 2026, 14:20 UTC``"""
    WEEKDAY = "weekday"
    """``Monday 9 March 2026 at 09:00 (Europe/Berlin)``"""
    CLOCK = "clock"
    """``14:20 UTC on 09 March 2026``"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment within a sentence, by the clock of a place (an IANA zone, such as ``Europe/Berlin``)."""

    time: datetime
    style: Style = Style.TIME
    zone: str = "UTC"

    def __str__(self) -> str:
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        local = self.time.astimezone(ZoneInfo(self.zone))
        if self.style is Style.WEEKDAY:
            return self._weekday(local, language)
        if self.style is Style.CLOCK and language == ENGLISH:
            return f"{local:%H:%M %Z} on {local:%d %B %Y}"
        return told_time(local, self.style, language)

    def _weekday(self, local: datetime, language: str) -> str:
        if language == ENGLISH:
            return f"{local:%A} {told_time(local, Style.DAY)} at {local:%H:%M} ({self.zone})"
        day = format_date(local, "full", locale=language)
        return f"{day}, {local:%H:%M} ({self.zone})"


def told_time(local: datetime, style: Style = Style.TIME, language: str = ENGLISH) -> str:
    """A day, or a day and its time, by the clock that the time is told by."""
    day = _told_day(local.date(), language)
    return day if style is Style.DAY else f"{day}, {local.hour:02}:{local.minute:02} {local.tzname() or ''}"


@lru_cache(maxsize=4096)
def _told_day(day: date, language: str) -> str:
    # What English calls it is what it is called in Britain; C's own names need no locale.
    return f"{day.day} {day:%B %Y}" if language == ENGLISH else format_skeleton("yMMMMd", day, locale=language)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of ours within a sentence, such as a status, by its English."""

    text: str

    def __str__(self) -> str:
        return self.text

    def told(self, language: str) -> str:
        return translated(self.text, language)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence as its code, in the domain ``reader`` or ``desk``, and what is filled in: texts, numbers, moments,
    words, or messages. ``count`` among the parameters chooses between singular and plural. ``str(message)`` is its
    English.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        """The sentence in a language; in English where the catalogues lack it."""
        words = self._words(language)
        if words == self.code:
            words = self._words(ENGLISH)
        return words % {name: told(value, language) for name, value in self.params.items()}

    def _words(self, language: str) -> str:
        said, count = translations("desk", language), self.params.get("count")
        return said.gettext(self.code) if count is None else said.ngettext(self.code, self.code, count)


def told(value: Any, language: str) -> Any:
    """A message, a moment or a word in a language; anything else as it is."""
    return value.told(language) if isinstance(value, Message | Moment | Word) else value


def translated(sentence: str, language: str) -> str:
    """A sentence that is kept in English, such as one of a statement of reasons, in another language; one that the
    newsroom wrote itself stays as it is.
    """
    return sentence if not sentence or is_code(sentence) else translations("reader", language).gettext(sentence)


def plain(value: Any) -> Any:
    """The same for machines: a moment as ISO 8601, a message or a word as its English."""
    if isinstance(value, Moment | datetime):
        time = value.time if isinstance(value, Moment) else value
        return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, Message | Word) else value
