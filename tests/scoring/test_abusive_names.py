"""What the pack says of a name alone: abusive ones are told from those that people have, whatever these sound like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import NAME_SCORES
from moderation.core.scores import ArticleText, Scale, ScoreRequest
from moderation.core.text.names import says_something
from moderation.scoring import PackScorer, pack_scorer, scorer
from moderation.scoring.encoder import Encoded, Encoder, Parts

HERE = Path(__file__).parent
THRESHOLD = next(
    c.threshold for c in parse_configuration("").policy.rules_for().flag if str(c.key) == "name_toxicity_at_least"
)
TEXT = "I would rather have the trams back on the bridge."


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts the encoder is asked for from now on, call by call."""
    asked: list[int] = []
    encode = Encoder.encode

    def counts(self: Encoder, texts: Sequence[str], parts: Sequence[Parts] = ()) -> list[Encoded]:
        asked.append(len(texts))
        return encode(self, texts, parts)

    monkeypatch.setattr(Encoder, "encode", counts)
    return asked


def names_in(file: str) -> list[str]:
    return (HERE / file).read_text(encoding="utf-8").splitlines()


def toxicity(scorer: PackScorer, names: list[str]) -> dict[str, float]:
    answers = scorer.score([ScoreRequest(text=TEXT, name=name, explain=False) for name in names])
    return {name: (answer.name or {}).get("toxicity", 0.0) for name, answer in zip(names, answers, strict=True)}


def test_names_that_abuse_are_flagged_and_names_that_people_have_are_not(shipped: PackScorer) -> None:
    harmless, abusive = (toxicity(shipped, names_in(f"names_{kind}.txt")) for kind in ("harmless", "abusive"))
    wrongly = [name for name, value in harmless.items() if value >= THRESHOLD]
    missed = [name for name, value in abusive.items() if value < THRESHOLD]
    # A third of the harmless ones are there because they are hard: Penistone, Fuk Lam, Dick Van Dyke, Amir Butt.
    assert len(wrongly) < 0.08 * len(harmless), wrongly
    assert len(missed) < 0.10 * len(abusive), missed


def test_the_dangers_flag_no_name_that_people_have(shipped: PackScorer) -> None:
    rules = parse_configuration("").policy.rules_for()
    asked = [c for c in rules.whole("flag") if c.signal in NAME_SCORES and c.signal != "name_toxicity"]
    assert {c.signal for c in asked} == {"name_threat", "name_identity_attack", "name_severe_toxicity"}
    names = names_in("names_harmless.txt")
    answers = shipped.score([ScoreRequest(text=TEXT, name=name, explain=False) for name in names])
    flagged = [
        (name, condition.key)
        for name, answer in zip(names, answers, strict=True)
        for condition in asked
        if condition.holds((answer.name or {}).get(condition.signal.removeprefix("name_"), 0.0))
    ]
    assert len(flagged) < 0.01 * len(names), flagged  # Kill Bill, Slaughter


@pytest.mark.parametrize(
    "name", ["You stupid idiots", "K1ll all Muslims", "F u c k", "StupidIdiot_88", "Ѕtupid іdiot", "fuck_you_all"]
)
def test_a_disguised_or_run_together_name_is_scored_as_it_is_read(shipped: PackScorer, name: str) -> None:
    assert toxicity(shipped, [name])[name] >= THRESHOLD


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Priya S",
        "José García",
        "王芳",
        "Иван Петров",
        "محمد علي",
        "O'Brien",
        "reader_1987",
        "Ngozi Adichie",
    ],
)
def test_an_ordinary_name_is_calm_enough_to_be_published_at_once(shipped: PackScorer, name: str) -> None:
    assert toxicity(shipped, [name])[name] <= 0.05


