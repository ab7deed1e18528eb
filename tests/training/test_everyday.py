"""What people write every day, written for training: each kind beside its neighbours, and a part held out."""

from __future__ import annotations

import random
import re
import string

import pytest

from scripts.training import names
from scripts.training.everyday import FAMILIES, HELD_OUT, WORDS, everyday, held_out_sentences
from scripts.training.examples import OUTPUTS, held_back

COMMENT = "The vote was close."


@pytest.fixture(scope="module")
def written() -> list[tuple[str, str]]:
    """Family and text of some thousand sentences to train on."""
    made = everyday(random.Random(1), 4000, [COMMENT], names.listed())
    return [(example.source.removeprefix("everyday/"), example.text) for example in made]


def test_every_slot_of_every_frame_can_be_filled() -> None:
    known = {*WORDS, "who", "who2", "place", "place2", "comment"}
    for family in FAMILIES:
        for frame in family.frames:
            slots = {slot for _, slot, _, _ in string.Formatter().parse(frame) if slot}
            assert {slot for slot in slots if slot not in known and slot.rstrip("2") not in known} == set(), frame


def test_harmless_sentences_and_abuse_are_taught_apart() -> None:
    kinds = {f"everyday/{family.name}": family.kind for family in FAMILIES}
    for example in everyday(random.Random(2), 500, [COMMENT], names.listed()):
        assert set(example.targets) <= set(OUTPUTS)
        if kinds[example.source] == "harmless":
            assert example.targets["toxicity"] < 0.05
            assert example.targets["threat"] < 0.05
        else:
            assert example.targets["toxicity"] > 0.9


def test_every_family_is_written_and_every_family_is_held_out(written: list[tuple[str, str]]) -> None:
    assert {name for name, _ in written} == {family.name for family in FAMILIES}
    held = held_out_sentences(random.Random(1), 5)
    assert held.keys() == {family.name for family in FAMILIES}
    assert all(held.values())


def test_a_held_out_frame_is_never_trained_on(written: list[tuple[str, str]]) -> None:
    texts = {text.lower() for _, text in written}
    for family in FAMILIES:
        for frame in family.of(held_out=True):
            if "{" not in frame and len(frame) > 12:
                assert frame.lower() not in texts


def test_held_out_names_are_never_trained_on(written: list[tuple[str, str]]) -> None:
    everything = "\n".join(text.lower() for _, text in written)
    for name in ("Fuk Lam", "Penistone", "Scunthorpe", "Dick Van Dyke", "Clitheroe"):
        assert not re.search(rf"\b{name.lower()}\b", everything)
    known, held = names.listed(), names.held_out()
    for kind in ("first", "last", "crude", "places"):
        assert getattr(held, kind)
        assert not set(getattr(known, kind)) & set(getattr(held, kind))


def test_what_is_held_out_is_told_by_the_text_alone() -> None:
    frames = [frame for family in FAMILIES for frame in family.frames]
    share = sum(held_back(frame, HELD_OUT) for frame in frames) / len(frames)
    assert 0.1 < share < 0.2
