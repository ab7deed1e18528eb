"""The words and numbers of a text, found once: every finder begins at one of them, and looks only around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Tokens:
    """``spans`` are start and end of each run of letters and digits; ``words`` the same in lower case."""

    text: str

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in _TOKEN.finditer(self.text)]

    @cached_property
    def words(self) -> list[str]:
        text = self.text
        return [text[start:end].lower() for start, end in self.spans]

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def numbered(self) -> list[int]:
        """Positions of those that hold a digit."""
        return [at for at, word in enumerate(self.words) if not word.isalpha() and _DIGIT.search(word)]

    def between(self, at: int) -> str:
        """What stands between a token and the next one."""
        return self.text[self.spans[at][1] : self.spans[at + 1][0]]
