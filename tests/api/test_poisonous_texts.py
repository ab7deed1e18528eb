"""A text that ends whoever scores it, or over which the pack hangs or breaks, waits for a moderator after three tries;
its neighbours get their scores, and a backlog goes on in full batches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from moderation.cli import worker
from moderation.comments import rescoring
from moderation.comments.rescoring import ATTEMPTS, BATCH, WORK, score_waiting
from moderation.core.errors import ScoringFailed, ScoringNotBegun, ScoringTooSlow
from moderation.core.scores import Scale, ScoreRequest, Scores
from moderation.core.turns import Turns
from moderation.jobs.worker import Sweeper
from moderation.scoring import batching
from moderation.scoring.batching import BatchingScorer, ScoringBroke
from moderation.storage.claims import Claims
from moderation.storage.comments import Comment
from tests.doubles import ObedientScorer
from tests.newsroom import Newsroom
from tests.waiting import until

WORKER = "[scoring]\nmode = 'worker'\ntimeout_seconds = 1\n[policy.approve]\ntoxicity_at_most = 0.5\n"
Answer = Callable[[Sequence[ScoreRequest]], "list[Scores | ScoringFailed] | None"]


class Killed(BaseException):
    """Nothing that a worker has under way when this comes is finished, or given back."""


@pytest.fixture(autouse=True)
def _workers_score(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER)


def arrive(newsroom: Newsroom, number: int, poisonous: int | None = None) -> list[str]:
    """So many comments one after the other, one of them poisonous."""
    ids = []
    for one in range(number):
        newsroom.clock.move(seconds=1)
        words = "poisonous" if one == poisonous else "calm"
        ids.append(str(newsroom.accepted(words, author={"name": "Ada", "id": f"ada {one}"})["id"]))
    return ids


def is_poisoned(requests: Sequence[ScoreRequest]) -> bool:
    return any("poisonous" in request.text for request in requests)


def over(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[list[ScoreRequest]]:
    """Has the pack answer so; as it does, where that is None. Returns what it is asked together."""
    score, asked = newsroom.scorer.score_each, list[list[ScoreRequest]]()

    def answered(requests: Any, **how: Any) -> Any:
        asked.append(list(requests))
        said = answer(requests)
        return score(requests, **how) if said is None else said

    monkeypatch.setattr(newsroom.scorer, "score_each", answered)
    return asked


def sweep(newsroom: Newsroom, times: int) -> int:
    """So many workers one after the other, each from the end of the leases of the one before until it rests or dies.
    Returns how many died.
    """
    deaths = 0
    for _ in range(times):
        newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
        try:
            while score_waiting(newsroom.services):
                pass
        except Killed:
            deaths += 1
    return deaths


def tried(newsroom: Newsroom, ids: Sequence[str]) -> list[int]:
    with newsroom.services.database.reading() as session:
        found = session.execute(select(Comment.id, Comment.scoring_attempts).where(Comment.id.in_(ids))).all()
    attempts = {row.id: row.scoring_attempts for row in found}
    return [attempts[id_] for id_ in ids]


def set_tried(newsroom: Newsroom, ids: Sequence[str], attempts: int) -> None:
    statement = update(Comment).where(Comment.id.in_(ids)).values(scoring_attempts=attempts)
    newsroom.services.database.writing(lambda session: session.execute(statement))


def assert_it_alone_is_given_up(newsroom: Newsroom, comments: list[str], poisonous: int) -> None:
    given_up = newsroom.whole(comments[poisonous])
    assert (given_up["status"], given_up["scores"]) == ("pending", None)
    assert given_up["reasons"] == ["not scored yet: the scoring pack gave no answer"]
    others = [comment for comment in comments if comment != comments[poisonous]]
    assert [newsroom.status(comment) for comment in others] == ["approved"] * len(others)


def kills(requests: Sequence[ScoreRequest]) -> None:
    if is_poisoned(requests):
        raise Killed


@pytest.mark.parametrize("before", range(ATTEMPTS))
def test_what_kills_is_given_up_after_three_deaths_and_none_beside_it_however_often_that_was_tried(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setattr(Claims, "give_back", lambda *_: None)
    comments = arrive(newsroom, BATCH + 4, poisonous=5)
    set_tried(newsroom, [comments[1], comments[9]], before)
    asked = over(newsroom, monkeypatch, kills)
    assert sweep(newsroom, 6) == ATTEMPTS
    assert_it_alone_is_given_up(newsroom, comments, 5)
    assert sum(is_poisoned(requests) for requests in asked) == ATTEMPTS


def test_one_that_kills_alone_is_given_up_after_three_deaths(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claims, "give_back", lambda *_: None)
    comments = arrive(newsroom, 1, poisonous=0)
    over(newsroom, monkeypatch, kills)
    assert sweep(newsroom, 6) == ATTEMPTS
    assert_it_alone_is_given_up(newsroom, comments, 0)


def test_two_that_kill_take_none_of_their_neighbours_along(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Claims, "give_back", lambda *_: None)
    comments = [*arrive(newsroom, 6, poisonous=2), *arrive(newsroom, 6, poisonous=0)]
    over(newsroom, monkeypatch, kills)
    assert sweep(newsroom, 9) == 2 * ATTEMPTS - 1, "one death was of both"
    assert [newsroom.status(comment) for comment in comments] == [
        "pending" if number in (2, 6) else "approved" for number in range(12)
    ]


def hangs(requests: Sequence[ScoreRequest]) -> list[Scores | ScoringFailed] | None:
    return [ScoringTooSlow() for _ in requests] if is_poisoned(requests) else None


def test_what_makes_a_batch_too_slow_is_given_up_and_none_beside_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = arrive(newsroom, BATCH + 4, poisonous=5)
    set_tried(newsroom, [comments[1], comments[9]], ATTEMPTS - 1)
    asked = over(newsroom, monkeypatch, hangs)
    assert sweep(newsroom, 4) == 0
    assert_it_alone_is_given_up(newsroom, comments, 5)
    assert sum(is_poisoned(requests) for requests in asked) == ATTEMPTS


def test_what_the_pack_breaks_over_is_given_up_and_costs_none_beside_it_anything(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = arrive(newsroom, BATCH + 4, poisonous=5)
    score = newsroom.scorer.score_one

    def breaks(request: ScoreRequest, **how: Any) -> Scores:
        if is_poisoned([request]):
            raise ScoringBroke("ArithmeticError")
        return score(request, **how)

    monkeypatch.setattr(newsroom.scorer, "score_one", breaks)
    assert score_waiting(newsroom.services) == BATCH - 1
    assert tried(newsroom, comments) == [number == 5 for number in range(BATCH + 4)]
    sweep(newsroom, ATTEMPTS)
    assert_it_alone_is_given_up(newsroom, comments, 5)


def test_a_backlog_goes_on_in_full_batches_beside_a_poisonous_text(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claims, "give_back", lambda *_: None)
    comments = arrive(newsroom, 5 * BATCH, poisonous=5)
    asked = over(newsroom, monkeypatch, kills)
    assert sweep(newsroom, 1) == 1
    asked.clear()
    newsroom.clock.move(seconds=WORK.lease.total_seconds() + 1)
    looks = []
    for _ in range(4):
        looks.append(len(asked))
        with suppress(Killed):
            score_waiting(newsroom.services)
    # Each look begins with a full batch; what was beside the poisonous one is tried alone after the first of them.
    assert [len(asked[at]) for at in looks] == [BATCH] * 4
    assert [newsroom.status(comment) for comment in comments if comment != comments[5]] == ["approved"] * (
        5 * BATCH - 1
    )


@pytest.mark.parametrize("error", [ScoringTooSlow(), ScoringBroke("MemoryError"), ScoringNotBegun()], ids=repr)
def test_a_pack_that_fails_over_everybody_for_a_while_costs_no_backlog_its_attempts(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, error: ScoringFailed
) -> None:
    comments = arrive(newsroom, 4 * BATCH)
    with monkeypatch.context() as away:
        over(newsroom, away, lambda requests: [error for _ in requests])
        for _ in range(4):
            assert score_waiting(newsroom.services) == 0
    assert set(tried(newsroom, comments)) == {0}
    while score_waiting(newsroom.services):
        pass
    assert {newsroom.status(comment) for comment in comments} == {"approved"}


def test_an_engine_that_was_busy_with_others_costs_nobody_an_attempt_not_even_one_that_was_left(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = arrive(newsroom, 2)
    with monkeypatch.context() as slow:
        over(newsroom, slow, lambda requests: [ScoringTooSlow() for _ in requests])
        assert [score_waiting(newsroom.services) for _ in range(2)] == [0, 0]
    before = tried(newsroom, comments)
    assert before == [2, 0], "both were left, and one of them was tried alone"
    with monkeypatch.context() as busy:
        over(newsroom, busy, lambda requests: [ScoringNotBegun() for _ in requests])
        for _ in range(2 * ATTEMPTS):
            assert score_waiting(newsroom.services) == 0
    assert tried(newsroom, comments) == before
    sweep(newsroom, 1)
    assert {newsroom.status(comment) for comment in comments} == {"approved"}


# --- over a real queue of batches -------------------------------------------------------------------------------------


class Engine(ObedientScorer):
    """Busy with a poisonous text, and what is scored beside it, for as long as ``hangs`` lasts."""

    def __init__(self, hangs: Callable[[], object] = lambda: time.sleep(2.0)) -> None:
        super().__init__()
        self.hangs = hangs

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        self.batches.append(len(requests))
        if is_poisoned(requests):
            self.hangs()
        return [self.scores_of(request, scale) for request in requests]


def test_two_threads_of_a_worker_give_up_the_text_over_which_the_engine_hangs_and_no_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "BATCH_SECONDS", 1.0)
    comments = arrive(newsroom, BATCH + 4, poisonous=5)
    scorer = BatchingScorer(Engine())
    assert scorer.wait_until_ready(60)
    services = replace(newsroom.services, scorer=scorer)
    sweepers = [Sweeper(services, every_seconds=0.01) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    ends = time.monotonic() + 120
    while any(newsroom.status(comment) == "received" for comment in comments) and time.monotonic() < ends:
        time.sleep(0.1)
    for sweeper in sweepers:
        sweeper.stop()
    scorer.close()
    assert_it_alone_is_given_up(newsroom, comments, 5)


def test_an_engine_that_never_comes_back_is_not_ready_and_blames_nobody(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "BATCH_SECONDS", 0.2)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.01)
    comments, back = arrive(newsroom, 3, poisonous=1), threading.Event()
    scorer = BatchingScorer(Engine(lambda: back.wait(300)))
    assert scorer.wait_until_ready(60)
    services = replace(newsroom.services, scorer=scorer)
    try:
        assert score_waiting(services) == 0
        comments += arrive(newsroom, 3)
        assert (score_waiting(services), scorer.ready, scorer.hangs) == (0, True, False)
        monkeypatch.setattr(batching, "HUNG_SECONDS", 0.1)
        until(lambda: scorer.hangs, seconds=60)
        assert (score_waiting(services), scorer.ready) == (0, False)
        assert worker.hangs_before(threading.Event(), scorer), "it ends, so that another takes its place"
    finally:
        back.set()
    assert set(tried(newsroom, comments)) == {0}
    until(lambda: scorer.ready, seconds=60)
    scorer.close()


# --- turns ------------------------------------------------------------------------------------------------------------


def test_who_is_alone_has_nobody_beside_them_and_is_not_joined() -> None:
    turns, inside, seen = Turns(), [0, 0], list[tuple[int, int]]()
    lock = threading.Lock()

    def at(place: int, by: int) -> None:
        with lock:
            inside[place] += by
            seen.append((inside[0], inside[1]))

    def work(number: int) -> None:
        for _ in range(50):
            if number:
                with turns.together():
                    at(0, 1)
                    time.sleep(0.0001)
                    at(0, -1)
            else:
                with turns.alone() as mine:
                    if mine:
                        at(1, 1)
                        time.sleep(0.0001)
                        at(1, -1)

    threads = [threading.Thread(target=work, args=(number % 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert max(alone for _, alone in seen) == 1
    assert max(together for together, _ in seen) > 1
    assert not [both for both in seen if all(both)]
