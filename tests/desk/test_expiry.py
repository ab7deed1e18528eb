"""What nobody decided before its discussion ended expires some days later, and its writer is told so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from moderation.comments.expiry import expire_waiting
from moderation.desk.flags import flag_comment
from moderation.storage.moderator_workspace import FlagKind
from moderation.storage.policies import KeptConfiguration
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom, detail

EXPIRES = REASONS + "[comments]\nexpire_after_days = 30\n"


def told(newsroom: Newsroom, comment: dict[str, Any]) -> Any:
    path, query = f"/api/v1/comments/{comment['id']}", {"receipt": comment["receipt"]}
    return newsroom.client.get(path, query_string=query).json


def test_what_waits_thirty_days_after_the_end_expires(newsroom: Newsroom) -> None:
    newsroom.configure(EXPIRES + "close_after_days = 7\n")
    waits, decided, escalated = newsroom.accepted(), newsroom.accepted(), newsroom.accepted()
    newsroom.decide(decided["id"])
    senior = colleague(newsroom, "read", "moderate", "senior")
    flag_comment(newsroom.services, senior.actor, escalated["id"], FlagKind.ESCALATED)
    newsroom.clock.move(days=36)
    assert expire_waiting(newsroom.services) == 0
    newsroom.clock.move(days=2)
    assert expire_waiting(newsroom.services) >= 1
    assert [newsroom.status(one["id"]) for one in (waits, decided, escalated)] == ["expired", "approved", "pending"]
    assert told(newsroom, waits) == {
        "status": "expired",
        "message": "The discussion ended before anyone could read your comment, so it was not published.",
    }
    last = newsroom.events(waits["id"])[-1]
    assert (last["event"], last["actor"]) == ("comment.expired", "system")
    path, query = f"/api/v1/comments/{waits['id']}/appeal", {"receipt": waits["receipt"]}
    answer = newsroom.client.post(path, query_string=query, json={"text": "Please."})
    assert answer.status_code == 409
    assert "expired" in detail(answer)
    assert expire_waiting(newsroom.services) == 0


@pytest.mark.parametrize("mode", ["closed", "hidden"])
def test_a_discussion_that_its_site_closed_has_ended_and_one_that_is_open_has_not(
    newsroom: Newsroom, mode: str
) -> None:
    newsroom.configure(EXPIRES)
    newsroom.put_article("lanes")
    closed, open_ = newsroom.accepted(), newsroom.accepted(article="lanes")
    newsroom.clock.move(days=60)
    expire_waiting(newsroom.services)
    assert newsroom.status(closed["id"]) == "pending"
    newsroom.put_article(mode=mode)
    newsroom.clock.move(days=31)
    expire_waiting(newsroom.services)
    assert (newsroom.status(closed["id"]), newsroom.status(open_["id"])) == ("expired", "pending")


def test_an_article_that_is_sent_again_has_ended_when_its_site_closed_it(newsroom: Newsroom) -> None:
    newsroom.configure(EXPIRES)
    comment = newsroom.accepted()
    newsroom.put_article(mode="closed")
    for mode in ("closed", "hidden"):
        newsroom.clock.move(days=15)
        newsroom.put_article(mode=mode, title="Trams return to the harbour at last")
    newsroom.clock.move(days=1)
    assert expire_waiting(newsroom.services) >= 1
    assert newsroom.status(comment["id"]) == "expired"


def test_an_article_that_is_opened_again_ends_by_its_next_end(newsroom: Newsroom) -> None:
    newsroom.configure(EXPIRES)
    comment = newsroom.accepted()
    newsroom.put_article(mode="closed")
    newsroom.clock.move(days=20)
    newsroom.put_article(mode="pre")
    newsroom.put_article(mode="closed")
    newsroom.clock.move(days=20)
    expire_waiting(newsroom.services)
    assert newsroom.status(comment["id"]) == "pending"
    newsroom.clock.move(days=11)
    expire_waiting(newsroom.services)
    assert newsroom.status(comment["id"]) == "expired"


def test_one_that_the_configuration_closes_has_ended_when_that_took_effect(newsroom: Newsroom) -> None:
    open_, shut = EXPIRES, EXPIRES + f'[comments.sites.{newsroom.site}]\nmode = "closed"\n'
    newsroom.configure(open_)
    comment = newsroom.accepted()
    newsroom.clock.move(days=400)
    for text in (open_, shut, shut + "# as before\n"):
        newsroom.clock.move(days=10)
        _take_effect(newsroom, text)
    newsroom.clock.move(days=19)
    expire_waiting(newsroom.services)
    assert newsroom.status(comment["id"]) == "pending"
    newsroom.clock.move(days=2)
    expire_waiting(newsroom.services)
    assert newsroom.status(comment["id"]) == "expired"


def _take_effect(newsroom: Newsroom, text: str) -> None:
    newsroom.configure(text)
    now = newsroom.services.configuration.current()
    kept = KeptConfiguration(
        hash=now.hash, policy_version=now.policy.version, text=now.text, effective_at=newsroom.clock.now
    )
    newsroom.services.database.writing(lambda session: session.add(kept))


def test_what_expires_under_many_articles_takes_a_writers_turn_once_and_where_nothing_does_none_is_taken(
    newsroom: Newsroom,
) -> None:
    newsroom.configure(EXPIRES)
    newsroom.clock.move(days=400)
    expire_waiting(newsroom.services)  # what other tests have left, however long it would have waited
    comments = []
    for number in range(6):
        newsroom.put_article(f"tram-{number}")
        comments.append(newsroom.accepted(article=f"tram-{number}"))
    newsroom.clock.move(days=40)
    with commits(newsroom) as counted:
        assert expire_waiting(newsroom.services) == 0
    assert counted == []
    for number in range(6):
        newsroom.put_article(f"tram-{number}", mode="closed")
    newsroom.clock.move(days=31)
    with commits(newsroom) as counted:
        assert expire_waiting(newsroom.services) >= 6
    assert len(counted) == 1
    assert {newsroom.status(one["id"]) for one in comments} == {"expired"}


def test_an_article_that_is_sent_takes_no_writers_turn_for_what_was_never_joined(newsroom: Newsroom) -> None:
    newsroom.accepted()
    with commits(newsroom) as counted:
        assert newsroom.put_article().status_code == 200
    assert len(counted) == 1


@contextmanager
def commits(newsroom: Newsroom) -> Iterator[list[str]]:
    """The transactions that wrote meanwhile."""
    counted: list[str] = []
    engine = newsroom.services.database.engine

    def note(_connection: object) -> None:
        counted.append("commit")

    event.listen(engine, "commit", note)
    yield counted
    event.remove(engine, "commit", note)


def test_nothing_expires_where_the_configuration_does_not_say_so(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    comment = newsroom.accepted()
    newsroom.put_article(mode="closed")
    newsroom.clock.move(days=4000)
    assert expire_waiting(newsroom.services) == 0
    assert newsroom.status(comment["id"]) == "pending"
