"""What a scorer says of a comment: labels, sentences, language, scales, in the order asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.core.scores import LABELS, ArticleText, Scale, ScoreRequest
from moderation.scoring import PackScorer, RoutedScorer, build_scorer
from moderation.scoring.packs import open_pack
from moderation.scoring.scorer import RelevanceMissing

COMMENT = "You are an idiot. I think the minister is good! What did they say about minerals?"


def test_every_label_of_the_pack_gets_a_probability(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)])
    assert tuple(scores.toxicity) == LABELS == scorer.labels
    assert all(0 <= value <= 1 for value in scores.toxicity.values())
    assert (scores.scale, scores.relevance, scores.passage) == (Scale.NATURAL, None, None)


def test_the_stamp_names_pack_runtime_and_precision(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)])
    stamp = scores.pack
    assert (stamp.name, stamp.version, stamp.runtime, stamp.precision) == ("small", "1", "openvino", "f32")


def test_the_balanced_scale_is_another_probability_of_the_same_order(scorer: PackScorer) -> None:
    requests = [ScoreRequest(text=text) for text in (COMMENT, "good people", "bad " * 40)]
    natural, balanced = scorer.score(requests), scorer.score(requests, scale=Scale.BALANCED)
    for low, high in zip(natural, balanced, strict=True):
        assert high.toxicity["toxicity"] > low.toxicity["toxicity"]

    def order(found: list[float]) -> list[int]:
        return sorted(range(len(found)), key=found.__getitem__)

    assert order([s.toxicity["insult"] for s in natural]) == order([s.toxicity["insult"] for s in balanced])


def test_sentences_cover_the_text_as_it_was_written(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)])
    assert [COMMENT[s.start : s.end].strip() for s in scores.sentences] == [
        "You are an idiot.",
        "I think the minister is good!",
        "What did they say about minerals?",
    ]


def test_a_sentences_labels_are_those_that_it_has_alone(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)])
    (alone,) = scorer.score([ScoreRequest(text="I think the minister is good! ")])
    assert scores.sentences[1].labels == pytest.approx(alone.toxicity, abs=1e-5)


@pytest.mark.parametrize("scale", Scale)
def test_a_sentences_toxicity_is_the_worst_of_the_comment_times_its_chance_to_carry_it(
    scorer: PackScorer, scale: Scale
) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)], scale=scale)
    (balanced,) = scorer.score([ScoreRequest(text=COMMENT)], scale=Scale.BALANCED)
    worst = max([scores.toxicity["toxicity"], *(sentence.labels["toxicity"] for sentence in scores.sentences)])
    assert [sentence.toxicity for sentence in scores.sentences] == pytest.approx(
        [worst * sentence.labels["toxicity"] for sentence in balanced.sentences], abs=1e-6
    )


@pytest.mark.parametrize("unit", ["a\n", "q! ", "idiot.\n", "a. You idiot! ", "good。"])
def test_a_text_of_thousands_of_sentences_costs_what_prose_of_its_length_does(scorer: PackScorer, unit: str) -> None:
    (scores,) = scorer.score([ScoreRequest(text=unit * (5000 // len(unit)))])
    assert 1 < len(scores.sentences) <= 170


def test_the_only_sentence_is_the_whole(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text="You are an idiot")])
    (sentence,) = scores.sentences
    assert sentence.toxicity == scores.toxicity["toxicity"]


def test_sentences_are_left_out_unless_they_are_asked_for(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT, explain=False)])
    assert scores.sentences == ()


def test_disguise_is_scored_as_what_a_reader_sees_and_offsets_stay_as_written(scorer: PackScorer) -> None:
    disguised = "You are an i\u200bd\u200bi\u200bo\u200bt. I think the minister is good!"
    plain = "You are an idiot. I think the minister is good!"
    seen, meant = scorer.score([ScoreRequest(text=disguised), ScoreRequest(text=plain)])
    assert seen.toxicity == meant.toxicity
    assert [disguised[s.start : s.end] for s in seen.sentences][1] == "I think the minister is good!"
    assert [s.toxicity for s in seen.sentences] == [s.toxicity for s in meant.sentences]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "?", "😡", "\u200b" * 30, "\ud800 lone", "x" * 20_000, "good. " * 2_000, "यह अच्छा है", "\x00"],
    ids=["empty", "space", "lines", "mark", "emoji", "hidden", "surrogate", "one word", "long", "Hindi", "NUL"],
)
def test_any_text_is_scored(scorer: PackScorer, text: str) -> None:
    (scores,) = scorer.score([ScoreRequest(text=text)])
    assert all(0 <= value <= 1 for value in scores.toxicity.values())
    assert "".join(text[s.start : s.end] for s in scores.sentences) == text


def test_answers_come_in_the_order_of_the_requests(scorer: PackScorer) -> None:
    texts = ["bad " * n + "idiot" for n in (50, 1, 20, 3, 90, 2)]
    together = scorer.score([ScoreRequest(text=text) for text in texts])
    alone = [scorer.score([ScoreRequest(text=text)])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one.toxicity == pytest.approx(other.toxicity, abs=1e-5)


def test_no_request_no_answer(scorer: PackScorer) -> None:
    assert scorer.score([]) == []


def test_an_article_needs_a_pack_that_judges_relevance(packs_dir: Path) -> None:
    with pytest.raises(RelevanceMissing, match="'small'"):
        PackScorer(open_pack("small", packs_dir)).prepare(ArticleText(title="Trams"))


FRENCH = "Je pense que le ministre a parfaitement raison de vouloir investir dans notre industrie nationale."


def test_another_language_is_marked_and_still_scored(scorer: PackScorer) -> None:
    (scores,) = scorer.score([ScoreRequest(text=FRENCH)])
    assert (scores.language.code, scores.language.supported) == ("fr", False)
    assert scores.toxicity["toxicity"] > 0


@pytest.mark.usefixtures("without_world")
def test_a_language_goes_to_the_pack_that_it_is_routed_to(packs_dir: Path) -> None:
    routed = build_scorer("small", "openvino-f32", packs_dir, languages={"fr": "plain"}, threads=1)
    assert isinstance(routed, RoutedScorer)
    english, french, again = routed.score([ScoreRequest(text=t) for t in (COMMENT, FRENCH, "good")])
    assert (english.pack.name, french.pack.name, again.pack.name) == ("small", "plain", "small")
    assert french.language.supported
    assert len(french.toxicity) == 6
    assert routed.stamp.name == "small"


@pytest.mark.usefixtures("without_world")
def test_a_stated_language_routes_a_text_that_is_too_short_to_tell(packs_dir: Path) -> None:
    routed = build_scorer("small", "openvino-f32", packs_dir, languages={"fr": "plain"}, threads=1)
    (scores,) = routed.score([ScoreRequest(text="Bonne idée", languages=("fr",))])
    assert (scores.pack.name, scores.language.code) == ("plain", "fr")
