"""What the pack "world" is taught: corpora of many languages, English by its teacher, written sentences."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.training.examples import OUTPUTS, SPAM, Example
from scripts.training.world import frames, languages, teacher
from scripts.training.world.frames import FAMILIES, Written
from scripts.training.world.mix import mixture
from tests.training.world_data import corpora


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpora(tmp_path_factory.mktemp("data"))


def reading(name: str, **labels: float) -> dict[str, float]:
    source = next(source for source in languages.SOURCES if source.name == name)
    return source.read(labels)[0]


def test_offensive_leans_to_toxic_less_surely_than_toxic_does() -> None:
    offensive = reading("offenseval2020_tr", offensive=1)["toxicity"]
    toxic = reading("jigsaw_wikipedia_translated_fr", toxicity=1)["toxicity"]
    assert 0.5 < offensive < toxic


def test_hate_is_an_attack_on_an_identity_and_profanity_is_not() -> None:
    kinds = dict.fromkeys(("origin", "age", "gender", "race", "religion", "profanity"), 0.0)
    hateful = reading("kmhas_ko_news_comments_valid_test", hate=1, **{**kinds, "religion": 1.0})
    profane = reading("kmhas_ko_news_comments_valid_test", hate=1, **{**kinds, "profanity": 1.0})
    assert hateful["identity_attack"] > 0.5 > profane["identity_attack"]
    assert profane["obscene"] > 0.5
    assert "obscene" not in hateful


def test_what_a_corpus_does_not_say_stays_unknown() -> None:
    assert set(reading("poleval2019_task6_pl", harmful=1)) == {"toxicity"}
    assert not {"threat", "sexual_explicit", SPAM} & set(reading("cold_zh", offensive=1))
    assert "identity_attack" not in reading("toxifrench_benchmark_fr", toxicity=1)


def test_a_doubtful_rater_leaves_doubt() -> None:
    shares = [
        reading("told_br_pt", toxicity=float(share > 0), obscene=share, insult=0.0, racism=0.0)["toxicity"]
        for share in (0.0, 0.333, 0.667, 1.0)
    ]
    assert shares == sorted(shares)
    assert shares == pytest.approx([0.05, 0.62, 0.87, 0.96], abs=0.05)


def test_the_roman_urdu_set_is_read_the_right_way_round() -> None:
    assert reading("roman_urdu_hate_ur_latn", offensive=0)["toxicity"] > 0.5
    assert reading("roman_urdu_hate_ur_latn", offensive=1)["toxicity"] < 0.5


def test_what_is_held_back_is_never_taught(folder: Path) -> None:
    taught = {example.text for example in languages.examples(folder, random.Random(1), scale=3)}
    once = {example.text for example in languages.each_once(folder)}
    back = {row.text for source in languages.SOURCES for row, *_ in languages.taken(folder, source, back=True)}
    assert len(back) > 50
    assert not back & (taught | once)


def test_of_a_set_in_three_languages_only_those_wanted_are_taken(folder: Path) -> None:
    source = next(source for source in languages.SOURCES if source.languages)
    assert {row.language for row, *_ in languages.taken(folder, source, back=False)} <= set(source.languages)


def test_a_missing_set_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--data"):
        languages.examples(tmp_path, random.Random(1))


def test_the_teacher_answers_for_every_label_and_the_raters_move_it_where_they_spoke() -> None:
    rated = Example(text="some words", targets={"toxicity": 1.0}, source="news")
    logits = np.full((1, len(OUTPUTS)), -2.0)
    (taught,) = teacher.taught([rated], logits)
    said = 1 / (1 + np.exp(2.0))
    assert set(taught.targets) == set(OUTPUTS)
    assert taught.targets["threat"] == pytest.approx(said)
    assert said < taught.targets["toxicity"] < 1


def test_raters_who_saw_more_of_a_text_are_not_asked() -> None:
    long = Example(text="word " * 200, targets={"toxicity": 1.0}, source="news")
    short = teacher.shortened(long)
    assert len(short.text) <= teacher.LONGEST
    assert short.text.endswith("word")
    assert short.targets == {}
    assert teacher.shortened(Example(text="word", targets={"toxicity": 1.0}, source="news")).targets


def test_every_language_that_is_read_has_its_sentences() -> None:
    found = {language.language for language in frames.languages()}
    assert {"ru", "hi", "hi-Latn", "nl", "id", "vi", "cs", "sv", "ja"} <= found
    for language in frames.languages():
        assert len(language.groups) >= 15, language.language
        assert all(len(group) == 3 and all(group) for group in language.groups), language.language


def test_written_sentences_have_no_open_slots_and_state_known_outputs() -> None:
    for example in frames.written(random.Random(2), 3_000):
        assert "{" not in example.text
        assert set(example.targets) <= set(OUTPUTS)
        assert all(0 <= value <= 1 for value in example.targets.values())


def test_some_languages_can_be_written_oftener_than_others() -> None:
    spoken = Counter(one.source.split("/")[1] for one in frames.written(random.Random(1), 2_000, {"tr": 10.0}))
    assert spoken["tr"] > 5 * max(count for language, count in spoken.items() if language != "tr")


def test_every_language_has_curses_and_harmless_comments_as_short() -> None:
    for language in frames.languages():
        said = [example for _ in range(1_500) if len((example := language.one(random.Random(_))).text.split()) < 3]
        shares = {example.targets["toxicity"] > 0.5 for example in said}
        assert shares == {True, False}, language.language
        both = set(language.words["curse"]) & set(language.frames["brief"])
        assert not both, language.language


def test_hindi_in_latin_letters_is_spelt_in_many_ways() -> None:
    language = next(one for one in frames.languages() if one.language == "hi-Latn")
    said = replace(language, frames={key: ["sab log izzat ke haqdar hain"] for key in FAMILIES})
    found = [said.one(random.Random(seed)).text.lower() for seed in range(400)]
    assert 0.3 < found.count("sab log izzat ke haqdar hain") / len(found) < 0.8
    assert len(set(found)) > 10
    assert all(abs(len(text) - len(found[0])) < 8 and len(text.split()) == 6 for text in found)
    german = next(one for one in frames.languages() if one.language == "de")
    plain = replace(german, frames={key: ["Alle haben Rechte"] for key in FAMILIES})
    assert {plain.one(random.Random(seed)).text.lower() for seed in range(50)} == {"alle haben rechte"}


def test_a_group_is_attacked_no_oftener_than_it_stands_in_harmless_company() -> None:
    shares = Counter({name: family.share for name, family in FAMILIES.items()})
    for language in frames.languages():
        named: dict[bool, float] = defaultdict(float)
        for name, family in language.frames.items():
            naming = sum(any(slot in frame for slot in ("{many}", "{object}", "{one}")) for frame in family)
            named[FAMILIES[name].targets["toxicity"] >= 0.5] += shares[name] * naming / len(family)
        assert 0.4 < named[True] / (named[True] + named[False]) < 0.6, language.language


def test_a_file_without_words_for_a_slot_or_without_a_family_is_refused(tmp_path: Path) -> None:
    whole = (frames.FOLDER / "sv.toml").read_text(encoding="utf-8")
    for harm, named in ((("\nvermin =", "\nother ="), "vermin"), (("\nthings =", "\nthink ="), "things")):
        (tmp_path / "sv.toml").write_text(whole.replace(*harm), encoding="utf-8")
        with pytest.raises(SystemExit, match=named):
            Written.read(tmp_path / "sv.toml")


def test_the_mix_is_the_same_for_the_same_seed_and_has_every_kind(folder: Path) -> None:
    english = [Example(text=f"fine {n}", targets=dict.fromkeys(OUTPUTS, 0.01), source="news") for n in range(20)]
    made = mixture(folder, english, 3, scale=0.05)
    assert made == mixture(folder, english, 3, scale=0.05)
    sources = {example.source.split("/")[0] for example in made}
    assert {"news", "written", *(source.name for source in languages.SOURCES)} <= sources
