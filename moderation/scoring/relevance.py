"""How much a comment has to do with the article it stands under, and which passage it is closest to.

A comment is on-topic if it speaks of what the article speaks of; or if it is a bare reaction (agreement, praise,
a correction); or if it answers a comment that is. Each of the three is a logistic regression over a few readable
numbers; either of them is enough, less what looks like an advertisement. ``scripts/training/relevance.py`` fits them.

Closeness is the cosine between embeddings, turned so that what a text and its continuation share counts most, and less
what a comment has in common with articles in general and an article with comments in general: both are measured
against a small background that the weights bring along.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import ScoringFailed
from moderation.core.scores import TOO_SHORT, ArticleText, PreparedArticle
from moderation.core.text.scripts import room, word_count
from moderation.core.text.sentences import sentences
from moderation.scoring.relevance_discussion import FEWEST, MOST, Discussions, packed
from moderation.scoring.relevance_features import (
    SIGNS,
    TALK,
    Lexicon,
    by_chance,
    covered_share,
    join_unique,
    shared,
    signs,
    stems,
    talk,
)

MAX_PASSAGES = 40
KEY_POINTS = 12
PASSAGE_CHARACTERS = 420
"""About 80 words of Latin letters, or as much in another script: a longer paragraph is cut at its sentences, so that a
passage is about one thing.
"""
LONGEST_HEAD = 1000
"""Characters of a title or key point that count as such; what follows is a paragraph like others."""
NEAREST = 10
"""How many of the background count as what a text has in common with texts in general."""
ANSWERS = 0.7
"""Added to the log-odds that a reply speaks of what its parent does: whoever answers a comment mostly means it."""
PLENTY = 12.0
"""Rarity shared with the title that is as good as any more: about three names."""
MAX_FOREIGN = 40.0
"""Rarity of words that the article hasn't: a long comment has many, and more of them say no more."""
KEPT_ARTICLES = 256
FEW_WORDS, BARE_WORDS = 7, 3
ASKED = ("{}", "{}. What do you think?", "How do you feel about this? {}", "Is this right or wrong? {}")
"""A title is embedded in these forms, and their mean counts: comments lie nearer to a question than to a headline."""
SURE = 2.0
"""By how much the log-odds of advertising are stretched: a doubt costs a reader's comment almost nothing."""

SUBJECT = (
    "closest",
    "title",
    "three_closest",
    "plain",
    "comment_hub",
    "article_hub",
    "title_hub",
    "shared_title",
    "covered",
    "foreign",
    "length",
    "passages",
    "passages_closest",
    "passages_covered",
    "passages_hub",
)
"""What words say counts as far as the embedding finds the comment near. The last three are products: in a long article
some passage is always near and some word always shared."""
REACTION = ("reads_so", *TALK, "foreign", "foreign_share", "length")
ADVERTISEMENT = (*SIGNS, "signs", "reads_so")

