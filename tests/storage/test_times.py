"""Times in the database: as they always were in the file, and the same moment again when they are read."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite

from moderation.storage.base import UtcTime

_FIRST, _LAST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001 - Hypothesis takes bounds without a zone
MOMENTS = st.datetimes(_FIRST, _LAST, timezones=st.timezones())


@given(MOMENTS)
def test_a_time_stands_in_sqlite_as_sqlalchemy_writes_it_and_comes_back(moment: datetime) -> None:
    here = sqlite()
    written = UtcTime().dialect_impl(here).bind_processor(here)
    read = UtcTime().dialect_impl(here).result_processor(here, None)
    as_before = DateTime().dialect_impl(here).bind_processor(here)
    assert written is not None
    assert read is not None
    assert as_before is not None
    stored = written(moment)
    assert stored == as_before(moment.astimezone(UTC).replace(tzinfo=None))
    again = read(stored)
    assert again == moment.astimezone(UTC)
    assert again.tzinfo is UTC


def test_no_time_stays_none() -> None:
    here = sqlite()
    written = UtcTime().dialect_impl(here).bind_processor(here)
    read = UtcTime().dialect_impl(here).result_processor(here, None)
    assert written is not None
    assert read is not None
    assert written(None) is None
    assert read(None) is None
