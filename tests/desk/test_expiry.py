"""What nobody decided before its discussion ended expires some days later, and its writer is told so."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.comments.expiry import expire_waiting
from moderation.desk.flags import flag_comment
from moderation.storage.moderator_workspace import FlagKind
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom, detail

EXPIRES = REASONS + "[comments]\nexpire_after_days = 30\n"


def told(newsroom: Newsroom, comment: dict[str, Any]) -> Any:
    path, query = f"/api/v1/comments/{comment['id']}", {"receipt": comment["receipt"]}
    return newsroom.client.get(path, query_string=query).json


def test_what_waits_thirty_days_after_the_end_expires(newsroom: Newsroom) -> None:
    newsroom.configure(EXPIRES + "close_after_days = 7\n")
    waits, decided, escalated = newsroom.accepted(), newsroom.accepted(), newsroom.accepted()
    newsroom.decide(decided["id"])
    senior = colleague(newsroom, "read", "moderate", "senior")
    flag_comment(newsroom.services, senior.actor, escalated["id"], FlagKind.ESCALATED)
    newsroom.clock.move(days=36)
    assert expire_waiting(newsroom.services) == 0
    newsroom.clock.move(days=2)
    assert expire_waiting(newsroom.services) >= 1
    assert [newsroom.status(one["id"]) for one in (waits, decided, escalated)] == ["expired", "approved", "pending"]
    assert told(newsroom, waits) == {
        "status": "expired",
        "message": "The discussion ended before anyone could read your comment, so it was not published.",
    }
    last = newsroom.events(waits["id"])[-1]
    assert (last["event"], last["actor"]) == ("comment.expired", "system")
    path, query = f"/api/v1/comments/{waits['id']}/appeal", {"receipt": waits["receipt"]}
    answer = newsroom.client.post(path, query_string=query, json={"text": "Please."})
    assert answer.status_code == 409
    assert "expired" in detail(answer)
    assert expire_waiting(newsroom.services) == 0


@pytest.mark.parametrize("mode", ["closed", "hidden"])
def test_a_discussion_that_its_site_closed_has_ended_and_one_that_is_open_has_not(
    newsroom: Newsroom, mode: str
) -> None:
    newsroom.configure(EXPIRES)
    newsroom.put_article("lanes")
    closed, open_ = newsroom.accepted(), newsroom.accepted(article="lanes")
    newsroom.clock.move(days=60)
    expire_waiting(newsroom.services)
    assert newsroom.status(closed["id"]) == "pending"
    newsroom.put_article(mode=mode)
    newsroom.clock.move(days=31)
    expire_waiting(newsroom.services)
    assert (newsroom.status(closed["id"]), newsroom.status(open_["id"])) == ("expired", "pending")


def test_nothing_expires_where_the_configuration_does_not_say_so(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    comment = newsroom.accepted()
    newsroom.put_article(mode="closed")
    newsroom.clock.move(days=4000)
    assert expire_waiting(newsroom.services) == 0
    assert newsroom.status(comment["id"]) == "pending"
