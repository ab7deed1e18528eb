"""Weekly opening hours by the clock on the wall, over changes of that clock too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.discussion_hours import WHOLE_DAY, Hours, always_open, hours_from, read_hours
from moderation.core.errors import InvalidField

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC")
MINUTES = st.integers(0, WHOLE_DAY)
DAY = st.lists(st.tuples(MINUTES, MINUTES), max_size=3)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    typed = [
        ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in day if a != b and a < WHOLE_DAY)
        for day in draw(st.lists(DAY, min_size=7, max_size=7))
    ]
    return read_hours(typed, draw(st.sampled_from(ZONES)))


# 2026's changes of the clock lie inside: March in Europe and America, October and November, April in the south.
MOMENTS = st.integers(0, 366 * WHOLE_DAY - 1).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))


@given(hours(), MOMENTS)
def test_it_opens_when_it_says_and_not_a_minute_before(hours: Hours, now: datetime) -> None:
    opens_at = hours.opens_at(now)
    if hours.is_open(now):
        assert opens_at == now
    elif opens_at is None:
        assert not any(hours.days)
    else:
        assert now < opens_at <= now + timedelta(days=8, hours=2)
        assert hours.is_open(opens_at)
        minutes = min(int((opens_at - now) / timedelta(minutes=1)), 600)
        assert not any(hours.is_open(opens_at - timedelta(minutes=m)) for m in range(1, minutes + 1))


@given(hours())
def test_hours_are_stored_and_typed_again_as_they_are(hours: Hours) -> None:
    assert hours_from(hours.as_dict()) == hours
    assert read_hours([hours.on(day) for day in range(7)], hours.zone) == hours


def test_hours_follow_the_clock_on_the_wall() -> None:
    hours = read_hours(["9:00-17:30"] * 7, "Europe/Berlin")
    assert hours.opens_at(datetime(2026, 3, 27, 20, 0, tzinfo=UTC)) == datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
    assert hours.opens_at(datetime(2026, 3, 28, 20, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert not hours.is_open(datetime(2026, 7, 1, 15, 30, tzinfo=UTC))


def test_an_hour_that_the_clock_skips_opens_with_the_next() -> None:
    hours = read_hours(["", "", "", "", "", "", "02:30-05:00"], "Europe/Berlin")
    assert hours.opens_at(datetime(2026, 3, 29, 0, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_hours_past_midnight_belong_to_both_days() -> None:
    hours = read_hours(["", "", "", "", "20:00 - 2:00", "", ""], "UTC")
    assert hours.on(4) == "20:00-24:00"
    assert hours.on(5) == "00:00-02:00"


def test_overlapping_hours_are_one() -> None:
    assert read_hours(["9:00-12:00, 11:00-13:00, 13:00-14:00"] + [""] * 6, "UTC").on(0) == "09:00-14:00"


def test_always_is_always() -> None:
    assert always_open().always
    assert not read_hours(["00:00-24:00"] * 6 + [""], "UTC").always


@pytest.mark.parametrize("typed", ["9-17", "25:00-26:00", "09:70-10:00", "10:00-10:00", "24:00-10:00", "x", "9:00-"])
def test_hours_that_make_no_sense_name_their_day(typed: str) -> None:
    with pytest.raises(InvalidField, match="Tuesday"):
        read_hours(["", typed, "", "", "", "", ""], "UTC")


@pytest.mark.parametrize("zone", ["", "Berlin", "../etc/passwd", "/etc", "x\x00y", "Europe/Berlin\n"])
def test_a_zone_that_nobody_knows_is_named(zone: str) -> None:
    with pytest.raises(InvalidField, match="zone"):
        read_hours([""] * 7, zone)
