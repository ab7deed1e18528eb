"""The measures of ``scripts/bench quality``: what labelled comments say of the scores that the service gives.

No torch here: this runs in the service's own environment (with the extra ``bench``), through its own scorer.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from moderation.core.scores import LABELS, ArticleText, Scale, ScoreRequest, Scores
from moderation.scoring import PackScorer
from moderation.scoring.relevance import split_passages
from moderation.web.desk.shading import shaded
from scripts.training.corpora import held_back_rows
from scripts.training.disguise import WHOLE_TEXT
from scripts.training.everyday import held_out_sentences
from scripts.training.metrics import at_rate, calibration_error

CHUNK = 128
TOXIC_NEWS = 0.07
SEEDS = Path(__file__).resolve().parents[2] / "seeds"
ALARM = 0.5
"""Natural toxicity from which the default policy flags a comment."""
TERMS = tuple(
    """lesbian|gay|bisexual|transgender|trans|queer|lgbt|lgbtq|homosexual|straight|heterosexual|male|female|nonbinary|african
    |african american|black|white|european|hispanic|latino|latina|latinx|mexican|canadian|american|asian|indian
    |middle eastern|chinese|japanese|christian|muslim|jewish|buddhist|catholic|protestant|sikh|taoist|old|older|young
    |younger|teenage|millenial|middle aged|elderly|blind|deaf|paralyzed""".replace("\n    ", "").split("|")
)
"""Identity terms of the published templates."""
READERS = ("priya", "rohit", "sarah", "vikram", "karthik", "nisha")
"""The six readers on the page that the project began with."""

Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One figure. ``aim`` is what the pack was built towards."""

    name: str
    value: float
    unit: str = "AUC"
    aim: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What is measured, on what, and how much of it."""

    scorer: PackScorer
    data: Path
    maximum: int

    def dev(self, name: str, *, whole: bool = False) -> list[dict[str, Any]]:
        """Rows of ``dev/NAME.jsonl.gz``: a fixed random choice of them, unless ``whole``."""
        with gzip.open(self.data / "dev" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return rows if whole else self.some(rows)

    def held_back(self, name: str, maximum: int | None = None) -> list[tuple[str, Mapping[str, float]]]:
        """Rows of a training corpus that training never saw."""
        rows = held_back_rows(self.data, name)
        return rows if maximum is None else _chance(1).sample(rows, min(maximum, len(rows)))

    def some(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _chance(1).sample(rows, min(self.maximum, len(rows)))

    def score(self, requests: Sequence[ScoreRequest | str], scale: Scale = Scale.NATURAL) -> list[Scores]:
        """In order; texts alone are scored without an article."""
        asked = [ScoreRequest(text=request) if isinstance(request, str) else request for request in requests]
        order = sorted(range(len(asked)), key=lambda place: len(asked[place].text))
        answers: dict[int, Scores] = {}
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            answers.update(zip(chosen, self.scorer.score([asked[i] for i in chosen], scale=scale), strict=True))
        return [answers[place] for place in range(len(asked))]


Measure = Callable[[Bench], list[Measured]]


def every_measure() -> Iterator[tuple[str, Measure]]:
    """Names and functions, in the order of the table."""
    yield "news comments at their natural rate", news
    yield "Wikipedia comments", wikipedia
    yield "social media", social_media
    yield "functional tests", functional
    yield "identity templates", identities
    yield "swapped identities", swapped_identities
    yield "others' ideas of harm", others_harm
    yield "everyday sentences", everyday_sentences
    yield "disguised abuse", disguised_abuse
    yield "telling sentences", telling_sentences
    yield "relevance", relevance
    yield "the page's six readers", readers


def news(bench: Bench) -> list[Measured]:
    """Held-back news comments, weighed to 7% toxic."""
    rows = bench.held_back("news")
    scores = bench.score([text for text, _ in rows])
    toxic = np.array([labels["toxicity"] >= 0.5 for _, labels in rows])
    weights = at_rate(toxic, TOXIC_NEWS)
    found = []
    for label in LABELS:
        truth, values = np.array([row[label] >= 0.5 for _, row in rows]), _column(scores, label)
        aims = {"auc": 0.955, "average_precision": 0.70, "ece": 0.012} if label == "toxicity" else {}
        if truth.sum() >= 8:
            found.append(
                Measured(
                    name=f"news_{label}_auc",
                    value=roc_auc_score(truth, values, sample_weight=weights),
                    aim=aims.get("auc"),
                )
            )
        if label == "toxicity":
            precision = average_precision_score(truth, values, sample_weight=weights)
            error = calibration_error(truth, values, weights)
            found += [
                Measured(
                    name="news_toxicity_average_precision", value=precision, unit="AP", aim=aims["average_precision"]
                ),
                Measured(name="news_toxicity_ece", value=error, unit="ECE", aim=aims["ece"]),
            ]
    return found


def wikipedia(bench: Bench) -> list[Measured]:
    rows = bench.held_back("wikipedia_talk", 2 * bench.maximum)
    scores = bench.score([text for text, _ in rows])
    found = []
    for label in LABELS:
        known = np.array([label in labels for _, labels in rows])
        truth = np.array([labels.get(label, 0) >= 0.5 for _, labels in rows])[known]
        if truth.sum() >= 8:
            aim = {"toxicity": 0.985, "threat": None}.get(label, 0.97)
            value = roc_auc_score(truth, _column(scores, label)[known])
            found.append(Measured(name=f"wikipedia_{label}_auc", value=value, aim=aim))
    return found


def social_media(bench: Bench) -> list[Measured]:
    """Held-back comments from forums, each against its own raters' label."""
    found = []
    for corpus, named, label in (
        ("contextual_abuse_reddit", "abusive", "toxicity"),
        ("gab_hate", "hate", "identity_attack"),
        ("stormfront", "hate", "identity_attack"),
        ("explainable_sexism", "sexist", "identity_attack"),
    ):
        rows = bench.held_back(corpus, bench.maximum)
        truth = np.array([labels[named] >= 0.5 for _, labels in rows])
        scores = bench.score([text for text, _ in rows])
        found.append(Measured(name=f"{corpus}_{named}_auc", value=roc_auc_score(truth, _column(scores, label))))
    return found


