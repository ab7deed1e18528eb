"""Whatever touches a reader's or a site's text takes time in proportion to its length, on texts made to be hard too.

A linter for patterns (regexploit) reads neither possessive repeats nor ``\\p{...}``, and looks at one match alone, not
at a search that begins again at each place. So every compiled pattern is measured here instead.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import regex

import moderation.coral
import moderation.core
import moderation.perspective
import moderation.scoring
import moderation.web.shared.wording
from moderation.comments.articles import paragraphs_of
from moderation.coral.wire import is_html, links_in
from moderation.core.addresses import canonical_address
from moderation.core.errors import ModerationError
from moderation.core.ids import ids_in
from moderation.core.scores import ArticleText
from moderation.core.text.disguise import Undisguised, undisguise
from moderation.core.text.folding import folded
from moderation.core.text.likeness import buckets
from moderation.core.text.links import count_links
from moderation.core.text.markup import in_utf16, seen_in_html, text_in_html
from moderation.core.text.misread_names import names_understood
from moderation.core.text.names import comparable_name, earlier_forms, links_in_name, name_words, says_something
from moderation.core.text.scripts import word_count
from moderation.core.text.search_words import hits, sought, words_in
from moderation.core.text.sentences import sentences
from moderation.core.text.words import holds_foreign_abuse
from moderation.core.text.written import as_written, is_storable, sameness, storable, visible_length, written_within
from moderation.core.wordlist import Term, TermList
from moderation.perspective.requests import read_analyze
from moderation.scoring.language import LanguageDetector
from moderation.scoring.relevance import split_passages
from moderation.scoring.relevance_features import signs, stems, talk
from moderation.web.shared.wording import initial, short
from tests.core.hostile_shapes import SHAPES

LENGTH = 2500
TOO_SHORT_TO_TELL = 0.05
"""Seconds: what is done in less for four times the length can't be growing fast, and would be lost in the noise."""
GROWTH = 8.0
"""Four times the length takes four times as long, and twice that on a machine that is busy. Squares take sixteen."""
TRIES = 40

_WORDS = [
    "idiot",
    "fuck you",
    "*arsch*",
    "kurw*",
    "철수",
    "كلب",
    "漢字",
    "漢" * 9,
    "a" * 90,
    "b3rger",
    "e\u0301e",
    *(f"a {i}" for i in range(500)),
]
_TERMS = TermList(Term(id=str(i), text=word, why="") for i, word in enumerate(_WORDS))
_DETECTOR = LanguageDetector()

FUNCTIONS: dict[str, Callable[[str], object]] = {
    "as_written": lambda text: as_written(text, "body"),
    "ids_in": lambda text: list(ids_in(text)),
    "written_within": lambda text: written_within(text, "text", 10**7),
    "is_storable": is_storable,
    "storable": storable,
    "visible_length": visible_length,
    "sameness": sameness,
    "count_links": count_links,
    "folded": folded,
    "sentences": sentences,
    "undisguise": undisguise,
    "names_understood": lambda text: names_understood(Undisguised(text=text, offsets=range(len(text) + 1)), "en"),
    "seen_in_html": seen_in_html,
    "text_in_html": text_in_html,
    "is_html": is_html,
    "links_in": links_in,
    "in_utf16": lambda text: in_utf16(text, [(i, i + 1) for i in range(0, len(text), 10)]),
    "buckets": buckets,
    "word_count": word_count,
    "holds_foreign_abuse": holds_foreign_abuse,
    "sought": sought,
    "words_in": words_in,
    "hits": lambda text: hits(text, sought(text[:200])),
    "terms": _TERMS.found,
    "guess": _DETECTOR.guess,
    "stems": stems,
    "talk": talk,
    "signs": signs,
    "paragraphs_of": paragraphs_of,
    "split_passages": lambda text: split_passages(ArticleText(title=text, key_points=(text,), paragraphs=(text,))),
    "short": lambda text: short(text, 4000),
    "canonical_address": lambda text: canonical_address(f"https://news.example/{text}"),
    "initial": initial,
    "read_analyze": lambda text: read_analyze(
        {
            "comment": {"text": text, "type": "HTML"},
            "context": {"entries": [{"text": text, "type": "HTML"}]},
            "requestedAttributes": {"RELEVANCE": {}},
        }
    ),
}

