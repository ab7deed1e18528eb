"""Requests of many threads are scored together, and none suffers for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from moderation.core.errors import ScoringFailed, ScoringTooSlow
from moderation.core.scores import (
    LABELS,
    ArticleText,
    Language,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
)
from moderation.scoring import PackScorer
from moderation.scoring.batching import BatchingScorer, ScoringBroke, ScoringClosed

STAMP = PackStamp(name="fake", version="1", runtime="none", precision="none")


class FakeScorer:
    """Says how long a text is; fails at "boom"; waits at its gate while that is shut."""

    stamp = STAMP
    labels = LABELS
    prepares_as = "fake 1"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()
        self.warmed = False

    def warm(self) -> None:
        self.warmed = True

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return PreparedArticle(made_by="fake 1", passages=(article.title,), vectors=b"")

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        self.batches.append([request.text for request in requests])
        self.busy.set()
        assert self.gate.wait(10)
        if any("boom" in request.text for request in requests):
            raise ValueError("boom")
        return [_said(request.text, scale) for request in requests]


def _said(text: str, scale: Scale) -> Scores:
    return Scores(
        toxicity=dict.fromkeys(LABELS, len(text) / 1000),
        relevance=None,
        passage=None,
        sentences=(),
        language=Language(code="und", supported=True),
        pack=STAMP,
        scale=scale,
    )


@pytest.fixture
def fake() -> FakeScorer:
    return FakeScorer()


@pytest.fixture
def batching(fake: FakeScorer) -> Iterator[BatchingScorer]:
    scorer = BatchingScorer(fake, batch_characters=100)
    yield scorer
    fake.gate.set()
    scorer.close()


@contextmanager
def held(fake: FakeScorer, batching: BatchingScorer) -> Iterator[ThreadPoolExecutor]:
    """While this lasts the scorer is busy with one text, and whatever arrives has to wait."""
    fake.gate.clear()
    with ThreadPoolExecutor(32) as pool:
        pool.submit(batching.score_one, ScoreRequest(text="first"))
        assert fake.busy.wait(10)
        yield pool
        fake.gate.set()


def wait_for_queue(batching: BatchingScorer, length: int) -> None:
    for _ in range(2_000):
        if batching.waiting == length:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{batching.waiting} wait, not {length}")


def toxicity(scores: Scores) -> float:
    return scores.toxicity["toxicity"]


def test_many_are_scored_in_one_batch_each_with_its_answer_or_its_error(
    batching: BatchingScorer, fake: FakeScorer
) -> None:
    texts = ["good", "boom", "better"]
    answers = batching.score_each([ScoreRequest(text=text) for text in texts], timeout_s=10)
    assert fake.batches[0] == texts
    assert [toxicity(answer) if isinstance(answer, Scores) else type(answer) for answer in answers] == [
        0.004,
        ScoringBroke,
        0.006,
    ]


def test_of_many_what_is_not_there_in_time_is_too_slow(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching):
        (late,) = batching.score_each([ScoreRequest(text="late")], timeout_s=0.01)
    assert isinstance(late, ScoringTooSlow)


def test_a_pack_that_could_not_be_loaded_is_tried_again_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.scoring.batching.WARM_AGAIN_SECONDS", 0.01)

    class Unlucky(FakeScorer):
        tries = 0

        def warm(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise MemoryError

    scorer = BatchingScorer(Unlucky())
    assert scorer.wait_until_ready(30)
    scorer.close()


class Meeting(FakeScorer):
    """Answers once two are with it at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2, timeout=10)

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        self.both.wait()
        return super().score(requests, scale=scale)


def test_two_are_scored_at_the_same_time_where_the_scorer_has_room_for_two() -> None:
    scorer = BatchingScorer(Meeting(), at_once=2)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(scorer.score_one, ScoreRequest(text=text), timeout_s=10) for text in ("one", "three")]
        assert [toxicity(answer.result()) for answer in answers] == [0.003, 0.005]
    scorer.close()


