"""Several packs behind one door, each with batches and threads of its own: nobody waits for the load of another's."""

from __future__ import annotations

import time
from collections.abc import Sequence

from moderation.core.errors import ScoringFailed
from moderation.core.scores import ArticleText, PackStamp, PreparedArticle, Scale, ScoreRequest, Scores
from moderation.scoring.batching import BatchingScorer, Waiting, gathered
from moderation.scoring.routing import RoutedScorer


class PackQueues:
    """``core.scores.Scorer`` for many threads over a ``RoutedScorer``'s packs, which share the process's cores.

    A pack that isn't needed from the start is loaded by the first request for it: that and those after it wait for it,
    each as long as it wants to; if it can't be loaded they fail, and it is tried again.
    """

    def __init__(self, packs: RoutedScorer) -> None:
        self._packs = packs
        self._queues = {scorer: BatchingScorer(scorer, at_once=scorer.at_once) for scorer in packs.scorers}
        self._at_start = [self._queues[scorer] for scorer in packs.at_start]

    @property
    def stamp(self) -> PackStamp:
        return self._packs.stamp

    @property
    def labels(self) -> tuple[str, ...]:
        return self._packs.labels

    @property
    def prepares_as(self) -> str:
        return self._packs.prepares_as

    @property
    def ready(self) -> bool:
        """Whether the packs that are needed from the start are loaded and warm, and answer."""
        return all(queue.ready for queue in self._at_start)

    @property
    def hangs(self) -> bool:
        """Whether one of the packs is at batches that may never end."""
        return any(queue.hangs for queue in self._queues.values())

    @property
    def waiting(self) -> int:
        """Requests that wait for a batch at hand to end."""
        return sum(queue.waiting for queue in self._queues.values())

    def start(self) -> None:
        """Begins to load and warm what is needed from the start, without waiting for it."""
        for queue in self._at_start:
            queue.start()

    def wait_until_ready(self, timeout_s: float | None = None) -> bool:
        """Starts, and waits until those packs are warm; False if they aren't in time."""
        self.start()
        until = None if timeout_s is None else time.monotonic() + timeout_s
        return all(
            queue.wait_until_ready(None if until is None else max(0.0, until - time.monotonic()))
            for queue in self._at_start
        )

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return self._packs.prepare(article)

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        """Scores one comment. Raises ``ScoringTooSlow`` after ``timeout_s`` seconds, ``ScoringFailed`` otherwise."""
        (waiting,) = self._hand_in([request], scale)
        return waiting.scores(timeout_s)

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        return [waiting.scores(None) for waiting in self._hand_in(requests, scale)]

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores | ScoringFailed]:
        """Scores many comments together. What fails, or is not there after ``timeout_s`` seconds for all of them, has
        its error in its place.
        """
        return gathered(self._hand_in(requests, scale), timeout_s)

    def close(self, timeout_s: float = 30.0) -> None:
        """Ends the threads after the batches they are at; whoever still waits gets ``ScoringClosed``."""
        for queue in self._queues.values():
            queue.close(timeout_s)

    def _hand_in(self, requests: Sequence[ScoreRequest], scale: Scale) -> list[Waiting]:
        handed: dict[int, Waiting] = {}
        for scorer, group in self._packs.by_pack(requests).items():
            waiting = self._queues[scorer].hand_in([request for _, request in group], scale)
            handed.update(zip((index for index, _ in group), waiting, strict=True))
        return [handed[index] for index in range(len(requests))]
