"""Names from all over the world, for written sentences: a name says nothing about the one who bears it.

First and last names come from the package Faker, of every locale whose names are in Latin letters, and from
``written/names.toml``: syllables of which names are made that Faker hasn't, names that hold a crude word, and places.
A seventh of all is held out by the name itself: training never sees it, so figures can stand on names that are new.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from scripts.training.examples import held_back

HELD_OUT = 1 / 7
_LISTED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "written" / "names.toml").read_text(encoding="utf-8"))
_LATIN = re.compile(r"[A-Za-zÀ-ɏ'’ -]{2,24}")
_KINDS = ("first_names", "first_names_male", "first_names_female", "first_romanized_names", "first_names_nonbinary")
_LAST = ("last_names", "last_names_male", "last_names_female", "last_romanized_names")
CRUDE = 0.3
"""How often a name is one of those that hold a crude word: rare in life, and the ones that go wrong."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a written sentence may name. ``crude`` are whole names and ``places`` those that hold a crude word."""

    first: Sequence[str]
    last: Sequence[str]
    crude: Sequence[str]
    places: Sequence[str]

    def person(self, rng: random.Random) -> str:
        """A first name, a last one, or both."""
        if rng.random() < CRUDE:
            return rng.choice(self.crude)
        chance = rng.random()
        if chance < 0.2:
            return rng.choice(self.last)
        first = rng.choice(self.first) if chance < 0.85 else self._syllables(rng)
        return first if rng.random() < 0.35 else f"{first} {rng.choice(self.last)}"

    def place(self, rng: random.Random) -> str:
        return rng.choice(self.places)

    @staticmethod
    def _syllables(rng: random.Random) -> str:
        """A name of Chinese, Vietnamese, Korean or Indian sound; a held-out one is drawn anew."""
        while True:
            kind = rng.choice(list(_LISTED["syllables"].values()))
            parts = [rng.choice(part) for part in kind["parts"]]
            name = kind["between"].join(parts).title() if kind["between"] else "".join(parts).capitalize()
            if not _is_held_out(name):
                return str(name)


def taught() -> Names:
    """The names that training may see: those that are listed here, and the package Faker's."""
    here = listed()
    first, last = set(here.first), set(here.last)
    for provider in _providers():
        first |= set(_latin(provider, _KINDS))
        last |= set(_latin(provider, _LAST))
    return replace(here, first=_kept(first), last=_kept(last))


def listed() -> Names:
    """Those of them that are listed here."""
    return Names(*(_kept(_listed(kind)) for kind in ("first", "last", "crude", "places")))


def held_out() -> Names:
    """Listed names that training never saw, for figures: Faker isn't needed."""
    return Names(*(_left_out(_listed(kind)) for kind in ("first", "last", "crude", "places")))


def _listed(kind: str) -> list[str]:
    return [name.strip() for line in _LISTED[kind] for name in line.split(",")]


def _kept(names: Sequence[str] | set[str]) -> list[str]:
    return sorted(name for name in set(names) if not _is_held_out(name))


def _left_out(names: Sequence[str]) -> list[str]:
    return sorted(name for name in set(names) if _is_held_out(name))


def _is_held_out(name: str) -> bool:
    return name in _LISTED["always_held_out"] or held_back(name, HELD_OUT)


def _providers() -> Iterator[Any]:
    people = import_module("faker.providers.person")
    for module in iter_modules(people.__path__):
        if module.ispkg:
            yield import_module(f"{people.__name__}.{module.name}").Provider


def _latin(provider: Any, kinds: Sequence[str]) -> Iterator[str]:
    for kind in kinds:
        found = getattr(provider, kind, ())
        for name in found if isinstance(found, tuple | list | dict) else ():
            if _LATIN.fullmatch(name):
                yield name