def functional(bench: Bench) -> list[Measured]:
    """Accuracy at 0.5 of the greater of toxicity and identity attack on the balanced scale."""
    found = []
    for name, label, aim in (("hatemoji_check", "hateful", 0.80), ("ethos", "hate", None)):
        rows = bench.dev(name)
        truth = np.array([row["labels"][label] >= 0.5 for row in rows])
        values = _greater(bench.score([row["text"] for row in rows], Scale.BALANCED))
        called = values >= 0.5
        found_share, accused = np.mean(called[truth]), np.mean(called[~truth])
        note = f"{name}: {found_share:.0%} of the hateful found, {accused:.0%} of the others accused"
        found.append(
            Measured(
                name=f"{name}_accuracy", value=float(np.mean(called == truth)), unit="share", aim=aim, notes=(note,)
            )
        )
        found.append(Measured(name=f"{name}_auc", value=roc_auc_score(truth, values)))
    return found


def identities(bench: Bench) -> list[Measured]:
    """The worst over terms of subgroup, BPSN and BNSP AUC: a term mustn't carry a verdict."""
    rows = bench.dev("identity_templates", whole=True)
    toxic = np.array([row["labels"]["toxicity"] >= 0.5 for row in rows])
    values = _column(bench.score([row["text"] for row in rows]), "toxicity")
    by_kind: dict[str, dict[str, float]] = {"subgroup": {}, "bpsn": {}, "bnsp": {}}
    for term in TERMS:
        named = np.array([re.search(rf"\b{term}\b", row["text"], re.IGNORECASE) is not None for row in rows])
        if named.sum() < 40:
            continue
        kept = {"subgroup": named, "bpsn": named != toxic, "bnsp": named == toxic}
        for kind, rows_of_kind in kept.items():
            by_kind[kind][term] = roc_auc_score(toxic[rows_of_kind], values[rows_of_kind])
    found = []
    for kind, by_term in by_kind.items():
        low = sorted(by_term, key=by_term.__getitem__)[:3]
        note = f"identity {kind} AUC, lowest: " + ", ".join(f"{term} {by_term[term]:.3f}" for term in low)
        found.append(Measured(name=f"identity_{kind}_worst", value=by_term[low[0]], aim=0.95, notes=(note,)))
    return found


