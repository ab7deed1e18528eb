"""Relevance over many comments that its fitting never saw, asked of the shipped pack as the service asks it.

Single comments can be misjudged: what is asked here are shares. The floors lie a little under what was measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from moderation.core.scores import ArticleText, Scorer, ScoreRequest

HERE = Path(__file__).parent
OTHERS = (1, 4, 7, 10)
"""How many places further on the articles are found that a comment is held against."""


def held_out() -> list[tuple[ArticleText, list[str]]]:
    """Articles, each with the comments on it."""
    found: list[tuple[dict[str, list[str]], list[str]]] = []
    for line in (HERE / "relevance_held_out.txt").read_text(encoding="utf-8").splitlines():
        mark, text = line[:1], line[2:]
        if mark == "=":
            found.append(({"=": [text], "*": [], "p": []}, []))
        elif mark == "+":
            found[-1][1].append(text)
        elif mark in ("*", "p"):
            found[-1][0][mark].append(text)
    return [
        (ArticleText(title=parts["="][0], key_points=tuple(parts["*"]), paragraphs=tuple(parts["p"])), comments)
        for parts, comments in found
    ]


def anywhere(group: str) -> list[str]:
    text = (HERE / "relevance_held_out_anywhere.txt").read_text(encoding="utf-8")
    return text.partition(f"[{group}]\n")[2].partition("\n[")[0].splitlines()


ARTICLES = held_out()


def relevances(scorer: Scorer, pairs: list[tuple[str, ArticleText]]) -> list[float]:
    """Each article is prepared once, as the service does it."""
    prepared = {article: scorer.prepare(article) for article in {article for _, article in pairs}}
    requests = [ScoreRequest(text=text, article=prepared[article], explain=False) for text, article in pairs]
    return [scores.relevance or 0.0 for scores in scorer.score(requests)]


def own_and_others(scorer: Scorer, *, whole: bool) -> tuple[list[float], list[float]]:
    sides = [article if whole else ArticleText(title=article.title) for article, _ in ARTICLES]
    own = [(text, sides[home]) for home, (_, comments) in enumerate(ARTICLES) for text in comments]
    others = [
        (text, sides[(home + step) % len(sides)])
        for home, (_, comments) in enumerate(ARTICLES)
        for text in comments
        for step in OTHERS
    ]
    return relevances(scorer, own), relevances(scorer, others)


def share(values: list[float], *, under: float) -> float:
    return sum(value < under for value in values) / len(values)


@pytest.fixture(scope="module")
def under_articles(shipped: Scorer) -> tuple[list[float], list[float]]:
    return own_and_others(shipped, whole=True)


def ranked(own: list[float], others: list[float]) -> float:
    return float(roc_auc_score([True] * len(own) + [False] * len(others), [*own, *others]))


def test_a_comment_ranks_higher_under_its_own_headline_than_under_another(shipped: Scorer) -> None:
    assert ranked(*own_and_others(shipped, whole=False)) > 0.87


def test_a_comment_ranks_higher_under_its_own_article_than_under_another(
    under_articles: tuple[list[float], list[float]],
) -> None:
    assert ranked(*under_articles) > 0.92


def test_under_a_whole_article_most_of_its_own_pass_and_few_others_do(
    under_articles: tuple[list[float], list[float]],
) -> None:
    own, others = under_articles
    assert share(own, under=0.5) < 0.45
    assert share(own, under=0.2) < 0.2
    assert share(others, under=0.5) > 0.9


@pytest.mark.parametrize(("group", "floor"), [("off", 0.85), ("othernews", 0.8), ("rant", 0.75), ("ad", 0.75)])
def test_what_belongs_under_no_article_is_off_topic(shipped: Scorer, group: str, floor: float) -> None:
    pairs = [
        (text.replace("{title}", article.title), article) for text in anywhere(group) for article, _ in ARTICLES[::3]
    ]
    assert share(relevances(shipped, pairs), under=0.2) > floor


def test_what_belongs_under_any_article_is_on_topic(shipped: Scorer) -> None:
    pairs = [(text, article) for text in anywhere("reaction") for article, _ in ARTICLES[::3]]
    assert share(relevances(shipped, pairs), under=0.5) < 0.1
