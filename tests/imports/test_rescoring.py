"""Comments from an archive get their scores afterwards, and stay where they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from moderation.comments.rescoring import score_again
from moderation.core.scores import PackStamp
from moderation.storage.comments import scores_of
from moderation.storage.figures import waits_of_decided
from moderation.storage.replay import decided_by_people
from moderation.storage.stale_scores import how_many, stale_comments
from tests.commands import moderation
from tests.imports import archives
from tests.imports.stored import stored
from tests.newsroom import Hall, Newsroom


@pytest.fixture
def site(hall: Hall, tmp_path: Path) -> Newsroom:
    newsroom = hall.new_site()
    moderation(hall, "import", "coral", str(archives.coral(tmp_path / "coral")), "--site", newsroom.site)
    return newsroom


def stale(hall: Hall, site: Newsroom) -> list[str]:
    stamps = {hall.services.scorer.stamp}
    found = stale_comments(hall.services.database, stamps, site_id=site.site, since=None)
    return [id_ for _, ids in found for id_ in ids]


def test_scores_come_and_every_status_stands(hall: Hall, site: Newsroom) -> None:
    before = {name: (one.status, one.revision) for name, one in stored(hall, site).items()}
    ids = stale(hall, site)
    assert len(ids) == how_many(hall.services.database, site_id=site.site, since=None) == 3
    assert score_again(hall.services, ids) == 3
    after = stored(hall, site)
    assert {name: (one.status, one.revision) for name, one in after.items()} == before
    assert all(one.scored for one in after.values())
    assert stale(hall, site) == []
    assert moderation(hall, "audit", "verify").exit_code == 0


def test_figures_of_agreement_know_what_people_decided_elsewhere(hall: Hall, site: Newsroom) -> None:
    def known() -> int:
        with hall.services.database.reading() as session:
            return len(decided_by_people(session, [site.site], None, limit=10))

    assert known() == 0
    score_again(hall.services, stale(hall, site))
    assert known() == 1


def test_scores_of_another_pack_are_replaced(hall: Hall, site: Newsroom) -> None:
    comment = stored(hall, site)["coral:c1"].id
    score_again(hall.services, [comment])
    with hall.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE scores SET pack = 'older' WHERE comment_id = :id"), {"id": comment})
    assert comment in stale(hall, site)
    score_again(hall.services, [comment])
    with hall.services.database.reading() as session:
        found = scores_of(session, comment)
        assert found is not None
        assert isinstance(found.pack, PackStamp)
        assert found.pack == hall.services.scorer.stamp


def test_the_command_scores_a_site_with_the_configured_packs(hall: Hall, site: Newsroom) -> None:
    result = moderation(hall, "rescore", "--site", site.site)
    assert result.exit_code == 0, result.output
    assert "Scored 3 comments." in result.output
    assert "Scored 0 comments." in moderation(hall, "rescore", "--site", site.site).output


@pytest.mark.parametrize("since", ["last week", "2026-02-30", "0001-01-01T00:00:00+01:00", ""])
def test_a_time_that_is_none_is_named(hall: Hall, site: Newsroom, since: str) -> None:
    result = moderation(hall, "rescore", "--site", site.site, "--since", since)
    assert result.exit_code == 2
    assert f"'--since': {since!r} is no time" in result.output


def test_how_long_comments_waited_elsewhere_is_nothing_that_they_wait_here(hall: Hall, site: Newsroom) -> None:
    def waits() -> list[timedelta]:
        with hall.services.database.reading() as session:
            return waits_of_decided(session, site.site, since=datetime(1990, 1, 1, tzinfo=UTC))

    score_again(hall.services, stale(hall, site))
    assert waits() == []
    site.put_article()
    comment = site.accepted()
    hall.clock.move(hours=2)
    site.decide(comment["id"])
    assert waits() == [timedelta(hours=2)]


@pytest.mark.parametrize("since", ["2022-01-03", "2022-01-02T23:30:00", "2022-01-03T00:30:00+01:00"])
def test_only_what_was_received_since_then_is_scored(hall: Hall, site: Newsroom, tmp_path: Path, since: str) -> None:
    at_once = tmp_path / "moderation.toml"  # with a runtime that isn't at work for seconds until it is ready
    at_once.write_text("[scoring]\nruntime = 'onnxruntime-int8'\n")
    result = moderation(hall, "rescore", "--site", site.site, "--since", since, MODERATION_CONFIG=str(at_once))
    assert result.exit_code == 0, result.output
    assert "Scored 1 comments." in result.output


@pytest.mark.parametrize("command", [("rescore",), ("export", "somewhere.jsonl"), ("import", "disqus", __file__)])
@pytest.mark.parametrize("name", ["nowhere", "\udcff"])
def test_a_site_that_is_not_there_is_named_by_every_command(hall: Hall, command: tuple[str, ...], name: str) -> None:
    result = moderation(hall, *command, "--site", name)
    assert result.exit_code == 2
    assert f"there is no site {name!r}" in result.output
