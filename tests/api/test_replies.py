"""Replies: what they may answer, how deep they stand, and that nothing tells readers of what they never saw."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, select

from moderation.comments.rescoring import score_late
from moderation.core.comment import DEEPEST, Status
from moderation.core.ids import new_id
from moderation.storage.comments import Comment
from tests.api.grown import grow
from tests.doubles import NOON
from tests.newsroom import Newsroom

POST = '[comments]\nmode = "post"\n'
RUDE = "toxicity=0.9"


def shown(newsroom: Newsroom, article: str = "trams") -> list[dict[str, Any]]:
    found, cursor = [], ""
    while cursor is not None:
        page = newsroom.published(article, **({"cursor": cursor} if cursor else {})).json or {}
        found += page["comments"]
        cursor = page["next"]
    return found


# --- what readers never saw -------------------------------------------------------------------------------------------


def test_an_answer_to_a_waiting_comment_waits_too_and_says_why(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    parent = newsroom.accepted(RUDE)["id"]
    reply = newsroom.comment(parent_id=parent)
    assert reply.status_code == 202
    assert (reply.json or {})["reasons"] == ["answers a comment that isn’t published"]
    assert shown(newsroom) == []
    assert newsroom.comment().status_code == 201  # others are published here


def test_the_same_holds_for_what_is_scored_late(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    parent = newsroom.accepted(RUDE)["id"]
    newsroom.configure(POST + '[scoring]\nmode = "worker"\n')
    reply = newsroom.accepted(parent_id=parent)
    assert reply["status"] == "received"
    assert score_late(newsroom.services, reply["id"])
    assert newsroom.status(reply["id"]) == "pending"


@pytest.mark.parametrize("fate", ["waits", "rejected", "withdrawn"])
def test_a_published_answer_says_nothing_of_a_comment_that_readers_never_saw(newsroom: Newsroom, fate: str) -> None:
    newsroom.configure(POST)
    parent = newsroom.accepted(RUDE)
    reply = newsroom.accepted(parent_id=parent["id"])["id"]
    newsroom.decide(reply)  # a moderator may publish it
    if fate == "rejected":
        newsroom.decide(parent["id"], "reject")
    if fate == "withdrawn":
        path = f"/api/v1/comments/{parent['id']}/withdraw"
        assert newsroom.client.post(path, query_string={"receipt": parent["receipt"]}).status_code == 200
    assert parent["id"] not in newsroom.published().text
    assert [(c["id"], c["parent_id"], "removed" in c) for c in shown(newsroom)] == [(reply, None, False)]


def test_it_stands_under_its_parent_once_that_is_published_and_leaves_it_when_that_is_undone(
    newsroom: Newsroom,
) -> None:
    newsroom.configure(POST)
    parent = newsroom.accepted(RUDE)["id"]
    reply = newsroom.accepted(parent_id=parent)["id"]
    newsroom.decide(reply)
    newsroom.decide(parent)
    assert {c["id"]: c["parent_id"] for c in shown(newsroom)} == {parent: None, reply: parent}
    newsroom.decide(parent, "reject")  # readers have seen it: it leaves its place
    assert {c["id"]: c.get("removed", False) for c in shown(newsroom)} == {parent: True, reply: False}


def test_a_browser_cannot_tell_a_waiting_comment_from_none(newsroom: Newsroom) -> None:
    waiting = newsroom.accepted()["id"]
    nothing = new_id(NOON)
    answers = [newsroom.send(parent_id=parent) for parent in (waiting, nothing)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json == answers[1].json
    newsroom.decide(waiting)
    assert newsroom.send(parent_id=waiting).status_code == 202


# --- how deep ---------------------------------------------------------------------------------------------------------


def test_a_reply_too_deep_down_stands_under_the_deepest_and_says_whom_it_answers(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    chain = [newsroom.accepted()["id"]]
    for _ in range(DEEPEST + 4):
        newsroom.clock.move(seconds=1)
        chain.append(newsroom.accepted(parent_id=chain[-1])["id"])
    found = shown(newsroom)
    assert [c["id"] for c in found] == chain
    usual = DEEPEST + 1
    assert [c["parent_id"] for c in found[:usual]] == [None, *chain[: usual - 1]]
    assert not any("in_reply_to" in c for c in found[:usual])
    assert [(c["parent_id"], c["in_reply_to"]) for c in found[usual:]] == [
        (chain[DEEPEST - 1], reply_to) for reply_to in chain[usual - 1 : -1]
    ]
    assert newsroom.whole(chain[-1])["in_reply_to"] == chain[-2]
    parent_body = newsroom.whole(chain[-2])["body"]
    assert newsroom.scorer.asked[-1].parent == parent_body  # relevance is told by what it answers
    submitted = newsroom.events(chain[-1])[0]
    assert submitted["payload"]["parent"] == chain[-2]


def test_whom_a_deep_reply_answers_is_left_out_once_that_is_gone(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    chain = [newsroom.accepted()["id"]]
    for _ in range(DEEPEST + 2):
        chain.append(newsroom.accepted(parent_id=chain[-1])["id"])
    newsroom.decide(chain[-2], "reject")
    assert chain[-2] not in newsroom.published().text
    assert {c["id"] for c in shown(newsroom)} == {*chain} - {chain[-2]}


# --- what a page costs ------------------------------------------------------------------------------------------------


@contextmanager
def steps_counted(newsroom: Newsroom) -> Iterator[list[int]]:
    """Counts, in hundreds, the steps that SQLite's machine takes: work done, whatever else the machine does."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    def watch(connection: sqlite3.Connection, *_: Any) -> None:
        connection.set_progress_handler(count, 100)

    def leave(connection: sqlite3.Connection, *_: Any) -> None:
        connection.set_progress_handler(None, 0)

    pool = newsroom.services.database.engine.pool
    event.listen(pool, "checkout", watch)
    event.listen(pool, "checkin", leave)
    try:
        yield counted
    finally:
        event.remove(pool, "checkout", watch)
        event.remove(pool, "checkin", leave)


