"""Every figure is in the chapter, says what is so, and comes without the database too."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from moderation.core.errors import ConfigurationError
from moderation.storage.standing import waiting_by_site
from moderation.watching.counts import Count
from moderation.watching.serving import figures_served
from moderation.web.shared.standing import STANDING, Standing
from tests.newsroom import Hall, Newsroom
from tests.plans import plans_of

CHAPTER = Path(__file__).parents[2] / "config/deploy/WATCHING.md"


def figure(told: str, name: str, **labels: str) -> float:
    """A figure's value; 0.0 where it was never counted."""
    for line in told.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name and dict(re.findall(r'(\w+)="([^"]*)"', found[2] or "")) == labels:
            return float(found[3])
    return 0.0


def told(newsroom: Newsroom) -> str:
    answer = newsroom.client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def test_every_figure_is_in_the_chapter_and_the_other_way_round(front_door: Newsroom) -> None:
    for module in ("web.shared.limit_redis", "outside.asking"):
        import_module(f"moderation.{module}")  # what not every start needs
    front_door.server("PUT", "/api/v1/articles/trams", json={"title": "x", "text": "y"})
    names = set(re.findall(r"^# TYPE (moderation_\w+) ", told(front_door), re.MULTILINE))
    told_of = set(re.findall(r"^\| `(moderation_\w+)` \|", CHAPTER.read_text(), re.MULTILINE))
    assert {name for name in names if not name.endswith("_created")} == told_of
    used = set(re.findall(r"moderation_[a-z_]+(?=[\s{`\[(,)])", CHAPTER.read_text().split("## What to alert on")[1]))
    assert used <= told_of


def test_what_becomes_of_comments_is_counted_once_it_has_happened(newsroom: Newsroom) -> None:
    before = told(newsroom)
    comment = newsroom.accepted()
    newsroom.clock.now += timedelta(minutes=2)
    newsroom.decide(comment["id"], "approve")
    assert newsroom.comment(body="x").status_code == 422
    after = told(newsroom)

    def more(name: str, **labels: str) -> float:
        return figure(after, name, **labels) - figure(before, name, **labels)

    assert more("moderation_outcomes_total", status="pending", trigger="arrival") == 1
    assert more("moderation_outcomes_total", status="approved", trigger="moderator") == 1
    assert more("moderation_decided_after_seconds_sum", trigger="moderator") == 120
    assert more("moderation_refused_total", status="422", code="comment_too_short") == 1
    assert figure(after, "moderation_comments_total", site=newsroom.site, status="pending") == 1


def test_what_was_rolled_back_is_not_counted(newsroom: Newsroom) -> None:
    before = told(newsroom)
    body = "The trams of the harbour ring their bells too early in the morning, I think."
    assert newsroom.comment(body=body).status_code == 202
    assert newsroom.comment(body=body).status_code == 409
    after = told(newsroom)
    labels = {"status": "pending", "trigger": "arrival"}
    counted = figure(after, "moderation_outcomes_total", **labels) - figure(
        before, "moderation_outcomes_total", **labels
    )
    assert counted == 1


def test_what_waits_and_how_high_the_chain_stands_is_asked_of_the_database(newsroom: Newsroom) -> None:
    newsroom.accepted()
    newsroom.clock.now += timedelta(minutes=3)
    newsroom.accepted()
    after = told(newsroom)
    moderator = {"site": newsroom.site, "waits_for": "moderator"}
    assert figure(after, "moderation_queue_comments", **moderator) == 2
    assert figure(after, "moderation_queue_oldest_seconds", **moderator) == 180
    assert f'moderation_queue_comments{{site="{newsroom.site}",waits_for="scores"}} 0.0' in after
    assert figure(after, "moderation_audit_height", chain=newsroom.site) >= 3
    assert figure(after, "moderation_database_up") == 1


