"""Many comments decided together: each for itself, each once, and all taken back with one undo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from moderation.core.errors import DecidedMeanwhile, InvalidField, NotPossibleNow, RightMissing
from moderation.core.reach import Scope
from moderation.desk.bulk import Begun, decide_score_range, remove_everything
from moderation.desk.bulk_runner import WORK, carry_on
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.flags import flag_comment
from moderation.storage.accounts import Account
from moderation.storage.actions import Everything, ModeratorAction
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import CommentLock, FlagKind
from moderation.storage.score_map import Area, ScoreRange, histogram, numbers_within, sampled
from tests.desk.desk import REASONS, Colleague, colleague, count, standing
from tests.newsroom import Hall, Newsroom

APPROVE = Ruling(verdict=Verdict.APPROVE)
REJECT = Ruling(verdict=Verdict.REJECT, reason_id="spam")
ALL_RIGHTS = ("read", "moderate", "senior", "batch_approve", "batch_reject")


def area(newsroom: Newsroom, **more: Any) -> Area:
    return Area(scopes=(Scope(site_id=newsroom.site, escalated=False),), **more)


def score_range(low: int, high: int, signal: str = "toxicity") -> ScoreRange:
    return ScoreRange(signal=signal, low=low, high=high)


def decide(who: Colleague, low: int, high: int, ruling: Ruling = REJECT) -> Begun:
    return decide_score_range(who.newsroom.services, who.actor, area(who.newsroom), score_range(low, high), ruling)


def several(newsroom: Newsroom, number: int, words: str = "toxicity=0.9") -> list[str]:
    return [newsroom.accepted(words)["id"] for _ in range(number)]


def action_of(newsroom: Newsroom, action_id: str) -> ModeratorAction:
    with newsroom.services.database.reading() as session:
        return session.get_one(ModeratorAction, action_id)


def mapped(newsroom: Newsroom, signal: str = "toxicity", **more: Any) -> dict[int, int]:
    """How many comments wait in each hundredth that has any."""
    with newsroom.services.database.reading() as session:
        found = histogram(session, area(newsroom, **more), signal)
    return {hundredth: number for hundredth, number in enumerate(found.counts) if number}


# --- the map ----------------------------------------------------------------------------------------------------------


def test_every_score_belongs_to_one_hundredth_both_ends_too(newsroom: Newsroom) -> None:
    for score in ("0.0", "0.004", "0.29", "0.57", "0.999", "1.0"):
        newsroom.accepted(f"toxicity={score}")
    assert mapped(newsroom) == {0: 2, 29: 1, 57: 1, 99: 2}


def test_the_score_range_holds_exactly_what_the_map_counts(newsroom: Newsroom) -> None:
    several(newsroom, 2, "toxicity=1.0")
    several(newsroom, 3, "toxicity=0.58")
    several(newsroom, 1, "toxicity=0.0")
    with newsroom.services.database.reading() as session:
        found = histogram(session, area(newsroom), "toxicity")
        for low, high, expected in ((0, 1, 1), (58, 59, 3), (57, 58, 0), (59, 99, 0), (99, 100, 2), (0, 100, 6)):
            assert found.within(score_range(low, high)) == expected
            assert len(numbers_within(session, area(newsroom), score_range(low, high), limit=100)) == expected
        scores = list(sampled(session, [n for some in found.examples for n in some], "toxicity").values())
    assert scores == [1.0, 1.0, 0.58, 0.58, 0.0]


def test_what_is_not_scored_is_counted_beside_the_map(newsroom: Newsroom) -> None:
    newsroom.scorer.fails = 1
    newsroom.accepted()
    newsroom.accepted("toxicity=0.3")
    with newsroom.services.database.reading() as session:
        found = histogram(session, area(newsroom), "toxicity")
    assert (found.unscored, found.without, found.total) == (1, 0, 2)


def test_the_map_keeps_to_one_article_or_section_and_leaves_out_what_is_left_to_seniors(newsroom: Newsroom) -> None:
    newsroom.put_article("cup", section="sport")
    escalated = newsroom.accepted("toxicity=0.1")["id"]
    flag_comment(newsroom.services, colleague(newsroom).actor, escalated, FlagKind.ESCALATED)
    newsroom.accepted("toxicity=0.2")
    newsroom.accepted("toxicity=0.3", article="cup")
    with newsroom.services.database.reading() as session:
        cup = session.scalars(select(Article.id).where(Article.site_id == newsroom.site, Article.section == "sport"))
        article_id = cup.one()
        drawn = [
            Scope(site_id=newsroom.site),
            Scope(site_id=newsroom.site, sections=frozenset({"sport"}), escalated=False),
        ]
        totals = [histogram(session, Area(scopes=(scope,)), "toxicity").total for scope in drawn]
    assert totals == [3, 1]
    assert mapped(newsroom) == {20: 1, 30: 1}
    assert mapped(newsroom, article_id=article_id) == mapped(newsroom, section="sport") == {30: 1}


# --- a score range, decided together ----------------------------------------------------------------------------------


def test_each_comment_of_a_score_range_has_its_own_audit_event_and_statement(newsroom: Newsroom) -> None:
    ada = colleague(newsroom, *ALL_RIGHTS)
    inside, outside = several(newsroom, 3), several(newsroom, 1, "toxicity=0.5")
    begun = decide(ada, 80, 100)
    assert (begun.total, begun.done, begun.skipped, begun.running) == (3, 3, 0, False)
    for comment_id in inside:
        event = newsroom.events(comment_id)[-1]
        assert (event["event"], event["actor"]) == ("comment.rejected", ada.actor.reference)
        assert (event["payload"]["action_id"], event["payload"]["reason"]) == (begun.action_id, "spam")
        reason, sentence, statement = standing(newsroom, comment_id)["told"]
        assert (reason, sentence) == ("spam", "It advertises something.")
        assert "score for toxicity lies between 0.80 and 1.00" in statement["facts"]
        assert statement["automated_decision"] is False
    assert newsroom.status(outside[0]) == "pending"


def test_one_undo_takes_all_of_it_back(newsroom: Newsroom) -> None:
    ada = colleague(newsroom, *ALL_RIGHTS)
    ids = several(newsroom, 4)
    before = [standing(newsroom, comment_id) for comment_id in ids]
    undone = ada.undo(decide(ada, 80, 100).action_id)
    assert (undone.total, undone.done, undone.skipped) == (4, 4, 0)
    assert [standing(newsroom, comment_id) for comment_id in ids] == before
    with pytest.raises(NotPossibleNow):
        ada.undo(undone.action_id)


def test_undoing_a_batch_leaves_what_somebody_else_decided_since(newsroom: Newsroom) -> None:
    ada, grace = colleague(newsroom, *ALL_RIGHTS), colleague(newsroom)
    ids = several(newsroom, 3)
    begun = decide(ada, 80, 100)
    grace.action(ids[1])
    undone = ada.undo(begun.action_id)
    assert (undone.done, undone.skipped) == (2, 1)
    assert [newsroom.status(comment_id) for comment_id in ids] == ["pending", "approved", "pending"]


def test_approving_and_rejecting_together_are_rights_of_their_own(newsroom: Newsroom) -> None:
    several(newsroom, 1)
    moderator = colleague(newsroom)
    with pytest.raises(RightMissing, match="batch_reject"):
        decide(moderator, 0, 100)
    with pytest.raises(RightMissing, match="batch_approve"):
        decide(colleague(newsroom, "read", "moderate"), 0, 100, APPROVE)
    assert decide(moderator, 0, 100, APPROVE).done == 1


def test_a_score_range_and_a_reason_that_can_not_be_are_refused(newsroom: Newsroom) -> None:
    ada = colleague(newsroom, *ALL_RIGHTS)
    wrong: list[tuple[ScoreRange, Ruling, type[Exception]]] = [
        (score_range(50, 50), REJECT, InvalidField),
        (score_range(-1, 50), REJECT, InvalidField),
        (score_range(0, 101), REJECT, InvalidField),
        (score_range(0, 100, "number"), REJECT, InvalidField),
        (score_range(0, 100), Ruling(verdict=Verdict.REJECT), InvalidField),
        (score_range(0, 100), Ruling(verdict=Verdict.REJECT, reason_id="nosuch"), InvalidField),
    ]
    for chosen, ruling, error in wrong:
        with pytest.raises(error):
            decide_score_range(newsroom.services, ada.actor, area(newsroom), chosen, ruling)


def test_a_comment_that_somebody_has_open_is_passed_over(newsroom: Newsroom) -> None:
    ada, grace = colleague(newsroom, *ALL_RIGHTS), colleague(newsroom)
    ids = several(newsroom, 3)
    until = newsroom.clock.now + WORK.lease

    def open_two(session: Any) -> None:
        session.add(CommentLock(comment_id=ids[0], account_id=grace.actor.account_id, until=until))
        session.add(CommentLock(comment_id=ids[1], account_id=ada.actor.account_id, until=until))

    newsroom.services.database.writing(open_two)
    begun = decide(ada, 80, 100)
    assert (begun.done, begun.skipped) == (2, 1)
    assert newsroom.status(ids[0]) == "pending"


# --- many, in the background ------------------------------------------------------------------------------------------


@pytest.fixture
def chunks(newsroom: Newsroom) -> Callable[[int], Callable[[], bool]]:
    """Stops after so many chunks: what a stop of the process does."""

    def after(number: int) -> Callable[[], bool]:
        left = iter(range(number))
        return lambda: next(left, None) is None

    return after


def with_account(newsroom: Newsroom, *rights: str) -> Colleague:
    """A colleague whose rights are in the database too: who goes on in the background reads them there."""
    return colleague(newsroom, *rights, granted=True)


def test_many_go_on_in_the_background_and_are_undone_there(newsroom: Newsroom) -> None:
    ada = with_account(newsroom, *ALL_RIGHTS)
    several(newsroom, 60)
    begun = decide(ada, 80, 100)
    assert (begun.total, begun.done, begun.running) == (60, 0, True)
    several(newsroom, 1)  # arrives after the moderator has pressed
    while carry_on(newsroom.services):
        pass
    action = action_of(newsroom, begun.action_id)
    assert (action.done, action.skipped, action.finished_at is not None) == (60, 0, True)
    assert (count(newsroom, "rejected"), count(newsroom, "pending")) == (60, 1)
    assert ada.undo(begun.action_id).running
    assert carry_on(newsroom.services)
    assert (count(newsroom, "rejected"), count(newsroom, "pending")) == (0, 61)


def test_what_somebody_decides_while_it_runs_is_passed_over(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada, grace = with_account(newsroom, *ALL_RIGHTS), colleague(newsroom)
    ids = several(newsroom, 60)
    begun = decide(ada, 80, 100)
    carry_on(newsroom.services, stopped=chunks(1))
    grace.action(ids[-1])
    grace.undo(grace.action(ids[-2]))  # waits again, but because a person said so
    carry_on(newsroom.services)
    action = action_of(newsroom, begun.action_id)
    assert (action.done, action.skipped) == (58, 2)
    assert [newsroom.status(comment_id) for comment_id in ids[-3:]] == ["rejected", "pending", "approved"]


def test_what_is_left_to_a_senior_while_it_runs_is_passed_over(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada, ids = with_account(newsroom), several(newsroom, 60)
    begun = decide(ada, 80, 100, APPROVE)
    carry_on(newsroom.services, stopped=chunks(1))
    flag_comment(newsroom.services, ada.actor, ids[-1], FlagKind.ESCALATED)
    carry_on(newsroom.services)
    action = action_of(newsroom, begun.action_id)
    assert (action.done, action.skipped, newsroom.status(ids[-1])) == (59, 1, "pending")


def test_a_runner_that_stops_leaves_the_rest_to_the_next(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada = with_account(newsroom, *ALL_RIGHTS)
    several(newsroom, 60)
    begun = decide(ada, 80, 100)
    assert carry_on(newsroom.services, stopped=chunks(2))
    assert action_of(newsroom, begun.action_id).done == 40
    assert carry_on(newsroom.services)
    assert action_of(newsroom, begun.action_id).done == 60


def test_an_action_that_has_come_less_far_has_its_turn_before_one_that_has_come_farther(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada, bob = with_account(newsroom, *ALL_RIGHTS), with_account(newsroom, *ALL_RIGHTS)
    several(newsroom, 80)
    large = decide(ada, 80, 100)
    carry_on(newsroom.services, stopped=chunks(1))
    small = decide(bob, 80, 100)
    carry_on(newsroom.services, stopped=chunks(1))
    assert [action_of(newsroom, begun.action_id).done for begun in (large, small)] == [20, 20]
    while carry_on(newsroom.services):
        pass
    assert [action_of(newsroom, begun.action_id).finished_at is None for begun in (large, small)] == [False, False]


def test_a_runner_that_is_killed_leaves_its_action_to_others_when_the_lease_ends(newsroom: Newsroom) -> None:
    ada = with_account(newsroom, *ALL_RIGHTS)
    ids = several(newsroom, 60)
    begun = decide(ada, 80, 100)

    class Killed(BaseException):
        pass

    def kill() -> bool:
        if action_of(newsroom, begun.action_id).done:
            raise Killed
        return False

    with pytest.raises(Killed):
        carry_on(newsroom.services, stopped=kill)
    assert not carry_on(newsroom.services)  # it may still be at work, for all that another one knows
    newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
    assert carry_on(newsroom.services)
    action = action_of(newsroom, begun.action_id)
    assert (action.done, action.skipped) == (60, 0)
    assert {newsroom.whole(comment_id)["revision"] for comment_id in ids} == {2}


def test_two_batches_and_a_moderator_at_once_decide_each_comment_once(newsroom: Newsroom) -> None:
    ada, bob = with_account(newsroom, *ALL_RIGHTS), with_account(newsroom, *ALL_RIGHTS)
    grace, ids = colleague(newsroom), several(newsroom, 60)
    begun = [decide(ada, 80, 100, APPROVE), decide(bob, 80, 100, REJECT)]
    by_hand = []

    def decide_some() -> None:
        for comment_id in ids[::5]:
            with suppress(DecidedMeanwhile):
                by_hand.append(grace.decide(comment_id, "reject", revision=1).action_id)

    runners = [threading.Thread(target=carry_on, args=(newsroom.services,)) for _ in begun]
    threads = [*runners, threading.Thread(target=decide_some)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    actions = [action_of(newsroom, one.action_id) for one in begun]
    assert all(action.finished_at is not None and action.done + action.skipped == 60 for action in actions)
    assert actions[0].done + actions[1].done + len(by_hand) == 60
    assert [newsroom.whole(comment_id)["revision"] for comment_id in ids] == [2] * 60
    assert all(len(newsroom.events(comment_id)) == 4 for comment_id in ids)  # submitted, scored, decided, and once more


def test_undo_stops_what_still_runs_and_takes_back_what_is_done(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada = with_account(newsroom, *ALL_RIGHTS)
    several(newsroom, 60)
    begun = decide(ada, 80, 100)
    carry_on(newsroom.services, stopped=chunks(1))
    undone = ada.undo(begun.action_id)
    assert (undone.total, undone.done) == (20, 20)
    assert not carry_on(newsroom.services)
    assert count(newsroom, "pending") == 60


def test_an_account_that_is_disabled_in_the_middle_decides_no_more(
    newsroom: Newsroom, chunks: Callable[[int], Callable[[], bool]]
) -> None:
    ada = with_account(newsroom, *ALL_RIGHTS)
    several(newsroom, 60)
    begun = decide(ada, 80, 100)
    carry_on(newsroom.services, stopped=chunks(1))

    def disable(session: Any) -> None:
        session.get_one(Account, ada.actor.account_id).disabled_at = newsroom.clock.now

    newsroom.services.database.writing(disable)
    carry_on(newsroom.services)
    action = action_of(newsroom, begun.action_id)
    assert (action.done, action.skipped, action.finished_at is not None) == (20, 40, True)


# --- everything under an article, or by an author ---------------------------------------------------------------------


def test_everything_under_an_article_goes_with_one_reason_and_comes_back_with_one_undo(newsroom: Newsroom) -> None:
    senior = colleague(newsroom, *ALL_RIGHTS)
    newsroom.put_article("cup")
    waiting, published = several(newsroom, 2), several(newsroom, 2)
    rejected, elsewhere = several(newsroom, 1), [newsroom.accepted(article="cup")["id"]]
    for comment_id in published:
        newsroom.decide(comment_id)
    newsroom.decide(rejected[0], "reject", reason="off-topic")
    everything = [*waiting, *published, *rejected, *elsewhere]
    before = [standing(newsroom, comment_id) for comment_id in everything]
    with newsroom.services.database.reading() as session:
        article_id = session.get_one(Comment, waiting[0]).article_id
    what = Everything(site_id=newsroom.site, article_id=article_id)
    begun = remove_everything(newsroom.services, senior.actor, what, REJECT)
    assert (begun.total, begun.done) == (4, 4)
    assert [newsroom.status(comment_id) for comment_id in everything] == ["rejected"] * 5 + ["pending"]
    assert "everything under this article" in standing(newsroom, published[0])["told"][2]["facts"]
    assert standing(newsroom, published[0])["told"][2]["restriction"] == "The comment was removed."
    senior.undo(begun.action_id)
    assert [standing(newsroom, comment_id) for comment_id in everything] == before


def test_everything_by_an_author_is_removed_by_a_senior_alone(newsroom: Newsroom) -> None:
    writer = {"name": "Mallory", "id": "m-1"}
    ids = [newsroom.accepted(author=writer)["id"] for _ in range(3)]
    other = newsroom.accepted()["id"]
    with newsroom.services.database.reading() as session:
        author_id = session.get_one(Comment, ids[0]).author_id
    what = Everything(site_id=newsroom.site, author_id=author_id)
    with pytest.raises(RightMissing, match="senior"):
        remove_everything(newsroom.services, colleague(newsroom).actor, what, REJECT)
    with pytest.raises(InvalidField):
        remove_everything(newsroom.services, colleague(newsroom, *ALL_RIGHTS).actor, what, APPROVE)
    remove_everything(newsroom.services, colleague(newsroom, *ALL_RIGHTS).actor, what, REJECT)
    assert [newsroom.status(comment_id) for comment_id in (*ids, other)] == ["rejected"] * 3 + ["pending"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.lists(st.integers(0, 100), min_size=1, max_size=6),
    edges=st.tuples(st.integers(0, 99), st.integers(1, 100)).filter(lambda pair: pair[0] < pair[1]),
    others=st.lists(st.integers(0, 5), max_size=3),
)
def test_whatever_others_decide_between_a_batch_and_its_undo_stays_and_the_rest_is_as_before(
    sqlite_hall: Hall, front_door: Newsroom, scores: list[int], edges: tuple[int, int], others: list[int]
) -> None:
    room = sqlite_hall.new_site()
    room.put_article()
    room.configure(REASONS)
    ada, grace = colleague(room, *ALL_RIGHTS), colleague(room)
    by = [{"name": f"Reader {number}"} for number in range(len(scores))]
    ids = [room.accepted(f"toxicity={score / 100}", author=who)["id"] for score, who in zip(scores, by, strict=True)]
    before = [standing(room, comment_id) for comment_id in ids]
    begun = decide_score_range(room.services, ada.actor, area(room), score_range(*edges), APPROVE)
    touched = {ids[number] for number in others if number < len(ids)}
    for comment_id in touched:
        grace.action(comment_id, "reject")
    with suppress(DecidedMeanwhile):  # so that who undoes what they did to a single comment is told
        ada.undo(begun.action_id)
    for comment_id, was in zip(ids, before, strict=True):
        expected = "rejected" if comment_id in touched else "pending"
        assert room.status(comment_id) == expected
        assert comment_id in touched or standing(room, comment_id) == was
