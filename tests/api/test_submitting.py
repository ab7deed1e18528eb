"""A comment comes in by HTTP: accepted, refused, asked for again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from moderation.core.comment import DEEPEST
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


# --- the text -------------------------------------------------------------------------------------------------------


def refused(newsroom: Newsroom, status: int, **content: Any) -> str:
    """Sends it by server and by browser; both are refused alike, and nothing is stored."""
    sent = {"author": {"name": "Ada"}, "body": newsroom.text()} | content
    answers = [newsroom.server("POST", COMMENTS, json=sent), newsroom.browser("POST", COMMENTS, json=sent)]
    assert [answer.status_code for answer in answers] == [status, status], answers[0].text
    assert newsroom.stored() == 0
    return detail(answers[0])


def test_too_short_names_the_minimum_and_the_length(newsroom: Newsroom) -> None:
    said = refused(newsroom, 422, body="Too short.")
    assert "10 characters" in said
    assert "at least 50" in said


def test_fifty_characters_are_enough_and_forty_nine_are_not(newsroom: Newsroom) -> None:
    refused(newsroom, 422, body="x" * 49)
    assert newsroom.server("POST", COMMENTS, json={"author": {"name": "A"}, "body": "x" * 50}).status_code == 202


@pytest.mark.parametrize(
    "body", [" " * 50, "e" + "\u0301" * 50, "\u200d" * 50, "\u202e" * 60, "\u2800" * 60, "\n" * 99]
)
def test_what_a_reader_cannot_see_does_not_count(front_door: Newsroom, body: str) -> None:
    assert "at least 50" in refused(front_door, 422, body=body)


def test_a_million_invisible_characters_are_refused_at_once(front_door: Newsroom) -> None:
    front_door.configure("[comments]\nmaximum_body = 20000000")
    assert "at most" in refused(front_door, 422, body="\u200d" * 1_000_000)


def test_heaps_of_combining_marks_are_refused_before_they_are_sorted(front_door: Newsroom) -> None:
    front_door.configure("[comments]\nmaximum_body = 20000000")
    assert "combining marks" in refused(front_door, 422, body="a" + "\u0301\u0316" * 200_000)


def test_too_long_names_the_maximum_and_the_length(newsroom: Newsroom) -> None:
    said = refused(newsroom, 422, body="x" * 5001)
    assert "5001" in said
    assert "5000" in said


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200d", "\u3164"])
def test_a_name_that_nobody_sees_is_refused(front_door: Newsroom, name: str) -> None:
    assert "author.name" in refused(front_door, 422, author={"name": name})


@pytest.mark.parametrize("name", ["x" * 81, ("x" + "\u200b" * 16) * 40])
def test_a_name_that_is_too_long_is_refused(front_door: Newsroom, name: str) -> None:
    assert "at most 80" in refused(front_door, 422, author={"name": name})


@pytest.mark.parametrize("text", ["with a NUL \x00 in it, " * 4, "with a half \ud800 in it, " * 4])
@pytest.mark.parametrize("field", ["body", "name"])
def test_nul_and_half_characters_are_named(front_door: Newsroom, text: str, field: str) -> None:
    content = {"body": text} if field == "body" else {"author": {"name": text}}
    assert "character" in refused(front_door, 422, **content)


def test_markup_and_direction_marks_are_kept_as_they_were_written(newsroom: Newsroom) -> None:
    body = "\u202eabc\u202c <script>alert(1)</script> & what I think about the trams in our harbour."
    arrived = newsroom.accepted(author={"name": "<script>"}, body=body)
    whole = newsroom.whole(arrived["id"])
    assert whole["body"] == body
    assert whole["author"]["name"] == "<script>"


def test_every_wrong_field_is_named_at_once(newsroom: Newsroom) -> None:
    content = {"author": {"name": 5, "nick": "x"}, "body": ["no"], "colour": "red"}
    answer = newsroom.server("POST", COMMENTS, json=content)
    assert answer.status_code == 422
    fields = {error["field"] for error in (answer.json or {})["errors"]}
    assert fields == {"author.name", "author.nick", "body", "colour"}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"author": None}, "author"),
        ({"author": "Ada"}, "author"),
        ({"author": {}}, "author.name"),
        ({"body": None}, "body"),
        ({"body": 5}, "body"),
        ({"body": True}, "body"),
        ({"parent_id": 5}, "parent_id"),
        ({"parent_id": "x" * 65}, "parent_id"),
        ({"external_id": 1e300}, "external_id"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"created_at": 1700000000}, "created_at"),
        ({"\ud800": 1}, "\ud800"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(front_door: Newsroom, content: dict[str, Any], field: str) -> None:
    sent = {"author": {"name": "Ada"}, "body": front_door.text()} | content
    answer = front_door.server("POST", COMMENTS, json=sent)
    assert answer.status_code == 422
    assert field in [error["field"] for error in (answer.json or {})["errors"]]
    assert front_door.stored() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"nothing", b"[]", b'"text"', b"5", b"null", b'{"body": NaN}', b'{"body": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000, b'{"a":' * 50_000, b'{"body": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_not_a_json_object_is_400(front_door: Newsroom, raw: bytes) -> None:
    answer = front_door.server("POST", COMMENTS, data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert "not valid JSON" in detail(answer)
    assert "sys." not in detail(answer)  # whoever sent it doesn't program us
    assert front_door.stored() == 0


def test_what_is_wrong_with_several_fields_reads_as_sentences(front_door: Newsroom) -> None:
    answer = front_door.server("POST", COMMENTS, json={"body": 5})
    assert detail(answer) == "author is missing. body must be a text."


def test_another_content_type_is_415(newsroom: Newsroom) -> None:
    answer = newsroom.server("POST", COMMENTS, data=b"{}", content_type="text/plain")
    assert answer.status_code == 415
    assert "application/json" in detail(answer)


def test_a_body_over_the_limit_is_413(front_door: Newsroom) -> None:
    answer = front_door.server("POST", COMMENTS, data=b"x" * 10_000_000, content_type="application/json")
    assert answer.status_code == 413
    assert "1048576" in detail(answer)


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


def test_the_same_again_within_a_day_is_409(newsroom: Newsroom) -> None:
    ada, body = {"name": "Ada", "id": "ada"}, newsroom.text()
    newsroom.accepted(author=ada, body=body)
    for same in (body, body.upper(), f"  {body}\u200b ", body.replace(" ", "  ")):
        answer = newsroom.comment(author=ada, body=same)
        assert answer.status_code == 409
        assert "already arrived" in detail(answer)
    assert newsroom.stored() == 1
    assert newsroom.comment(author={"name": "Bob", "id": "bob"}, body=body).status_code == 202
    newsroom.clock.move(hours=24, seconds=1)
    assert newsroom.comment(author=ada, body=body).status_code == 202


def test_the_same_elsewhere_or_after_withdrawing_is_no_duplicate(newsroom: Newsroom) -> None:
    ada, body = {"name": "Ada", "id": "ada"}, newsroom.text()
    newsroom.put_article("buses")
    first = newsroom.accepted(author=ada, body=body)
    assert newsroom.comment(author=ada, body=body, article="buses").status_code == 202
    newsroom.client.post(f"/api/v1/comments/{first['id']}/withdraw", query_string={"receipt": first["receipt"]})
    assert newsroom.comment(author=ada, body=body).status_code == 202


def test_the_same_may_be_said_to_several_people_once_each(newsroom: Newsroom) -> None:
    newsroom.configure("[comments.replies]\nminimum_length = 2\n")
    ada = {"name": "Ada", "id": "ada"}
    above: list[str] = []
    for depth in range(DEEPEST + 3):  # what stands too deep has another parent than what it answers
        answer = newsroom.accepted(author={"name": "Bob"}, **({"parent_id": above[-1]} if depth else {}))
        above.append(answer["id"])
    for answered in above:
        assert newsroom.comment(author=ada, body="Well said!", parent_id=answered).status_code == 202
    for answered in above:
        assert newsroom.comment(author=ada, body="well said!", parent_id=answered).status_code == 409
    body = newsroom.text()
    newsroom.accepted(author=ada, body=body, parent_id=above[0])
    assert newsroom.comment(author=ada, body=body).status_code == 202
    assert newsroom.comment(author=ada, body=body).status_code == 409


def test_with_a_name_alone_the_name_is_the_author(newsroom: Newsroom) -> None:
    body = newsroom.text()
    newsroom.accepted(author={"name": "Ada"}, body=body)
    assert newsroom.comment(author={"name": "ada"}, body=body).status_code == 409
    assert newsroom.comment(author={"name": "Bob"}, body=body).status_code == 202


def test_one_comment_sent_by_eight_at_once_is_stored_once(newsroom: Newsroom) -> None:
    content = {"author": {"name": "Ada", "id": "ada"}, "body": newsroom.text()}
    assert sorted(at_once(newsroom, 8, content)) == [202, *[409] * 7]
    assert newsroom.stored() == 1


def test_an_external_id_counts_once(newsroom: Newsroom) -> None:
    first = newsroom.accepted(external_id="cms-1")
    again = newsroom.comment(external_id="cms-1")
    assert (again.status_code, (again.json or {})["comment_id"]) == (409, first["id"])
    assert newsroom.whole(first["id"])["external_id"] == "cms-1"
    other = newsroom.hall.new_site()
    other.put_article()
    assert other.comment(external_id="cms-1").status_code == 202


def test_of_the_same_again_its_server_is_told_which_it_was_and_a_browser_not(newsroom: Newsroom) -> None:
    ada, body = {"name": "Ada", "id": "ada"}, newsroom.text()
    first = newsroom.accepted(author=ada, body=body)
    assert (newsroom.comment(author=ada, body=body, external_id="cms-2").json or {})["comment_id"] == first["id"]
    written = newsroom.text()
    assert newsroom.send(body=written).status_code == 202
    again = newsroom.send(body=written)
    assert again.status_code == 409
    assert "comment_id" not in (again.json or {})


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


# --- modes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["closed", "hidden"])
def test_a_closed_discussion_takes_nothing(newsroom: Newsroom, mode: str) -> None:
    newsroom.put_article(mode=mode)
    answer = newsroom.comment()
    assert answer.status_code == 403
    assert "closed" in detail(answer)
    assert newsroom.stored() == 0


def test_closed_shows_what_is_published_and_hidden_does_not(newsroom: Newsroom) -> None:
    newsroom.decide(newsroom.accepted()["id"])
    newsroom.put_article(mode="closed")
    assert len((newsroom.published().json or {})["comments"]) == 1
    newsroom.put_article(mode="hidden")
    assert (newsroom.published().json or {})["comments"] == []


def test_post_publishes_what_nothing_speaks_against(newsroom: Newsroom) -> None:
    newsroom.put_article(mode="post")
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.9\n")
    assert newsroom.comment().status_code == 201
    assert newsroom.accepted("toxicity=0.6")["status"] == "pending"
    assert newsroom.accepted("threat=0.95")["status"] == "rejected"


def test_article_beats_section_beats_site_beats_the_rest(newsroom: Newsroom) -> None:
    newsroom.configure(
        f'[comments]\nmode = "closed"\n[comments.sites.{newsroom.site}]\nmode = "hidden"\n'
        '[comments.sections.live]\nmode = "post"\n'
    )
    assert newsroom.comment().status_code == 403
    newsroom.put_article("live", section="live")
    assert newsroom.comment(article="live").status_code == 201
    newsroom.put_article("live", section="live", mode="pre")
    assert newsroom.accepted(article="live")["status"] == "pending"
    newsroom.put_article(mode="pre")
    assert newsroom.comment().status_code == 202


def test_replies_have_rules_of_their_own(newsroom: Newsroom) -> None:
    newsroom.configure("[comments.replies]\nminimum_length = 5\nmaximum_length = 20\n")
    parent = newsroom.accepted()["id"]
    assert newsroom.comment(body="I do agree", parent_id=parent).status_code == 202
    assert "at most 20" in detail(newsroom.comment(parent_id=parent))
    assert "at least 50" in detail(newsroom.comment(body="I agree"))


def test_a_section_has_lengths_of_its_own(newsroom: Newsroom) -> None:
    newsroom.configure("[comments.sections.live]\nminimum_length = 20\n")
    newsroom.put_article("live", section="live")
    assert newsroom.comment(article="live", body="x" * 20).status_code == 202
    assert "at least 20" in detail(newsroom.comment(article="live", body="y" * 19))


def test_a_discussion_closes_days_after_publication(newsroom: Newsroom) -> None:
    newsroom.configure("[comments]\nclose_after_days = 2\n")
    newsroom.put_article(published_at="2026-03-01T12:00:00Z")
    newsroom.clock.move(days=1)
    assert newsroom.comment().status_code == 202
    newsroom.clock.move(seconds=1)
    assert "2 days" in detail(newsroom.comment())


# --- asked for again ------------------------------------------------------------------------------------------------


def at_once(newsroom: Newsroom, times: int, content: dict[str, Any], **headers: str) -> list[int]:
    """The statuses of one request that is sent so many times at the same moment."""
    barrier = threading.Barrier(times)

    def send(_: int) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        headers_sent = {"Authorization": f"Bearer {newsroom.secret}", **headers}
        return client.post(COMMENTS, json=content, headers=headers_sent).status_code

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


def test_the_same_under_one_idempotency_key_is_done_once(newsroom: Newsroom) -> None:
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    first = newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    again = newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    assert first.status_code == again.status_code == 202
    assert first.json == again.json
    assert newsroom.stored() == 1


def test_the_first_answer_comes_again_whatever_became_of_the_comment(newsroom: Newsroom) -> None:
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    first = newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"}).json or {}
    newsroom.decide(first["id"])
    again = newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json) == (202, first)


def test_another_body_or_article_under_the_same_key_is_422(newsroom: Newsroom) -> None:
    newsroom.put_article("buses")
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    other = newsroom.server(
        "POST", COMMENTS, json=content | {"body": newsroom.text()}, headers={"Idempotency-Key": "k1"}
    )
    assert other.status_code == 422
    assert "Idempotency-Key" in detail(other)
    path = "/api/v1/articles/buses/comments"
    assert newsroom.server("POST", path, json=content, headers={"Idempotency-Key": "k1"}).status_code == 422
    assert newsroom.stored() == 1


def test_a_key_is_forgotten_after_a_day_and_belongs_to_one_site(newsroom: Newsroom) -> None:
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    newsroom.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    newsroom.clock.move(hours=24, seconds=1)
    other = newsroom.server(
        "POST", COMMENTS, json=content | {"body": newsroom.text()}, headers={"Idempotency-Key": "k1"}
    )
    assert other.status_code == 202
    neighbour = newsroom.hall.new_site()
    neighbour.put_article()
    sent = neighbour.server("POST", COMMENTS, json=content, headers={"Idempotency-Key": "k1"})
    assert (sent.status_code, neighbour.stored()) == (202, 1)


def test_two_readers_may_use_the_same_key_under_a_publishable_one(newsroom: Newsroom) -> None:
    first = newsroom.send(address="203.0.113.1", headers={"Idempotency-Key": "k1"})
    second = newsroom.send(address="203.0.113.2", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code) == (202, 202)
    assert newsroom.stored() == 2


def test_eight_at_once_under_one_key_get_one_answer_and_count_once(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_reader = ["1 per minute"]\n', limits=True)
    content = {"author": {"name": "Ada", "id": "ada"}, "body": newsroom.text(), "external_id": "cms-1"}
    assert at_once(newsroom, 8, content, **{"Idempotency-Key": "k1"}) == [202] * 8
    assert newsroom.stored() == 1
    assert newsroom.comment(author={"name": "Ada", "id": "ada"}).status_code == 429


@pytest.mark.parametrize("limit", ["per_reader", "per_address", "per_site"])
def test_a_twin_that_overtakes_at_any_point_gives_both_its_answer(newsroom: Newsroom, limit: str) -> None:
    limits = {"per_reader": [], "per_address": [], "per_site": [], limit: ["20 per minute"]}
    lines = [f"{name} = {values!r}" for name, values in limits.items()]
    newsroom.configure("\n".join(["[rate_limits]", *lines]), limits=True)
    overtaken = 0
    for point in range(20):
        send = partial(newsroom.send, body=newsroom.text(), headers={"Idempotency-Key": f"k{point}"})
        with before_connecting(newsroom, point, send) as twin:
            late = send()
        if not twin:
            break
        overtaken += 1
        assert (late.status_code, late.json) == (202, twin[0].json)
    assert overtaken >= 4  # for the key, the earlier answer, the comment's surroundings, and the record
    assert newsroom.stored() == overtaken + 1
    answers = [newsroom.send().status_code for _ in range(20 - newsroom.stored() + 1)]
    assert answers == [202] * (len(answers) - 1) + [429]


@contextmanager
def before_connecting(
    newsroom: Newsroom, point: int, overtake: Callable[[], TestResponse]
) -> Iterator[list[TestResponse]]:
    """Lets ``overtake`` run where the request under way asks for a database connection for the ``point``-th time."""
    asked, answers = itertools.count(), list[TestResponse]()

    def connecting(*_: Any) -> None:
        if not answers and next(asked) == point:
            answers.append(overtake())

    database = newsroom.services.database
    written = database._written

    def writing(work: Any) -> Any:
        connecting()  # before it is this writer's turn, for which the other would wait
        return written(work)

    def reading(*_: Any) -> None:
        if database._writers is None or not database._writers._turn.locked():
            connecting()

    database._written = writing  # type: ignore[method-assign]
    event.listen(database.engine, "checkout", reading)
    yield answers
    event.remove(database.engine, "checkout", reading)
    database._written = written  # type: ignore[method-assign]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_an_idempotency_key_must_be_a_text(front_door: Newsroom, key: str) -> None:
    answer = front_door.comment(headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert "Idempotency-Key" in detail(answer)


def test_a_refusal_is_not_kept_under_its_key(newsroom: Newsroom) -> None:
    headers = {"Idempotency-Key": "k1"}
    assert newsroom.comment(body="short", headers=headers).status_code == 422
    assert newsroom.comment(headers=headers).status_code == 202


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