def test_a_name_changes_no_score_of_the_text_and_the_text_none_of_the_name(scorer: PackScorer) -> None:
    alone, named = scorer.score([ScoreRequest(text=TEXT), ScoreRequest(text=TEXT, name="You stupid idiots")])
    assert (alone.toxicity, alone.sentences, alone.language) == (named.toxicity, named.sentences, named.language)
    assert alone.name == {}
    (other,) = scorer.score([ScoreRequest(text="Something else entirely.", name="You stupid idiots")])
    assert other.name == named.name
    assert set(named.name or {}) == set(scorer.labels)


def test_a_name_that_was_scored_lately_costs_nothing(packs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = pack_scorer("small", "openvino-f32", packs_dir, threads=1)
    asked = counted(monkeypatch)
    requests = [ScoreRequest(text=TEXT, name=name, explain=False) for name in ("You fool", "You fool", "All liars")]
    first = scorer.score(requests)
    assert asked[0] == 5  # three texts and two names, in one call
    asked.clear()
    assert [answer.name for answer in scorer.score(requests)] == [answer.name for answer in first]
    assert asked[0] == 3


def test_a_name_that_says_nothing_costs_nothing(packs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = pack_scorer("small", "openvino-f32", packs_dir, threads=1)
    asked = counted(monkeypatch)
    names = ("Priya Sharma", "Reader 17", "Zbigniew")
    answers = scorer.score([ScoreRequest(text=TEXT, name=name, explain=False) for name in names])
    assert asked[0] == 3
    assert [answer.name for answer in answers] == [{}, {}, {}]


def test_the_number_of_a_guest_makes_no_other_name_of_it(packs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = pack_scorer("small", "openvino-f32", packs_dir, threads=1)
    asked = counted(monkeypatch)
    names = ("Angry reader 17", "Angry reader 5521", "Angry reader", "Angry reader 88")
    answers = scorer.score([ScoreRequest(text=TEXT, name=name, explain=False) for name in names])
    assert asked[0] == 4 + 2  # what stands for hate is asked about
    assert answers[0].name == answers[1].name == answers[2].name


def test_every_abusive_name_is_scored() -> None:
    assert [name for name in names_in("names_abusive.txt") if not says_something(name)] == []


def test_a_sentence_for_a_name_in_a_language_that_the_pack_cannot_read_is_not_judged(shipped: PackScorer) -> None:
    request = ScoreRequest(text=TEXT, name="Ihr seid doch alle miteinander nur dumme Schweine und sonst gar nichts")
    assert shipped.score([request])[0].name is None
    short = ScoreRequest(text=TEXT, name="Ihr dummen Schweine")
    assert shipped.score([short])[0].name is not None


def test_names_that_hold_letters_of_abuse_are_read_as_names_and_still_tell_what_a_text_is_about(
    shipped: PackScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        "Thank you, Penistone, for the warmest welcome that we have ever had on a tour. See you all next year.",
        "I met Shital at the market in Cockermouth yesterday. We talked about the trams. She agrees with the council.",
        "Penistone is full of idiots. You fucking morons deserve every flood that you get.",
    ]
    article = ArticleText(title="Trains are back at Penistone", paragraphs=("The line past Penistone is open again.",))
    asked = [ScoreRequest(text=text, article=article) for text in texts]
    read = shipped.score(asked, scale=Scale.BALANCED)
    assert [answer.toxicity["toxicity"] > 0.5 for answer in read] == [False, False, True]
    assert read[2].toxicity["toxicity"] > 0.9
    assert [len(answer.sentences) for answer in read] == [2, 3, 2]

    monkeypatch.setattr(scorer, "names_understood", lambda seen, _language: seen)
    as_written = shipped.score(asked, scale=Scale.BALANCED)
    assert as_written[0].toxicity["toxicity"] > 0.5
    for now, before in zip(read, as_written, strict=True):
        assert (now.relevance, now.spam) == pytest.approx((before.relevance, before.spam), abs=0.01)
        assert [(one.start, one.end) for one in now.sentences] == [(one.start, one.end) for one in before.sentences]
