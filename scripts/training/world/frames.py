"""Sentences written for every language: words of abuse, names of groups in harmless and in hateful company, threats,
praise, everyday comments, advertisements.

A file ``written/CODE.toml`` is one language: its frames by family, and the words that fill them. Each group of people
is named as often in families that attack as in those that don't. For the languages without a corpus these are the only
sentences of their own that the model sees; the rest reaches them through what the encoder knows of all languages.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.training.examples import SPAM, Example

FOLDER = Path(__file__).with_name("written")
CLEAN = {
    "severe_toxicity": 0.0,
    "obscene": 0.0,
    "threat": 0.0,
    "insult": 0.0,
    "identity_attack": 0.0,
    "sexual_explicit": 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What its frames teach, and how often they are drawn beside the others."""

    share: int
    targets: Mapping[str, float]


FAMILIES: Mapping[str, Family] = {
    "hate": Family(
        share=20,
        targets={"toxicity": 0.94, "severe_toxicity": 0.1, "insult": 0.6, "identity_attack": 0.95, "threat": 0.02},
    ),
    "threat_group": Family(
        share=6, targets={"toxicity": 0.97, "severe_toxicity": 0.35, "threat": 0.9, "identity_attack": 0.93}
    ),
    "defence": Family(share=24, targets={**CLEAN, "toxicity": 0.04, "identity_attack": 0.04}),
    "insult": Family(
        share=16,
        targets={"toxicity": 0.95, "severe_toxicity": 0.08, "insult": 0.94, "identity_attack": 0.04, "threat": 0.02},
    ),
    "threat": Family(
        share=4,
        targets={"toxicity": 0.96, "severe_toxicity": 0.3, "insult": 0.3, "threat": 0.95, "identity_attack": 0.04},
    ),
    "profane": Family(share=5, targets={**CLEAN, "toxicity": 0.15, "obscene": 0.6, "insult": 0.04}),
    "things": Family(share=5, targets={**CLEAN, "toxicity": 0.08, "insult": 0.04}),
    "lone_insult": Family(
        share=7,
        targets={"toxicity": 0.93, "severe_toxicity": 0.08, "insult": 0.92, "identity_attack": 0.06, "threat": 0.02},
    ),
    "lone_curse": Family(
        share=10, targets={"toxicity": 0.9, "obscene": 0.85, "insult": 0.55, "identity_attack": 0.04, "threat": 0.03}
    ),
    "addressed": Family(share=8, targets={**CLEAN, "toxicity": 0.02}),
    "brief": Family(share=14, targets={**CLEAN, "toxicity": 0.01}),
    "kind": Family(share=6, targets={**CLEAN, "toxicity": 0.01}),
    "plain": Family(share=14, targets={**CLEAN, "toxicity": 0.02}),
    "advert": Family(share=4, targets={**CLEAN, "toxicity": 0.03, SPAM: 1.0}),
}
"""Families of every file. Abuse of things and kindly swearing keep a word and its meaning apart. An insult or a curse
that is all a comment says is aimed at somebody; beside those stand harmless comments as short (``brief``), and others
that say something harmless to somebody (``addressed``): otherwise "you are" is taken for an insult by itself."""
SLOT = re.compile(r"\{(\w+)\}")
CASED = 0.25
"""Share of the sentences that are written in small letters throughout, as many comments are."""
RESPELT, A_WORD = 0.5, 0.35
"""Share of the sentences, of a language that everybody spells otherwise, that are spelt anew, and of their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One language's file. ``groups`` are people as [many, many as an object, one]; ``words`` fill the other slots.

    ``spellings``, where the language has no one spelling: words that are the same, and parts of words that are.
    """

    language: str
    groups: Sequence[Sequence[str]]
    spellings: Sequence[Sequence[str]]
    words: Mapping[str, Sequence[str]]
    frames: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, path: Path) -> Written:
        """Raises ``SystemExit`` where a family is missing or a slot has no words."""
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        frames, words = found["frames"], found["words"]
        if missing := set(FAMILIES) ^ set(frames):
            raise SystemExit(f"{path.name}: families missing or unknown: {', '.join(sorted(missing))}.")
        unknown = {slot for family in frames.values() for frame in family for slot in SLOT.findall(frame)}
        if unknown := unknown - {"many", "object", "one", *words}:
            raise SystemExit(f"{path.name}: no words for {', '.join(sorted(unknown))}.")
        return cls(
            language=path.stem,
            groups=found["groups"],
            spellings=found.get("spellings", ()),
            words=words,
            frames=frames,
        )

    def one(self, rng: random.Random) -> Example:
        """One sentence of a family drawn by its share."""
        family = rng.choices(list(FAMILIES), [family.share for family in FAMILIES.values()])[0]
        many, object_, one = rng.choice(self.groups)
        fixed = {"many": many, "object": object_, "one": one}
        frame = rng.choice(self.frames[family])
        text = SLOT.sub(lambda slot: fixed.get(slot[1]) or rng.choice(self.words[slot[1]]), frame)
        text = text.lower() if rng.random() < CASED else text[:1].upper() + text[1:]
        if text[-1:] in ".。" and rng.random() < 0.4:
            text = text[:-1]
        if self.spellings and family != "advert" and rng.random() < RESPELT:
            text = " ".join(self._respelt(word, rng) for word in text.split(" "))
        targets = {SPAM: 0.0, **FAMILIES[family].targets}
        return Example(text=text, targets=targets, source=f"written/{self.language}/{family}")

    def _respelt(self, word: str, rng: random.Random) -> str:
        """The word, or one of its other spellings: as a whole where the file knows it, else by one of its parts."""
        if rng.random() >= A_WORD:
            return word
        for alike in self.spellings:
            if word in alike:
                return rng.choice(alike)
        parts = [
            (part, alike) for alike in self.spellings for part in alike if max(map(len, alike)) < 3 and part in word[1:]
        ]
        if not parts:
            return word
        part, alike = rng.choice(parts)
        place = word.index(part, 1)
        return word[:place] + rng.choice(alike) + word[place + len(part) :]


def languages() -> list[Written]:
    """Every file, by its language's code."""
    return [Written.read(path) for path in sorted(FOLDER.glob("*.toml"))]


def written(rng: random.Random, count: int, often: Mapping[str, float] | None = None) -> list[Example]:
    """``count`` sentences, as many in one language as in another but for those in ``often``, by how much oftener."""
    found = languages()
    shares = [(often or {}).get(one.language, 1.0) for one in found]
    return [one.one(rng) for one in rng.choices(found, shares, k=count)]


def names_of_people() -> list[str]:
    """Every form of every group's name: words that say nothing about what a comment is."""
    return sorted({form for language in languages() for group in language.groups for form in group})
