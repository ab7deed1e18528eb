"""When and how a discussion takes comments: weekly opening hours, and what the desk has set for a place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from moderation.core.comment import Mode
from moderation.core.errors import InvalidField
from moderation.core.messages import Message

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHOLE_DAY = 24 * 60
Span = tuple[int, int]
"""From a minute of the day on until another, which is outside; 1440 is midnight at the day's end."""

_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|—|to)\s*(\d{1,2})[:.](\d{2})")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly opening hours by the clock on the wall of ``zone``. ``days`` has seven entries, from Monday on."""

    days: tuple[tuple[Span, ...], ...]
    zone: str

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(zone_named(self.zone))
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.days[local.weekday()])

    def opens_at(self, now: datetime) -> datetime | None:
        """When it opens next, ``now`` where it is open; None where it never does."""
        if self.is_open(now):
            return now
        today = now.astimezone(zone_named(self.zone)).date()
        for ahead in range(9):  # a week on, today comes again from its beginning; a clock change may cost one opening
            for moment in self._openings(today + timedelta(days=ahead)):
                if moment > now:
                    return moment
        return None

    def _openings(self, day: date) -> Iterator[datetime]:
        """The moments at which it opens on this day, in order."""
        zone = zone_named(self.zone)
        begin = datetime.combine(day, time(), zone).astimezone(_UTC)
        end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(_UTC)
        if end - begin == timedelta(days=1):
            for start, _ in self.days[day.weekday()]:
                yield begin + timedelta(minutes=start)
            return
        # The clock is changed on this day: an hour of the wall is missing or comes twice.
        moment = begin
        while moment < end:
            if self.is_open(moment) and not self.is_open(moment - _MINUTE):
                yield moment
            moment += _MINUTE

    @property
    def always(self) -> bool:
        return all(day == ((0, WHOLE_DAY),) for day in self.days)

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {"zone": self.zone, "days": [[[_clock(a), _clock(b)] for a, b in day] for day in self.days]}

    def on(self, day: int) -> str:
        """A day's hours as they are typed: ``09:00-12:30, 14:00-18:00``; empty where it stays closed."""
        return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in self.days[day])


_UTC = ZoneInfo("UTC")


def always_open() -> Hours:
    """Hours that set those of a wider place aside."""
    return Hours(days=(((0, WHOLE_DAY),),) * 7, zone="UTC")


def hours_from(stored: Mapping[str, Any] | None) -> Hours | None:
    """Hours as ``as_dict`` gave them."""
    if stored is None:
        return None
    days = tuple(tuple((_minute(a), _minute(b)) for a, b in day) for day in stored["days"])
    return Hours(days=days, zone=stored["zone"])


def read_hours(days: Sequence[str], zone: str) -> Hours:
    """Hours as a person types them, one text a day: ``9:00-12:30, 14:00-18:00``, empty for a closed day. Hours past
    midnight, ``20:00-02:00``, belong to both days. Raises ``InvalidField`` naming the day or the zone.
    """
    zone_named(zone)
    found: list[list[Span]] = [[] for _ in DAYS]
    for number, typed in enumerate(days):
        for part in filter(None, (part.strip() for part in typed.split(","))):
            start, end = _span(part, DAYS[number])
            if start < end:
                found[number].append((start, end))
            else:
                found[number].append((start, WHOLE_DAY))
                found[(number + 1) % 7].append((0, end))
    return Hours(days=tuple(_merged(day) for day in found), zone=zone)


def _span(text: str, day: str) -> Span:
    match = _SPAN.fullmatch(text)
    start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
    right = match is not None and max(int(match[2]), int(match[4])) < 60 and start < WHOLE_DAY and end <= WHOLE_DAY
    if not right or start == end:
        raise InvalidField(day, Message("hours_unreadable", {"hours": repr(text[:40])}))
    return start, end


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name, such as Europe/Berlin. Raises ``InvalidField`` for what is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, or no name of a zone at all
        raise InvalidField("time zone", Message("time_zone_unknown", {"zone": repr(name[:60])})) from error


class Level(StrEnum):
    """How wide a setting reaches, the widest first; a narrower one stands over it."""

    COMMON = "every site"
    SITE = "the site"
    SECTION = "the section"
    REPLIES = "replies"
    ARTICLE = "the article"


class Cause(StrEnum):
    """How a setting came about."""

    HAND = "hand"
    SURGE = "surge"
    """By itself, because comments came fast or from many new authors. Without a mode: lifted by hand."""
    SWITCH = "switch"
    """The whole site is read-only, whatever else is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the desk has set for one place; None leaves it to what stands behind: a wider place, the configuration."""

    cause: Cause
    mode: Mode | None = None
    sentence: str | None = None
    hours: Hours | None = None
    close_after_days: int | None = None
    why: str | None = None
    account_id: str | None = None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the desk has set which concerns one article."""

    site: Setting | None = None
    section: Setting | None = None
    article: Setting | None = None
    surge: Setting | None = None
    switch: Setting | None = None


NOTHING_SET = Settings()