Vectors = NDArray[np.float32]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """A logistic regression: probability = sigmoid(bias + weights · features)."""

    weights: Weights
    bias: float

    def __call__(self, features: Sequence[float]) -> float:
        return sigmoid(float(self.weights @ np.asarray(features)) + self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a comment is held against: an article, or the comment that it answers. Made once and kept.

    ``passages``: turned unit vectors, the title's first. ``hub`` and ``title_hub``: how close comments
    in general come to the closest passage, and to the title.
    """

    plain: Vectors
    passages: Vectors
    hub: float
    title_hub: float
    rare_title: Mapping[str, float]
    rare: Mapping[str, float]
    discount: float


@dataclass(frozen=True, slots=True)
class Relevance:
    """A comment's relevance (0..1), the passage that it is closest to, its packed vector, and how many comments of the
    discussion the relevance stands on. Of one that is too short to tell, ``note`` says why there is nothing.
    """

    value: float | None
    passage: str | None
    subject: bytes | None
    discussed: int
    note: str | None = None


class RelevanceModel:
    """Scores comments against prepared articles. Thread-safe; nothing in it changes after it is made."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        words = weights["words"]
        self.lexicon = Lexicon(
            {stem: float(rarity) for rarity, line in words["rarity"].items() for stem in line.split()},
            float(words["unknown"]),
            frozenset(words["anywhere"].split()),
        )
        size, kept = int(weights["dimensions"]), int(weights["subject_dimensions"])
        self._turn = unpack_int8(weights["turn"], kept)
        self._comments = unit(unpack_int8(weights["background"]["comments"], kept))
        self._articles = unit(unpack_int8(weights["background"]["passages"], kept))
        self._reaction_direction = unit(unpack_int8(weights["directions"]["reaction"], size))[0]
        self._advertisement_direction = unit(unpack_int8(weights["directions"]["advertisement"], size))[0]
        self._subject = fusion(weights["fusion"]["subject"], SUBJECT)
        self._headline = fusion(weights["fusion"]["headline"], SUBJECT)
        self._reaction = fusion(weights["fusion"]["reaction"], REACTION)
        self._advertisement = fusion(weights["fusion"]["advertisement"], ADVERTISEMENT)
        self._side = lru_cache(maxsize=KEPT_ARTICLES)(self._unpacked)
        self.discussions = Discussions(self._comments)

    @classmethod
    def from_manifest(cls, relevance: Mapping[str, Any] | None) -> RelevanceModel:
        """The model that a pack's manifest brings under ``relevance``. Raises ``ScoringFailed`` without one."""
        if relevance is None:
            raise ScoringFailed
        return cls(relevance)

    def prepare(
        self, article: ArticleText, embed: Callable[[Sequence[str]], np.ndarray], made_by: str
    ) -> PreparedArticle:
        """The article's side. ``embed`` gives unit vectors [texts, dimensions], kept as float16, row by row."""
        passages = split_passages(article)
        vectors = embed_passages(passages, embed).astype(np.float16)
        return PreparedArticle(made_by=made_by, passages=tuple(passages), vectors=vectors.tobytes())

    def score(
        self,
        *,
        text: str,
        vector: Vectors,
        article: PreparedArticle,
        parent: str | None,
        parent_vector: Vectors | None,
        spam: float | None,
        discussion: Sequence[bytes] = (),
    ) -> Relevance:
        """``vector``s are unit length; ``spam`` is the pack's own, 0..1. ``discussion`` holds packed vectors."""
        side, subject = self._side(article), self.turned(vector)
        if self.too_short(text, side, answers=parent is not None):
            return Relevance(value=None, passage=None, subject=None, discussed=0, note=TOO_SHORT)
        closest = article.passages[int((side.passages @ subject).argmax())]
        if parent is None or parent_vector is None:
            on = self.belonging(text, vector, side)
        else:
            on = self._reply(text, vector, side, parent, parent_vector)
        discussion = [row for row in discussion if len(row) == len(subject)]
        on = self.discussions.relevance(on, subject, discussion)
        return Relevance(
            value=on * (1.0 - self.advertisement(text, vector, spam)),
            passage=closest,
            subject=packed(subject),
            discussed=0 if len(discussion) < FEWEST else min(len(discussion), MOST),
        )

    def too_short(self, text: str, side: Side, *, answers: bool) -> bool:
        """Whether a comment is a few words of which at most one speaks of anything, and that of nothing that the
        article names: of such comments relevance told the own article from others with an AUC of 0.50 to 0.58. A
        reaction in so many words ("well said, completely agree") is one, and an answer that reacts belongs to what it
        answers.
        """
        words = word_count(text)
        if words > FEW_WORDS or ((answers or words > BARE_WORDS) and any(talk(text))):
            return False
        told = [stem for stem in self.lexicon.rare(text) if stem not in self.lexicon.anywhere]
        return len(told) <= 1 and not any(stem in side.rare for stem in told)

    def belonging(self, text: str, vector: Vectors, side: Side) -> float:
        """How surely the text, taken alone, speaks of what ``side`` does or reacts to it."""
        rare = self.lexicon.rare(text)
        reaction = self._reaction(self.reaction_features(text, vector, rare, side))
        return either(self.subject(text, vector, rare, side), reaction)

    def subject(self, text: str, vector: Vectors, rare: Mapping[str, float], side: Side) -> float:
        """How surely the text speaks of what ``side`` does. One passage is weighed differently from many."""
        fused = self._headline if len(side.passages) == 1 else self._subject
        return fused(self.subject_features(text, vector, rare, side))

    def _reply(self, text: str, vector: Vectors, article: Side, parent: str, parent_vector: Vectors) -> float:
        """A reply is on-topic by itself, or as far as what it answers is on-topic and it does answer that."""
        rare = self.lexicon.rare(text)
        alone = self.subject(text, vector, rare, article)
        answer = self.belonging(text, vector, self.parent_side(parent, parent_vector))
        answers = sigmoid(logit(answer) + ANSWERS)
        return max(alone, answers * self.belonging(parent, parent_vector, article))

    def parent_side(self, text: str, vector: Vectors) -> Side:
        return self.make_side((text,), vector[None, :])

    def packed(self, vector: Vectors) -> bytes:
        """What a discussion keeps of a comment."""
        return packed(self.turned(vector))

    def turned(self, vectors: Vectors) -> Vectors:
        """Unit vectors of the dimensions in which a subject shows, from the embedding's [..., dimensions]."""
        return unit(vectors @ self._turn)

    def make_side(self, passages: Sequence[str], embedded: Vectors) -> Side:
        vectors = self.turned(embedded)
        to_comments = vectors @ self._comments.T
        rare: dict[str, float] = {}
        for passage in passages:
            rare.update(self.lexicon.rare(passage))
        return Side(
            plain=embedded,
            passages=vectors,
            hub=nearest(to_comments.max(axis=0)),
            title_hub=nearest(to_comments[0]),
            rare_title=self.lexicon.rare(passages[0]),
            rare=rare,
            discount=by_chance(sum(len(stems(passage)) for passage in passages)),
        )

    def subject_features(self, text: str, vector: Vectors, rare: Mapping[str, float], side: Side) -> list[float]:
        """``SUBJECT``: closeness and shared rare words."""
        turned = self.turned(vector)
        cosines = side.passages @ turned
        closest = float(cosines.max())
        three = float(np.sort(cosines)[-3:].mean())
        hub = nearest(self._articles @ turned)
        covered = covered_share(rare, side.rare, side.discount) * max(0.0, closest)
        passages = math.log(len(cosines)) / 4
        return [
            closest,
            float(cosines[0]),
            three,
            float((side.plain @ vector).max()),
            hub,
            side.hub,
            side.title_hub,
            min(shared(rare, side.rare_title), PLENTY) / 10 * max(0.0, float(cosines[0])),
            covered,
            min(self.lexicon.foreign(rare, side.rare), MAX_FOREIGN) / 10,
            math.log(1 + word_count(text)) / 5,
            passages,
            passages * closest,
            passages * covered,
            passages * hub,
        ]

    def reaction_features(self, text: str, vector: Vectors, rare: Mapping[str, float], side: Side) -> list[float]:
        """``REACTION``: talk about the piece or its words, and how little else the comment speaks of."""
        foreign = self.lexicon.foreign(rare, side.rare)
        words = word_count(text)
        return [
            float(self._reaction_direction @ vector) * 4,
            *talk(text),
            min(foreign, MAX_FOREIGN) / 10,
            foreign / (words + 5),
            math.log(1 + words) / 5,
        ]

    def advertisement(self, text: str, vector: Vectors, spam: float | None) -> float:
        """How surely the text advertises: own signs, moved a little by the pack's own judgement where it has one.

        A little only: the pack's is sure of advertising wherever there is a link, to a study too.
        """
        own = self._advertisement(self.advertisement_features(text, vector))
        moved = 0.0 if spam is None else max(-1.0, min(1.0, 0.5 * logit(spam)))
        return sigmoid(SURE * logit(own) + moved)

    def advertisement_features(self, text: str, vector: Vectors) -> list[float]:
        """``ADVERTISEMENT``: each sign, how many of them, and how the text reads."""
        found = signs(text)
        return [*found, max(0.0, sum(found) - 1), float(self._advertisement_direction @ vector) * 4]

    def _unpacked(self, article: PreparedArticle) -> Side:
        vectors = np.frombuffer(article.vectors, dtype=np.float16).astype(np.float32)
        return self.make_side(article.passages, vectors.reshape(len(article.passages), -1))


def embed_passages(passages: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray]) -> Vectors:
    """A unit vector for each passage; the first one's, the title's, is the mean over the forms in ``ASKED``."""
    vectors = np.asarray(embed([*(form.format(passages[0]) for form in ASKED), *passages[1:]]), dtype=np.float32)
    return np.concatenate([unit(vectors[: len(ASKED)].mean(axis=0))[None, :], vectors[len(ASKED) :]])


