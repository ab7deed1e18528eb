"""The clock of a whole service is set back by a day while sixteen clients comment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from sqlalchemy import text

from tests.e2e.load import Load, account_for, asked, register_article
from tests.e2e.service import Service
from tests.own_clock import OwnClock

COMMENTS = 90
DAY = timedelta(days=1)

DECIDED = text("SELECT count(*), count(DISTINCT comment_id), min(decided_at), max(decided_at) FROM decisions")


def behind(service: Service) -> timedelta:
    """So far the service's clock is behind ours."""
    return datetime.now(UTC) - parsedate_to_datetime(service.ask("GET", "/healthz").headers["Date"])


def test_a_clock_that_is_set_back_by_a_day_loses_nothing_and_decides_nothing_twice(
    own_service: Service, tmp_path: Path
) -> None:
    service, clock = own_service, OwnClock(tmp_path)
    service.by_itself = True  # a preloaded library counts from a process's very start on
    service.environment |= clock.environment
    register_article(service.start())
    assert behind(service) < DAY / 2
    load = Load(service, comments=COMMENTS, name="set-back")
    load.start()
    load.wait_for(COMMENTS // 3)
    clock.set(-int(DAY.total_seconds()))
    assert behind(service) > DAY / 2
    load.join()
    assert load.outcomes == {"acknowledged": COMMENTS}
    account_for(load, "clock set back")
    [(decisions, comments, earliest, latest)] = asked(service, DECIDED)
    assert (decisions, comments) == (COMMENTS, COMMENTS)
    assert datetime.fromisoformat(latest) - datetime.fromisoformat(earliest) > DAY / 2

    assert service.stop() == 0
    service.start()
    again = Load(service, comments=COMMENTS // 3, name="and-started-again")
    again.start()
    again.join()
    assert again.outcomes == {"acknowledged": COMMENTS // 3}
    account_for(again, "started again with the clock set back")
    assert service.stop() == 0