def swapped_identities(bench: Bench) -> list[Measured]:
    """How far toxicity moves (balanced scale) when only the identity that a comment names is another."""
    sets = [
        bench.dev(name, whole=True)[: bench.maximum] for name in ("wiki_bias_nonfuzzed_test", "wiki_bias_fuzzed_test")
    ]
    before, after = (_column(bench.score([row["text"] for row in rows], Scale.BALANCED), "toxicity") for rows in sets)
    return [Measured(name="swapped_identity_shift", value=float(np.abs(before - after).mean()), unit="mean change")]


def others_harm(bench: Bench) -> list[Measured]:
    rows = bench.dev("openai_moderation_eval")
    scores = bench.score([row["text"] for row in rows])
    found = []
    for theirs, label in (("H", "identity_attack"), ("S", "sexual_explicit"), ("V", "threat"), ("HR", "toxicity")):
        known = np.array([theirs in row["labels"] for row in rows])
        truth = np.array([row["labels"].get(theirs, 0) >= 0.5 for row in rows])[known]
        found.append(
            Measured(name=f"openai_{theirs}_by_{label}_auc", value=roc_auc_score(truth, _column(scores, label)[known]))
        )
    return found


EVERYDAY: Mapping[str, tuple[str, ...]] = {
    "plain_senses": ("plain_senses",),
    "self_directed": ("self",),
    "idioms": ("idioms",),
    "reported_insults": ("reported",),
    "dialects": ("scots", "african_american_english", "indian_english", "other_dialects"),
    "newer_words_used_kindly": ("no_self_harm", "emoji_kindly", "hashtags_harmless", "newer_words_harmless"),
}
"""Harmless families of written sentences, by what they show together."""
EVERYDAY_ABUSE: Mapping[str, tuple[str, ...]] = {
    "neighbours_of_the_harmless": ("names_abused", "plain_words_meant_badly", "you_instead", "threats"),
    "dialects": ("scots_abuse", "african_american_english_abuse", "indian_english_abuse"),
    "urging_self_harm": ("urging_self_harm",),
    "emoji": ("emoji_abuse", "emoji_threats", "emoji_self_harm", "emoji_hate"),
    "hashtags": ("hashtags_abuse", "hashtags_worse", "hashtags_threats", "hashtags_hate"),
    "newer_insults": ("newer_insults",),
}
EACH = 60
"""Sentences of each family at most."""


def everyday_sentences(bench: Bench) -> list[Measured]:
    """Written sentences of frames and with names that training never saw: the share judged rightly.

    Harmless ones should be under 0.5 on the balanced scale, abuse over 0.8; names in harmless company pass 0.5 on the
    natural scale and 0.8 on the balanced one as rarely as can be.
    """
    sentences = held_out_sentences(_chance(4), EACH)
    texts = [text for family in sentences.values() for text in family]
    natural, balanced = (
        dict(zip(texts, _column(bench.score(texts, scale), "toxicity"), strict=True)) for scale in Scale
    )
    named = [*sentences["names"], *sentences["places"]]
    found = [
        Measured(
            name="everyday_names_over_050_natural",
            value=float(np.mean([natural[text] > 0.5 for text in named])),
            unit="share",
            aim=0.0,
            notes=_worst("names in harmless frames, highest", sorted(named, key=lambda t: -balanced[t]), balanced),
        ),
        Measured(
            name="everyday_names_over_080_balanced",
            value=float(np.mean([balanced[text] > 0.8 for text in named])),
            unit="share",
            aim=0.01,
        ),
    ]
    for groups, kind in ((EVERYDAY, "under_050"), (EVERYDAY_ABUSE, "abuse_over_080")):
        for name, families in groups.items():
            asked = [text for family in families for text in sentences[family]]
            right = [balanced[text] < 0.5 if groups is EVERYDAY else balanced[text] > 0.8 for text in asked]
            wrong = [text for text, rightly in zip(asked, right, strict=True) if not rightly]
            notes = _worst(f"everyday {name}, {kind}: wrongly judged", wrong, balanced)
            value = float(np.mean(right))
            found.append(Measured(name=f"everyday_{name}_{kind}", value=value, unit="share", aim=0.9, notes=notes))
    return found


