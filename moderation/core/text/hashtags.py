"""The words of a hashtag ("#KillTheBill"): capitals and underscores are where one ends and the next begins."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from moderation.core.text.disguised_words import outside_names

Edit = tuple[int, int, str]

_HASHTAG = regex.compile(r"(?<![\w#&/])#(?=[^\W\d_])\w++")
_BEGINS = regex.compile(
    r"(?<=[\p{L}\p{N}][\p{Ll}\p{N}])\p{Lu}|(?<=\p{Lu})\p{Lu}(?=\p{Ll}{2})|(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}])"
)


def hashtag_words(text: str) -> Iterator[Edit]:
    """Edits that set the words of hashtags apart, as a reader reads them. One without capitals inside stays."""
    if "#" not in text:
        return
    for start, tag in outside_names(text, _HASHTAG):
        for match in _BEGINS.finditer(tag):
            place = start + match.start()
            yield place, place + 1, " " if match[0] == "_" else f" {match[0]}"
