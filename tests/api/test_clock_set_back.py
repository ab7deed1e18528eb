"""A machine's clock is set back by a day: nothing is lost, doubled, skipped, or waits until it is as late again."""

from __future__ import annotations

import logging

from sqlalchemy import func, select

from moderation.comments.rescoring import WORK, score_waiting
from moderation.storage.claims import claim_these
from moderation.storage.comments import Comment, DecisionRow
from tests.newsroom import Newsroom

log = logging.getLogger(__name__)

WORKER = '[scoring]\nmode = "worker"\n[policy.approve]\ntoxicity_at_most = 0.5\n'


def pages(newsroom: Newsroom) -> list[str]:
    """The ids of all that is published, page by page."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = newsroom.published(**({"cursor": cursor} if cursor else {})).json or {}
        seen += [comment["id"] for comment in page["comments"]]
        cursor = page["next"]
    return seen


def test_pages_show_everything_once_whatever_the_clock_said_when_it_came(newsroom: Newsroom) -> None:
    newsroom.put_article(mode="post")
    published = []
    for number in range(60):
        if number % 20 == 19:  # in the middle of a page, and while somebody turns it
            newsroom.clock.move(days=-1)
        newsroom.clock.move(seconds=1)
        published.append(newsroom.accepted(author={"name": "Ada", "id": f"reader {number}"})["id"])
    seen = pages(newsroom)
    assert len(seen) == len(set(seen)) == len(published)
    assert set(seen) == set(published)
    log.info(f"clock set back: {len(published)} acknowledged, {newsroom.stored()} stored, {len(seen)} shown once")


def test_what_a_dead_worker_had_is_not_held_for_as_long_as_the_clock_was_set_back(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER)
    comment = newsroom.accepted()["id"]
    services = newsroom.services
    assert services.database.writing(lambda session: claim_these(session, WORK, [comment], services.clock()))
    newsroom.clock.move(days=-1)
    while score_waiting(services):
        pass
    assert newsroom.status(comment) == "approved"
    assert [event["event"] for event in newsroom.events(comment)].count("comment.decided") == 1
    with services.database.reading() as session:
        decided = select(func.count()).select_from(DecisionRow).where(DecisionRow.comment_id == comment)
        assert session.scalar(decided) == 1


def test_the_same_comment_is_still_the_same_and_a_limit_still_holds(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_reader = ["2 per hour"]\nper_address = []\nper_site = []\n', limits=True)
    ada = {"name": "Ada", "id": "ada"}
    body, sent_as = newsroom.text(), {"Idempotency-Key": "before"}
    first = newsroom.comment(author=ada, body=body, headers=sent_as)
    assert first.status_code == 202
    newsroom.clock.move(days=-1)
    again = newsroom.comment(author=ada, body=body, headers=sent_as)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert [newsroom.comment(author=ada).status_code for _ in range(2)] == [202, 429]
    with newsroom.services.database.reading() as session:
        mine = select(func.count()).select_from(Comment).where(Comment.site_id == newsroom.site)
        assert session.scalar(mine) == 2
