"""The text that a reader sees of an HTML fragment, with the way back; and offsets as other languages count them.

A parser library gives the text without the way back, or takes time that grows with the square of a hostile input.
What is needed of HTML here is small: tags go, character references become characters, scripts and styles are no text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

import regex

_TOKEN = regex.compile(
    r"<!--|</?(?P<tag>[a-zA-Z][a-zA-Z0-9:-]*+)[^<>]*+>|<[!?][^<>]*+>|&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?"
)
_BREAKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
"""Elements that begin a new line to a reader's eye."""
_SILENT = frozenset({"script", "style", "template", "noscript", "textarea", "title", "head"})
"""Elements whose content a reader doesn't see as text of the comment."""


@dataclass(frozen=True, slots=True)
class SeenText:
    """A text as a reader sees it. Its character ``i`` was written as ``written[starts[i]:ends[i]]``.

    ``starts`` and ``ends`` are None where the text was sent as it is read.
    """

    text: str
    written: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def as_written(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]``, which must not be empty, stands in ``written``."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def seen_in_html(html: str) -> SeenText:
    """The text of an HTML fragment. Whatever is no markup is text: ``I <3 you & you`` stays. Takes linear time."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end, one_to_one in _pieces(html):
        pieces.append(text)
        starts.extend(range(start, end) if one_to_one else [start] * len(text))
        ends.extend(range(start + 1, end + 1) if one_to_one else [end] * len(text))
    return SeenText("".join(pieces), html, starts, ends)


def text_in_html(html: str) -> str:
    """The same text without the way back, in half the time."""
    return "".join([text for text, *_ in _pieces(html)])


def _pieces(html: str) -> Iterator[tuple[str, int, int, bool]]:
    """Pieces of what is seen, where each was written from and to, and whether it was written as it is seen."""
    at = 0
    unclosed: set[str] = set()
    while token := _TOKEN.search(html, at):
        start, end = token.span()
        yield html[at:start], at, start, True
        tag = (token["tag"] or "").lower()
        if html.startswith("<!--", start):
            at = _after(html, "-->", end, unclosed)
        elif html[start] == "&":
            yield unescape(token[0]), start, end, False
            at = end
        else:
            if tag in _BREAKS:
                yield "\n", start, end, False
            opens = tag in _SILENT and html[start + 1] != "/" and not token[0].endswith("/>")
            at = _after(html, f"</{tag}", end, unclosed) if opens else end
    yield html[at:], at, len(html), True


def _after(html: str, close: str, at: int, unclosed: set[str]) -> int:
    """The place right after ``close``; ``at`` where it never comes, which is looked for only once."""
    if close in unclosed:
        return at
    found = regex.compile(regex.escape(close), regex.IGNORECASE).search(html, at)
    if found is None:
        unclosed.add(close)
        return at
    if close == "-->":
        return found.end()
    return found.start()  # the closing tag is a token of its own


def in_utf16(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of code points as spans of UTF-16 code units, as JavaScript and Java count them."""
    astral = [index for index, character in enumerate(text) if character > "\uffff"]
    return [(start + bisect_left(astral, start), end + bisect_left(astral, end)) for start, end in spans]
