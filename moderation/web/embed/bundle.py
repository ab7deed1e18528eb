"""The comment section's script, put together from what a person reads: ``static/embed/`` and the catalogues.

A page loads one file, so that one is made when it is first asked for: the modules in the order in which they need each
other, without their imports, made small (``tightening``); before them the styles and which languages there are. It asks
of the sources that imports stand on lines of their own, and that no two modules declare the same name.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from hashlib import sha256
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog

from moderation.core.messages import ENGLISH, LANGUAGES, catalogue
from moderation.web.embed.tightening import tightened, tightened_css, with_short_names

STATIC = Path(__file__).parent.parent / "static"
SOURCES = STATIC / "embed"

_IMPORT = re.compile(r'^import [^;]* from "([^"]+)";\n', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is served. ``version`` changes with its text."""

    body: bytes
    compressed: bytes
    version: str
    kind: str

    @classmethod
    def of(cls, text: str, kind: str) -> Asset:
        body = text.encode()
        compressed = gzip.compress(body, 9, mtime=0)
        return cls(body=body, compressed=compressed, version=sha256(body).hexdigest()[:7], kind=kind)


@cache
def embed_script() -> Asset:
    """``embed.js``: the section's modules, its styles and its English."""
    languages = {language: word_file(language).version for language in LANGUAGES["section"] if language != ENGLISH}
    constants = {
        "STYLES": tightened_css((SOURCES / "section.css").read_text()),
        "LANGUAGES": {ENGLISH: "1"} | languages,
    }
    declared = "".join(f"const {name}={_json(value)};\n" for name, value in constants.items())
    modules = [declared, *(_module(path) for path in in_order(SOURCES / "main.js"))]
    script = with_short_names(*map(tightened, modules))
    return Asset.of(f"(()=>{{{script}}})();\n", "text/javascript; charset=utf-8")


@cache
def counts_script() -> Asset:
    """``counts.js``: numbers of comments on pages that list articles."""
    return Asset.of(tightened((STATIC / "counts.js").read_text()), "text/javascript; charset=utf-8")


@cache
def word_file(language: str) -> Asset:
    """What a language says for the section's English: ``{English: words}``; where a number matters, words by CLDR's
    kinds of numbers. Raises KeyError for a language that the section doesn't speak.
    """
    if language not in LANGUAGES["section"] or language == ENGLISH:
        raise KeyError(language)
    found = catalogue("section", language)
    sources = "".join(path.read_text() for path in in_order(SOURCES / "main.js"))
    words: dict[str, object] = {}
    for message in found:
        first = message.id if isinstance(message.id, str) else message.id[0]
        if first and f'"{first}"' in sources:
            words[first] = _by_kind(found, message.string) if isinstance(message.string, tuple) else message.string
    return Asset.of(_json(words), "application/json")


def in_order(path: Path, seen: dict[Path, None] | None = None) -> list[Path]:
    """A module after all that it imports."""
    seen = {} if seen is None else seen
    path = path.resolve()
    if path not in seen:
        for imported in _IMPORT.findall(path.read_text()):
            in_order(path.parent / imported, seen)
        seen[path] = None
    return list(seen)


def _module(path: Path) -> str:
    return _IMPORT.sub("", path.read_text()).replace("\nexport const ", "\nconst ")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_NUMBERS = (*range(1, 201), 0, 1_000_000)


def _by_kind(found: Catalog, forms: tuple[str, ...]) -> dict[str, str]:
    """A message's forms by CLDR's kinds, as browsers tell numbers apart; gettext tells them apart by an expression."""
    kind_of, place_of = Locale.parse(found.locale_identifier).plural_form, c2py(found.plural_expr)
    examples: dict[str, int] = {}
    for number in _NUMBERS:
        examples.setdefault(kind_of(number), number)
    return {kind: forms[place_of(number)] for kind, number in examples.items()}
