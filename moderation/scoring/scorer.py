"""Scores comments with one pack: disguise undone, windows, sentences, calibration, language, relevance."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from moderation.core.cache import Cached
from moderation.core.errors import ScoringFailed
from moderation.core.scores import (
    ArticleText,
    Language,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
    SentenceScore,
    Subject,
)
from moderation.core.text.disguise import Undisguised, undisguise
from moderation.core.text.misread_names import names_understood
from moderation.core.text.names import says_something, scored_words
from moderation.core.text.sentences import not_too_many, sentences
from moderation.scoring.calibration import Calibration, probability
from moderation.scoring.cores import Cores, lanes
from moderation.scoring.encoder import Encoded, Encoder
from moderation.scoring.language import LanguageDetector
from moderation.scoring.manifest import MANIFEST
from moderation.scoring.packs import Pack, PackDamaged
from moderation.scoring.relevance import Relevance, RelevanceModel, logit, sigmoid
from moderation.scoring.relevance_discussion import MOST, Discussions
from moderation.scoring.runtime import DETOXIFY, choose, load, stamp

SENTENCES_FROM = 0.01
"""Toxicity of the whole (natural scale) from which its sentences are scored apart. Under it, which is more than half of
news comments, one in a hundred has a sentence over 0.10 by itself, and it costs as much again as the whole.
"""
KEPT_ARTICLES = 64
KEPT_PARENTS = 256
KEPT_DISCUSSED = 512
KEPT_NAMES = 4096
NAMED = "{} wrote this comment."
"""A name alone is no text: in this frame harmless and abusive names lie furthest apart."""
OWN_SPAM, SPAM_SIGNS = 0.7, 0.5
"""What the log-odds of the pack's own judgement of advertising and of its visible signs count for together."""
SHORT_NAME = 40
"""Code points up to which a name counts as readable, as short texts do."""
Vectors = NDArray[np.float32]


@dataclass(eq=False, slots=True)
class RelevanceMissing(ScoringFailed):
    """Relevance was asked of a pack that has no weights for it, and there is no other to ask."""

    pack: str

    @property
    def detail(self) -> str:
        return f"The scoring pack {self.pack!r} can't judge relevance: its manifest has no weights for it."


def judges_relevance(pack: Pack) -> bool:
    """Whether the pack answers for relevance itself; else the built-in one does."""
    return pack.manifest.relevance is not None and pack.manifest.outputs["embedding"] is not None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A request as it is scored: the text as a reader sees it (``view``) and as its toxicity is judged (``read``), and
    its sentences, in offsets of the text as written.
    """

    request: ScoreRequest
    view: Undisguised
    read: Undisguised
    spans: tuple[tuple[int, int], ...]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Where the sentences lie in what is judged: none where the only one is the whole."""
        return [self.read.seen(start, end) for start, end in self.spans] if len(self.spans) > 1 else []


