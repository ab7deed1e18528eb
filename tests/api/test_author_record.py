"""What the policy asks of an author's record: how long the site has known them, and how much of theirs was rejected."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.comments.rescoring import score_waiting
from tests.newsroom import Newsroom
from tests.plans import plans_of

NEW = "[policy.flag]\nauthor_age_days_at_most = 6\n"
OFTEN = "[policy.flag]\nauthor_rejected_share_at_least = 0.5\n"
ANN = {"name": "Ann", "id": "ann"}


def sent(newsroom: Newsroom, author: dict[str, Any] | None = None, words: str = "") -> dict[str, Any]:
    newsroom.clock.move(seconds=1)
    return newsroom.accepted(words, author=author or ANN)


def reasons(newsroom: Newsroom, author: dict[str, Any] | None = None) -> str:
    return " ".join(sent(newsroom, author)["reasons"])


def test_days_count_from_the_first_comment(newsroom: Newsroom) -> None:
    newsroom.configure(NEW)
    assert "days since the first comment of this author 0, at or under 6" in reasons(newsroom)
    newsroom.clock.move(days=6, hours=23)
    assert "days since the first comment of this author 6, at or under 6" in reasons(newsroom)
    newsroom.clock.move(hours=1)
    assert "days since" not in reasons(newsroom)


@pytest.mark.parametrize("guest", [{"name": "Ann"}, {"name": "Ann", "address": "203.0.113.9"}])
def test_a_guest_has_no_record(newsroom: Newsroom, guest: dict[str, Any]) -> None:
    newsroom.configure(f"{NEW}author_rejected_share_at_least = 0\n")
    decided = sent(newsroom, guest)
    newsroom.decide(decided["id"], "reject", reason="other")
    assert "author" not in reasons(newsroom, guest)
    newsroom.configure("[policy.approve]\nauthor_age_days_at_least = 0\n")
    assert sent(newsroom, guest)["status"] == "pending"  # nothing that is asked applies


def test_the_share_is_of_the_last_twenty_that_were_decided(newsroom: Newsroom) -> None:
    newsroom.configure(OFTEN)
    assert "rejected share" not in reasons(newsroom)
    waits = [sent(newsroom)["id"] for _ in range(25)]
    assert "rejected share" not in reasons(newsroom)
    for number, comment in enumerate(waits):
        newsroom.clock.move(seconds=1)
        newsroom.decide(comment, "reject" if number < 15 else "approve", **({"reason": "other"} if number < 15 else {}))
    told = reasons(newsroom)  # the first five of the rejected ones are forgotten
    assert "rejected share of the last comments of this author 0.50, at or over 0.50" in told
    newsroom.decide(sent(newsroom)["id"])
    assert "rejected share" not in reasons(newsroom)


def test_the_last_decided_are_found_by_an_index_however_many_an_author_has_written(front_door: Newsroom) -> None:
    front_door.configure(OFTEN)
    front_door.decide(sent(front_door)["id"])
    with plans_of(front_door.services.database.engine, "ORDER BY comments.decided_at DESC", "author_id") as plans:
        sent(front_door)
    assert plans
    assert all("ix_comments_author_decided" in plan for plan in plans), plans


def test_another_sites_decisions_count_nowhere_else(newsroom: Newsroom) -> None:
    newsroom.configure(OFTEN)
    other = newsroom.hall.new_site()
    other.put_article()
    newsroom.configure(OFTEN)
    other.decide(other.accepted(author=ANN)["id"], "reject", reason="other")
    assert "rejected share" not in reasons(newsroom)


def test_what_is_scored_late_is_asked_of_the_day_it_was_written(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\nauthor_age_days_at_least = 7\n")
    sent(newsroom)
    newsroom.clock.move(days=1)
    newsroom.scorer.fails = 1
    late = sent(newsroom)
    newsroom.clock.move(days=7)
    score_waiting(newsroom.services)
    assert newsroom.status(late["id"]) == "pending"
    assert sent(newsroom)["status"] == "approved"
