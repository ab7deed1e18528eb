"""Chooses a pack by the comment's language: the one that is named for it (``[scoring.languages] fr = "multilingual"``),
else the main pack if it reads it, else ``world``.

What isn't plainly in a language is decided by what a mistake costs. English that ``world`` judges is judged nearly as
well; an insult in German that a pack for English judges is missed; and what nobody is said to read takes somebody's
time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moderation.core.scores import ArticleText, Language, PackStamp, PreparedArticle, Scale, ScoreRequest, Scores, Seen
from moderation.core.text.disguise import undisguise
from moderation.core.text.words import holds_foreign_abuse
from moderation.scoring.language import Guess, LanguageDetector, likeliest, reads
from moderation.scoring.scorer import PackScorer

ENGLISH = "en"


class RoutedScorer:
    """``core.scores.Scorer`` over several packs: ``main`` for most texts, ``by_language`` for the languages that packs
    are named for, and ``rest``, where there is one, for what main doesn't read. The last is loaded when first needed.

    The article's side of relevance is the main pack's; a pack that embeds otherwise prepares its own and keeps it.
    """

    def __init__(
        self,
        main: PackScorer,
        by_language: Mapping[str, PackScorer],
        detector: LanguageDetector,
        rest: PackScorer | None = None,
    ) -> None:
        self._main = main
        self._by_language = dict(by_language)
        self._rest = rest
        self._detector = detector
        others = () if rest is None else rest.languages
        self._readable = frozenset((*main.languages, *self._by_language, *others))

    @property
    def main(self) -> PackScorer:
        return self._main

    @property
    def at_start(self) -> tuple[PackScorer, ...]:
        """The packs that are loaded at start."""
        return tuple(one for one in dict.fromkeys((self._main, *self._by_language.values())) if one is not self._rest)

    @property
    def scorers(self) -> tuple[PackScorer, ...]:
        return (*self.at_start, *(() if self._rest is None else (self._rest,)))

    @property
    def stamp(self) -> PackStamp:
        return self._main.stamp

    @property
    def labels(self) -> tuple[str, ...]:
        return self._main.labels

    @property
    def prepares_as(self) -> str:
        return self._main.prepares_as

    def warm(self, *, wait: bool = False) -> None:
        for scorer in self.at_start:
            scorer.warm(wait=wait)

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return self._main.prepare(article)

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        found: dict[int, Scores] = {}
        for scorer, group in self.by_pack(requests).items():
            answers = scorer.score([request for _, request in group], scale=scale)
            found.update(zip((index for index, _ in group), answers, strict=True))
        return [found[index] for index in range(len(requests))]

    def by_pack(self, requests: Sequence[ScoreRequest]) -> dict[PackScorer, list[tuple[int, ScoreRequest]]]:
        """Which pack scores which requests, each with its place among them and with what was seen of it."""
        groups: dict[PackScorer, list[tuple[int, ScoreRequest]]] = {}
        for index, request in enumerate(requests):
            view = undisguise(request.text)
            scorer, language = self._chosen(request, view.text)
            groups.setdefault(scorer, []).append((index, replace(request, seen=Seen(view=view, language=language))))
        return groups

    def _chosen(self, request: ScoreRequest, text: str) -> tuple[PackScorer, Language]:
        """The pack for a request, whose text without disguise this is, and its language as that pack reads it."""
        guess = self._detector.guess(text)

        def as_read_by(scorer: PackScorer) -> Language:
            return self._detector.language(text, request.languages, scorer.languages, guess)

        first, rest = self._likeliest(guess, text, request.languages), self._rest
        language = as_read_by(first)
        if first is rest and not language.supported:  # nobody reads it: as where there is no such pack
            return self._main, as_read_by(self._main)
        named = first in self._by_language.values()  # the configuration says so, whatever that pack says it reads
        if rest is None or rest is first or named:
            return first, language
        # A few words of abuse in another language are too few to be told from names, and must not pass as English.
        whole = language.supported and language.unread is None and not holds_foreign_abuse(text)
        if whole and self._detector.writes_what_is_read(request.name or "", first.languages):
            return first, language
        # The rest takes what the first doesn't read wholly, the author's name too, if it reads more of it.
        theirs = as_read_by(rest)
        if not theirs.supported or (theirs.unread is not None and language.supported):
            return first, language
        if whole and not self._detector.writes_what_is_read(request.name or "", rest.languages):
            return first, language
        return rest, theirs

    def _likeliest(self, guess: Guess, text: str, stated: Sequence[str]) -> PackScorer:
        """The pack for the text's language, or for what it may be in."""
        code = guess.code if guess.sure else likeliest(stated, self._readable)
        if self._rest is None:
            return self._by_language.get(code or guess.code, self._main)
        if code is None and not guess.english:
            code = self._detector.best(text)
            if not any(reads(one.languages, code) for one in self.scorers):
                return self._rest
        code = code or ENGLISH
        if code in self._by_language:
            return self._by_language[code]
        theirs = reads(self._rest.languages, code)
        doubtful = code == ENGLISH and not guess.english
        return self._rest if theirs and (doubtful or not reads(self._main.languages, code)) else self._main
