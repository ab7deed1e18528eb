"""The text of a comment that comes in, its name and its form: what is counted, kept as it was written, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_submitting import COMMENTS
from tests.newsroom import Newsroom, detail


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
