"""A comment's text in pieces, as the desk marks them: how toxic a sentence is, private data, what was searched for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from moderation.core.private_data import Place
from moderation.core.scores import SentenceScore
from moderation.web.shared.languages import gettext

FAINTEST = 0.1
"""Share of the alarm under which no sentence is shaded: what is harmless as a whole has nothing to point at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the text. ``heat`` says how strongly it is shaded, 0 (not at all) to 3; ``private`` what private data
    it holds, such as "telephone number", which is said before it where ``told``; ``hit`` that it was searched for.
    """

    text: str
    heat: int
    private: str | None = None
    told: bool = True
    hit: bool = False


def shaded(text: str, sentences: Sequence[SentenceScore], alarm: float) -> Iterable[Span]:
    """The text in pieces; those sentences are shaded that come near ``alarm``, reach it, or go far beyond it.

    In a comment that lies below it, those are shaded lightly that come near its highest sentence.
    """
    highest = max((sentence.toxicity for sentence in sentences), default=0.0)
    near = min(alarm * 0.5, max(highest * 0.4, alarm * FAINTEST))
    levels = (near, alarm, alarm + (1 - alarm) * 0.6)
    at = 0
    for sentence in sentences:
        if sentence.start > at:
            yield Span(text=text[at : sentence.start], heat=0)
        heat = sum(sentence.toxicity >= level for level in levels)
        yield Span(text=text[max(at, sentence.start) : sentence.end], heat=heat)
        at = max(at, sentence.end)
    if at < len(text):
        yield Span(text=text[at:], heat=0)


def with_private_data(spans: Iterable[Span], private: Sequence[Place]) -> Iterator[Span]:
    """The same pieces, cut where private data begins and ends; ``private`` is in order, without overlap."""
    for span, place in _cut_at(spans, [(place.start, place.end) for place in private]):
        yield span if place is None else replace(span, private=gettext(private[place].kind.value), told=True)


def with_hits(spans: Iterable[Span], places: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """The same pieces, cut where what was searched for begins and ends; ``places`` are in order, without overlap."""
    for span, place in _cut_at(spans, places):
        yield span if place is None else replace(span, hit=True)


def _cut_at(spans: Iterable[Span], places: Sequence[tuple[int, int]]) -> Iterator[tuple[Span, int | None]]:
    """The pieces, cut where these places begin and end, each with the number of the place that it lies in."""
    at = number = 0
    for span in spans:
        begun = start = at
        at = end = start + len(span.text)
        while start < end:
            while number < len(places) and places[number][1] <= start:
                number += 1
            first, last = places[number] if number < len(places) else (end, end)
            inside = first <= start < last
            stop = min(end, last if inside else max(first, start))
            piece = replace(span, text=span.text[start - begun : stop - begun], told=span.told and start == begun)
            yield piece, number if inside else None
            start = stop
