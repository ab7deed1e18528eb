"""Sentences written for training: who is named must say nothing about whether it is abuse.

Each family of frames (``written/frames.toml``) has its meaning. Frames that attack and frames that don't are drawn
equally often for every group of people, and the same frames are filled with people of no group and with things. The
kinds follow the published list of functions of hateful and harmless speech (derogation, threat, dehumanisation,
implicit hate, pronouns, negation, questions, counter-speech, quotation, profanity without abuse, abuse of things); the
sentences are our own.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.training.examples import SPAM, Example


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "written" / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Frames of one kind. ``about``: whom they name. ``loose``: they may get an opening and a closing."""

    name: str
    share: float
    about: str
    loose: bool
    targets: Mapping[str, float]
    frames: Sequence[str]


_PEOPLE: Mapping[str, Any] = _read("people")
PEOPLE: Mapping[str, Sequence[Sequence[str]]] = _PEOPLE["groups"]
"""Groups of people by kind: adjective, singular, plural."""
WORDS: Mapping[str, Sequence[str]] = _read("words")
FAMILIES = tuple(Family(**family) for family in _read("frames")["family"])


@dataclass(frozen=True, slots=True)
class _Filler:
    """Answers a frame's slots: ``{many}`` and the like name one group, every other slot is drawn from ``WORDS``."""

    adjective: str
    one: str
    many: str
    rng: random.Random

    def __getitem__(self, slot: str) -> str:
        fixed = {"adj": self.adjective or self.rng.choice(WORDS["plain"]), "one": self.one, "many": self.many}
        if slot in fixed:
            return fixed[slot]
        if slot == "name":
            return str(self.rng.choice(_PEOPLE["first_names"]))
        if slot == "thing":
            return str(self.rng.choice(_PEOPLE["things"]))
        if slot == "other":
            return str(self.rng.choice(_PEOPLE["others"])[2])
        return self.rng.choice(WORDS[slot.rstrip("2")])


def written(rng: random.Random, count: int) -> list[Example]:
    """``count`` examples: the families by their shares, the groups each as often as the others."""
    shares = [family.share for family in FAMILIES]
    return [_one(rng.choices(FAMILIES, shares)[0], rng) for _ in range(count)]


def _one(family: Family, rng: random.Random) -> Example:
    adjective, one, many = _someone(family, rng)
    text = rng.choice(family.frames).format_map(_Filler(adjective, one, many, rng))
    if family.loose:
        text = rng.choice(WORDS["opener"]) + text + (rng.choice(WORDS["closer"]) if text[-1] not in ".!?" else "")
    targets = {**family.targets, SPAM: 0.0}
    return Example(text=_tidied(text, rng), targets=targets, source=f"written/{family.name}")


def _someone(family: Family, rng: random.Random) -> Sequence[str]:
    if family.about == "groups":
        return rng.choice(PEOPLE[rng.choice(list(PEOPLE))])
    people: Sequence[Sequence[str]] = _PEOPLE[family.about]
    return rng.choice(people)


def _tidied(text: str, rng: random.Random) -> str:
    """Articles that fit, and a capital at the start more often than not."""
    words = text.split(" ")
    for place in range(len(words) - 1):
        if words[place] in {"a", "A"} and words[place + 1][:1].lower() in "aeiou":
            words[place] += "n"
    text = " ".join(words)
    chance = rng.random()
    if chance < 0.6:
        return text[0].upper() + text[1:]
    return text.lower() if chance < 0.8 else text


def in_company(written_ones: Sequence[Example], harmless: Sequence[str], rng: random.Random) -> list[Example]:
    """The same sentences beside a harmless comment: what surrounds abuse doesn't take it back."""
    mixed = []
    for example in written_ones:
        beside = rng.choice(harmless)[:300]
        text = f"{beside} {example.text}" if rng.random() < 0.5 else f"{example.text} {beside}"
        mixed.append(Example(text=text, targets=example.targets, source=example.source, weight=0.7))
    return mixed