def _worst(what: str, texts: Sequence[str], scores: Mapping[str, float]) -> tuple[str, ...]:
    few = "; ".join(f"{text} ({scores[text]:.2f})" for text in texts[:3])
    return (f"{what}: {few}",) if few else ()


def disguised_abuse(bench: Bench) -> list[Measured]:
    """What AUC each disguise of the toxic comments costs; the harmless ones stay as they are."""
    rows = [(text, labels["toxicity"] >= 0.5) for text, labels in bench.held_back("news") if len(text) < 300]
    rows = _chance(2).sample(rows, min(600, len(rows)))
    truth = np.array([toxic for _, toxic in rows])
    plain = roc_auc_score(truth, _column(bench.score([text for text, _ in rows]), "toxicity"))
    found = []
    for name, disguise in WHOLE_TEXT.items():
        texts = [disguise(text, _chance(3)) if toxic else text for text, toxic in rows]
        value = roc_auc_score(truth, _column(bench.score(texts), "toxicity"))
        found.append(Measured(name=f"disguise_{name}_loss", value=plain - value, unit="AUC lost", aim=0.02))
    return found


def telling_sentences(bench: Bench) -> list[Measured]:
    """Whether what the desk shades, and the sentences at half the highest or more, hold all that raters marked."""
    rows = [row for row in bench.dev("civil_toxic_spans", whole=True) if row.get("spans")]
    rows = bench.some(rows)
    held, strongest = [], []
    for row, scores in zip(rows, bench.score([row["text"] for row in rows]), strict=True):
        marked = [place for place in row["spans"] if not row["text"][place].isspace()]
        top = max(sentence.toxicity for sentence in scores.sentences)
        held.append(_shaded(marked, row["text"], scores))
        strongest.append(_held(marked, scores, top / 2))
    return [
        Measured(name="toxic_spans_in_shaded_sentences", value=float(np.mean(held)), unit="share", aim=0.9),
        Measured(name="toxic_spans_in_strongest_sentences", value=float(np.mean(strongest)), unit="share", aim=0.9),
    ]


def _shaded(marked: Sequence[int], text: str, scores: Scores) -> bool:
    """As the desk shades under the default policy."""
    heats = [span.heat for span in shaded(text, scores.sentences, ALARM) for _ in span.text]
    return all(heats[place] for place in marked)


def _held(marked: Sequence[int], scores: Scores, level: float) -> bool:
    raised = [sentence for sentence in scores.sentences if sentence.toxicity >= level]
    return all(any(sentence.start <= place < sentence.end for sentence in raised) for place in marked)


def relevance(bench: Bench) -> list[Measured]:
    """A comment's relevance to its own article (or parent) against the same comment's to another."""
    rows = [row for row in bench.dev("news_comments_with_article", whole=True) if len(row["text"]) >= 50]
    titles = {row["article_title"]: row["article_text"] for row in rows}
    replies = [row for row in bench.dev("wikipedia_replies_with_parent", whole=True) if row.get("parent_text")]
    replies = bench.some([row for row in replies if len(row["text"]) >= 50])
    found = []
    for name, whole in (("article", True), ("headline", False)):
        texts = [row["text"] for row in rows]
        own = [_article(row["article_title"], row["article_text"] if whole else "") for row in rows]
        others = [_another(titles, row["article_title"]) for row in rows]
        other = [_article(title, text if whole else "") for title, text in others]
        value = _own_against_other(bench, texts, own, other)
        found.append(Measured(name=f"relevance_own_{name}_auc", aim=0.90, value=value))
        value = _own_against_other(bench, texts, own, other, approved=20)
        found.append(Measured(name=f"relevance_own_{name}_with_20_approved_auc", aim=0.95, value=value))
        found.append(Measured(name=f"plain_cosine_own_{name}_auc", value=_by_cosine(bench, texts, own, other)))
    parents = [_article(row["parent_text"][:300], "") for row in replies]
    value = _own_against_other(bench, [row["text"] for row in replies], parents, [*parents[1:], parents[0]])
    return [*found, Measured(name="relevance_own_parent_auc", value=value)]


