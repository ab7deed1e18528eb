"""One comment by HTTP: where it stands, decisions about it, its history, and taking it back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from moderation.storage.comments import Comment, decisions_of
from tests.newsroom import Newsroom, detail


def by_receipt(newsroom: Newsroom, comment: dict[str, Any], receipt: str | None = None) -> Any:
    query = {"receipt": receipt or comment["receipt"]}
    return newsroom.client.get(f"/api/v1/comments/{comment['id']}", query_string=query)


def withdraw(newsroom: Newsroom, comment: dict[str, Any], receipt: str | None = None) -> Any:
    query = {"receipt": receipt or comment["receipt"]}
    return newsroom.client.post(f"/api/v1/comments/{comment['id']}/withdraw", query_string=query)


# --- where it stands ------------------------------------------------------------------------------------------------


def test_the_secret_key_sees_everything_of_a_comment(newsroom: Newsroom) -> None:
    whole = newsroom.whole(newsroom.accepted("insult=0.7 toxicity=0.7")["id"])
    assert (whole["status"], whole["revision"]) == ("pending", 1)
    assert whole["scores"]["toxicity"]["insult"] == 0.7
    assert whole["reasons"] == ["toxicity 0.70, at or over 0.50"]
    assert whole["decision"]["automated"] is True
    assert whole["decision"]["by"] == "policy"


def test_a_receipt_opens_status_and_message_and_nothing_else(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    answer = by_receipt(newsroom, comment)
    assert answer.status_code == 200
    assert answer.json == {"status": "pending", "message": comment["message"]}
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("receipt", ["x", "0" * 32, "\x00", "é" * 32, "x" * 5000])
def test_a_wrong_receipt_is_404(front_door: Newsroom, receipt: str) -> None:
    comment = front_door.accepted()
    assert by_receipt(front_door, comment, receipt).status_code == 404
    assert withdraw(front_door, comment, receipt).status_code == 404
    assert front_door.status(comment["id"]) == "pending"


def test_a_receipt_opens_its_own_comment_alone(newsroom: Newsroom) -> None:
    first, second = newsroom.accepted(), newsroom.accepted()
    assert by_receipt(newsroom, first, second["receipt"]).status_code == 404


@pytest.mark.parametrize("strange", ["nothing", "%00", "a%2Fb", "..%2f..", "x" * 5000, "%ff", "'--", "%F0%9F%92%A9"])
def test_an_id_that_nothing_has_is_404(newsroom: Newsroom, strange: str) -> None:
    assert newsroom.server("GET", f"/api/v1/comments/{strange}").status_code == 404
    assert newsroom.server("GET", f"/api/v1/comments/{strange}/audit").status_code == 404
    assert newsroom.decide(strange).status_code == 404
    assert newsroom.client.get(f"/api/v1/comments/{strange}?receipt=x").status_code == 404


# --- decisions ------------------------------------------------------------------------------------------------------


def test_approving_publishes_and_is_told(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    answer = newsroom.decide(comment["id"], revision=1)
    assert (answer.status_code, answer.json) == (
        200,
        {"id": comment["id"], "status": "approved", "revision": 2},
    )
    assert [c["id"] for c in (newsroom.published().json or {})["comments"]] == [comment["id"]]
    assert by_receipt(newsroom, comment).json["message"] == "Thank you. Your comment is published."


@pytest.mark.parametrize("before", ["approve", "reject"])
def test_what_was_decided_can_be_put_back_into_the_queue(newsroom: Newsroom, before: str) -> None:
    comment = newsroom.accepted()
    newsroom.decide(comment["id"], before)
    assert newsroom.decide(comment["id"], "reopen", revision=2).json == {
        "id": comment["id"],
        "status": "pending",
        "revision": 3,
    }
    assert (newsroom.decide(comment["id"], "reopen").json or {})["revision"] == 3
    assert (newsroom.published().json or {})["comments"] == []


def test_rejecting_tells_the_reader_why_and_keeps_a_statement(newsroom: Newsroom) -> None:
    newsroom.configure('[[reasons]]\nid = "rude"\nlabel = "Rude"\nreader = "Its language is not respectful."\n')
    comment = newsroom.accepted("toxicity=0.7")
    assert newsroom.decide(comment["id"], "reject", reason="rude", note="third time").status_code == 200
    assert by_receipt(newsroom, comment).json == {
        "status": "rejected",
        "message": "Your comment was not published. Its language is not respectful.",
    }
    decision = newsroom.whole(comment["id"])["decision"]
    assert decision["reason"] == "rude"
    statement = decision["statement"]
    assert (statement["rule"], statement["why"]) == ("Rude", "Its language is not respectful.")
    assert statement["automated_detection"] is True
    assert statement["automated_decision"] is False
    assert "removed" not in statement["restriction"]


def test_removing_what_was_published_says_so(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    newsroom.decide(comment["id"])
    newsroom.decide(comment["id"], "reject")
    assert newsroom.whole(comment["id"])["decision"]["statement"]["restriction"] == "The comment was removed."
    assert (newsroom.published().json or {})["comments"] == []


def test_an_older_revision_is_409_with_who_and_what(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    newsroom.decide(comment, "approve", revision=1)
    answer = newsroom.decide(comment, "reject", revision=1)
    assert answer.status_code == 409
    said = detail(answer)
    assert "approved" in said
    assert "the site's own key" in said
    assert "12:00 UTC on 02 March 2026" in said
    assert (answer.json or {})["current"] == {"status": "approved", "revision": 2, "by": "the site's own key"}
    assert newsroom.status(comment) == "approved"


def test_a_revision_that_is_not_there_yet_is_refused(newsroom: Newsroom) -> None:
    assert "revision" in detail(newsroom.decide(newsroom.accepted()["id"], revision=7))


def test_the_same_decision_twice_is_one(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    first = newsroom.decide(comment, "approve")
    again = newsroom.decide(comment, "approve")
    assert first.json == again.json
    assert [event["event"] for event in newsroom.events(comment)].count("comment.approved") == 1


def test_a_refusal_may_get_a_better_reason(newsroom: Newsroom) -> None:
    reasons = "".join(f'[[reasons]]\nid = "{name}"\nlabel = "{name}"\nreader = "Because {name}."\n' for name in "ab")
    newsroom.configure(reasons)
    comment = newsroom.accepted()
    newsroom.decide(comment["id"], "reject", reason="a")
    assert newsroom.decide(comment["id"], "reject", reason="a").json == {
        "id": comment["id"], "status": "rejected", "revision": 2,
    }  # fmt: skip
    newsroom.decide(comment["id"], "reject", reason="b")
    assert by_receipt(newsroom, comment).json["message"].endswith("Because b.")


def test_eight_moderators_at_once_decide_once(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    barrier = threading.Barrier(8)

    def decide(number: int) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        content = {"outcome": "approve" if number % 2 else "reject", "revision": 1}
        headers = {"Authorization": f"Bearer {newsroom.secret}"}
        return client.post(f"/api/v1/comments/{comment}/decisions", json=content, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(decide, range(8))) == [200] + [409] * 7
    assert newsroom.whole(comment)["revision"] == 2


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"outcome": "  "}, "outcome"),
        ({"outcome": None}, "outcome"),
        ({"outcome": "maybe"}, "outcome"),
        ({"outcome": "undo"}, "outcome"),
        ({"outcome": 1}, "outcome"),
        ({"outcome": "approve", "revision": "1"}, "revision"),
        ({"outcome": "approve", "revision": True}, "revision"),
        ({"outcome": "approve", "revision": 1.5}, "revision"),
        ({"outcome": "approve", "revision": -1}, "revision"),
        ({"outcome": "approve", "revision": 10**30}, "revision"),
        ({"outcome": "approve", "colour": "red"}, "colour"),
        ({"outcome": "reject", "reason": "unheard of"}, "reason"),
        ({"outcome": "reject", "reason": 5}, "reason"),
        ({"outcome": "reject", "note": "x" * 2001}, "note"),
        ({"outcome": "reject", "note": "\x00"}, "note"),
    ],
)
def test_a_decision_that_cannot_be_read_decides_nothing(
    front_door: Newsroom, content: dict[str, Any], field: str
) -> None:
    comment = front_door.accepted()["id"]
    answer = front_door.server("POST", f"/api/v1/comments/{comment}/decisions", json=content)
    assert answer.status_code == 422
    assert field in [error["field"] for error in (answer.json or {})["errors"]]
    assert front_door.whole(comment)["revision"] == 1


def test_a_reason_taken_out_of_the_configuration_still_stands_where_it_was_given(newsroom: Newsroom) -> None:
    newsroom.configure('[[reasons]]\nid = "old"\nlabel = "Old"\nreader = "As it was."\n')
    comment = newsroom.accepted()
    newsroom.decide(comment["id"], "reject", reason="old")
    newsroom.configure("")
    assert by_receipt(newsroom, comment).json["message"].endswith("As it was.")
    assert newsroom.whole(comment["id"])["decision"]["reason"] == "old"
    assert newsroom.decide(newsroom.accepted()["id"], "reject", reason="old").status_code == 422


def test_a_note_is_for_moderators_eyes_and_nowhere_in_the_audit(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    newsroom.decide(comment["id"], "reject", note="a note about Ada")
    assert "a note about" not in str(newsroom.events(comment["id"]))
    assert "a note about" not in by_receipt(newsroom, comment).text
    with newsroom.services.database.reading() as session:
        assert decisions_of(session, comment["id"])[-1].note == "a note about Ada"


# --- taking it back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("published", [False, True])
def test_whoever_has_the_receipt_may_take_a_comment_back(newsroom: Newsroom, published: bool) -> None:
    comment = newsroom.accepted()
    if published:
        newsroom.decide(comment["id"])
    answer = withdraw(newsroom, comment)
    assert (answer.status_code, answer.json["status"]) == (200, "withdrawn")
    assert withdraw(newsroom, comment).status_code == 200
    assert (newsroom.published().json or {})["comments"] == []
    last = newsroom.events(comment["id"])[-1]
    assert (last["event"], last["actor"]) == ("comment.withdrawn", "reader")
    answer = newsroom.decide(comment["id"])
    assert answer.status_code == 409
    assert "withdrawn" in detail(answer)


def test_what_was_refused_cannot_be_taken_back(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()
    newsroom.decide(comment["id"], "reject")
    assert withdraw(newsroom, comment).status_code == 409


def test_an_erased_comment_is_gone_for_its_writer(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()

    def erase(session: Any) -> None:
        session.get_one(Comment, comment["id"]).status = "erased"

    newsroom.services.database.writing(erase)
    assert withdraw(newsroom, comment).status_code == 404


# --- its history ----------------------------------------------------------------------------------------------------


def test_the_audit_tells_the_whole_story_of_a_comment(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    newsroom.decide(comment)
    newsroom.decide(comment, "reject")
    events = newsroom.events(comment)
    assert [event["event"] for event in events] == [
        "comment.submitted", "comment.scored", "comment.decided", "comment.approved", "comment.rejected",
    ]  # fmt: skip
    assert {event["subject"] for event in events} == {comment}
    assert {event["chain"] for event in events} == {newsroom.site}
    assert set(events[0]) == {
        "chain", "sequence", "time", "actor", "event", "subject", "payload", "previous", "hash",
    }  # fmt: skip
    assert events[1]["previous"] == events[0]["hash"]
    assert events[3]["payload"] == {"from": "pending", "to": "approved", "revision": 2, "reason": None}