def a_chain(ids: list[str], status: str, published_at: Any) -> list[dict[str, Any]]:
    """Each answers the one before, as deep as they may stand."""
    rows, deepest = [], None
    for number, comment_id in enumerate(ids):
        under = None if number == 0 else ids[number - 1] if number <= DEEPEST else ids[DEEPEST - 1]
        deepest = status if number < len(ids) - 1 else "approved"
        rows.append(
            {"id": comment_id, "parent_id": under, "depth": min(number, DEEPEST), "status": deepest}
            | {"published_at": published_at}
        )
    return rows


SHAPES: dict[str, Callable[[list[str], datetime], list[dict[str, Any]]]] = {
    "a chain of withdrawn ones, but for its end": lambda ids, at: a_chain(ids, "withdrawn", at),
    "a chain of waiting ones, but for its end": lambda ids, _: a_chain(ids, "pending", None),
    "withdrawn ones that nobody answered": lambda ids, at: [
        {"id": one, "status": "withdrawn", "published_at": at} for one in ids
    ],
    "withdrawn ones under a published one": lambda ids, at: [
        {
            "id": one,
            "parent_id": ids[0] if n else None,
            "depth": 1 if n else 0,
            "status": "withdrawn" if n else "approved",
        }
        | {"published_at": at}
        for n, one in enumerate(ids)
    ],
    "published ones under a withdrawn one": lambda ids, at: [
        {
            "id": one,
            "parent_id": ids[0] if n else None,
            "depth": 1 if n else 0,
            "status": "approved" if n else "withdrawn",
        }
        | {"published_at": at}
        for n, one in enumerate(ids)
    ],
    "withdrawn pairs": lambda ids, at: [
        {
            "id": one,
            "parent_id": ids[n - 1] if n % 2 else None,
            "depth": n % 2,
            "status": "withdrawn",
            "published_at": at,
        }
        for n, one in enumerate(ids)
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_page_costs_what_it_holds_and_not_what_stands_unseen_beside_it(front_door: Newsroom, shape: str) -> None:
    front_door.accepted()  # an author
    costs = []
    for count in (400, 1600):
        article = f"lines-{count}"
        front_door.put_article(article)
        ids = [new_id(NOON) for _ in range(count)]
        grow(front_door, article, SHAPES[shape](sorted(ids), NOON))
        front_door.published(article)  # what is kept close at hand is there
        with steps_counted(front_door) as steps:
            answer = front_door.published(article)
        assert answer.status_code == 200
        costs.append(steps[0])
    assert costs[1] <= costs[0] * 1.3 + 5, costs


# --- places follow the statuses, whoever changes them, in whatever order ----------------------------------------------


def kept(newsroom: Newsroom) -> dict[str, Comment]:
    with newsroom.services.database.reading() as session:
        return {c.id: c for c in session.scalars(select(Comment).where(Comment.site_id == newsroom.site))}


def check_places(comments: dict[str, Comment]) -> None:
    """Told anew from the statuses alone, from the leaves up."""
    answers: dict[str, int] = dict.fromkeys(comments, 0)
    has_place: dict[str, bool] = {}
    for comment in sorted(comments.values(), key=lambda c: -c.depth):
        place = comment.status == Status.APPROVED or (comment.published_at is not None and answers[comment.id] > 0)
        has_place[comment.id] = place
        if place and comment.parent_id is not None:
            answers[comment.parent_id] += 1
    for comment in comments.values():
        assert comment.shown == has_place[comment.id], comment.id
        assert comment.replies_shown == answers[comment.id], comment.id
        if comment.shown:
            assert comment.opening == (comment.parent_id is None or not has_place[comment.parent_id]), comment.id


@pytest.mark.parametrize("seed", range(4))
def test_places_are_right_after_any_history(newsroom: Newsroom, seed: int) -> None:
    chance = random.Random(seed)
    newsroom.configure(POST)
    receipts: dict[str, str] = {}
    for _ in range(70):
        comments = kept(newsroom)
        answerable = [c.id for c in comments.values() if c.status in ("approved", "pending")]
        what = chance.choice(["write", "write", "approve", "reject", "reject", "withdraw"])
        if what == "write" or not comments:
            words = chance.choice(["", RUDE])
            to = chance.choice(answerable) if answerable and chance.random() < 0.85 else None
            sent = newsroom.accepted(words, **({"parent_id": to} if to else {}))
            receipts[sent["id"]] = sent["receipt"]
        elif what == "withdraw":
            one = chance.choice(list(comments))
            path = f"/api/v1/comments/{one}/withdraw"
            newsroom.client.post(path, query_string={"receipt": receipts[one]})
        else:
            newsroom.decide(chance.choice(list(comments)), what)
    comments = kept(newsroom)
    check_places(comments)
    assert {c["id"] for c in shown(newsroom)} == {c.id for c in comments.values() if c.shown}


def test_many_answers_decided_at_once_are_all_counted(newsroom: Newsroom) -> None:
    newsroom.configure(POST)
    parent = newsroom.accepted()["id"]
    replies = [newsroom.accepted(RUDE, parent_id=parent)["id"] for _ in range(8)]
    newsroom.decide(parent, "reject")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(newsroom.decide, replies))
    check_places(kept(newsroom))
    assert len(shown(newsroom)) == 9
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda reply: newsroom.decide(reply, "reject"), replies))
    check_places(kept(newsroom))
    assert shown(newsroom) == []
