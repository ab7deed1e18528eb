"""A writer asks for another look at a refused comment, once; a person who hasn't refused it answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from moderation.comments.lifecycle import Trigger, change_status
from moderation.core.audit_chain import verify
from moderation.core.comment import Status
from moderation.core.errors import AppealNotFound, InvalidField, NotPossibleNow, RightMissing
from moderation.core.reach import Scope
from moderation.desk.appeals import AppealRuling, decidable_by, decide_appeal
from moderation.storage.appeals import (
    Appeal,
    AppealFilter,
    AppealOutcome,
    appeal_about,
    appeals_to_decide,
    how_many_to_decide,
    is_to_decide,
)
from moderation.storage.audit import events_of
from moderation.storage.comments import find_comment
from moderation.storage.outbox import OutboxEvent
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.desk.desk import REASONS, Colleague, colleague
from tests.newsroom import Newsroom, detail

WORDS = "It quotes the mayor; the insult is his."


def appeal(newsroom: Newsroom, comment: dict[str, Any], text: Any = WORDS, receipt: str | None = None) -> TestResponse:
    query = {"receipt": receipt or comment["receipt"]}
    content = {"text": text} if isinstance(text, str) else text
    return newsroom.client.post(f"/api/v1/comments/{comment['id']}/appeal", query_string=query, json=content)


def refused(newsroom: Newsroom, by: Colleague | None = None, reason: str = "spam") -> dict[str, Any]:
    newsroom.configure(REASONS)
    comment = newsroom.accepted()
    if by is None:
        newsroom.decide(comment["id"], "reject", reason=reason)
    else:
        by.decide(comment["id"], "reject", reason_id=reason)
    return comment


def kept(newsroom: Newsroom, comment: dict[str, Any]) -> Appeal:
    with newsroom.services.database.reading() as session:
        found = appeal_about(session, comment["id"])
    assert found is not None
    return found


def decide(
    newsroom: Newsroom,
    who: Colleague,
    comment: dict[str, Any],
    outcome: str = "upheld",
    why: str = "So it is.",
    **more: Any,
) -> None:
    more.setdefault("revision", newsroom.whole(comment["id"])["revision"])
    ruling = AppealRuling(outcome=AppealOutcome(outcome), explanation=why, **more)
    decide_appeal(newsroom.services, who.actor, kept(newsroom, comment).id, ruling)


def waiting(newsroom: Newsroom, who: Colleague) -> list[str]:
    """The comments whose appeals somebody is shown."""
    with newsroom.services.database.reading() as session:
        scope = Scope(site_id=newsroom.site, escalated="senior" in who.actor.rights[newsroom.site])
        mine = decidable_by(session, who.actor, [scope])
        found: list[Appeal] = []
        while lines := appeals_to_decide(session, mine, AppealFilter(), after=found[-1] if found else None, limit=2):
            found += [line.appeal for line in lines]
        assert how_many_to_decide(session, mine, AppealFilter(), maximum=99) == len(found)
        assert all(is_to_decide(session, mine, one) for one in found)
        return [one.comment_id for one in found]


def test_another_look_is_asked_for_once(newsroom: Newsroom) -> None:
    comment = refused(newsroom)
    answer = appeal(newsroom, comment)
    assert answer.status_code == 202, answer.text
    assert answer.json is not None
    assert set(answer.json) == {"id", "message", "asked_at", "answer_by"}
    found = kept(newsroom, comment)
    assert (found.text, found.reason_id, found.automated) == (WORDS, "spam", False)
    assert found.due_at - found.asked_at == timedelta(days=7)
    again = appeal(newsroom, comment)
    assert again.status_code == 409
    assert "asked for already" in detail(again)
    (event,) = [event for event in newsroom.events(comment["id"]) if event["event"] == "comment.appealed"]
    assert (event["actor"], set(event["payload"])) == ("reader", {"appeal", "decision", "due"})
    with newsroom.services.database.reading() as session:
        told = select(OutboxEvent.kind, OutboxEvent.payload).where(OutboxEvent.subject == comment["id"])
        assert ("comment.appealed", {"status": "rejected"}) in [tuple(row) for row in session.execute(told)]


def test_ones_own_refusals_hide_nobody_else_s(newsroom: Newsroom) -> None:
    """However many there are, everybody comes to all that they can decide."""
    mine, other = colleague(newsroom, granted=True), colleague(newsroom, granted=True)
    mine_due_first = [refused(newsroom, mine) for _ in range(3)]
    for one in mine_due_first:
        appeal(newsroom, one)
    newsroom.clock.move(hours=1)
    later = refused(newsroom, other)
    appeal(newsroom, later)
    assert waiting(newsroom, mine) == [later["id"]]
    assert sorted(waiting(newsroom, other)) == sorted(one["id"] for one in mine_due_first)


def test_to_count_them_takes_as_many_questions_however_many_there_are(newsroom: Newsroom) -> None:
    """The menu of every page of the desk says how many there are."""
    mine, other = colleague(newsroom, granted=True), colleague(newsroom, granted=True)

    def counted() -> tuple[int, int]:
        asked: list[str] = []
        engine = newsroom.services.database.engine

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        with newsroom.services.database.reading() as session:
            whose = decidable_by(session, mine.actor, [Scope(site_id=newsroom.site)])
            found = how_many_to_decide(session, whose, AppealFilter(), maximum=99)
        event.remove(engine, "before_cursor_execute", note)
        return found, len(asked)

    totals = []
    for section in ("city", "harbour", "sports"):
        newsroom.put_article(section, section=section)
        for by in (mine, other):
            newsroom.configure(REASONS)
            comment = newsroom.accepted(article=section)
            by.decide(comment["id"], "reject", reason_id="spam")
            appeal(newsroom, comment)
        totals.append(counted())
    assert [found for found, _ in totals] == [1, 2, 3]
    assert len({asked for _, asked in totals}) == 1


def test_of_ten_at_once_one_is_taken(newsroom: Newsroom) -> None:
    comment = refused(newsroom)
    path, query = f"/api/v1/comments/{comment['id']}/appeal", {"receipt": comment["receipt"]}

    def ask(_: int) -> int:
        return newsroom.hall.app.test_client().post(path, query_string=query, json={"text": WORDS}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(10))) == [202] + [409] * 9


def test_what_is_no_appeal_is_told_why(newsroom: Newsroom) -> None:
    comment, other = refused(newsroom), newsroom.accepted()
    for text, code in (
        ("", 422), ("  ", 422), ("\u200b", 422), ("x" * 2001, 422), ({}, 422), ({"text": 5}, 422), ([], 400),
        ({"text": WORDS, "more": 1}, 422), ("\x00", 422), ("x" * 1_000_000, 422),
    ):  # fmt: skip
        assert appeal(newsroom, comment, text).status_code == code, str(text)[:20]
    assert appeal(newsroom, comment, WORDS, other["receipt"]).status_code == 404
    assert newsroom.client.post(f"/api/v1/comments/{comment['id']}/appeal", json={"text": WORDS}).status_code == 401
    waits = appeal(newsroom, other)
    assert (waits.status_code, detail(waits)) == (
        409, "This comment is pending. Another look can be asked for at what was refused.",
    )  # fmt: skip
    newsroom.decide(other["id"])
    assert appeal(newsroom, other).status_code == 409
    with newsroom.services.database.reading() as session:
        assert appeal_about(session, comment["id"]) is None


def outside(newsroom: Newsroom, comment: dict[str, Any], status: Status, trigger: Trigger) -> None:
    def work(unit: UnitOfWork) -> None:
        found = find_comment(unit.session, comment["id"], lock=True)
        assert found is not None
        change_status(unit, found, status, trigger, actor="system", policy_version="1")

    run_in_unit_of_work(newsroom.services, work)


def test_an_appeal_after_erasure_is_told_so_and_one_before_loses_its_words(newsroom: Newsroom) -> None:
    comment, before = refused(newsroom), refused(newsroom)
    appeal(newsroom, before)
    for one in (comment, before):
        outside(newsroom, one, Status.ERASED, Trigger.ERASURE)
    answer = appeal(newsroom, comment)
    assert answer.status_code == 409
    assert detail(answer) == "This comment was erased, so nobody can look at it again."
    found = kept(newsroom, before)
    assert (found.text, found.outcome) == ("", "dropped")


def test_somebody_else_looks_again_and_publishes(newsroom: Newsroom) -> None:
    ada, berta = colleague(newsroom, granted=True), colleague(newsroom, granted=True)
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    assert (waiting(newsroom, ada), waiting(newsroom, berta)) == ([], [comment["id"]])
    with pytest.raises(NotPossibleNow, match="somebody else has to look again"):
        decide(newsroom, ada, comment, "reversed")
    decide(newsroom, berta, comment, "reversed", why="")
    assert newsroom.status(comment["id"]) == "approved"
    assert [one["id"] for one in (newsroom.published().json or {})["comments"]] == [comment["id"]]
    found = kept(newsroom, comment)
    assert (found.outcome, found.decided_by, found.by_same) == ("reversed", berta.actor.account_id, False)
    events = [(event["event"], event["payload"].get("outcome")) for event in newsroom.events(comment["id"])[-2:]]
    assert events == [("comment.appeal_decided", "reversed"), ("comment.approved", None)]
    with pytest.raises(NotPossibleNow, match="decided meanwhile"):
        decide(newsroom, berta, comment, "upheld")
    assert waiting(newsroom, berta) == []
    with newsroom.services.database.reading() as session:
        verify(newsroom.site, events_of(session, newsroom.site))


def test_where_there_is_one_moderator_the_same_one_looks_again_marked_so(newsroom: Newsroom) -> None:
    ada = colleague(newsroom, granted=True)
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    assert waiting(newsroom, ada) == [comment["id"]]
    decide(newsroom, ada, comment)
    found = kept(newsroom, comment)
    assert (found.outcome, found.by_same, found.explanation) == ("upheld", True, "So it is.")
    assert newsroom.status(comment["id"]) == "rejected"
    assert newsroom.events(comment["id"])[-1]["payload"]["same"] is True


def test_partly_reversed_the_comment_is_refused_for_another_reason(newsroom: Newsroom) -> None:
    ada, berta = colleague(newsroom, granted=True), colleague(newsroom, granted=True)
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    with pytest.raises(InvalidField, match="reason"):
        decide(newsroom, berta, comment, "partly_reversed")
    with pytest.raises(InvalidField, match="told already"):
        decide(newsroom, berta, comment, "partly_reversed", reason_id="spam")
    assert kept(newsroom, comment).outcome is None
    decide(newsroom, berta, comment, "partly_reversed", reason_id="off-topic")
    whole = newsroom.whole(comment["id"])
    assert (whole["status"], whole["decision"]["statement"]["why"]) == ("rejected", "It is not about the article.")
    assert kept(newsroom, comment).outcome == "partly_reversed"


def test_who_may_not_decide_cannot(newsroom: Newsroom) -> None:
    ada, reader = colleague(newsroom, granted=True), colleague(newsroom, "read")
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    with pytest.raises(RightMissing):
        decide(newsroom, reader, comment)
    for why in ("", " ", "x" * 2001):
        with pytest.raises(InvalidField, match="explanation"):
            decide(newsroom, colleague(newsroom, granted=True), comment, why=why)
    ruling = AppealRuling(outcome=AppealOutcome.UPHELD, explanation="x", revision=1)
    with pytest.raises(AppealNotFound):
        decide_appeal(newsroom.services, ada.actor, "01kjq6psg0zn958h052198961x", ruling)


def test_what_is_published_in_the_ordinary_way_settles_the_appeal(newsroom: Newsroom) -> None:
    ada, berta = colleague(newsroom, granted=True), colleague(newsroom, granted=True)
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    berta.decide(comment["id"], "reopen")
    assert waiting(newsroom, berta) == []
    with pytest.raises(NotPossibleNow, match="waits in the queue"):
        decide(newsroom, berta, comment)
    berta.decide(comment["id"], "reject", reason_id="spam")
    assert kept(newsroom, comment).outcome is None
    ada.decide(comment["id"], "approve")
    found = kept(newsroom, comment)
    assert (found.outcome, found.by_same) == ("reversed", True)


@pytest.mark.parametrize("put_back_first", [False, True])
def test_an_appeal_that_a_decision_settled_waits_again_once_that_is_undone(
    newsroom: Newsroom, put_back_first: bool
) -> None:
    ada, berta = colleague(newsroom, granted=True), colleague(newsroom, granted=True)
    comment = refused(newsroom, ada)
    appeal(newsroom, comment)
    newsroom.clock.move(minutes=5)
    if put_back_first:
        berta.decide(comment["id"], "reopen")
        newsroom.clock.move(minutes=5)
    action = berta.action(comment["id"], "approve")
    assert kept(newsroom, comment).outcome == "reversed"
    newsroom.clock.move(minutes=5)
    berta.undo(action)
    found = kept(newsroom, comment)
    assert (found.outcome, found.decided_at, found.decided_by, found.text) == (None, None, None, WORDS)
    assert newsroom.status(comment["id"]) == ("pending" if put_back_first else "rejected")
    events = [event["event"] for event in newsroom.events(comment["id"])]
    assert "comment.appeal_reopened" in events
    if put_back_first:
        berta.decide(comment["id"], "reject", reason_id="spam")
        decide(newsroom, colleague(newsroom, granted=True), comment)
    else:
        decide(newsroom, berta, comment)
    assert kept(newsroom, comment).outcome == "upheld"
