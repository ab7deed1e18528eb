"""What nobody has read isn't published by itself, whatever the policy is, whenever it is scored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from moderation.comments.rescoring import score_waiting
from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.desk.wordlists import add_terms
from moderation.jobs.queue_order import bring_up_to_date
from moderation.policy_lab.replay import OUTCOMES, replayed
from moderation.storage.comments import Comment
from moderation.storage.queue_index import QueueIndex
from moderation.storage.replay import every_decided
from moderation.storage.score_map import Area, histogram
from moderation.storage.site_rules import AuthorKind
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom

POLICIES = {
    "post": '[comments]\nmode = "post"\n',
    "approve": "[policy.approve]\ntoxicity_at_most = 0.5\nlinks_at_most = 9\n",
    "no flags": '[comments]\nmode = "post"\n[policy.flag]\n',
    "sections": (
        '[comments.sections.city]\nmode = "post"\n[policy.sections.city.flag]\ntoxicity_at_least = false\n'
        "relevance_at_most = false\nlinks_at_least = false\nspam_at_least = false\n"
    ),
    "approve in sections": '[comments]\nmode = "post"\n[policy.sections.city.approve]\nspam_at_most = 0.9\n',
}
MUTED = {"id": "muted", "name": "Max"}
WHY: dict[str, Callable[[Newsroom], dict[str, Any]]] = {
    "unread": lambda newsroom: newsroom.accepted("unreadable language=de"),
    "partly unread": lambda newsroom: newsroom.accepted("unread=de"),
    "private data": lambda newsroom: newsroom.accepted("Write to jo.mills@mail.example or call +44 7700 900123."),
    "private name": lambda newsroom: newsroom.accepted(author={"name": "Call +44 7700 900123"}),
    "dangerous": lambda newsroom: newsroom.accepted("threat=0.9"),
    "dangerous name": lambda newsroom: newsroom.accepted(author={"name": "threat=0.9"}),
    "unread name": lambda newsroom: newsroom.accepted(author={"name": "unreadable"}),
    "name with a link": lambda newsroom: newsroom.accepted(author={"name": "www.x.com"}),
    "listed": lambda newsroom: newsroom.accepted("You pest, you."),
    "listed name": lambda newsroom: newsroom.accepted(author={"name": "P3st"}),
    "muted": lambda newsroom: newsroom.accepted(author=MUTED),
    "reply": lambda newsroom: newsroom.accepted(parent_id=newsroom.accepted("threat=0.9")["id"]),
}


def restricted(newsroom: Newsroom, author: dict[str, Any], kind: AuthorKind) -> None:
    """The author writes once, and a moderator restricts them."""
    first = newsroom.accepted(author=author)["id"]
    with newsroom.services.database.reading() as session:
        author_id = session.get_one(Comment, first).author_id
    actor = colleague(newsroom, "read", "moderate", "senior").actor
    decide_author(newsroom.services, actor, author_id, AuthorRuling(kind=kind, reason_id="spam"))


def prepared(newsroom: Newsroom, policy: str, labels: tuple[str, ...] = LABELS) -> None:
    newsroom.put_article(section="city")
    newsroom.configure(REASONS + policy)
    newsroom.scorer.labels = labels
    actor = colleague(newsroom, "read", "moderate", "senior").actor
    add_terms(newsroom.services, actor, newsroom.site, ["pest"], "a nickname")
    restricted(newsroom, MUTED, AuthorKind.MUTED)


def not_waiting(newsroom: Newsroom, ids: dict[str, str]) -> set[str]:
    """Which of these comments somebody has decided about."""
    with newsroom.services.database.reading() as session:
        found = session.scalars(select(Comment.id).where(Comment.id.in_(ids.values()), Comment.status == "pending"))
        waiting = set(found)
    return {why for why, one in ids.items() if one not in waiting}


def later(newsroom: Newsroom) -> None:
    for _ in range(4):
        score_waiting(newsroom.services)


@pytest.mark.parametrize("labels", [LABELS, ("toxicity", "threat", "insult")], ids=["all labels", "few labels"])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_whatever_must_be_read_waits_under_every_policy_now_and_late(
    newsroom: Newsroom, policy: str, labels: tuple[str, ...]
) -> None:
    prepared(newsroom, policy, labels)
    ids = {why: say(newsroom)["id"] for why, say in WHY.items()}
    assert not_waiting(newsroom, ids) == set()
    newsroom.scorer.fails = 1
    assert newsroom.accepted()["status"] == "pending", "not scored"
    for mode in ("", '[scoring]\nmode = "worker"\n'):  # the pack fails at first; a worker scores
        newsroom.configure(REASONS + policy + mode)
        ids = {}
        for why, say in WHY.items():
            newsroom.scorer.fails = 0 if mode else 2
            ids[why] = say(newsroom)["id"]
        newsroom.scorer.fails = 0
        later(newsroom)
        assert not_waiting(newsroom, ids) == set()
    if labels == LABELS:
        calm = newsroom.accepted("spam=0.1")["id"]
        later(newsroom)
        assert newsroom.status(calm) == "approved", "the policies do publish something"


def test_what_an_author_left_unscored_is_not_published_once_they_are_banned(newsroom: Newsroom) -> None:
    for mode in ("", '[scoring]\nmode = "worker"\n'):
        newsroom.configure(REASONS + POLICIES["post"] + mode)
        newsroom.scorer.fails = 0 if mode else 1
        author = {"id": f"banned{mode[:1]}", "name": "Bea"}
        waiting = newsroom.accepted(author=author)["id"]
        restricted(newsroom, author, AuthorKind.BANNED)
        newsroom.clock.move(minutes=1)
        later(newsroom)
        assert newsroom.status(waiting) == "pending"
        assert newsroom.whole(waiting)["reasons"] == ["its author has been banned since it was written"]


# --- what follows from it ---------------------------------------------------------------------------------------------


def entries(newsroom: Newsroom) -> dict[str, QueueIndex]:
    with newsroom.services.database.reading() as session:
        return {
            row.comment_id: row
            for row in session.scalars(select(QueueIndex).where(QueueIndex.site_id == newsroom.site))
        }


def test_weighed_anew_under_the_same_policy_everything_keeps_its_severity(newsroom: Newsroom) -> None:
    prepared(newsroom, POLICIES["post"])
    said = {why: say(newsroom)["id"] for why, say in WHY.items()}
    form: Callable[[QueueIndex], Any] = lambda row: (row.severity, row.severity_2, row.flags)  # noqa: E731 - shorter so
    before = {why: form(entries(newsroom)[one]) for why, one in said.items()}
    newsroom.configure(REASONS + POLICIES["post"] + "[policy.sections.other.flag]\nthreat_at_least = 0.9\n")
    assert bring_up_to_date(newsroom.services)
    assert {why: form(entries(newsroom)[one]) for why, one in said.items()} == before
    assert all(before[listed][0] >= 200 for listed in ("listed", "listed name"))


def test_a_replay_lets_wait_what_waits(newsroom: Newsroom) -> None:
    prepared(newsroom, POLICIES["post"])
    for say in WHY.values():
        say(newsroom)
    numbers = {row.number: row.by_policy for row in entries(newsroom).values()}
    with newsroom.services.database.reading() as session:
        for past in every_decided(session):
            again = replayed(past, newsroom.services.configuration.current())
            found = zip(past.number, again.outcome, strict=True)
            told = {number: OUTCOMES[outcome].value for number, outcome in found if number in numbers}
            assert told == {number: numbers[number] for number in told}


def test_a_late_score_of_a_reopened_comment_weighs_its_name_and_its_advertising_too(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    newsroom.scorer.fails = 1
    late = newsroom.accepted("spam=0.95", author={"name": "threat=0.9"})["id"]
    moderator = colleague(newsroom)
    moderator.undo(moderator.action(late))
    later(newsroom)
    bring_up_to_date(newsroom.services)
    scored = newsroom.accepted("spam=0.95", author={"name": "threat=0.9"})["id"]
    one, other = entries(newsroom)[late], entries(newsroom)[scored]
    assert (one.status, one.name_threat, one.spam) == ("pending", 0.9, other.spam)
    assert one.severity >= other.severity > 500


def test_a_comment_with_an_unread_part_is_in_no_range_of_scores_and_keeps_its_flags(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS)
    calm, part, danger = (newsroom.accepted(words)["id"] for words in ("", "unread=de", "unread=de threat=0.9"))
    with newsroom.services.database.reading() as session:
        found = histogram(session, Area(scopes=(Scope(site_id=newsroom.site),)), "threat")
    assert (sum(found.counts), dict(found.unread)) == (1, {"de": 2})
    rows = entries(newsroom)
    assert rows[danger].severity > 650 > rows[part].severity > rows[calm].severity == 0
