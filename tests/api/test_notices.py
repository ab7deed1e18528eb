"""Notices of illegal content, without a key: what is asked for, what is given back, and what the sender is told."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.core.audit_chain import verify
from moderation.core.errors import InvalidField
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.legal import CaseRuling, decide_case
from moderation.desk.legal_notices import forget_sender, tell_sender
from moderation.storage.audit import events_of
from moderation.storage.legal import LegalCase, LegalOutcome, open_cases
from moderation.storage.outbox import OutboxEvent
from tests.desk.desk import colleague
from tests.newsroom import Newsroom, detail

HONEST = {
    "explanation": "It says that I stole money, which is not true.",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "good_faith": True,
}


def published(newsroom: Newsroom, **more: Any) -> str:
    comment = str(newsroom.accepted(**more)["id"])
    newsroom.decide(comment)
    return comment


def notify(newsroom: Newsroom, *, address: str = "203.0.113.7", **content: Any) -> TestResponse:
    sent = {name: value for name, value in (HONEST | content).items() if value is not None}
    return newsroom.client.post("/api/v1/notices", json=sent, environ_base={"REMOTE_ADDR": address})


def cases(newsroom: Newsroom) -> list[LegalCase]:
    with newsroom.services.database.reading() as session:
        return list(session.scalars(select(LegalCase).where(LegalCase.site_id == newsroom.site)))


def told(newsroom: Newsroom, case_id: str) -> list[tuple[str, dict[str, Any]]]:
    with newsroom.services.database.reading() as session:
        rows = session.scalars(select(OutboxEvent).where(OutboxEvent.subject == case_id).order_by(OutboxEvent.id))
        return [(one.kind, one.payload) for one in rows]


def chain(newsroom: Newsroom) -> str:
    with newsroom.services.database.reading() as session:
        found = list(events_of(session, newsroom.site))
        assert verify(newsroom.site, found).sequence == len(found)
    return "".join(f"{one.event} {one.payload}" for one in found)


def test_a_notice_is_acknowledged_at_once_and_waits_in_the_legal_queue(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    answer = notify(newsroom, comment_id=comment, law="Section 187")
    assert answer.status_code == 201, answer.text
    given = dict(answer.json or {})
    assert given["acknowledged_at"].startswith(newsroom.clock.now.isoformat()[:19])
    (case,) = cases(newsroom)
    assert (case.id, case.comment_id, case.kind, case.law) == (given["id"], comment, "notice", "Section 187")
    assert (case.sender, case.contact, case.good_faith) == ("Ada Lovelace", "ada@example.com", True)
    assert case.acknowledged_at == newsroom.clock.now
    assert (case.due_at - case.received_at).total_seconds() == 24 * 3600
    assert newsroom.status(comment) == "approved"
    ((kind, payload),) = told(newsroom, case.id)
    assert (kind, payload["comment"]) == ("legal.received", comment)
    everything = chain(newsroom) + str(payload)
    for private in ("Ada", "ada@", "stole"):
        assert private not in everything


def test_its_sender_reads_the_decision_with_where_to_turn_and_that_is_kept(newsroom: Newsroom) -> None:
    comment, senior = published(newsroom), colleague(newsroom, "read", "moderate", "senior")
    given = dict(notify(newsroom, comment_id=comment).json or {})
    path = f"/api/v1/notices/{given['id']}?receipt={given['receipt']}"
    before = dict(newsroom.client.get(path).json or {})
    assert "outcome" not in before
    assert "decision" not in before
    ruling = CaseRuling(
        outcome=LegalOutcome.ACTED, decision="The claim was not proven.", comment=Ruling(verdict=Verdict.REJECT)
    )
    decide_case(newsroom.services, senior.actor, given["id"], ruling)
    newsroom.clock.move(hours=1)
    after = dict(newsroom.client.get(path).json or {})
    assert (after["outcome"], after["decision"]) == ("acted", "The claim was not proven.")
    assert "court" in after["redress"]
    newsroom.clock.move(hours=1)
    assert dict(newsroom.client.get(path).json or {})["informed_at"] == after["informed_at"]
    (case,) = cases(newsroom)
    assert case.informed_at is not None
    assert (newsroom.clock.now - case.informed_at).total_seconds() == 3600
    assert newsroom.status(comment) == "rejected"
    assert "legal.informed" in chain(newsroom)


def test_a_wrong_receipt_opens_no_notice_and_none_no_more(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    given, other = (dict(notify(newsroom, comment_id=comment, name=name).json or {}) for name in ("Ada", "Bob"))
    path = f"/api/v1/notices/{given['id']}"
    assert newsroom.client.get(f"{path}?receipt={other['receipt']}").status_code == 404
    assert newsroom.client.get(path).status_code == 401
    own = newsroom.services.keys.receipt(comment)  # a comment's receipt is no notice's
    assert newsroom.client.get(f"/api/v1/notices/{comment}?receipt={own}").status_code == 404


def test_the_same_notice_ten_times_is_one_case_with_one_receipt(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    answers = [dict(notify(newsroom, comment_id=comment).json or {}) for _ in range(10)]
    assert len({(one["id"], one["receipt"]) for one in answers}) == 1
    assert len(cases(newsroom)) == 1
    assert len(told(newsroom, answers[0]["id"])) == 1


@pytest.mark.parametrize(
    "other",
    [{"name": "Bob"}, {"email": "bob@example.com"}, {"explanation": "It insults me."}, {"address": "192.0.2.9"}],
)
def test_nobody_gets_anothers_receipt_for_saying_nearly_the_same(newsroom: Newsroom, other: Any) -> None:
    comment = published(newsroom)
    first = dict(notify(newsroom, comment_id=comment).json or {})
    second = dict(notify(newsroom, comment_id=comment, **other).json or {})
    assert first["id"] != second["id"]
    assert first["receipt"] != second["receipt"]


@pytest.mark.parametrize(
    ("content", "field", "says"),
    [
        ({"name": None}, "name", "name"),
        ({"name": "  "}, "name", "name"),
        ({"email": None}, "email", "e-mail"),
        ({"email": "ada"}, "email", "ada@example.com"),
        ({"email": "ada@example"}, "email", "ada@example.com"),
        ({"email": "a b@example.com"}, "email", "ada@example.com"),
        ({"email": "@" * 200}, "email", "ada@example.com"),
        ({"explanation": ""}, "explanation", "empty"),
        ({"explanation": "x" * 10_001}, "explanation", "at most 10000"),
        ({"good_faith": False}, "good_faith", "good faith"),
        ({"good_faith": None}, "good_faith", "missing"),
        ({"good_faith": "yes"}, "good_faith", "true or false"),
        ({"kind": "other"}, "kind", "child_abuse"),
        ({"comment_id": None}, "url", "comment"),
        ({"lawyer": "x"}, "lawyer", "not known"),
    ],
)
def test_a_notice_that_lacks_something_says_what(front_door: Newsroom, content: Any, field: str, says: str) -> None:
    answer = notify(front_door, **{"comment_id": published(front_door), **content})
    assert answer.status_code == 422, answer.text
    assert says in detail(answer)
    assert (answer.json or {})["errors"][0]["field"] == field
    assert cases(front_door) == []


def test_child_abuse_is_told_of_without_a_name(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    answer = notify(newsroom, comment_id=comment, kind="child_abuse", name=None, email=None)
    assert answer.status_code == 201
    (case,) = cases(newsroom)
    assert (case.category, case.sender, case.contact) == ("child_abuse", None, None)


@pytest.mark.parametrize("where", ["own page", "own page with more", "under its article", "on an allowed origin"])
def test_the_comment_is_found_by_its_address(newsroom: Newsroom, where: str) -> None:
    newsroom.put_article("addressed", url="https://paper.example/addressed")
    comment = published(newsroom, article="addressed")
    url = {
        "own page": f"http://localhost/comments/{comment}",
        "own page with more": f"http://localhost/comments/{comment}?lang=de#top",
        "under its article": f"https://paper.example/addressed#comment-{comment}",
        "on an allowed origin": f"https://news.example/anything?x=1#comment-{comment}",
    }[where]
    answer = notify(newsroom, url=url)
    assert answer.status_code == 201, answer.text
    assert cases(newsroom)[0].comment_id == comment


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        ("https://elsewhere.example/comments/{comment}", 422, "another site"),
        ("https://elsewhere.example/", 422, "another site"),
        ("http://localhost/articles/trams", 422, "names no comment"),
        ("http://localhost/comments/00000000000000000000000000", 404, "no such comment"),
        ("trams", 422, "https://"),
        ("http://[::1/comments/{comment}", 422, "https://"),
        ("javascript:alert(1)", 422, "https://"),
    ],
)
def test_an_address_that_leads_to_no_comment_here_is_told_so(
    front_door: Newsroom, url: str, status: int, says: str
) -> None:
    comment = published(front_door)
    answer = notify(front_door, url=url.format(comment=comment))
    assert answer.status_code == status, answer.text
    assert says in detail(answer)
    assert cases(front_door) == []


def test_what_was_never_published_is_not_told_of(front_door: Newsroom) -> None:
    waiting = str(front_door.accepted()["id"])
    assert notify(front_door, comment_id=waiting).status_code == 404
    assert notify(front_door, comment_id="nosuch").status_code == 404


def test_what_was_taken_down_since_can_still_be_given_notice_of(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    newsroom.decide(comment, "reject")
    assert notify(newsroom, comment_id=comment).status_code == 201


def test_a_threat_to_life_stands_first_and_alerts_at_once(newsroom: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    first, second = published(newsroom), published(newsroom)
    newsroom.configure("[legal]\nnotice_hours = 1\nurgent_hours = 2\n")
    notify(newsroom, comment_id=first)
    with caplog.at_level(logging.WARNING):
        given = dict(notify(newsroom, comment_id=second, kind="threat_to_life").json or {})
    with newsroom.services.database.reading() as session:
        waiting = [case.comment_id for case in open_cases(session, [newsroom.site])]
    assert waiting == [second, first]
    assert [kind for kind, _ in told(newsroom, given["id"])] == ["legal.received", "legal.urgent"]
    (line,) = (one for one in caplog.records if "life" in one.message)
    assert line.__dict__["case"] == given["id"]


def test_notices_of_one_address_have_a_limit(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nnotices = ["2 per hour"]\n', limits=True)
    comment = published(newsroom)
    codes = [notify(newsroom, address="192.0.2.50", comment_id=comment, name=f"Ada {n}").status_code for n in range(3)]
    assert codes == [201, 201, 429]
    assert notify(newsroom, address="192.0.2.51", comment_id=comment).status_code == 201


def test_a_moderator_tells_the_sender_and_erases_who_it_was(newsroom: Newsroom) -> None:
    comment, senior = published(newsroom), colleague(newsroom, "read", "moderate", "senior")
    given = dict(notify(newsroom, comment_id=comment).json or {})
    for too_early in (tell_sender, forget_sender):
        with pytest.raises(InvalidField):
            too_early(newsroom.services, senior.actor, given["id"])
    decide_case(
        newsroom.services, senior.actor, given["id"], CaseRuling(outcome=LegalOutcome.REFUSED, decision="It is lawful.")
    )
    tell_sender(newsroom.services, senior.actor, given["id"])
    forget_sender(newsroom.services, senior.actor, given["id"])
    (case,) = cases(newsroom)
    assert (case.sender, case.contact, case.notice_key) == (None, None, None)
    assert (case.explanation, case.informed_at) == (HONEST["explanation"], newsroom.clock.now)
    events = chain(newsroom)
    assert "legal.sender_erased" in events
    assert "Ada" not in events


@pytest.mark.parametrize("field", ["name", "explanation"])
def test_what_nobody_can_see_is_no_name_and_no_explanation(front_door: Newsroom, field: str) -> None:
    comment = front_door.accepted()
    front_door.decide(comment["id"])
    content = {"comment_id": comment["id"], "explanation": "It threatens.", "name": "Ada", "email": "ada@example.org"}
    answer = front_door.client.post("/api/v1/notices", json=content | {"good_faith": True, field: "\u202e\u200b"})
    assert answer.status_code == 422
    report = {"reason": "\u202e\u200b"}
    assert front_door.browser("POST", f"/api/v1/comments/{comment['id']}/reports", json=report).status_code == 422