OF_NAMES: dict[str, Callable[[str], object]] = {
    "links_in_name": links_in_name,
    "comparable_name": comparable_name.__wrapped__,  # which remembers nothing
    "earlier_forms": earlier_forms,
    "name_words": name_words,
    "says_something": says_something,
}
TOO_LONG_FOR_A_NAME = "combining marks"
"""Unicode's normalisation sorts a run of them in quadratic time. A name has 640 code points at most, in the service and
in ``moderation score`` (``display_name``), where that is a fraction of a millisecond.
"""
SHAPES_OF_NAMES: dict[str, Callable[[int], str]] = {
    unit: lambda length, unit=unit: unit * (length // len(unit))  # type: ignore[misc]
    for unit in ("a1!", "w.ww ", "a-", "Ре")
}

NOT_SEARCHED_FOR = {
    "moderation.core.text.sentences._LAST_WORD": "sees twelve characters at a time",
    "moderation.core.text.disguised_words._NAME_HERE": "is asked at one place, right after the last name",
}


def seconds(function: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    with suppress(ModerationError, UnicodeEncodeError):  # refused, which is an answer too
        function(text)
    return time.thread_time() - begun


def grows_too_fast(function: Callable[[str], object], shape: Callable[[int], str], tries: int = TRIES) -> str | None:
    """The times, where they grow faster than the text in every try."""
    large = shape(4 * LENGTH)
    best_small = best_large = float("inf")
    for _ in range(tries):
        best_large = min(best_large, seconds(function, large))
        if best_large <= TOO_SHORT_TO_TELL:
            return None
        best_small = min(best_small, seconds(function, shape(LENGTH)))
        if best_large <= GROWTH * best_small:
            return None
    return f"{best_small * 1000:.0f} ms and {best_large * 1000:.0f} ms"


def check(function: Callable[[str], object], shapes: Mapping[str, Callable[[int], str]] = SHAPES) -> None:
    slow = {name: times for name, shape in shapes.items() if (times := grows_too_fast(function, shape))}
    assert not slow


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_no_faster_than_the_text(name: str) -> None:
    check(FUNCTIONS[name])


@pytest.mark.parametrize("name", OF_NAMES)
def test_what_names_take_grows_no_faster_than_they_do(name: str) -> None:
    shapes = {**SHAPES, **SHAPES_OF_NAMES}
    del shapes[TOO_LONG_FOR_A_NAME]
    check(OF_NAMES[name], shapes)


def modules() -> Iterator[ModuleType]:
    for package in (moderation.core, moderation.coral, moderation.perspective, moderation.scoring):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".detoxify_" not in found.name:  # reads checkpoints, no texts, and needs libraries of its own
                yield importlib.import_module(found.name)
    yield moderation.web.shared.wording


@cache
def patterns() -> dict[str, Any]:
    """Every compiled pattern of the modules that read texts, by its full name."""
    found: dict[str, Any] = {}
    for module in modules():
        for name, value in vars(module).items():
            for index, one in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(one, re.Pattern | regex.Pattern):
                    found[f"{module.__name__}.{name}" + (f".{index}" if isinstance(value, tuple) else "")] = one
    return found


def test_the_patterns_are_found() -> None:
    assert len(patterns()) > 60
    assert patterns().keys() >= NOT_SEARCHED_FOR.keys()


@pytest.mark.parametrize("name", sorted(patterns().keys() - NOT_SEARCHED_FOR.keys()))
def test_searching_for_a_pattern_takes_time_that_grows_no_faster_than_the_text(name: str) -> None:
    pattern = patterns()[name]
    check(lambda text: sum(1 for _ in pattern.finditer(text)))


def test_growth_is_noticed() -> None:
    """What these tests would find: a search that begins again at each place of a run."""
    assert grows_too_fast(re.compile(r"!+\s").findall, lambda length: "!" * (length // 2), tries=8)
