"""Requests that arrive together are scored together; one that arrives alone is scored at once."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

from moderation.core.errors import ScoringFailed, ScoringNotBegun, ScoringTooSlow
from moderation.core.scores import ArticleText, PackStamp, PreparedArticle, Scale, Scorer, ScoreRequest, Scores
from moderation.core.turns import aside
from moderation.watching import counts

log = logging.getLogger(__name__)

BATCH_CHARACTERS = 8_000
"""About two thousand tokens: enough to fill the pack's own batches, few enough that nobody waits long for others."""
WARM_AGAIN_SECONDS = 5.0
"""How long a pack that could not be loaded is left alone, unless somebody asks."""
HUNG_SECONDS = 120.0
"""A batch that takes longer may never end."""


@runtime_checkable
class Warms(Protocol):
    """A scorer that has something to load before its first answer."""

    def warm(self) -> None: ...


@dataclass(eq=False, slots=True)
class ScoringBroke(ScoringFailed):
    """The pack raised an error of its own."""

    why: str

    @property
    def detail(self) -> str:
        return f"The scoring pack couldn't answer: {self.why}."


class ScoringClosed(ScoringFailed):
    """The service is stopping; nothing more is scored."""


@dataclass(eq=False, slots=True)
class Waiting:
    """A request on its way through a batch."""

    request: ScoreRequest
    scale: Scale
    pack: str
    answer: Future[Scores] = field(default_factory=Future)
    handed_in: float = field(default_factory=time.monotonic)

    def scores(self, timeout_s: float | None) -> Scores:
        """Waits for its scores. Raises ``ScoringTooSlow`` after ``timeout_s`` seconds (``ScoringNotBegun`` where its
        turn was still to come), ``ScoringFailed`` otherwise.
        """
        try:
            with aside():
                return self.answer.result(timeout_s)
        except TimeoutError:
            begun = not self.answer.cancel()
            counts.scoring_failures(self.pack, ScoringTooSlow.__name__)
            raise (ScoringTooSlow if begun else ScoringNotBegun) from None


def gathered(handed: Sequence[Waiting], timeout_s: float | None) -> list[Scores | ScoringFailed]:
    """The scores of each, or its error: what isn't there after ``timeout_s`` seconds for all of them is too slow."""
    until = None if timeout_s is None else time.monotonic() + timeout_s
    answers: list[Scores | ScoringFailed] = []
    for waiting in handed:
        try:
            answers.append(waiting.scores(None if until is None else max(0.0, until - time.monotonic())))
        except ScoringFailed as error:
            answers.append(error)
    return answers


