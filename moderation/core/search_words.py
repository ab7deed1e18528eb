"""What somebody types into the search field, as words to look for. Whatever is typed means something, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import regex

MOST = 12
_PIECE = regex.compile(r'"([^"]*)"?|([^\s"]+)')
_SPEAKING = regex.compile(r"[\p{L}\p{N}]")
_SHORTEST_START = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A word, or several in this order (``"the old bridge"``). A ``start`` also finds longer words (``bridg*``)."""

    text: str
    start: bool = False


def sought(typed: str) -> tuple[Sought, ...]:
    """What to look for: a text must have all of it. At most ``MOST`` pieces; what has no letter or number is none."""
    found = []
    for quoted, word in _PIECE.findall(typed):
        text = (quoted or word).strip()
        bare = text.rstrip("*")
        if not _SPEAKING.search(bare):
            continue
        start = not quoted and text.endswith("*") and len(bare) >= _SHORTEST_START
        found.append(Sought(text=bare if not quoted else text, start=start))
    return tuple(found[:MOST])