def split_passages(article: ArticleText) -> list[str]:
    """The title, key points and paragraphs, long paragraphs cut; at most ``MAX_PASSAGES``, spread over the article.

    Takes linear time. Never empty: an article without any text has one empty passage.
    """
    whole_heads = (article.title, *article.key_points[:KEY_POINTS])
    head = join_unique((text[:LONGEST_HEAD] for text in whole_heads), KEY_POINTS + 1)
    rest: list[str] = []
    for paragraph in (*(text[LONGEST_HEAD:] for text in whole_heads), *article.paragraphs):
        rest += _cut(paragraph.strip())
    rest = [passage for passage in dict.fromkeys(rest) if passage not in head and (len(stems(passage)) > 3 or not head)]
    room = MAX_PASSAGES - len(head)
    if len(rest) > room:
        rest = [rest[round(i * (len(rest) - 1) / (room - 1))] for i in range(room)]
    return [*head, *rest] or [""]


def _cut(paragraph: str) -> list[str]:
    """Runs of whole sentences of at most ``PASSAGE_CHARACTERS``; a longer sentence stands alone."""
    if room(paragraph) <= PASSAGE_CHARACTERS:
        return [paragraph] if paragraph else []
    pieces, taken = [""], 0
    for start, end in sentences(paragraph):
        needed = room(paragraph[start:end])
        if pieces[-1] and taken + needed > PASSAGE_CHARACTERS:
            pieces.append("")
            taken = 0
        pieces[-1] += paragraph[start:end]
        taken += needed
    return [piece.strip() for piece in pieces if piece.strip()]


def nearest(cosines: Vectors) -> float:
    """The mean of the ``NEAREST`` greatest."""
    count = min(NEAREST, len(cosines))
    return float(np.partition(cosines, -count)[-count:].mean())


def fusion(stated: Mapping[str, Any], names: Sequence[str]) -> Fusion:
    """From ``{"bias": number, "weights": {feature: number}}``, in the order of ``names``."""
    return Fusion(np.array([stated["weights"][name] for name in names], dtype=np.float64), float(stated["bias"]))


def unpack_int8(text: str, columns: int) -> Vectors:
    """[any, columns] from base64 of int8 rows."""
    return np.frombuffer(base64.b64decode(text), dtype=np.int8).reshape(-1, columns).astype(np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Each of length one."""
    lengths: Vectors = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return np.asarray(vectors / lengths)


def either(one: float, other: float) -> float:
    """The probability that at least one of two independent things holds."""
    return 1.0 - (1.0 - one) * (1.0 - other)


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, value))))


def logit(probability: float) -> float:
    bounded = max(1e-6, min(1 - 1e-6, probability))
    return math.log(bounded / (1 - bounded))