class BatchingScorer:
    """``core.scores.Scorer`` that gathers the requests of many threads into batches for another scorer.

    ``at_once`` threads score, each a batch, started at the first use or by ``start()``: after a fork, never before.
    While all of them score, whatever arrives waits and makes the next batches; nothing waits for a batch to fill. A
    request that fails doesn't touch its neighbours: the batch is then scored one by one.
    """

    def __init__(self, scorer: Scorer, *, at_once: int = 1, batch_characters: int = BATCH_CHARACTERS) -> None:
        self._scorer = scorer
        self._at_once = at_once
        self._batch_characters = batch_characters
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._ready = threading.Event()
        self._at_hand: dict[int, float] = {}
        """When each thread that is at a batch began it."""

    @property
    def stamp(self) -> PackStamp:
        return self._scorer.stamp

    @cached_property
    def _named(self) -> tuple[str, str]:
        """The pack and its runtime, as they are counted by."""
        return self.stamp.name, self.stamp.runtime

    @property
    def labels(self) -> tuple[str, ...]:
        return self._scorer.labels

    @property
    def prepares_as(self) -> str:
        return self._scorer.prepares_as

    @property
    def ready(self) -> bool:
        """Whether the pack is loaded and warm, and answers."""
        return self._ready.is_set() and not self._closed and not self.hangs

    @property
    def hangs(self) -> bool:
        """Whether every thread is at a batch that may never end."""
        begun = list(self._at_hand.values())
        return len(begun) >= self._at_once and time.monotonic() - max(begun) > HUNG_SECONDS

    @property
    def waiting(self) -> int:
        """Requests that wait for a batch at hand to end."""
        return len(self._waiting)

    def start(self) -> None:
        """Begins to load and warm the pack, without waiting for it."""
        with self._changed:
            self._begin()

    def wait_until_ready(self, timeout_s: float | None = None) -> bool:
        """Starts, and waits until the pack is warm; False if it isn't in time."""
        self.start()
        return self._ready.wait(timeout_s)

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return self._scorer.prepare(article)

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        """Scores one comment. Raises ``ScoringTooSlow`` after ``timeout_s`` seconds, ``ScoringFailed`` otherwise."""
        (waiting,) = self.hand_in([request], scale)
        return waiting.scores(timeout_s)

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        return [waiting.scores(None) for waiting in self.hand_in(requests, scale)]

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores | ScoringFailed]:
        """Scores many comments together. What fails, or is not there after ``timeout_s`` seconds for all of them, has
        its error in its place.
        """
        return gathered(self.hand_in(requests, scale), timeout_s)

    def close(self, timeout_s: float = 30.0) -> None:
        """Ends the threads after the batches they are at; whoever still waits gets ``ScoringClosed``."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
            left, self._waiting = self._waiting, deque()
        for waiting in left:
            _fail(waiting, ScoringClosed())
        if thread is not None:
            thread.join(timeout_s)

    def hand_in(self, requests: Sequence[ScoreRequest], scale: Scale) -> list[Waiting]:
        """Lets requests be scored with whatever else there is, without waiting. Raises ``ScoringClosed``."""
        handed = [Waiting(request, scale, self._named[0]) for request in requests]
        with self._changed:
            if self._closed:
                raise ScoringClosed
            self._begin()
            self._waiting.extend(handed)
            self._changed.notify(len(handed))
        return handed

    def _begin(self) -> None:
        """Starts the first thread if there is none here: a fork's child has none. Called with the lock held."""
        if self._closed or (self._thread is not None and self._thread.is_alive()):
            return
        self._ready.clear()
        self._thread = threading.Thread(target=self._work, name="scoring", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """The first thread: it loads the pack, and has the others beside it once that is done."""
        self._warm()
        while not self._ready.is_set():
            batch = self._next_batch(WARM_AGAIN_SECONDS)
            if batch is None:
                return
            if batch:
                self._score_batch(batch)
            else:
                self._warm()
        others = [
            threading.Thread(target=self._score_all, name="scoring", daemon=True) for _ in range(1, self._at_once)
        ]
        for other in others:
            other.start()
        self._score_all()
        for other in others:
            other.join()

    def _score_all(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._score_batch(batch)

    def _score_batch(self, batch: list[Waiting]) -> None:
        self._at_hand[threading.get_ident()] = time.monotonic()
        try:
            for scale in Scale:
                part = [waiting for waiting in batch if waiting.scale is scale]
                if part:
                    self._score_together(part, scale)
        finally:
            del self._at_hand[threading.get_ident()]

    def _warm(self) -> None:
        try:
            if isinstance(self._scorer, Warms):
                self._scorer.warm()
        except Exception as error:  # not ready; each request meets the same fault and tells its caller
            log.warning(
                "the scoring pack could not be loaded; it is tried again", extra={"problem": type(error).__name__}
            )
            return
        self._ready.set()

    def _next_batch(self, timeout_s: float | None = None) -> list[Waiting] | None:
        """A thread's share of what waits, oldest first, up to a batch; None once closed. Those that gave up are left
        out. Empty where nobody has asked for ``timeout_s`` seconds.
        """
        with self._changed:
            while True:
                batch: list[Waiting] = []
                share, room = -(-len(self._waiting) // self._at_once), self._batch_characters
                while share and self._waiting and (not batch or len(self._waiting[0].request.text) <= room):
                    waiting = self._waiting.popleft()
                    if waiting.answer.set_running_or_notify_cancel():
                        batch.append(waiting)
                        share -= 1
                        room -= len(waiting.request.text)
                if batch or self._closed:
                    return batch or None
                if not self._changed.wait(timeout_s):
                    return []

    def _score_together(self, batch: list[Waiting], scale: Scale) -> None:
        began = time.monotonic()
        try:
            answers = self._scorer.score([waiting.request for waiting in batch], scale=scale)
        except Exception as error:  # whatever it is, it belongs to who asked
            if len(batch) == 1:
                counts.scoring_failures(self._named[0], type(error).__name__)
                _fail(batch[0], error)
                return
            for waiting in batch:
                self._score_together([waiting], scale)
            return
        self._ready.set()
        now = time.monotonic()
        counts.batch_seconds(now - began, *self._named)
        counts.batch_comments(len(batch), *self._named)
        for waiting, answer in zip(batch, answers, strict=True):
            counts.scoring_seconds(now - waiting.handed_in, *self._named)
            waiting.answer.set_result(answer)


def _fail(waiting: Waiting, error: Exception) -> None:
    known = error if isinstance(error, ScoringFailed) else ScoringBroke(f"{type(error).__name__}: {error}")
    known.__cause__ = None if known is error else error
    try:
        waiting.answer.set_exception(known)
    except InvalidStateError:  # the caller gave up in the same moment
        return
