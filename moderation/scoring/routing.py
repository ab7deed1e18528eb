"""Chooses a pack by the comment's language (``[scoring.languages] fr = "multilingual"``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderation.core.scores import ArticleText, PackStamp, PreparedArticle, Scale, ScoreRequest, Scores
from moderation.core.text.disguise import undisguise
from moderation.scoring.language import LanguageDetector, likeliest
from moderation.scoring.scorer import PackScorer


class RoutedScorer:
    """``core.scores.Scorer`` over several packs: one for most texts, others for the languages that they are named for.

    The article's side of relevance is the main pack's; a pack that embeds otherwise prepares its own and keeps it.
    """

    def __init__(self, main: PackScorer, by_language: Mapping[str, PackScorer], detector: LanguageDetector) -> None:
        self._main = main
        self._by_language = dict(by_language)
        self._detector = detector

    @property
    def stamp(self) -> PackStamp:
        return self._main.stamp

    @property
    def labels(self) -> tuple[str, ...]:
        return self._main.labels

    @property
    def at_once(self) -> int:
        """How many texts it scores at the same time best, each in a thread of its own."""
        return min(scorer.at_once for scorer in (self._main, *self._by_language.values()))

    @property
    def prepares_as(self) -> str:
        return self._main.prepares_as

    def warm(self, *, wait: bool = False) -> None:
        for scorer in dict.fromkeys((self._main, *self._by_language.values())):
            scorer.warm(wait=wait)

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return self._main.prepare(article)

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        groups: dict[PackScorer, list[int]] = {}
        for index, request in enumerate(requests):
            groups.setdefault(self._scorer_for(request), []).append(index)
        found: dict[int, Scores] = {}
        for scorer, indexes in groups.items():
            found.update(zip(indexes, scorer.score([requests[i] for i in indexes], scale=scale), strict=True))
        return [found[index] for index in range(len(requests))]

    def _scorer_for(self, request: ScoreRequest) -> PackScorer:
        guess = self._detector.guess(undisguise(request.text).text)
        readable = {*self._by_language, *self._main.languages}
        code = guess.code if guess.sure else likeliest(request.languages, readable)
        return self._by_language.get(code or guess.code, self._main)
