"""The site is told of a status in the same words, whoever brought it about, and however late."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from moderation.comments.rescoring import score_waiting
from moderation.core.reach import Scope
from moderation.desk.bulk import decide_score_range, remove_everything
from moderation.desk.bulk_runner import carry_on
from moderation.desk.decide import Ruling, Verdict
from moderation.storage.actions import Everything
from moderation.storage.comments import Comment
from moderation.storage.outbox import OutboxEvent
from moderation.storage.score_map import Area, ScoreRange
from tests.desk.desk import REASONS, Colleague, colleague
from tests.newsroom import Newsroom

POLICY = "[policy.approve]\ntoxicity_at_most = 0.2\n[policy.reject]\ntoxicity_at_least = 0.8\n"
WORKER = '[scoring]\nmode = "worker"\n'
SCORE = {"approved": "toxicity=0.1", "rejected": "toxicity=0.9"}
ALL_RIGHTS = ("read", "moderate", "senior", "batch_approve", "batch_reject")
RULING = {"approved": Ruling(verdict=Verdict.APPROVE), "rejected": Ruling(verdict=Verdict.REJECT, reason_id="spam")}
Way = Callable[[Newsroom, Colleague, str], str]
"""Brings a new comment to a status, and returns its id."""


def by_policy_at_once(newsroom: Newsroom, _who: Colleague, status: str) -> str:
    newsroom.configure(POLICY)
    return str(newsroom.accepted(SCORE[status])["id"])


def by_policy_late(newsroom: Newsroom, _who: Colleague, status: str) -> str:
    newsroom.configure(WORKER + POLICY)
    comment = str(newsroom.accepted(SCORE[status])["id"])
    while score_waiting(newsroom.services):
        pass
    return comment


def by_policy_after_a_failure(newsroom: Newsroom, _who: Colleague, status: str) -> str:
    newsroom.configure(POLICY)
    newsroom.scorer.fails = 1
    comment = str(newsroom.accepted(SCORE[status])["id"])
    while score_waiting(newsroom.services):
        pass
    return comment


def by_a_moderator(newsroom: Newsroom, who: Colleague, status: str) -> str:
    newsroom.configure(REASONS)
    comment = str(newsroom.accepted()["id"])
    who.decide(comment, RULING[status].verdict, reason_id=RULING[status].reason_id)
    return comment


def by_the_api(newsroom: Newsroom, _who: Colleague, status: str) -> str:
    newsroom.configure(REASONS)
    comment = str(newsroom.accepted()["id"])
    assert newsroom.decide(comment, RULING[status].verdict, reason="spam").status_code == 200
    return comment


def by_a_batch(newsroom: Newsroom, who: Colleague, status: str) -> str:
    newsroom.configure(REASONS)
    comment = str(newsroom.accepted("toxicity=0.3")["id"])
    here = Area(scopes=(Scope(site_id=newsroom.site, escalated=False),))
    decide_score_range(
        newsroom.services, who.actor, here, ScoreRange(signal="toxicity", low=30, high=31), RULING[status]
    )
    return comment


def by_removing_everything_in_the_background(newsroom: Newsroom, who: Colleague, status: str) -> str:
    if status != "rejected":
        return by_a_batch(newsroom, who, status)
    newsroom.configure(REASONS)
    comments = [newsroom.accepted(author={"name": "Ada", "id": "ada"})["id"] for _ in range(51)]
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, comments[0]).author_id
    what = Everything(site_id=newsroom.site, author_id=author)
    assert remove_everything(newsroom.services, who.actor, what, RULING[status]).running
    while carry_on(newsroom.services):
        pass
    return str(comments[-1])


def by_undoing(newsroom: Newsroom, who: Colleague, status: str) -> str:
    comment = by_a_moderator(newsroom, who, status)
    other = {"approved": "rejected", "rejected": "approved"}[status]
    who.undo(who.action(comment, RULING[other].verdict, reason_id=RULING[other].reason_id))
    return comment


WAYS = [
    by_policy_at_once,
    by_policy_late,
    by_policy_after_a_failure,
    by_a_moderator,
    by_the_api,
    by_a_batch,
    by_removing_everything_in_the_background,
    by_undoing,
]


def told(newsroom: Newsroom, comment: str) -> list[tuple[str, object]]:
    with newsroom.services.database.reading() as session:
        rows = session.scalars(
            select(OutboxEvent).where(OutboxEvent.subject == comment).order_by(OutboxEvent.created_at, OutboxEvent.id)
        )
        return [(row.kind, row.payload) for row in rows]


@pytest.mark.parametrize(("status", "kind"), [("approved", "comment.published"), ("rejected", "comment.rejected")])
def test_every_way_to_a_status_tells_it_alike(newsroom: Newsroom, status: str, kind: str) -> None:
    who = colleague(newsroom, *ALL_RIGHTS, granted=True)
    for way in WAYS:
        comment = way(newsroom, who, status)
        assert newsroom.status(comment) == status, way
        notices = told(newsroom, comment)
        assert notices.count((kind, {"status": status})) == (2 if way is by_undoing else 1), (way, notices)
        assert sum(told_kind == "comment.accepted" for told_kind, _ in notices) == 1, (way, notices)
        others = {other for other, _ in notices} - {"comment.accepted", kind}
        assert len(others) == (1 if way is by_undoing else 0), (way, notices)


def test_what_waits_again_is_told_as_reopened_however_it_came_to_wait(newsroom: Newsroom) -> None:
    who = colleague(newsroom, *ALL_RIGHTS)
    reopened, undone = (by_a_moderator(newsroom, who, "approved") for _ in range(2))
    who.decide(reopened, "reopen")
    newsroom.configure(REASONS)
    who.undo(who.action(undone, "reopen"))
    waiting = str(newsroom.accepted()["id"])
    who.undo(who.action(waiting))
    for comment in (reopened, waiting):
        assert newsroom.status(comment) == "pending"
        assert told(newsroom, comment).count(("comment.reopened", {"status": "pending"})) == 1
    assert newsroom.status(undone) == "approved"
    assert told(newsroom, undone).count(("comment.published", {"status": "approved"})) == 2
