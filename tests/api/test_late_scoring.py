"""What happens when scores are late, fail, or can't be trusted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy.orm import Session

from moderation.comments import rescoring
from moderation.comments.afresh import judge_afresh, look_through
from moderation.comments.rescoring import ATTEMPTS, WORK, score_late, score_waiting
from moderation.config.configuration import Configuration
from moderation.core.actor import Actor
from moderation.core.errors import ScoringTooSlow
from moderation.core.scores import Scores
from moderation.core.turns import Turns
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.jobs.worker import Sweeper
from moderation.scoring.batching import ScoringClosed
from moderation.services import Services
from moderation.storage import discussion, queue_index
from moderation.storage.claims import Claims, claim_these
from moderation.storage.comments import Comment, find_comment
from moderation.storage.edits import CommentEdit
from moderation.watching import counts
from tests.desk.desk import notices, standing
from tests.newsroom import Newsroom, detail

WORKER = '[scoring]\nmode = "worker"\n'
SUBMITTED = "comment.submitted"
APPROVE = "[policy.approve]\ntoxicity_at_most = 0.5\n"


@pytest.fixture(autouse=True)
def _nothing_else_waits(newsroom: Newsroom) -> None:
    newsroom.clock.move(minutes=2)  # what somebody has leased is free again
    while score_waiting(newsroom.services):
        pass
    newsroom.scorer.asked.clear()
    newsroom.scorer.batches.clear()


def sweep(newsroom: Newsroom) -> int:
    return score_waiting(newsroom.services)


def accepted_later(newsroom: Newsroom, *words: str, **content: Any) -> str:
    """A comment that came after those before it."""
    newsroom.clock.move(seconds=1)
    return str(newsroom.accepted(*words, **content)["id"])


@pytest.mark.parametrize("slow", [True, False])
def test_a_comment_that_could_not_be_scored_waits_and_says_so(newsroom: Newsroom, slow: bool) -> None:
    newsroom.configure(APPROVE)
    newsroom.scorer.slow, newsroom.scorer.fails = slow, 0 if slow else 1
    arrived = newsroom.accepted()
    assert arrived["status"] == "pending"
    assert arrived["scores"] is None
    assert arrived["reasons"] == ["not scored yet: the scoring pack gave no answer"]
    assert newsroom.whole(arrived["id"])["scores"] is None


def test_in_post_mode_it_is_not_published_either(newsroom: Newsroom) -> None:
    newsroom.put_article(mode="post")
    newsroom.scorer.fails = 1
    assert newsroom.accepted()["status"] == "pending"


def test_it_is_scored_later_and_then_decided(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    newsroom.scorer.fails = 1
    comment = newsroom.accepted()["id"]
    sweep(newsroom)
    whole = newsroom.whole(comment)
    assert (whole["status"], whole["scores"]["toxicity"]["toxicity"]) == ("approved", 0.01)
    assert [event["event"] for event in newsroom.events(comment)] == [
        "comment.submitted", "comment.decided", "comment.scored", "comment.decided",
    ]  # fmt: skip


def test_an_error_of_the_packs_own_loses_no_comment(newsroom: Newsroom) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    newsroom.scorer.score_one = broken  # type: ignore[method-assign, assignment]
    try:
        assert newsroom.accepted()["status"] == "pending"
    finally:
        del newsroom.scorer.score_one


def test_with_workers_a_comment_is_received_and_then_decided(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + "[policy.reject]\nthreat_at_least = 0.9\n")
    arrived = newsroom.accepted("threat=0.95")
    assert arrived["status"] == "received"
    assert arrived["scores"] is None
    assert arrived["reasons"] == []
    assert newsroom.scorer.asked == []
    sweep(newsroom)
    assert newsroom.status(arrived["id"]) == "rejected"
    answer = newsroom.client.get(f"/api/v1/comments/{arrived['id']}", query_string={"receipt": arrived["receipt"]})
    assert (answer.json or {})["message"].endswith("It reads like a threat.")
    decision = newsroom.whole(arrived["id"])["decision"]
    assert decision["statement"]["automated_decision"] is True


def test_after_three_failures_a_received_comment_waits_for_a_moderator(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    newsroom.scorer.fails = ATTEMPTS
    comment = newsroom.accepted()["id"]
    found = [sweep(newsroom) for _ in range(ATTEMPTS)]
    assert found == [0] * ATTEMPTS
    whole = newsroom.whole(comment)
    assert (whole["status"], whole["scores"]) == ("pending", None)
    assert whole["reasons"] == ["not scored yet: the scoring pack gave no answer"]
    asked = len(newsroom.scorer.asked)
    sweep(newsroom)
    assert len(newsroom.scorer.asked) == asked


def test_a_late_score_never_overrides_a_person(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + "[policy.reject]\nthreat_at_least = 0.9\n")
    comment = newsroom.accepted("threat=0.95")["id"]
    score = newsroom.scorer.score_one

    def decided_meanwhile(*asked: Any, **how: Any) -> Scores:
        newsroom.decide(comment)
        return score(*asked, **how)

    newsroom.scorer.score_one = decided_meanwhile  # type: ignore[method-assign]
    try:
        sweep(newsroom)
    finally:
        del newsroom.scorer.score_one
    assert newsroom.status(comment) == "approved"
    assert newsroom.whole(comment)["scores"]["toxicity"]["threat"] == 0.95


def test_what_a_moderator_reopened_waits_whatever_its_late_score(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + "[policy.reject]\nthreat_at_least = 0.9\n")
    comment = newsroom.accepted("threat=0.95")["id"]
    newsroom.decide(comment)
    moderator = Actor(reference="account:mo", name="Mo", rights={newsroom.site: frozenset({"moderate"})})
    decide_comment(newsroom.services, moderator, comment, Ruling(verdict=Verdict.REOPEN))
    sweep(newsroom)
    whole = newsroom.whole(comment)
    assert (whole["status"], whole["scores"]["toxicity"]["threat"]) == ("pending", 0.95)


def test_what_the_policy_decides_late_is_a_new_revision(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comment = newsroom.accepted()["id"]
    sweep(newsroom)
    answer = newsroom.decide(comment, "reject", revision=1)
    assert answer.status_code == 409
    assert "the policy" in detail(answer)


def test_a_withdrawn_comment_is_not_decided(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    arrived = newsroom.accepted()
    path = f"/api/v1/comments/{arrived['id']}/withdraw"
    newsroom.client.post(path, query_string={"receipt": arrived["receipt"]})
    sweep(newsroom)
    assert newsroom.status(arrived["id"]) == "withdrawn"


def test_what_came_in_time_waits_when_the_discussion_has_closed(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comment = newsroom.accepted()["id"]
    newsroom.put_article(mode="closed")
    sweep(newsroom)
    whole = newsroom.whole(comment)
    assert whole["status"] == "pending"
    assert whole["reasons"] == ["the discussion has closed since it was written"]


def test_two_sweeps_at_once_score_and_decide_once(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comment = newsroom.accepted("as three look at once")["id"]
    sweepers = [Sweeper(newsroom.services, every_seconds=0.01) for _ in range(3)]
    for sweeper in sweepers:
        sweeper.start()
    for _ in range(500):
        if newsroom.status(comment) == "approved":
            break
    for sweeper in sweepers:
        sweeper.stop()
    events = [event["event"] for event in newsroom.events(comment)]
    assert events == ["comment.submitted", "comment.scored", "comment.decided"]
    assert sum("as three look at once" in request.text for request in newsroom.scorer.asked) == 1


def test_two_workers_have_each_comment_scored_once_and_together(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [newsroom.accepted()["id"] for _ in range(6)]
    score, other = newsroom.scorer.score_each, []

    def another_looks(*asked: Any, **how: Any) -> Any:
        other.append(sweep(newsroom))  # while the first one's batch is being scored
        return score(*asked, **how)

    newsroom.scorer.score_each = another_looks  # type: ignore[method-assign]
    try:
        assert sweep(newsroom) == 6
    finally:
        del newsroom.scorer.score_each
    assert other == [0]
    assert (newsroom.scorer.batches, len(newsroom.scorer.asked)) == ([6], 6)
    assert {newsroom.status(comment) for comment in comments} == {"approved"}


def test_a_worker_that_was_so_slow_that_another_has_its_batch_changes_nothing_more(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [newsroom.accepted()["id"] for _ in range(3)]
    score, other = newsroom.scorer.score_each, []

    def hangs(*asked: Any, **how: Any) -> Any:
        newsroom.scorer.score_each = score  # type: ignore[method-assign]
        newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
        other.append(score_waiting(replace(newsroom.services, scoring_turns=Turns())))  # in a process of its own
        return [ScoringTooSlow(), *score(*asked, **how)[1:]]

    newsroom.scorer.score_each = hangs  # type: ignore[method-assign]
    try:
        sweep(newsroom)
    finally:
        del newsroom.scorer.score_each
    assert other == [3]
    assert {newsroom.status(comment) for comment in comments} == {"approved"}
    for comment in comments:
        events = [event["event"] for event in newsroom.events(comment)]
        assert events == ["comment.submitted", "comment.scored", "comment.decided"]


def test_what_a_worker_left_that_died_is_scored_when_its_lease_has_ended(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comment = newsroom.accepted()["id"]
    newsroom.services.database.writing(lambda session: claim_these(session, WORK, [comment], newsroom.clock.now))
    assert (sweep(newsroom), newsroom.scorer.asked) == (0, [])
    newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
    assert sweep(newsroom) == 1
    assert newsroom.status(comment) == "approved"


class Killed(BaseException):
    """Nothing that a worker has under way when this comes is finished, or given back."""


def test_what_ends_its_worker_three_times_waits_for_a_moderator_and_takes_no_others_along(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [accepted_later(newsroom, words) for words in ("calm", "calm", "deadly", "calm")]
    score, deaths = newsroom.scorer.score_each, 0

    def deadly(requests: Any, **how: Any) -> Any:
        if any("deadly" in request.text for request in requests):
            raise Killed
        return score(requests, **how)

    monkeypatch.setattr(Claims, "give_back", lambda *_: None)
    monkeypatch.setattr(newsroom.scorer, "score_each", deadly)
    for _ in range(2 * ATTEMPTS):
        newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
        try:
            while sweep(newsroom):
                pass
        except Killed:
            deaths += 1
    assert deaths == ATTEMPTS
    assert [newsroom.status(comment) for comment in comments] == ["approved", "approved", "pending", "approved"]
    whole = newsroom.whole(comments[2])
    assert (whole["scores"], whole["reasons"]) == (None, ["not scored yet: the scoring pack gave no answer"])


def test_what_cannot_even_be_asked_about_holds_up_nobody(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [accepted_later(newsroom, words) for words in ("calm", "unaskable", "calm")]
    score = newsroom.scorer.score_each

    def asked(requests: Any, **how: Any) -> Any:
        if any("unaskable" in request.text for request in requests):
            raise ArithmeticError
        return score(requests, **how)

    monkeypatch.setattr(newsroom.scorer, "score_each", asked)
    with pytest.raises(ArithmeticError):
        sweep(newsroom)
    later = accepted_later(newsroom)
    assert sweep(newsroom) == 1
    assert newsroom.status(later) == "approved"
    for _ in range(2 * ATTEMPTS):
        newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
        with suppress(ArithmeticError):
            while sweep(newsroom):
                pass
    assert [newsroom.status(comment) for comment in comments] == ["approved", "pending", "approved"]


def test_one_that_fails_costs_its_neighbours_nothing(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [newsroom.accepted()["id"] for _ in range(3)]
    newsroom.scorer.fails = 1
    assert sweep(newsroom) == 2
    assert sorted(newsroom.status(comment) for comment in comments) == ["approved", "approved", "received"]
    assert sweep(newsroom) == 1  # at once: nobody holds it any more
    assert {newsroom.status(comment) for comment in comments} == {"approved"}


def test_a_sweep_that_breaks_off_gives_back_what_it_has_not_done(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comment = newsroom.accepted()["id"]

    def broken(*_: object, **__: object) -> Any:
        raise ScoringClosed

    newsroom.scorer.score_each = broken  # type: ignore[method-assign]
    try:
        with pytest.raises(ScoringClosed):
            sweep(newsroom)
    finally:
        del newsroom.scorer.score_each
    assert sweep(newsroom) == 1
    assert newsroom.status(comment) == "approved"


def test_one_that_cannot_be_decided_costs_its_neighbours_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(WORKER + APPROVE)
    broken, *others = [newsroom.accepted()["id"] for _ in range(3)]

    def judged(*asked: Any) -> Any:
        if asked[2].id == broken:
            raise ArithmeticError
        return judge_afresh(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(rescoring, "judge_afresh", judged)
        assert sweep(newsroom) == 2
        assert {newsroom.status(comment) for comment in others} == {"approved"}
        assert newsroom.status(broken) == "received"
        assert sweep(newsroom) == 0  # what comes next need not wait behind it
    newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
    assert sweep(newsroom) == 1
    assert newsroom.status(broken) == "approved"


def test_an_answer_is_decided_after_what_it_answers(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    ada, ben = {"name": "Ada", "id": "ada"}, {"name": "Ben", "id": "ben"}
    first, second = (accepted_later(newsroom, author=ada) for _ in range(2))
    answer = accepted_later(newsroom, parent_id=second, author=ben)
    assert sweep(newsroom) == 3
    assert [newsroom.status(id_) for id_ in (first, second, answer)] == ["approved"] * 3


def test_an_answer_is_decided_after_what_it_answers_also_where_each_is_decided_by_itself(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(WORKER + APPROVE)
    broken, above = (accepted_later(newsroom, author={"name": name, "id": name}) for name in ("Ada", "Ben"))
    answer = accepted_later(newsroom, parent_id=above, author={"name": "Cyd", "id": "cyd"})

    def judged(*asked: Any) -> Any:
        if asked[2].id == broken:
            raise ArithmeticError
        return judge_afresh(*asked)

    monkeypatch.setattr(rescoring, "judge_afresh", judged)
    assert sweep(newsroom) == 2
    assert (newsroom.status(above), newsroom.status(answer)) == ("approved", "approved")


def test_what_is_decided_of_an_author_counts_for_their_next_in_the_same_batch(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE + "[policy.flag]\nauthor_approved_at_least = 1\n")
    first, second = (accepted_later(newsroom, author={"name": "Ada", "id": "ada"}) for _ in range(2))
    assert sweep(newsroom) == 2
    assert (newsroom.status(first), newsroom.status(second)) == ("approved", "pending")


def test_a_batch_is_decided_in_one_transaction(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE)
    comments = [newsroom.accepted()["id"] for _ in range(4)]
    assert sweep(newsroom) == 4
    decided = [event for comment in comments for event in newsroom.events(comment) if event["event"] != SUBMITTED]
    assert len({event["time"] for event in decided}) == 1


def test_an_authors_second_comment_parts_a_batch_from_nobody_else(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(WORKER + APPROVE)
    first, second, third, fourth = (
        accepted_later(newsroom, author={"name": name, "id": name}) for name in ("Ada", "Ben", "Ada", "Cyd")
    )
    turns = list[list[str]]()

    def looked_through(services: Services, configuration: Configuration, ids: list[str]) -> Any:
        turns.append(ids)
        return look_through(services, configuration, ids)

    monkeypatch.setattr(rescoring, "look_through", looked_through)
    assert sweep(newsroom) == 4
    assert turns == [[first, second, fourth], [third]]


def _of_every_kind(newsroom: Newsroom, article: str) -> list[str]:
    newsroom.put_article(article)

    def sent(name: str, words: str = "", **more: Any) -> str:
        author = {"name": name, "id": f"{name} {article}", **more.pop("author", {})}
        return accepted_later(newsroom, words, article=article, author=author, **more)

    staff = sent("Vera Desk", author={"staff": True})
    passes_for_her = accepted_later(newsroom, article=article, author={"name": "vera  desk"})
    opening = sent("Ben")
    reply = sent("Cyd", parent_id=opening)
    edited = sent("Gil")
    escalated = sent("Hal")
    comments = [
        *(staff, passes_for_her, opening, reply, edited, escalated),
        sent("Dan", parent_id=passes_for_her),
        sent("Eve", "toxicity=0.95"),
        sent("Fay", "toxicity=0.7"),
        sent("Ben", parent_id=reply),
        sent("Ida", "language=hi unreadable"),
        sent("Jon", parent_id=reply),
    ]

    def change(session: Session) -> None:
        queue_index.change(session.connection(), escalated, {"escalated": True})
        session.add(CommentEdit(comment_id=edited, revision=2, edited_at=newsroom.clock.now))
        session.get_one(Comment, edited).revision = 2

    newsroom.services.database.writing(change)
    return comments


def test_a_batch_is_decided_as_each_would_be_by_itself(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER + APPROVE + "[policy.reject]\ntoxicity_at_least = 0.9\n")
    together, alone = (_of_every_kind(newsroom, article) for article in ("together", "alone"))
    for id_ in alone:
        assert score_late(newsroom.services, id_)
    assert sweep(newsroom) == len(together)

    def became(id_: str) -> tuple[Any, ...]:
        whole = newsroom.whole(id_)
        events = [(one["event"], one["payload"].get("status")) for one in newsroom.events(id_)]
        scores = whole["scores"]["toxicity"]["toxicity"]
        return standing(newsroom, id_), whole["revision"], whole["reasons"], scores, events, notices(newsroom, id_)

    assert [became(id_) for id_ in together] == [became(id_) for id_ in alone]
    statuses = [newsroom.status(id_) for id_ in together]
    assert statuses[:6] == ["approved", "pending", "approved", "approved", "approved", "received"]
    assert statuses[6:] == ["pending", "rejected", "pending", "approved", "pending", "approved"]


def test_workers_that_decide_answers_to_the_same_comments_crosswise_never_wait_in_a_circle(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(WORKER + APPROVE)
    first, second = (accepted_later(newsroom, author={"name": name, "id": name}) for name in ("Ada", "Ben"))
    assert sweep(newsroom) == 2
    answers = [
        accepted_later(newsroom, parent_id=above, author={"name": name, "id": name})
        for name, above in (("Cyd", first), ("Dan", second), ("Eve", second), ("Fay", first))
    ]
    both_have_one, conflicts = Barrier(2), list[str]()
    count = discussion.count_answer

    def counted(*asked: Any) -> Any:
        above = count(*asked)
        with suppress(BrokenBarrierError):
            both_have_one.wait(0.5)
        return above

    monkeypatch.setattr(discussion, "count_answer", counted)
    monkeypatch.setattr(counts, "database_retries", conflicts.append)
    with ThreadPoolExecutor(2) as workers:
        assert list(workers.map(lambda _: score_waiting(newsroom.services, limit=2), range(2))) == [2, 2]
    assert conflicts == []
    assert {newsroom.status(answer) for answer in answers} == {"approved"}


@pytest.mark.parametrize("mode", ["worker", "inline"])
def test_while_the_pack_is_being_loaded_no_attempt_is_used_up(newsroom: Newsroom, mode: str) -> None:
    newsroom.configure(f'[scoring]\nmode = "{mode}"\n' + APPROVE)
    newsroom.scorer.ready, newsroom.scorer.slow = False, True
    comment = newsroom.accepted()["id"]
    asked = len(newsroom.scorer.asked)
    assert [sweep(newsroom) for _ in range(ATTEMPTS + 1)] == [0] * (ATTEMPTS + 1)
    assert len(newsroom.scorer.asked) == asked
    newsroom.scorer.ready = True
    for _ in range(ATTEMPTS - 1):
        sweep(newsroom)  # the pack is there, and still too slow
    newsroom.scorer.slow = False
    assert sweep(newsroom) == 1
    assert newsroom.status(comment) == "approved"


def test_a_language_the_pack_cannot_read_decides_nothing(newsroom: Newsroom) -> None:
    newsroom.configure(
        "[policy.approve]\ntoxicity_at_most = 0.9\n[policy.reject]\nthreat_at_least = 0.9\nrelevance_at_most = 0.95\n"
    )
    arrived = newsroom.accepted("language=hi unreadable threat=0.99")
    assert arrived["status"] == "pending"
    assert arrived["reasons"][0] == "in a language (hi) that the scoring pack can't read"
    assert arrived["scores"]["toxicity"]["threat"] == 0.99
    newsroom.put_article(mode="post")
    assert newsroom.accepted("language=hi unreadable")["status"] == "pending"


def test_the_replay_of_an_unscored_answer_stays_unscored(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER)
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    path, key = "/api/v1/articles/trams/comments", {"Idempotency-Key": "k"}
    first = newsroom.server("POST", path, json=content, headers=key)
    sweep(newsroom)
    again = newsroom.server("POST", path, json=content, headers=key)
    assert first.json == again.json
    with newsroom.services.database.reading() as session:
        comment = find_comment(session, (first.json or {})["id"])
    assert comment is not None
    assert comment.scored
