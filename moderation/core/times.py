"""Times as programs send them: a moment, so never without a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

import regex

EARLIEST, LATEST = 1970, 2200
"""Years between which a time must lie."""
LONGEST = 60
"""Characters of a time; more are none."""
DAY = timedelta(days=1)
EXAMPLE = "2026-03-02T12:00:00Z"

_FORM = regex.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+\-]\d\d(?::?\d\d)?)?)?",
    regex.ASCII,
)
_NUMBER = regex.compile(r"-?\d{1,20}(?:\.\d{1,20})?", regex.ASCII)


def parse_time(text: str) -> datetime:
    """The moment, in UTC, that ISO 8601 writes as ``2026-03-02T12:00:00Z`` or with an offset. 24:00 and a leap second
    are what they are: the next day's beginning, and the next second.

    Raises ``ValueError`` with words that say what is wrong and how it is to be sent.
    """
    form = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if form is None:
        raise ValueError(_not_a_time(text))
    try:
        year, month, day = map(int, form["day"].split("-"))
        time = datetime(max(year, 1), month, day, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"names a day that no calendar has. Send a time such as {EXAMPLE}.") from error
    if form["hour"] is None:
        raise ValueError(f"is a day without a time. Send the time and its zone too, such as {form['day']}T00:00:00Z.")
    if form["zone"] is None:
        raise ValueError(
            f"must say its time zone: end it with Z for UTC or an offset, such as {EXAMPLE} or {EXAMPLE[:-1]}+01:00."
        )
    hour, minute, second = int(form["hour"]), int(form["minute"]), int(form["second"] or 0)
    midnight = hour == 24 and minute == second == 0
    leap = second == 60 and minute == 59
    if minute > 59 or (hour > 23 and not midnight) or (second > 59 and not leap):
        raise ValueError(f"names a time that no clock shows. Send a time such as {EXAMPLE}.")
    if not EARLIEST <= year <= LATEST:
        raise ValueError(f"must lie between the years {EARLIEST} and {LATEST}.")
    part = int((form["part"] or "").ljust(6, "0")[:6] or 0)
    time += timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part)
    moment = time - _offset(form["zone"])
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"must lie between the years {EARLIEST} and {LATEST}.")
    return moment


def _offset(zone: str) -> timedelta:
    """How far a zone lies before UTC."""
    if zone[0] not in "+-":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"has a time zone that is none: {zone}. Send it in UTC, such as {EXAMPLE}.")
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def _not_a_time(text: str) -> str:
    if _NUMBER.fullmatch(text):
        return f"is a number, not a time. Send it in UTC, such as {EXAMPLE}{_as_meant(text)}."
    return f"must be a time with its zone, such as {EXAMPLE} or {EXAMPLE[:-1]}+01:00."


def _as_meant(number: str) -> str:
    """The time that seconds or milliseconds since 1970 stand for, if it is a likely one."""
    for scale in (1, 1000):
        seconds = float(number) / scale
        if 10**8 <= seconds < 10**10:
            meant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))
            return f"; {number} would be {meant:%Y-%m-%dT%H:%M:%SZ}"
    return ""


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """When a day begins in a zone, in UTC; of a day before ``EARLIEST`` or after ``LATEST`` when these do."""
    year = min(max(day.year, EARLIEST), LATEST + 1)
    day = day if year == day.year else date(year, 1, 1)
    return datetime.combine(day, time.min, zone).astimezone(UTC)
