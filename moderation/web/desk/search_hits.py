"""What a search has found, as pages show it: the text in pieces, those that were looked for among them."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.core.text.search_words import Sought, hits
from moderation.core.text.written import clusters
from moderation.web.shared.wording import short

LEAD = 24
"""Characters that an excerpt shows before the first of what was looked for: it must stand in the first line."""
_LOOKED_BACK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a text; ``hit``: it is what was looked for."""

    text: str
    hit: bool = False


def in_pieces(text: str, find: tuple[Sought, ...]) -> tuple[Piece, ...]:
    """A short text, whole."""
    return _pieces(text, hits(text, find) if find else [])


def excerpt(text: str, find: tuple[Sought, ...], length: int) -> tuple[Piece, ...]:
    """At most about so many characters of a text, on one line: its beginning, or what stands around the first hit."""
    line = " ".join(text.split())
    places = hits(line, find) if find else []
    start = _start(line, places[0][0]) if places else 0
    cut = short(line[start:], length)
    end = start + len(cut.removesuffix("…"))
    before = "… " if start else ""
    shift = len(before) - start
    inside = [(first + shift, min(last, end) + shift) for first, last in places if first < end]
    return _pieces(before + cut, inside)


def _start(line: str, hit: int) -> int:
    """Where the excerpt begins: at a word, if one begins near."""
    before = clusters(line[max(0, hit - _LOOKED_BACK) : hit])
    if len(before) <= LEAD:
        return 0 if hit <= _LOOKED_BACK else hit
    lead = "".join(before[-LEAD:])
    _, space, words = lead.partition(" ")
    return hit - len(words if space else lead)


def _pieces(text: str, places: list[tuple[int, int]]) -> tuple[Piece, ...]:
    found, at = [], 0
    for start, end in places:
        if start > at:
            found.append(Piece(text=text[at:start]))
        found.append(Piece(text=text[start:end], hit=True))
        at = end
    if at < len(text) or not found:
        found.append(Piece(text=text[at:]))
    return tuple(found)