def test_the_queue_is_asked_for_by_its_indexes_alone(front_door: Newsroom) -> None:
    """On SQLite alone: PostgreSQL takes no index for a table of a few rows."""
    front_door.accepted()
    database = front_door.services.database
    with plans_of(database.engine, "oldest_pending") as plans, database.reading() as session:
        waiting_by_site(session, front_door.clock())
    (plan,) = plans
    assert plan.count("ix_queue_index_status") == 2
    assert "ix_queue_index_oldest" in plan
    assert "ix_comments_unscored" in plan


def test_without_the_database_the_other_figures_come(sqlite_hall: Hall) -> None:
    hung, release = threading.Event(), threading.Event()

    class Hanging:
        def reading(self) -> Any:
            hung.set()
            release.wait(30)
            raise OSError

    newsroom, extensions = sqlite_hall.new_site(), sqlite_hall.app.extensions
    database: Any = newsroom.services.database
    kept = extensions[STANDING]
    extensions[STANDING] = Standing(lambda: extensions["moderation"], patience_seconds=0.2)
    newsroom.hall.change(database=Hanging())
    try:
        answer = newsroom.client.get("/metrics")
    finally:
        newsroom.hall.change(database=database)
        extensions[STANDING] = kept
        release.set()
    assert hung.is_set()
    assert answer.status_code == 200
    assert figure(answer.text, "moderation_build_info", version=import_module("moderation").__version__) == 1
    assert "moderation_database_up 0.0" in answer.text
    assert "moderation_queue_comments" not in answer.text


def test_the_database_is_asked_once_in_a_while(sqlite_hall: Hall) -> None:
    asked: list[bool] = []

    class Counting:
        def reading(self) -> Any:
            asked.append(True)
            return sqlite_hall.services.database.reading()

    services: Any = sqlite_hall.services
    sqlite_hall.change(database=Counting())
    counted = sqlite_hall.services
    sqlite_hall.change(database=services.database)
    standing = Standing(lambda: counted, kept_seconds=3600, patience_seconds=60)
    assert [len(list(standing.collect())) for _ in range(3)] == [14, 14, 14]
    assert len(asked) == 1


def test_a_process_without_web_serves_its_figures() -> None:
    counted = REGISTRY.get_sample_value("moderation_claimed_total", {"work": "tests"}) or 0.0
    from moderation.watching import counts  # noqa: PLC0415

    counts.claimed("tests", by=3)
    with figures_served(("127.0.0.1", 0), None) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30)
        with (
            pytest.raises(ConfigurationError, match="MODERATION_WORKER_METRICS"),
            figures_served(("127.0.0.1", port or 0), None),
        ):
            pass
    assert figure(text, "moderation_claimed_total", work="tests") == counted + 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [({}, "403 Forbidden"), ({"HTTP_AUTHORIZATION": "Bearer a token"}, "200 OK")],
    ids=["none", "token"],
)
def test_elsewhere_they_open_with_the_token_alone(sent: dict[str, str], status: str) -> None:
    from moderation.watching.serving import _application  # noqa: PLC0415

    got: list[str] = []
    environ: Any = {"PATH_INFO": "/metrics", "REMOTE_ADDR": "203.0.113.7", **sent}
    answer: Any = lambda status, headers: got.append(status)  # noqa: E731
    list(_application("a token")(environ, answer))
    assert got == [status]


def test_a_count_costs_little() -> None:
    """No more is done for one that was counted before than to look it up and add."""
    count = Count("moderation_tests_cost_total", "Of this test.", "kind")
    try:
        count("a")
        metric: Any = count._metric
        metric.labels = None  # would fail if it were called again
        count("a", by=2)
        assert REGISTRY.get_sample_value("moderation_tests_cost_total", {"kind": "a"}) == 3
    finally:
        REGISTRY.unregister(count._metric)


def test_a_thread_that_could_not_be_had_is_asked_for_anew(sqlite_hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    services = sqlite_hall.services
    standing = Standing(lambda: services, kept_seconds=3600, patience_seconds=60)

    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="can't start"):
            list(standing.collect())
    assert len(list(standing.collect())) == 14
