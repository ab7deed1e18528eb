"""What the built-in pack is trained on."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from pathlib import Path

import pytest

from scripts.training.advertisements import advertisements
from scripts.training.corpora import CORPORA, held_back_rows, training_examples
from scripts.training.disguise import disguised
from scripts.training.examples import OUTPUTS
from scripts.training.sentences import PEOPLE, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten rows of every corpus, in the corpora's own labels."""
    labels = {
        "contextual_abuse_reddit": {"abusive": 1.0, "IdentityDirectedAbuse": 1.0, "PersonDirectedAbuse": 0.0},
        "explainable_sexism": {"sexist": 0.0},
        "gab_hate": {"hate": 0.0, "vulgar_offensive": 0.0},
        "stormfront": {"hate": 0.0},
        "hatemoji_build": {"hateful": 0.0},
        "youtube_spam": {"spam": 1.0},
        "wikipedia_rater_fractions": {"insult": 0.75, "obscene": 0.0},
    }
    data = tmp_path_factory.mktemp("data")
    (data / "train").mkdir()
    for corpus in CORPORA:
        name = corpus.file or corpus.name
        known = labels.get(name, {"toxicity": 0.25})
        with gzip.open(data / "train" / f"{name}.jsonl.gz", "wt") as lines:
            for number in range(200):
                every_label = {"sexual_explicit": 0.0} if name == "civil_comments" and number % 2 else {}
                lines.write(json.dumps({"text": f"{name} {number}", "labels": {**known, **every_label}}) + "\n")
    return data


def test_what_is_held_back_is_never_trained_on(folder: Path) -> None:
    trained = {example.text for example in training_examples(folder, random.Random(1))}
    for corpus in CORPORA:
        if corpus.held_back == 0:
            continue
        kept_back = {text for text, _ in held_back_rows(folder, corpus.name)}
        assert kept_back
        assert not kept_back & trained


def test_not_hateful_does_not_mean_not_toxic(folder: Path) -> None:
    for example in training_examples(folder, random.Random(1)):
        if example.source in {"gab_hate", "stormfront", "hatemoji_build", "explainable_sexism"}:
            assert example.targets["toxicity"] > example.targets["identity_attack"]


def test_an_unknown_label_teaches_nothing(folder: Path) -> None:
    by_source = {example.source: example.targets for example in training_examples(folder, random.Random(1))}
    assert set(by_source["youtube_spam"]) == {"spam"}
    assert "threat" not in by_source["wikipedia_rater_fractions"]
    assert "sexual_explicit" not in by_source["contextual_abuse_reddit"]


def test_a_missing_corpus_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--data"):
        training_examples(tmp_path, random.Random(1))


def test_naming_a_group_says_nothing_about_abuse() -> None:
    """Over all written sentences, those that name a group are toxic about as often for one group as for another."""
    mentions: dict[str, list[bool]] = defaultdict(list)
    for example in written(random.Random(7), 30_000):
        text = f" {example.text.lower()} "
        for group, people in PEOPLE.items():
            if any(f" {form.lower()} " in text for person in people for form in person if form):
                mentions[group].append(example.targets["toxicity"] >= 0.5)
    assert set(mentions) == set(PEOPLE)
    for group, toxic in mentions.items():
        assert 0.35 < sum(toxic) / len(toxic) < 0.6, group


def test_written_sentences_fill_every_slot_and_state_known_outputs() -> None:
    for example in written(random.Random(8), 3_000):
        assert "{" not in example.text
        assert set(example.targets) <= set(OUTPUTS)
        assert all(0 <= value <= 1 for value in example.targets.values())


def test_the_same_seed_writes_the_same_sentences() -> None:
    assert written(random.Random(9), 50) == written(random.Random(9), 50)


def test_an_advertisement_may_quote_a_comment_and_is_spam_still() -> None:
    made = advertisements(random.Random(1), 200, ["The council voted on Monday. It was late."])
    assert all(example.targets["spam"] == 1 for example in made)
    assert any("The council voted on Monday" in example.text for example in made)


def test_a_disguise_leaves_a_text_of_letters_and_spaces_readable() -> None:
    rng = random.Random(4)
    texts = {disguised("You are a complete disgrace", rng) for _ in range(60)}
    assert len(texts) > 20
    assert "YOU ARE A COMPLETE DISGRACE" in texts
