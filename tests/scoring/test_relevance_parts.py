"""The parts of relevance that need no model: passages, shared words, signs of advertising, weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.errors import ScoringFailed
from moderation.core.scores import ArticleText
from moderation.scoring.packs import BUILTIN
from moderation.scoring.relevance import MAX_PASSAGES, PASSAGE_CHARACTERS, RelevanceModel, split_passages
from moderation.scoring.relevance_features import SIGNS, TALK, Lexicon, covered_share, shared, signs, stems, talk

LEXICON = Lexicon({"the": 0.5, "miner": 6.0, "minis": 5.0}, 9.0, frozenset({"typo"}))


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((BUILTIN / "manifest.json").read_text(encoding="utf-8"))["relevance"]
    return stated


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors that depend on the text alone."""
    rows = [np.random.default_rng(sum(map(ord, text))).standard_normal(384) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


def test_the_title_comes_first_then_key_points_then_paragraphs() -> None:
    article = ArticleText(
        title="Title", key_points=("One point", "Title"), paragraphs=("A paragraph with words enough.", "- IANS", " ")
    )
    assert split_passages(article) == ["Title", "One point", "A paragraph with words enough."]


def test_a_long_paragraph_is_cut_at_its_sentences() -> None:
    sentence = "The council met for the ninth time this year to speak about the leaking roof. "
    passages = split_passages(ArticleText(title="Roof", paragraphs=(sentence * 20,)))
    assert len(passages) == 2, "repeated passages are kept once"
    different = " ".join(sentence.replace("ninth", f"{n}th").strip() for n in range(20))
    passages = split_passages(ArticleText(title="Roof", paragraphs=(different,)))
    assert " ".join(passages[1:]) == different
    assert all(len(passage) <= PASSAGE_CHARACTERS for passage in passages)


def test_a_very_long_article_is_seen_from_its_beginning_to_its_end() -> None:
    paragraphs = tuple(f"Paragraph number {n} has some words of its own in it." for n in range(500))
    passages = split_passages(ArticleText(title="Long", paragraphs=paragraphs))
    assert len(passages) == MAX_PASSAGES
    assert (passages[1], passages[-1]) == (paragraphs[0], paragraphs[-1])


@pytest.mark.parametrize("article", [ArticleText(title=""), ArticleText(title=" ", paragraphs=("", "\n"))])
def test_an_article_without_text_still_has_a_side(article: ArticleText, weights: dict[str, Any]) -> None:
    model = RelevanceModel.from_manifest(weights)
    prepared = model.prepare(article, embed, "test 1")
    told = model.score(
        text="Rings of Saturn, telescopes",
        vector=embed(["x"])[0],
        article=prepared,
        parent=None,
        parent_vector=None,
        spam=None,
    )
    assert told.value is not None
    assert 0 <= told.value <= 1
    assert told.passage == ""


@given(st.text(max_size=300), st.lists(st.text(max_size=900), max_size=60))
def test_any_text_gives_a_bounded_number_of_passages(title: str, paragraphs: list[str]) -> None:
    passages = split_passages(ArticleText(title=title, paragraphs=tuple(paragraphs)))
    assert 1 <= len(passages) <= MAX_PASSAGES
    assert len(set(passages)) == len(passages)


@given(st.text(max_size=400))
def test_any_text_has_its_signs(text: str) -> None:
    assert len(signs(text)) == len(SIGNS)
    assert len(talk(text)) == len(TALK)


def test_words_meet_across_endings_and_spellings() -> None:
    assert stems("Minerals, MINERAL!") == ["miner", "miner"]
    assert stems("Vaishnav's") == stems("Vaishnaw")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("المدارس", "والمدارس"),
        ("مدرسة", "بالمدرسة"),
        ("간호사", "간호사들은"),
        ("看護師", "看護師の賃上げ"),
        ("护士", "护士罢工"),
        ("медсестра", "медсёстры"),
        ("Krankenpfleger", "KRANKENPFLEGERIN"),
        ("pielęgniarki", "pielęgniarkami"),
        ("hemşire", "hemşirelerin"),
        ("İstanbul", "ıstanbul"),
        ("सरकार", "सरकारी"),
        ("enfermera", "ｅｎｆｅｒｍｅｒａｓ"),
    ],
)
def test_words_meet_as_each_script_writes_them(one: str, other: str) -> None:
    assert set(stems(one)) & set(stems(other))


