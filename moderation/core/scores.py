"""What is asked of a scoring pack, and what it answers. Pure types: every room above may use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from moderation.core.text.disguise import Undisguised

LABELS = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "sexual_explicit",
)
"""Detoxify's names for what it scores, in the order in which every pack's manifest lists those it has."""


class Scale(StrEnum):
    """The mix of comments on which a score is a calibrated probability."""

    NATURAL = "natural"
    """About 7% of comments are toxic, as under news articles: our policy's scale."""
    BALANCED = "balanced"
    """Half of them are: the scale on which Perspective's users have set their thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """An article as the scorer reads it. Paragraphs are plain text, in order."""

    title: str
    key_points: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedArticle:
    """The article's side of relevance, computed once per article version and pack, then kept.

    ``vectors`` is opaque to everyone but the pack named by ``made_by``: another pack prepares the article afresh.
    """

    made_by: str
    passages: tuple[str, ...]
    vectors: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The text's language (ISO 639-1, ``und`` if in doubt) and whether the pack can read it.

    Short or doubtful text counts as supported. ``unread`` is the language of a part of it that the pack can't read,
    where it can read the rest; None where there is none, and where that isn't known any more. Where packs share the
    languages, it is the best of them that can't.
    """

    code: str
    supported: bool
    unread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A text with its disguise undone, and its language: found out by whoever chose the pack for it."""

    view: Undisguised
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a comment speaks of, as a pack sees it: a vector, opaque to everyone but packs that prepare articles under
    the name ``made_by``. It says nothing to a reader, and no text can be read from it.
    """

    made_by: str
    vector: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """One comment to score. Without an article there is no relevance.

    ``discussion`` is what people have approved under the article, newest first, one of each author: relevance is told
    from it too once there are some (``scoring.relevance_discussion``). Texts are embedded anew each time.

    ``languages`` (ISO 639-1, ``pt-BR`` too) are what the client says the text is in, one or several: believed, the
    first that the pack reads before others, unless a longer text is confidently in another. Without ``explain`` the
    sentences aren't scored, and the answer has none. ``name`` is what is published beside the text, its author's name,
    scored by itself. ``seen`` is what was found out of the text before.
    """

    text: str
    article: ArticleText | PreparedArticle | None = None
    parent: str | None = None
    discussion: Sequence[Subject | str] = ()
    languages: tuple[str, ...] = ()
    explain: bool = True
    name: str | None = None
    seen: Seen | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceScore:
    """``start`` and ``end`` are code-point offsets into the text as its writer wrote it, end exclusive.

    ``toxicity`` says how much of the comment's lies here: what is worst in it, times how likely this sentence is to
    carry it. ``labels`` maps every label of the pack to what the sentence scores by itself; empty where only
    ``toxicity`` was kept.
    """

    start: int
    end: int
    toxicity: float
    labels: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStamp:
    """Which model said it, and how it was run: kept with every decision."""

    name: str
    version: str
    runtime: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What a pack said of one comment; every number lies in 0..1.

    ``toxicity`` maps each label that the pack has to its probability on ``scale``. ``relevance`` and ``passage`` are
    None without an article, and for a comment that is too short to tell: then ``relevance_note`` says so. ``sentences``
    are in the order of the text and cover it; where a pack takes a second
    pass for them, those of a text that is harmless as a whole carry the whole's scores; without ``explain`` there are
    none. ``spam`` is how much the text reads like advertising to the pack; None where it doesn't tell. ``name`` maps
    each label to what the author's name scores alone; empty where no name was asked about, None where the pack can't
    read it. ``subject`` is what the comment speaks of, None where relevance isn't told; ``discussed`` is how many
    approved comments its relevance stands on beside the article. ``outside`` is what other classifiers said, by the
    names that the configuration expects: 0..1, or None where it wasn't given; None for the whole where they weren't
    asked.
    """

    toxicity: Mapping[str, float]
    relevance: float | None
    passage: str | None
    sentences: tuple[SentenceScore, ...]
    language: Language
    pack: PackStamp
    scale: Scale
    spam: float | None = None
    name: Mapping[str, float] | None = field(default_factory=dict)
    subject: Subject | None = field(default=None, compare=False, repr=False)
    discussed: int = field(default=0, compare=False)
    relevance_note: str | None = None
    outside: Mapping[str, float | None] | None = None


TOO_SHORT = "too_short"
"""Why a comment under an article with a text has no relevance: hardly a word of it speaks of anything."""


class Scorer(Protocol):
    """Scores comments. Thread-safe; a score doesn't depend on what it was batched with."""

    @property
    def stamp(self) -> PackStamp:
        """The pack that answers for most texts."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the pack has, a subset of ``LABELS`` in their order."""
        ...

    @property
    def prepares_as(self) -> str:
        """What ``prepare`` puts into ``PreparedArticle.made_by``: what another pack prepared is stale."""
        ...

    def prepare(self, article: ArticleText) -> PreparedArticle:
        """The article's side of relevance. Raises ``ScoringFailed``."""
        ...

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        """One answer per request, in order. Raises ``ScoringFailed``."""
        ...


def scores_shape(scores: Scores | None) -> dict[str, Any] | None:
    """Scores as ``moderation score`` prints them; None where the comment isn't scored."""
    if scores is None:
        return None
    return {
        "toxicity": dict(scores.toxicity),
        "relevance": scores.relevance,
        **({"relevance_note": scores.relevance_note} if scores.relevance_note else {}),
        "passage": scores.passage,
        "spam": scores.spam,
        # Where no name was asked about, as of a comment from before they were scored, nothing is said of it.
        **({} if scores.name == {} else {"name": None if scores.name is None else dict(scores.name)}),
        **({} if scores.outside is None else {"outside": dict(scores.outside)}),
        "sentences": [{"start": s.start, "end": s.end, "toxicity": s.toxicity} for s in scores.sentences],
        "language": {"code": scores.language.code, "supported": scores.language.supported},
        "pack": {
            "name": scores.pack.name,
            "version": scores.pack.version,
            "runtime": scores.pack.runtime,
            "precision": scores.pack.precision,
        },
    }
