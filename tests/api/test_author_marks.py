"""What a site vouches for of an author, and whoever writes under a name that looks like a marked one."""

from __future__ import annotations

import pytest

from moderation.comments.rescoring import score_waiting
from tests.api.test_section import APPROVE, section
from tests.newsroom import Newsroom

EDITOR = {"name": "Maria Lopez", "id": "staff-1", "staff": True}


def test_the_sites_server_marks_and_a_browser_cannot(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    author = {"name": "Bo", "staff": True, "subscriber": True, "verified": True, "badges": ["Gardener", "Gardener"]}
    newsroom.accepted(author=author | {"id": "bo"})
    newsroom.clock.move(minutes=1)
    assert newsroom.send(author=author | {"name": "Cy"}).status_code == 201
    guest, marked = (comment["author"]["marks"] for comment in section(newsroom)["comments"])
    assert marked == ["staff", "subscriber", "verified", "Gardener"]
    assert guest == []


@pytest.mark.parametrize("name", ["Maria Lopez", "maria lopez", "Mаria Lopez", "M a r i a  L o p e z", "María López!"])
def test_an_unmarked_look_alike_waits_and_says_why(newsroom: Newsroom, name: str) -> None:
    newsroom.configure(APPROVE)
    assert newsroom.accepted(author=EDITOR)["status"] == "approved"
    held = newsroom.accepted(author={"name": name, "address": "203.0.113.9"})
    assert held["status"] == "pending"
    assert any("mark" in reason for reason in held["reasons"])
    assert newsroom.accepted(author={"name": "Mario Lopes", "id": "m"})["status"] == "approved"
    other = newsroom.hall.new_site()
    other.put_article()
    other.configure(APPROVE)
    assert other.accepted(author={"name": name, "id": "x"})["status"] == "approved"  # a name on another site


def test_the_marked_author_may_leave_the_mark_off(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    newsroom.accepted(author=EDITOR)
    assert newsroom.accepted(author={"name": "Maria Lopez", "id": "staff-1"})["status"] == "approved"
    assert newsroom.accepted(author={"name": "Maria Lopez", "id": "staff-2", "staff": True})["status"] == "approved"


def test_a_guest_is_not_the_marked_guest_of_the_same_name(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    assert newsroom.accepted(author={"name": "Maria Lopez", "staff": True})["status"] == "approved"
    assert newsroom.accepted(author={"name": "Maria Lopez"})["status"] == "pending"


def test_a_mark_is_worth_no_more_than_it_says(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    newsroom.accepted(author=EDITOR)
    reader = {"name": "María López", "id": "reader-1", "subscriber": True}
    for _ in range(2):  # to have been held once is no way past it
        assert newsroom.accepted(author=reader)["status"] == "pending"
    assert newsroom.accepted(author=EDITOR)["status"] == "approved"
    other = {"name": "Ana Ruiz"}
    assert newsroom.accepted(author=other | {"id": "ana-1", "subscriber": True})["status"] == "approved"
    assert newsroom.accepted(author=other | {"id": "ana-2", "verified": True})["status"] == "approved"
    assert newsroom.accepted(author=other | {"id": "ana-1", "subscriber": True})["status"] == "pending"
    assert newsroom.accepted(author=other | {"id": "ana-2"})["status"] == "approved"


@pytest.mark.parametrize("mark", ["staff", "subscriber", "verified"])
def test_the_policy_asks_for_a_mark(newsroom: Newsroom, mark: str) -> None:
    newsroom.configure(f"[policy.approve]\n{mark}_at_least = 1\n")
    others = {other: True for other in ("staff", "subscriber", "verified") if other != mark}
    assert newsroom.accepted(author={"name": "Bo", "id": "bo", mark: True})["status"] == "approved"
    assert newsroom.accepted(author={"name": "Cy", "id": "cy", **others})["status"] == "pending"
    newsroom.configure(f"[policy.flag]\n{mark}_at_most = 0\n")
    unmarked = newsroom.accepted(author={"name": "Di", "id": "di"})
    assert any(f"marked {mark}" in reason for reason in unmarked["reasons"])


def test_a_look_alike_that_is_scored_late_waits_too(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    newsroom.accepted(author=EDITOR)
    newsroom.scorer.fails = 1
    late = newsroom.accepted(author={"name": "Maria Lopez", "address": "203.0.113.9"})
    score_waiting(newsroom.services)
    assert newsroom.status(late["id"]) == "pending"
    assert any("mark" in reason for reason in newsroom.whole(late["id"])["reasons"])


def test_marks_that_are_none_are_refused(newsroom: Newsroom) -> None:
    for wrong, field in (
        ({"staff": "yes"}, "author.staff"),
        ({"verified": 1}, "author.verified"),
        ({"badges": ["x" * 41]}, "author.badges"),
        ({"badges": ["a", "b", "c", "d", "e", "f"]}, "author.badges"),
        ({"badges": [""]}, "author.badges"),
        ({"badges": ["Gardener", "staff"]}, "author.badges"),
        ({"marks": ["staff"]}, "author.marks"),
    ):
        answer = newsroom.comment(author={"name": "Ada"} | wrong)
        assert answer.status_code == 422, wrong
        assert (answer.json or {})["errors"][0]["field"] == field
    assert newsroom.comment(author={"name": "Ada", "staff": None, "badges": None}).status_code == 202