def test_pairs_of_characters_are_compared_where_no_spaces_are_set() -> None:
    assert stems("护士罢工 ok the A1") == ["护士", "士罢", "罢工", "the"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("piece", "Dieser Artikel gefällt mir"),
        ("piece", "记者写的什么"),
        ("mistake", "Hay una falta de ortografía en el segundo párrafo"),
        ("agreement", "полностью согласен с вами"),
        ("agreement", "공감합니다"),
        ("thanks", "merci beaucoup"),
        ("thanks", "شُكراً لكم"),
        ("thanks", "Teşekkürler"),
        ("answer", "il tuo commento non c'entra"),
    ],
)
def test_talk_that_fits_any_article_is_known_in_other_languages(kind: str, text: str) -> None:
    assert talk(text)[TALK.index(kind)] == 1
    assert talk("Die Brücke wurde 1962 gebaut. Мост построили давно. 桥很旧。") == [0.0] * len(TALK)


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("contact", "加微信聊"),
        ("gain", "Verdienen Sie 3.000 Euro"),
        ("gain", "zarabiaj 500 zł"),
        ("scheme", "オンラインカジノ"),
        ("home", "trabalhe em casa"),
        ("offer", "скидка сегодня"),
        ("call", "klik di sini"),
    ],
)
def test_signs_of_advertising_are_known_in_other_languages(sign: str, text: str) -> None:
    assert signs(text)[SIGNS.index(sign)] == 1
    assert sum(signs("Die Brücke wurde 1962 gebaut. Мост построили давно. 桥很旧。")) == 0


def test_a_long_paragraph_without_spaces_is_cut_to_as_much_as_a_latin_one_says() -> None:
    paragraph = "".join(f"市议会第{n}次讨论屋顶漏水的问题。" for n in range(60))
    passages = split_passages(ArticleText(title="屋顶", paragraphs=(paragraph,)))
    assert "".join(passages[1:]) == paragraph
    assert all(len(passage) <= PASSAGE_CHARACTERS // 2 for passage in passages)


def test_common_words_are_not_shared_and_rare_ones_weigh_by_rarity() -> None:
    one, other = LEXICON.rare("the minister and minerals"), LEXICON.rare("the minerals")
    assert shared(one, other) == pytest.approx(3.0)
    assert shared(one, other, discount=1.0) == pytest.approx(2.0)


def test_of_what_a_comment_speaks_of_names_weigh_most_and_one_shared_word_is_not_all() -> None:
    comment, name, word = LEXICON.rare("quokka ministers"), LEXICON.rare("quokka"), LEXICON.rare("ministers")
    assert 1 > covered_share(comment, comment, 0.0) > covered_share(comment, name, 0.0) > 0.5
    assert covered_share(comment, word, 0.0) < 0.1
    assert covered_share({}, word, 0.0) == 0.0


def test_a_word_of_neither_the_article_nor_of_talk_about_articles_is_foreign() -> None:
    comment = LEXICON.rare("typo minerals quokka")
    assert LEXICON.foreign(comment, LEXICON.rare("minerals")) == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("link", "more at example.com/offer"),
        ("contact", "call +44 7911 123456"),
        ("gain", "I earned over 3,000 dollars"),
        ("scheme", "free spins at our casino"),
        ("home", "work from home"),
        ("offer", "50% off today"),
        ("call", "check out my channel"),
        ("shout", "BUY THIS NOW!!!"),
    ],
)
def test_each_sign_of_advertising_is_found(sign: str, text: str) -> None:
    assert signs(text)[SIGNS.index(sign)] == 1.0


def test_plain_opinion_has_no_sign_of_advertising() -> None:
    assert sum(signs("The mayor should resign, I have said so since last spring.")) == 0


def test_the_order_of_weights_in_the_file_does_not_matter(weights: dict[str, Any]) -> None:
    turned = {**weights, "fusion": {name: dict(reversed(fit.items())) for name, fit in weights["fusion"].items()}}
    for fit in turned["fusion"].values():
        fit["weights"] = dict(reversed(fit["weights"].items()))
    article = ArticleText(title="Rare earths", paragraphs=("Ministers met to speak about minerals.",))
    values = []
    for model in (RelevanceModel.from_manifest(weights), RelevanceModel.from_manifest(turned)):
        prepared = model.prepare(article, embed, "test 1")
        vector = embed(["minerals"])[0]
        values.append(
            model.score(text="minerals", vector=vector, article=prepared, parent=None, parent_vector=None, spam=None)
        )
    assert values[0] == values[1]


def test_the_packs_judgement_of_advertising_counts_but_does_not_decide_alone(weights: dict[str, Any]) -> None:
    model = RelevanceModel.from_manifest(weights)
    prepared = model.prepare(ArticleText(title="Rare earths"), embed, "test 1")

    def judged(spam: float | None) -> float:
        told = model.score(
            text="The study: https://doi.example/1",
            vector=prepared_vector,
            article=prepared,
            parent=None,
            parent_vector=None,
            spam=spam,
        )
        assert told.value is not None
        return told.value

    prepared_vector = embed(["Rare earths"])[0]
    assert judged(0.01) > judged(None) > judged(0.99)
    assert judged(0.999999) == pytest.approx(judged(0.99), rel=0.05)


def test_a_pack_without_weights_has_no_relevance() -> None:
    with pytest.raises(ScoringFailed):
        RelevanceModel.from_manifest(None)
