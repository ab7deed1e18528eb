"""What is erased, removed or over is told to nobody any more, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from moderation.comments.lifecycle import Trigger, change_status
from moderation.core.comment import Status
from moderation.storage.comments import find_comment
from moderation.storage.webhook_figures import newest_attempts
from moderation.storage.webhook_pruning import outdated_deliveries, prune_deliveries
from moderation.storage.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookSequence,
)
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks import delivering
from moderation.webhooks.delivering import prune
from moderation.webhooks.endpoints import (
    redeliver,
    remove_endpoint,
)
from tests.newsroom import Newsroom
from tests.plans import written_in
from tests.webhooks.receiver import OK, Request, Told, status


def test_what_is_erased_before_it_is_sent_goes_nowhere(told: Told) -> None:
    newsroom = told.newsroom
    comment = newsroom.accepted("an address that I should not have written", author={"name": "Adalbert"})
    told.receiver.answer = status(500)
    told.deliver()
    erase(told, comment["id"])
    told.receiver.answer, before = OK, len(told.receiver.got)
    told.after(minutes=1)
    after = told.receiver.got[before:]
    assert [request.kind for request in after] == ["comment.accepted", "comment.erased"]
    for request in after:
        assert request.comment["status"] == "erased"
        assert "should not" not in request.text
        assert "Adalbert" not in request.text


def test_an_erasure_forgets_what_receivers_answered_about_the_comment(told: Told) -> None:
    newsroom = told.newsroom
    told.receiver.answer = status(200, "took the comment of Adalbert")
    erased, other = newsroom.accepted()["id"], newsroom.accepted()["id"]
    case = enter_case(newsroom, erased)
    told.deliver()
    assert (len(answers(told, erased)), len(answers(told, case)), len(answers(told, other))) == (2, 1, 1)
    erase(told, erased)
    assert answers(told, erased) + answers(told, case) == []
    assert len(answers(told, other)) == 1
    with newsroom.services.database.reading() as session:
        tries = newest_attempts(session, [one.number for one in told.deliveries()]).values()
    assert [one.status for one in tries] == [200] * 4, "that it was tried, and how that ended, stays"


def test_what_is_erased_while_it_is_being_sent_leaves_no_answer(told: Told) -> None:
    comment = told.newsroom.accepted()["id"]

    def erase_first(handler: BaseHTTPRequestHandler, request: Request) -> None:
        erase(told, comment)
        status(422, "cannot take the comment of Adalbert")(handler, request)

    told.receiver.answer = erase_first
    told.deliver()
    assert told.receiver.kinds == ["comment.accepted"]
    assert answers(told, comment) == []


def erase(told: Told, comment_id: str) -> None:
    def work(unit: UnitOfWork) -> None:
        row = find_comment(unit.session, comment_id, lock=True)
        assert row is not None
        change_status(unit, row, Status.ERASED, Trigger.ERASURE, actor="test", policy_version="1")

    run_in_unit_of_work(told.newsroom.services, work)


def enter_case(newsroom: Newsroom, comment_id: str) -> str:
    """Has the comment published, and somebody report it as illegal."""
    newsroom.decide(comment_id)
    notice = {
        "comment_id": comment_id,
        "explanation": "It names somebody.",
        "name": "Nora",
        "email": "nora@example.org",
        "good_faith": True,
    }
    answer = newsroom.client.post("/api/v1/notices", json=notice)
    assert answer.status_code == 201, answer.text
    return str((answer.json or {})["id"])


def answers(told: Told, subject: str) -> list[str]:
    """What was answered to events about this."""
    with told.newsroom.services.database.reading() as session:
        about = select(WebhookDelivery.number).where(WebhookDelivery.subject == subject)
        found = select(WebhookAttempt.answer).where(
            WebhookAttempt.delivery.in_(about), WebhookAttempt.answer.is_not(None)
        )
        return [answer for answer in session.scalars(found) if answer]


def test_a_removed_endpoint_is_sent_nothing_more_and_what_ended_is_forgotten_in_time(told: Told) -> None:
    newsroom = told.newsroom
    newsroom.configure("[webhooks]\nkeep_days = 7\n")
    newsroom.accepted()
    told.deliver()
    assert len(told.deliveries()) == 1
    newsroom.clock.move(days=6)
    prune(newsroom.services)
    assert len(told.deliveries()) == 1
    newsroom.clock.move(days=2)
    prune(newsroom.services)
    assert told.deliveries() == []
    newsroom.accepted()
    told.receiver.answer = status(500)
    told.deliver()
    remove_endpoint(newsroom.services, "test", told.endpoint.id)
    asked = len(told.receiver.got)
    told.after(hours=1)
    assert len(told.receiver.got) == asked
    prune(newsroom.services)
    assert told.deliveries() == []
    with newsroom.services.database.reading() as session:
        assert session.scalars(select(WebhookAttempt.id)).all() == []


def test_what_is_to_be_forgotten_is_looked_for_before_the_transaction_that_removes_it(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "PRUNED_AT_ONCE", 2)
    newsroom = told.newsroom
    for _ in range(5):
        newsroom.accepted()
    told.deliver()
    newsroom.clock.move(days=31)
    newsroom.accepted()
    told.deliver()
    with written_in(newsroom.services.database.engine) as statements:
        prune(newsroom.services)
    assert len(told.deliveries()) == 1
    assert [one for one in statements if "created_at" in one and "number IN" not in one] == []
    with written_in(newsroom.services.database.engine) as statements:
        prune(newsroom.services)
    assert statements == [], "where nothing is to go nobody's turn to write is taken"


def test_what_is_sent_again_meanwhile_is_not_forgotten(told: Told) -> None:
    told.newsroom.accepted()
    told.deliver()
    (delivery,) = told.deliveries()
    told.newsroom.clock.move(days=31)
    before = told.newsroom.clock.now - timedelta(days=30)
    with told.newsroom.services.database.reading() as session:
        assert list(outdated_deliveries(session, before, after=delivery.number - 1, limit=10)) == [delivery.number]
    redeliver(told.newsroom.services, "test", told.endpoint.id, delivery.number)
    pruned = told.newsroom.services.database.writing(
        lambda session: prune_deliveries(session, [delivery.number], before)
    )
    assert pruned == 0
    told.deliver()
    assert told.deliveries()[0].delivered_at is not None


def test_counts_of_events_go_on_while_somebody_may_compare_them_and_are_forgotten_then(told: Told) -> None:
    newsroom = told.newsroom
    erased, other = newsroom.accepted()["id"], newsroom.accepted()["id"]
    case = enter_case(newsroom, other)
    newsroom.clock.move(hours=1)
    erase(told, erased)
    told.deliver()
    newsroom.clock.move(days=29)
    prune(newsroom.services)
    assert counted(told, erased, other, case) == [2, 2, 1]
    newsroom.clock.move(days=2)
    prune(newsroom.services)
    assert counted(told, erased, case) == []
    newsroom.decide(other, "reject", reason="other")
    told.deliver()
    last = [request for request in told.receiver.got if request.event["data"].get("comment", {}).get("id") == other][-1]
    assert last.event["data"]["sequence"] == 3, "what may go on is counted on, however long ago it was told last"
    remove_endpoint(newsroom.services, "test", told.endpoint.id)
    prune(newsroom.services)
    assert counted(told, other) == []


def counted(told: Told, *subjects: str) -> list[int]:
    with told.newsroom.services.database.reading() as session:
        kept = {row.subject: row.last for row in session.scalars(select(WebhookSequence))}
    return [kept[subject] for subject in subjects if subject in kept]