def test_many_are_shared_between_those_that_score() -> None:
    fake = Meeting()
    scorer = BatchingScorer(fake, at_once=2)
    scorer.score_each([ScoreRequest(text=text) for text in ("a", "b", "c")], timeout_s=10)
    assert sorted(map(len, fake.batches)) == [1, 2]
    scorer.close()


def test_closing_ends_every_thread() -> None:
    before = set(threading.enumerate())
    scorer = BatchingScorer(FakeScorer(), at_once=3)
    scorer.start()
    deadline = time.monotonic() + 10
    while len(mine := [one for one in threading.enumerate() if one.name == "scoring" and one not in before]) < 3:
        assert time.monotonic() < deadline, "not all of them were started"
        time.sleep(0.001)
    scorer.close()
    assert not any(thread.is_alive() for thread in mine)


def test_one_alone_is_scored_at_once(batching: BatchingScorer, fake: FakeScorer) -> None:
    assert toxicity(batching.score_one(ScoreRequest(text="abcd"), timeout_s=10)) == 0.004
    assert fake.batches == [["abcd"]]


def test_those_that_wait_are_scored_together_up_to_a_batch(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching) as pool:
        answers = [pool.submit(batching.score_one, ScoreRequest(text="x" * 30)) for _ in range(7)]
        wait_for_queue(batching, 7)
    assert [toxicity(answer.result(10)) for answer in answers] == [0.03] * 7
    assert [len(batch) for batch in fake.batches] == [1, 3, 3, 1]


def test_a_text_longer_than_a_batch_is_scored_alone(batching: BatchingScorer) -> None:
    assert toxicity(batching.score_one(ScoreRequest(text="x" * 500), timeout_s=10)) == 0.5


def test_one_that_fails_does_not_harm_its_neighbours(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching) as pool:
        good = [pool.submit(batching.score_one, ScoreRequest(text="good")) for _ in range(3)]
        bad = pool.submit(batching.score_one, ScoreRequest(text="boom"))
        wait_for_queue(batching, 4)
    assert [toxicity(answer.result(10)) for answer in good] == [0.004] * 3
    with pytest.raises(ScoringFailed, match="boom"):
        bad.result(10)


def test_who_waits_too_long_is_told_and_not_scored(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching), pytest.raises(ScoringTooSlow):
        batching.score_one(ScoreRequest(text="late"), timeout_s=0.01)
    assert toxicity(batching.score_one(ScoreRequest(text="next"), timeout_s=10)) == 0.004
    assert ["late"] not in fake.batches


def test_each_gets_the_scale_that_it_asked_for(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching) as pool:
        answers = [pool.submit(batching.score_one, ScoreRequest(text="a"), scale=scale) for scale in Scale]
        wait_for_queue(batching, 2)
    assert [answer.result(10).scale for answer in answers] == list(Scale)


def test_it_is_ready_once_the_pack_is_warm(batching: BatchingScorer, fake: FakeScorer) -> None:
    assert not batching.ready
    assert not fake.warmed, "nothing is loaded before it is asked for"
    assert batching.wait_until_ready(10)
    assert batching.ready
    assert fake.warmed


def test_closing_ends_what_runs_and_refuses_what_waits(batching: BatchingScorer, fake: FakeScorer) -> None:
    with held(fake, batching) as pool:
        waiting = pool.submit(batching.score_one, ScoreRequest(text="waits"))
        wait_for_queue(batching, 1)
        closing = pool.submit(batching.close)
        with pytest.raises(ScoringClosed):
            waiting.result(10)
        fake.gate.set()
        closing.result(10)
    with pytest.raises(ScoringClosed):
        batching.score_one(ScoreRequest(text="after"))
    assert not batching.ready


def test_many_threads_get_their_own_answers_from_a_real_pack(scorer: PackScorer) -> None:
    batching = BatchingScorer(scorer, at_once=2)
    texts = ["good " * n + "idiot" for n in range(60)]
    try:
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda text: batching.score_one(ScoreRequest(text=text), timeout_s=60), texts))
        alone = scorer.score([ScoreRequest(text=text) for text in texts])
    finally:
        batching.close()
    for one, other in zip(found, alone, strict=True):
        assert one.toxicity == pytest.approx(other.toxicity, abs=1e-5)
