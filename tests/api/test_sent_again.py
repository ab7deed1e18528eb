"""A comment that is sent again: refused as the same, or answered once more under its Idempotency-Key."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from moderation.core.comment import DEEPEST
from tests.api.test_submitting import COMMENTS
from tests.newsroom import Newsroom, detail


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
    for parent in above:
        assert newsroom.comment(author=ada, body="Well said!", parent_id=parent).status_code == 202
    for parent in above:
        assert newsroom.comment(author=ada, body="well said!", parent_id=parent).status_code == 409
    body = newsroom.text()
    newsroom.accepted(author=ada, body=body, parent_id=above[0])
    assert newsroom.comment(author=ada, body=body).status_code == 202
    assert newsroom.comment(author=ada, body=body).status_code == 409


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