def _by_cosine(bench: Bench, texts: Sequence[str], own: Sequence[ArticleText], other: Sequence[ArticleText]) -> float:
    """What the embedding alone says, by the closest passage: the fusion has to be better than this."""
    articles = {article: split_passages(article) for article in (*own, *other)}
    distinct = list(dict.fromkeys([*texts, *(passage for passages in articles.values() for passage in passages)]))
    embedded: list[NDArray[np.float32]] = []
    for start in range(0, len(distinct), CHUNK):
        embedded += list(bench.scorer.embed(distinct[start : start + CHUNK]))
    vectors = dict(zip(distinct, embedded, strict=True))
    values = [
        max(float(vectors[text] @ vectors[passage]) for passage in articles[article])
        for text, article in zip((*texts, *texts), (*own, *other), strict=True)
    ]
    return float(roc_auc_score([True] * len(texts) + [False] * len(texts), values))


def _own_against_other(
    bench: Bench,
    texts: Sequence[str],
    own: Sequence[ArticleText],
    other: Sequence[ArticleText],
    *,
    approved: int = 0,
) -> float:
    """Each text held against its own article and against another, so many others of each one's comments approved."""
    under: dict[ArticleText, list[str]] = {}
    for text, article in zip(texts, own, strict=True):
        under.setdefault(article, []).append(text)

    def discussion(text: str, article: ArticleText, place: int) -> list[str]:
        others = [one for one in under.get(article, ()) if one != text]
        return _chance(place).sample(others, min(approved, len(others)))

    asked = [
        ScoreRequest(text=text, article=article, discussion=discussion(text, article, place))
        for place, (text, article) in enumerate(zip((*texts, *texts), (*own, *other), strict=True))
    ]
    values = [scores.relevance or 0.0 for scores in bench.score(asked)]
    return float(roc_auc_score([True] * len(texts) + [False] * len(texts), values))


def _another(titles: Mapping[str, str], title: str) -> tuple[str, str]:
    names = list(titles)
    chosen = names[(names.index(title) + 1 + len(title) % (len(names) - 1)) % len(names)]
    chosen = chosen if chosen != title else names[(names.index(title) + 1) % len(names)]
    return chosen, titles[chosen]


def readers(bench: Bench) -> list[Measured]:
    """The six readers under their article, and comments that have nothing to do with it."""
    article = json.loads((SEEDS / "articles" / "critical-minerals-ministerial.json").read_text(encoding="utf-8"))
    comments = json.loads((SEEDS / "comments.json").read_text(encoding="utf-8"))
    page = ArticleText(
        title=article["title"], key_points=tuple(article["key_points"]), paragraphs=tuple(article["paragraphs"])
    )
    six = [comment["body"] for comment in comments if comment["ref"] in READERS]
    foreign = [text for text, _ in bench.held_back("news", 400) if len(text) >= 50]
    asked = [ScoreRequest(text=text, article=page) for text in (*six, *foreign)]
    values = [scores.relevance or 0.0 for scores in bench.score(asked)]
    return [
        Measured(name="six_readers_lowest", value=min(values[:6]), unit="relevance", aim=0.5),
        Measured(name="unrelated_highest", value=max(values[6:]), unit="relevance", aim=0.2),
        Measured(name="unrelated_under_020", value=float(np.mean(np.array(values[6:]) < 0.2)), unit="share", aim=1.0),
    ]


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def _article(title: str, text: str) -> ArticleText:
    return ArticleText(title=title, paragraphs=(text,) if text else ())


def _column(scores: Sequence[Scores], label: str) -> NDArray[np.float64]:
    return np.array([one.toxicity[label] for one in scores])


def _greater(scores: Sequence[Scores]) -> NDArray[np.float64]:
    return np.maximum(_column(scores, "toxicity"), _column(scores, "identity_attack"))
