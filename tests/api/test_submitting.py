"""A comment comes in by HTTP: what becomes of it, under which article, and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from moderation.core.scores import LABELS
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.outbox import OutboxEvent
from moderation.storage.sites import Right
from tests.doubles import NOON
from tests.newsroom import Newsroom, detail

COMMENTS = "/api/v1/articles/trams/comments"


def test_a_comment_waits_and_its_server_is_told_everything(newsroom: Newsroom) -> None:
    answer = newsroom.comment("insult=0.83 toxicity=0.83")
    assert answer.status_code == 202
    assert answer.json is not None
    assert set(answer.json) == {"id", "status", "message", "receipt", "created_at", "scores", "reasons"}
    assert answer.json["status"] == "pending"
    assert answer.json["created_at"] == "2026-03-02T12:00:00Z"
    assert answer.json["reasons"] == ["toxicity 0.83, at or over 0.50"]
    scores = answer.json["scores"]
    assert set(scores["toxicity"]) == set(LABELS)
    assert scores["toxicity"]["insult"] == 0.83
    assert scores["relevance"] == 0.9
    assert scores["passage"] == "Trams will run from May."
    assert set(scores) >= {"toxicity", "relevance", "passage", "sentences", "language", "pack"}


def test_a_reader_is_told_no_scores(newsroom: Newsroom) -> None:
    answer = newsroom.send()
    assert answer.status_code == 202
    assert set(answer.json or {}) == {"id", "status", "message", "receipt", "created_at"}


def test_what_the_policy_approves_is_published_at_once(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.1\n")
    answer = newsroom.comment()
    assert (answer.status_code, (answer.json or {})["status"]) == (201, "approved")
    assert [c["id"] for c in (newsroom.published().json or {})["comments"]] == [(answer.json or {})["id"]]


def test_what_the_policy_rejects_tells_the_reader_why_and_keeps_its_statement(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.9\n")
    answer = newsroom.comment("threat=0.95")
    arrived = answer.json or {}
    assert (answer.status_code, arrived["status"]) == (202, "rejected")
    assert arrived["message"] == "Your comment was not published. It reads like a threat."
    statement = newsroom.whole(arrived["id"])["decision"]["statement"]
    assert statement["automated_detection"] is True
    assert statement["automated_decision"] is True
    assert statement["facts"] == "threat 0.95, at or over 0.90"
    assert set(statement) >= {
        "restriction", "duration", "reach", "facts", "prompted_by", "rule", "why", "redress",
    }  # fmt: skip


# --- where and by whom ----------------------------------------------------------------------------------------------


def test_an_unknown_article_is_404(newsroom: Newsroom) -> None:
    answer = newsroom.comment(article="nowhere")
    assert answer.status_code == 404
    assert "PUT" in detail(answer)


def test_a_reply_names_its_parent(newsroom: Newsroom) -> None:
    parent = newsroom.accepted()
    reply = newsroom.accepted(parent_id=parent["id"])
    assert newsroom.whole(reply["id"])["parent_id"] == parent["id"]
    assert newsroom.scorer.asked[-1].parent == newsroom.whole(parent["id"])["body"]


def test_a_parent_must_be_on_the_same_article_and_still_there(newsroom: Newsroom) -> None:
    newsroom.put_article("buses")
    elsewhere = newsroom.accepted(article="buses")["id"]
    gone = newsroom.accepted()["id"]
    newsroom.decide(gone, "reject")
    for parent in (elsewhere, gone, "nothing", "\x00", "'; drop table comments; --", "../../x"):
        answer = newsroom.comment(parent_id=parent)
        assert answer.status_code == 422
        assert "parent_id" in detail(answer)
    assert newsroom.stored() == 2


def test_another_sites_comment_is_no_parent(newsroom: Newsroom) -> None:
    other = newsroom.hall.new_site()
    other.put_article()
    parent = other.accepted()["id"]
    assert newsroom.comment(parent_id=parent).status_code == 422


def test_with_a_name_alone_the_name_is_the_author(newsroom: Newsroom) -> None:
    body = newsroom.text()
    newsroom.accepted(author={"name": "Ada"}, body=body)
    assert newsroom.comment(author={"name": "ada"}, body=body).status_code == 409
    assert newsroom.comment(author={"name": "Bob"}, body=body).status_code == 202


def test_a_guest_is_known_by_an_e_mail_address_that_is_not_stored(newsroom: Newsroom) -> None:
    guest, body = {"name": "Ada", "id": "mailto:ada@reader.example", "address": "203.0.113.7"}, newsroom.text()
    first = newsroom.accepted(author=guest, body=body)
    newsroom.decide(first["id"])
    assert newsroom.comment(author=guest | {"name": "Ada L."}, body=body).status_code == 409
    with newsroom.services.database.reading() as db:
        authors = db.scalars(select(Author).where(Author.site_id == newsroom.site)).all()
    assert [(author.external_id, author.known, author.approved) for author in authors] == [(None, True, 1)]


def test_who_names_another_e_mail_address_each_time_is_held_back_by_their_own(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_address = ["3 per minute"]\n', limits=True)
    codes = [
        newsroom.comment(author={"name": "Ada", "id": f"mailto:a{n}@b.example", "address": "203.0.113.8"}).status_code
        for n in range(5)
    ]
    assert codes == [202, 202, 202, 429, 429]


def test_a_browser_cannot_choose_who_it_is(newsroom: Newsroom) -> None:
    locks = {"name": "Ada", "id": "the-editor", "address": "198.51.100.1"}
    arrived = newsroom.send(author=locks, external_id="mine", created_at="2020-01-01T00:00:00Z").json or {}
    whole = newsroom.whole(arrived["id"])
    assert whole["external_id"] is None
    assert whole["created_at"] == "2026-03-02T12:00:00Z"
    with newsroom.services.database.reading() as session:
        author = session.scalar(select(Author).where(Author.site_id == newsroom.site))
    assert author is not None
    assert author.external_id is None


def test_a_browsers_clock_is_nobodys_business(newsroom: Newsroom) -> None:
    assert newsroom.send(created_at="2027-01-01T00:00:00Z").status_code == 202


def test_a_server_may_say_when_but_not_the_future(newsroom: Newsroom) -> None:
    arrived = newsroom.accepted(created_at="2026-02-01T10:00:00+02:00")
    assert arrived["created_at"] == "2026-02-01T08:00:00Z"
    assert "future" in detail(newsroom.comment(created_at="2026-03-02T12:06:00Z"))


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-01T08:00:00Z", "2026-02-01t08:00:00z", "2026-02-01 08:00:00 UTC", "2026-02-01T10:00:00+02:00",
        "2026-02-01T10:00:00+0200", "2026-02-01 10:00:00 +0200", "2026-02-01T13:30+05:30", "2026-02-01T08:00:00,250Z",
        "2026-02-01T08:00:00.123456789Z", "2026-02-01T07:59:60Z", "2026-01-31T24:00:00-08", " 2026-02-01T08:00:00Z ",
    ],
)  # fmt: skip
def test_a_time_with_its_zone_is_taken_however_it_is_written(front_door: Newsroom, time: str) -> None:
    created_at = front_door.accepted(created_at=time)["created_at"]
    assert created_at.split(".")[0].removesuffix("Z") == "2026-02-01T08:00:00"


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2026-03-02T11:00:00", "must say its time zone"),
        ("2026-03-02T13:00:00", "must say its time zone"),  # local time, an hour ahead: not "in the future"
        ("2026-03-02 11:00", "must say its time zone"),
        ("2026-03-02", "2026-03-02T00:00:00Z"),
        (1772449200, "1772449200 would be 2026-03-02T11:00:00Z"),
        ("1772449200", "would be 2026-03-02T11:00:00Z"),
        (1772449200000, "would be 2026-03-02T11:00:00Z"),
        (1772449200.5, "would be 2026-03-02T11:00:00Z"),
        (1e300, "such as 2026"),
        (5, "is a number, not a time"),
        (True, "with its zone"),
        ([], "with its zone"),
        ("Mon, 02 Mar 2026 11:00:00 GMT", "with its zone"),
        ("2026-03-02T11:00:00 Europe/Berlin", "with its zone"),
        ("02.03.2026 11:00", "with its zone"),
        ("2026-02-30T11:00:00Z", "no calendar has"),
        ("2026-13-01T11:00:00Z", "no calendar has"),
        ("2026-03-02T25:00:00Z", "no clock shows"),
        ("2026-03-02T24:01:00Z", "no clock shows"),
        ("2026-03-02T11:60:00Z", "no clock shows"),
        ("2026-03-02T11:00:60Z", "no clock shows"),
        ("2026-03-02T11:00:00+99:00", "time zone that is none"),
        ("0000-01-01T00:00:00Z", "between the years 1970 and 2200"),
        ("0001-01-01T00:00:00+14:00", "between the years 1970 and 2200"),
        ("9999-12-31T24:00:00Z", "between the years 1970 and 2200"),
        ("1970-01-01T00:00:00+01:00", "between the years 1970 and 2200"),
        ("٢٠٢٦-03-02T11:00:00Z", "with its zone"),
        ("2026-03-02T12:06:00Z", "lies in the future: here it is 2026-03-02T12:00:00Z"),
        ("2" * 100_000, "with its zone"),
    ],
)
@pytest.mark.parametrize("field", ["created_at", "published_at"])
def test_what_is_wrong_with_a_time_is_said_with_how_to_mend_it(
    front_door: Newsroom, field: str, time: Any, told: str
) -> None:
    if field == "created_at":
        answer = front_door.comment(created_at=time)
    elif "future" in told:
        return  # an article may be registered ahead of its publication
    else:
        answer = front_door.put_article(published_at=time)
    assert answer.status_code == 422
    (error,) = (answer.json or {})["errors"]
    assert error["field"] == field
    assert told in error["message"]
    assert len(error["message"]) < 200


def test_banned_authors_are_refused_until_their_time_is_over(newsroom: Newsroom) -> None:
    ada = {"name": "Ada", "id": "ada"}
    newsroom.accepted(author=ada)
    change_author(newsroom, banned_until=NOON + timedelta(days=1))
    answer = newsroom.comment(author=ada)
    assert answer.status_code == 403
    assert "newsroom" in detail(answer)
    assert newsroom.stored() == 1
    assert newsroom.comment(author={"name": "Ada", "id": "another ada"}).status_code == 202
    newsroom.clock.move(days=1)
    assert newsroom.comment(author=ada).status_code == 202


def test_what_a_muted_author_writes_always_waits(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n")
    ada = {"name": "Ada", "id": "ada"}
    assert newsroom.accepted(author=ada)["status"] == "approved"
    change_author(newsroom, muted_until=NOON + timedelta(days=1))
    held = newsroom.accepted(author=ada)
    assert held["status"] == "pending"
    assert any("muted" in reason for reason in held["reasons"])


def change_author(newsroom: Newsroom, **values: Any) -> None:
    newsroom.services.database.writing(
        lambda session: session.execute(update(Author).where(Author.site_id == newsroom.site).values(values))
    )


# --- what is written together ---------------------------------------------------------------------------------------


def test_comment_decision_and_notice_are_stored_together(newsroom: Newsroom) -> None:
    arrived = newsroom.accepted("insult=0.7 toxicity=0.7")
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, arrived["id"])
        decision = session.scalars(select(DecisionRow).where(DecisionRow.comment_id == comment.id)).one()
        notice = session.scalars(select(OutboxEvent).where(OutboxEvent.subject == comment.id)).one()
    assert (comment.status, comment.revision, comment.flags, comment.scored) == ("pending", 1, 1, True)
    assert decision.automated
    assert decision.basis["signals"]["insult"] == 0.7
    assert decision.basis["pack"]["name"] == "obedient"
    assert notice.kind == "comment.accepted"
    assert [event["event"] for event in newsroom.events(comment.id)] == [
        "comment.submitted",
        "comment.scored",
        "comment.decided",
    ]


def test_a_key_without_the_right_may_not_submit(newsroom: Newsroom) -> None:
    reading = newsroom.hall.new_site(rights=[Right.READ])
    answer = reading.comment()
    assert answer.status_code == 403
    assert "'submit'" in detail(answer)
