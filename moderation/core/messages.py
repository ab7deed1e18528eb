"""Sentences in the language of whoever reads them: the catalogues, and messages as codes with parameters.

A catalogue is ``catalogues/LANGUAGE/DOMAIN.po`` (gettext), its only form: it is compiled in memory when it is first
asked for. Domains: ``section`` (what a newspaper embeds), ``reader`` (pages and answers for readers), ``desk`` (for
moderators). What a page says has its English for a name; what the core says has a code, whose English stands in
``en/reader.po``. ``python -m scripts.catalogues`` brings the catalogues up to date with the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "section": ("en", "de", "fr", "es", "pt", "hi", "ar"),
    "reader": ("en", "de", "fr", "es", "pt", "hi", "ar"),
    "desk": ("en", "de", "fr", "es"),
}
"""The languages of each domain, English first: what is not said in a language is said in English."""
RIGHT_TO_LEFT = frozenset({"ar"})
FOLDER = Path(__file__).parent / "catalogues"
_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


def direction(language: str) -> str:
    """Which way a language is written, as HTML says it: ``ltr`` or ``rtl``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def catalogue(domain: str, language: str) -> Catalog:
    """The catalogue as it is written. Raises OSError where there is none."""
    with (FOLDER / language / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language, domain=domain)


@cache
def translations(domain: str, language: str) -> NullTranslations:
    """What the domain says in a language, ready to be asked. The desk shares the words of the pages for readers."""
    if language not in LANGUAGES[domain]:
        return translations(domain, ENGLISH)
    compiled = BytesIO()
    write_mo(compiled, catalogue(domain, language))
    compiled.seek(0)
    found = GNUTranslations(compiled)
    if domain == "desk":
        found.add_fallback(translations("reader", language))
    return found


def is_code(text: str) -> bool:
    """Whether this names a sentence instead of being one: ``comment_too_short``."""
    return _CODE.fullmatch(text) is not None


def noted(text: str) -> str:
    """The same text, which stands in the catalogues: translated only when it is shown."""
    return text


def counted(code: str) -> str:
    """The same code, whose sentence differs with a number: with the parameter ``count``."""
    return code


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence as its code in the domain ``reader`` and what is filled in. ``count`` among the parameters chooses
    between singular and plural. ``str(message)`` is its English.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        """The sentence in a language; in English where the reader's catalogues lack it."""
        said = translations("reader", language)
        count = self.params.get("count")
        words = said.gettext(self.code) if count is None else said.ngettext(self.code, self.code, count)
        params = {
            name: value.told(language) if isinstance(value, Message) else value for name, value in self.params.items()
        }
        return words % params if params else words.replace("%%", "%")