class PackScorer:
    """``core.scores.Scorer`` over one pack. The model loads at the first use or ``warm()``: after a fork, never before.

    ``embedder`` answers for relevance where the pack doesn't judge it itself; ``cores`` are shared with other packs, by
    default one.
    """

    def __init__(
        self,
        pack: Pack,
        *,
        runtime: str = "auto",
        cores: Cores | None = None,
        detector: LanguageDetector | None = None,
        embedder: PackScorer | None = None,
    ) -> None:
        self._pack = pack
        self._runtime = choose(runtime, pack.manifest)
        self._cores = cores or Cores(1)
        self._detector = detector or LanguageDetector()
        self._calibration = Calibration(pack.manifest)
        self._spam = pack.manifest.extra.get("spam")
        self._relevance = _relevance_of(pack)
        self._embedder = None if self._relevance is not None else embedder
        self._encoder: Encoder | None = None
        self._loading = threading.Lock()
        self._articles: Cached[ArticleText, PreparedArticle] = Cached(LRUCache(KEPT_ARTICLES))
        self._kept_parents: Cached[str, Vectors] = Cached(LRUCache(KEPT_PARENTS))
        self._kept_discussed: Cached[str, bytes] = Cached(LRUCache(KEPT_DISCUSSED))
        self._kept_names: Cached[str, list[float] | None] = Cached(LRUCache(KEPT_NAMES))

    @property
    def pack(self) -> Pack:
        return self._pack

    @property
    def encoder(self) -> Encoder:
        """The loaded model. Loads it if need be, once, and others wait for that.

        Raises ``PackDamaged`` where a file isn't what the manifest says.
        """
        with self._loading:
            if self._encoder is None:
                if not self._pack.checked:
                    self._pack.check()
                runtime = load(self._pack, self._runtime, self._cores.threads, self._cores.spare)
                self._encoder = Encoder(self._pack, runtime, self._cores)
            return self._encoder

    @property
    def stamp(self) -> PackStamp:
        return stamp(self._pack.manifest, self._runtime)

    @property
    def labels(self) -> tuple[str, ...]:
        return self._pack.manifest.labels

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages (ISO 639-1) that the pack reads."""
        return tuple(self._pack.manifest.languages)

    @property
    def at_once(self) -> int:
        """How many texts it scores at the same time best, each in a thread of its own."""
        return 1 if self._runtime == DETOXIFY else lanes(self._cores.threads)

    @property
    def prepares_as(self) -> str:
        if self._embedder is not None:
            return self._embedder.prepares_as
        return f"{self._pack.manifest.name} {self._pack.manifest.version}"

    @property
    def discussions(self) -> Discussions:
        """How it reads what is approved under an article. Raises ``RelevanceMissing``."""
        return self._judge().discussions

    def warm(self, *, wait: bool = False) -> None:
        """Loads the model and runs it once in the usual shapes. Raises ``ScoringFailed``.

        What makes it faster still goes on behind the first answers, for a second; with ``wait`` it is waited for.
        """
        behind = self.encoder.warm()
        if wait and behind is not None:
            behind.join()
        if self._embedder is not None:
            self._embedder.warm(wait=wait)

    def prepare(self, article: ArticleText) -> PreparedArticle:
        if self._embedder is not None:
            return self._embedder.prepare(article)
        return self._articles.get(
            article, lambda: self._judge().prepare(article, embed=self.embed, made_by=self.prepares_as)
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of unit length [texts, dimensions], the texts' disguise undone."""
        encoded = self.encoder.encode([undisguise(text).text for text in texts])
        return np.stack([_embedding(e) for e in encoded])

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        if not requests:
            return []
        readings = [self._read(request) for request in requests]
        # A name that was scored lately is known; a new one goes along with the texts.
        names = {r.request.name for r in readings if r.request.name is not None and _is_judged(r.request.name)}
        new = [words for words in set(map(scored_words, names)) if words not in self._kept_names]
        # What a text is about stands in its names: for that it is read as it is seen.
        seen = [place for place, reading in enumerate(readings) if reading.read is not reading.view]
        others = [*map(self._named, new), *(readings[place].view.text for place in seen)]
        # Sentences are read from the same pass where the pack tells of them.
        asked = [*(reading.parts for reading in readings), *([] for _ in others)] if self.encoder.tells_of_parts else ()
        wholes = self.encoder.encode([*(reading.read.text for reading in readings), *others], asked)
        wholes, of_names, as_seen = _cut(wholes, len(readings), len(new))
        plain = [*wholes]
        for place, encoded in zip(seen, as_seen, strict=True):
            plain[place] = encoded
        for words, encoded in zip(new, of_names, strict=True):
            self._kept_names.put(words, encoded.logits.tolist() if self._reads_name(words) else None)
        parts = self._sentences(readings, wholes)
        fused = self._relevances(readings, plain)
        rows = zip(readings, wholes, plain, parts, fused, strict=True)
        return [self._scores(*row, scale=scale) for row in rows]

    def _read(self, request: ScoreRequest) -> _Reading:
        view = undisguise(request.text) if request.seen is None else request.seen.view
        spans = tuple(not_too_many(sentences(request.text))) if request.explain else ()
        return _Reading(request, view, self._understood(view), spans)

    def _understood(self, seen: Undisguised) -> Undisguised:
        """With the names that a pack of one language misreads made plain."""
        languages = self._pack.manifest.languages
        return names_understood(seen, languages[0]) if len(languages) == 1 else seen

    def _reads_name(self, name: str) -> bool:
        """Whether the pack can judge a name. A short one is read whatever its language; a sentence in one that the pack
        doesn't know isn't judged by it.
        """
        if len(name) <= SHORT_NAME:
            return True
        return self._detector.language(undisguise(name).text, (), self._pack.manifest.languages).supported

    def _name_labels(self, name: str | None, scale: Scale) -> dict[str, float] | None:
        if name is None or not _is_judged(name):
            return {}
        words = scored_words(name)
        logits = self._kept_names.get(words, lambda: self._name_logits(words))
        return None if logits is None else self._calibration.probabilities(logits, scale)

    def _name_logits(self, words: str) -> list[float] | None:
        """For a name that was pushed out between its scoring and its use."""
        if not self._reads_name(words):
            return None
        logits: list[float] = self.encoder.encode([self._named(words)])[0].logits.tolist()
        return logits

    def _named(self, words: str) -> str:
        """A name in a text of its own."""
        return NAMED.format(self._understood(Undisguised(text=words, offsets=range(len(words) + 1))).text)

    def _sentences(self, readings: list[_Reading], wholes: list[Encoded]) -> list[Sequence[Vectors]]:
        """The logits of each text's sentences. Without any of their own all carry the whole's."""
        own = [whole.parts for whole in wholes] if self.encoder.tells_of_parts else self._apart(readings, wholes)
        return [
            parts or [whole.logits] * len(reading.spans)
            for reading, parts, whole in zip(readings, own, wholes, strict=True)
        ]

    def _apart(self, readings: list[_Reading], wholes: list[Encoded]) -> list[Sequence[Vectors]]:
        """The same of a pack that tells only of whole texts: each sentence by itself, where that can show something."""
        asked = [
            reading.parts
            if self._calibration.probabilities(whole.logits.tolist(), Scale.NATURAL)["toxicity"] >= SENTENCES_FROM
            else []
            for reading, whole in zip(readings, wholes, strict=True)
        ]
        texts = [r.read.text[start:end] for r, parts in zip(readings, asked, strict=True) for start, end in parts]
        encoded = iter(self.encoder.encode(texts))
        return [[next(encoded).logits for _ in parts] for parts in asked]

    def _scores(
        self,
        reading: _Reading,
        whole: Encoded,
        plain: Encoded,
        parts: Sequence[Vectors],
        relevance: Relevance | None,
        *,
        scale: Scale,
    ) -> Scores:
        language = self._language(reading)
        labels = self._labels(whole.logits, scale, language)
        part_labels = [self._labels(part, scale, language) for part in parts]
        apart = any(part is not whole.logits for part in parts)
        worst = max([labels["toxicity"], *(part["toxicity"] for part in part_labels)])
        return Scores(
            toxicity=labels,
            relevance=None if relevance is None else relevance.value,
            passage=None if relevance is None else relevance.passage,
            sentences=tuple(
                SentenceScore(
                    start=start,
                    end=end,
                    toxicity=worst * self._carries(part, language) if apart else alone["toxicity"],
                    labels=alone,
                )
                for (start, end), part, alone in zip(reading.spans, parts, part_labels, strict=True)
            ),
            language=language,
            pack=self.stamp,
            scale=scale,
            spam=self._spam_of(reading, plain),
            name=self._name_labels(reading.request.name, scale),
            subject=self._subject(relevance),
            discussed=0 if relevance is None else relevance.discussed,
            relevance_note=None if relevance is None else relevance.note,
        )

    def _subject(self, relevance: Relevance | None) -> Subject | None:
        if relevance is None or relevance.subject is None:
            return None
        return Subject(made_by=self.prepares_as, vector=relevance.subject)

    def _labels(self, logits: Vectors, scale: Scale, language: Language) -> dict[str, float]:
        return self._calibration.probabilities(logits.tolist(), scale, language.code)

    def _carries(self, part: Vectors, language: Language) -> float:
        """How likely a sentence of a toxic comment is to be what makes it so.

        About every other one is, which is what the balanced scale is for; one in fourteen, as among comments, it isn't.
        """
        return self._labels(part, Scale.BALANCED, language)["toxicity"]

    def _relevances(self, readings: list[_Reading], wholes: list[Encoded]) -> list[Relevance | None]:
        """Each comment's relevance with its passage; None without an article."""
        if self._embedder is not None:
            asked = [reading.request.article is not None for reading in readings]
            theirs = iter(
                self._embedder.encoder.encode([r.view.text for r, a in zip(readings, asked, strict=True) if a])
            )
            wholes = [next(theirs) if a else whole for a, whole in zip(asked, wholes, strict=True)]
            return self._embedder._relevances(readings, wholes)
        parents, discussions = self._parents(readings), [self._discussion(r.request) for r in readings]
        return [
            self._judge().score(
                text=reading.view.text,
                vector=_embedding(whole),
                article=self._prepared(reading.request.article),
                parent=reading.request.parent or None,
                parent_vector=parents.get(reading.request.parent or ""),
                spam=self._advertising(whole),
                discussion=discussion,
            )
            if reading.request.article is not None
            else None
            for reading, whole, discussion in zip(readings, wholes, discussions, strict=True)
        ]

    def _judge(self) -> RelevanceModel:
        if self._relevance is None:
            raise RelevanceMissing(self._pack.manifest.name)
        return self._relevance

    def _advertising(self, encoded: Encoded) -> float | None:
        """The pack's own judgement of advertising (0..1), where it has that head."""
        logits = encoded.extra.get("spam")
        if logits is None:
            return None
        return probability(float(logits.ravel()[0]), self._spam)

    def _spam_of(self, reading: _Reading, whole: Encoded) -> float | None:
        """How much the text reads like advertising: the pack's own judgement, which is sure of it wherever there is a
        link, held against the visible signs. None where the pack has no judgement of its own.
        """
        own = self._advertising(whole)
        if own is None or self._relevance is None:
            return own
        signs = self._relevance.advertisement(reading.view.text, _embedding(whole), own)
        return sigmoid(OWN_SPAM * logit(own) + SPAM_SIGNS * logit(signs))

    def _parents(self, readings: list[_Reading]) -> dict[str, Vectors]:
        """The vectors of the comments that are answered: often the same ones, so they are kept."""
        asked = {r.request.parent for r in readings if r.request.parent and r.request.article is not None}
        return {text: self._kept_parents.get(text, partial(self._vector, text)) for text in asked}

    def _discussion(self, request: ScoreRequest) -> list[bytes]:
        """Packed vectors of what was approved under the article: of this pack, or of texts."""
        if request.article is None:
            return []
        texts = [one for one in request.discussion if isinstance(one, str)][:MOST]
        new = [text for text in dict.fromkeys(texts) if text not in self._kept_discussed]
        for text, vector in zip(new, self.embed(new) if new else (), strict=True):
            self._kept_discussed.put(text, self._judge().packed(vector))
        return [
            self._kept_discussed.get(one, partial(self._packed, one)) if isinstance(one, str) else one.vector
            for one in request.discussion
            if isinstance(one, str) or one.made_by == self.prepares_as
        ][:MOST]

    def _packed(self, text: str) -> bytes:
        """Of a text that was pushed out between its embedding and its use."""
        return self._judge().packed(self._vector(text))

    def _vector(self, text: str) -> Vectors:
        return np.asarray(self.embed([text])[0])

    def _prepared(self, article: ArticleText | PreparedArticle) -> PreparedArticle:
        """The article's side by this pack. What another pack prepared is prepared again from its passages."""
        if isinstance(article, ArticleText):
            return self.prepare(article)
        if article.made_by == self.prepares_as:
            return article
        title, *paragraphs = article.passages or ("",)
        return self.prepare(ArticleText(title=title, paragraphs=tuple(paragraphs)))

    def _language(self, reading: _Reading) -> Language:
        if reading.request.seen is not None:
            return reading.request.seen.language
        readable = self._pack.manifest.languages
        return self._detector.language(reading.view.text, reading.request.languages, readable)


def _relevance_of(pack: Pack) -> RelevanceModel | None:
    """The pack's own weights for relevance, if it has them. Raises ``PackDamaged`` where they can't be used."""
    if not judges_relevance(pack):
        return None
    try:
        return RelevanceModel.from_manifest(pack.manifest.relevance)
    except (KeyError, TypeError, ValueError) as error:
        why = f"relevance can't be used by this version ({type(error).__name__}: {error})"
        raise PackDamaged(pack.manifest.name, str(pack.folder / MANIFEST), why) from error


def _cut(encoded: list[Encoded], *lengths: int) -> Iterator[list[Encoded]]:
    """Parts of these lengths, and what is left."""
    begin = 0
    for length in lengths:
        yield encoded[begin : begin + length]
        begin += length
    yield encoded[begin:]


def _is_judged(name: str) -> bool:
    """Whether a name is worth a run: nothing could be found in one that holds no more than a name does."""
    return len(name) > SHORT_NAME or says_something(name)


def _embedding(encoded: Encoded) -> Vectors:
    if encoded.embedding is None:
        raise ScoringFailed
    return encoded.embedding
