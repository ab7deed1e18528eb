"""What people write every day and are wrongly flagged for, beside the abuse that looks like it.

The frames and words are in ``written/everyday.toml``, the names in ``names.py``. Every seventh frame and every seventh
name is held out by its text: ``held_out_sentences`` makes what training never saw of them, for figures.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.training import names
from scripts.training.examples import SPAM, Example, held_back
from scripts.training.names import Names
from scripts.training.sentences import in_company

HELD_OUT = 1 / 7
BESIDE = 0.12
"""How often a sentence stands beside a harmless comment."""
_FILE = Path(__file__).parent / "written" / "everyday.toml"
_READ: Mapping[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
WORDS: Mapping[str, Sequence[str]] = _READ["words"]
_HARMLESS = {
    "toxicity": 0.015,
    "severe_toxicity": 0.0,
    "obscene": 0.02,
    "threat": 0.005,
    "insult": 0.01,
    "identity_attack": 0.005,
    "sexual_explicit": 0.005,
    SPAM: 0.02,
}
_TARGETS: Mapping[str, Mapping[str, float]] = {
    "harmless": _HARMLESS,
    "abuse": {"toxicity": 0.96, "insult": 0.93, "threat": 0.02, "identity_attack": 0.05, SPAM: 0.02},
    "hate": {"toxicity": 0.97, "identity_attack": 0.93, SPAM: 0.02},
    "threat": {"toxicity": 0.96, "threat": 0.93, SPAM: 0.02},
    "selfharm": {"toxicity": 0.97, SPAM: 0.02},
}
"""By a family's kind. What is missing is unknown."""
_SWEARING = re.compile(
    r"shit|fuck|bitch|bastard|\b(?:dumb|bad|half-)?ass(?:ed|es)?\b|arse|crap|damn|\btits?\b|hell\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Frames of one kind, and how often they are drawn."""

    name: str
    kind: str
    share: float
    frames: Sequence[str]

    def of(self, *, held_out: bool) -> Sequence[str]:
        return [frame for frame in self.frames if held_back(frame, HELD_OUT) is held_out]


FAMILIES = tuple(Family(**family) for family in _READ["family"])


@dataclass(frozen=True, slots=True)
class _Filler:
    names: Names
    comments: Sequence[str]
    rng: random.Random

    def __getitem__(self, slot: str) -> str:
        if slot in WORDS:
            return self.rng.choice(WORDS[slot])
        kind = slot.rstrip("2")
        if kind == "who":
            return self.names.person(self.rng)
        if kind == "place":
            return self.names.place(self.rng)
        return self.rng.choice(self.comments)[:300] if kind == "comment" else self.rng.choice(WORDS[kind])


def everyday(rng: random.Random, count: int, comments: Sequence[str], known: Names) -> list[Example]:
    """``count`` examples to train on, the families by their shares, with ``known`` names and harmless ``comments``."""
    shares = [family.share for family in FAMILIES]
    frames = {family.name: family.of(held_out=False) for family in FAMILIES}
    made = []
    for _ in range(count):
        family = rng.choices(FAMILIES, shares)[0]
        text = _filled(rng.choice(frames[family.name]), _Filler(known, comments, rng))
        example = _example(family, _worn(text, rng))
        if rng.random() < BESIDE and "{comment}" not in text:
            example = replace(in_company([example], comments, rng)[0], weight=1.0)
        made.append(example)
    return made


def held_out_sentences(rng: random.Random, each: int) -> dict[str, list[str]]:
    """By family ``each`` sentences or fewer, of frames and with names that training never saw."""
    known, found = names.held_out(), {}
    for family in FAMILIES:
        frames = [frame for frame in family.of(held_out=True) if "{comment}" not in frame]
        filler = _Filler(known, (), rng)
        texts = [_filled(frame, filler) for frame in frames for _ in range(each)]
        distinct = list(dict.fromkeys(texts))
        found[family.name] = rng.sample(distinct, min(each, len(distinct)))
    return found


def _filled(frame: str, filler: _Filler) -> str:
    """The frame with its slots filled, and articles that fit."""
    words = frame.format_map(filler).split(" ")
    for place in range(len(words) - 1):
        if words[place] in {"a", "A"} and words[place + 1][:1].lower() in set("aeiou"):
            words[place] += "n"
        elif words[place] in {"an", "An"} and words[place + 1][:1].lower() not in set("aeiouh"):
            words[place] = words[place][:-1]
    return " ".join(words)


def _worn(text: str, rng: random.Random) -> str:
    """As people type it: small letters, no full stop, a capital."""
    chance = rng.random()
    if chance < 0.2:
        return text.lower()
    if chance < 0.25:
        return text.upper()
    if chance < 0.4:
        return text.rstrip(".!")
    return text[:1].upper() + text[1:] if chance < 0.8 else text


def _example(family: Family, text: str) -> Example:
    targets = dict(_TARGETS[family.kind])
    if family.kind == "harmless" and _SWEARING.search(text):
        del targets["obscene"]
        targets["toxicity"] = 0.03
    return Example(text=text, targets=targets, source=f"everyday/{family.name}")
