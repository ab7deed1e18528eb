"""The catalogues of messages: each language says everything that the code says, and fills in the same."""

from __future__ import annotations

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry

from moderation.core import messages
from moderation.core.messages import ENGLISH, FOLDER, LANGUAGES, direction, is_code, translations
from scripts.catalogues import extracted, wanted

EVERY = [(domain, language) for domain, languages in LANGUAGES.items() for language in languages]
catalogue = cache(messages.catalogue)
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@cache
def code(domain: str) -> Catalog:
    return extracted(domain)


def written(domain: str, language: str) -> list[Entry]:
    return [message for message in catalogue(domain, language) if message.id]


def words_of(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def names_in(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


@pytest.mark.parametrize(("domain", "language"), EVERY)
def test_a_catalogue_holds_what_the_code_says_and_nothing_else(domain: str, language: str) -> None:
    there = {(message.context, words_of(message.id)) for message in written(domain, language)}
    said = {(message.context, words_of(message.id)) for message in wanted(code(domain), language)}
    assert said - there == set(), "run: python -m scripts.catalogues"
    assert there - said == set(), "run: python -m scripts.catalogues"
    assert not catalogue(domain, language).obsolete


@pytest.mark.parametrize(("domain", "language"), EVERY)
def test_every_message_is_translated_and_none_is_a_guess(domain: str, language: str) -> None:
    forms = catalogue(domain, language).num_plurals
    for message in written(domain, language):
        words = words_of(message.string)
        assert all(words), f"{message.id} has no words in {language}"
        assert len(words) == (forms if message.pluralizable else 1), f"{message.id} lacks a form in {language}"
        assert not message.fuzzy, f"{message.id} is a guess in {language}"


@pytest.mark.parametrize(("domain", "language"), EVERY)
def test_a_translation_fills_in_what_the_original_fills_in(domain: str, language: str) -> None:
    for message in written(domain, language):
        first = words_of(message.id)[0]
        if is_code(first):
            english = catalogue(domain, ENGLISH).get(message.id)
            assert english is not None
            original = words_of(english.string)
        else:
            original = words_of(message.id)
        possible = {name for words in original for name in names_in(words)}
        for words in words_of(message.string):
            assert names_in(words) <= possible, f"{first} in {language}: {words}"
            assert possible - names_in(words) <= {"count", "num"}, f"{first} in {language}: {words}"
            words % dict.fromkeys(possible, 1)


@pytest.mark.parametrize("domain", LANGUAGES)
def test_there_is_no_catalogue_that_nobody_asks_for(domain: str) -> None:
    assert {path.parent.name for path in FOLDER.glob(f"*/{domain}.po")} == set(LANGUAGES[domain])


def test_a_language_that_a_domain_lacks_is_english() -> None:
    assert translations("reader", "tlh") is translations("reader", ENGLISH)
    assert translations("desk", "ar") is translations("reader", "ar")


def test_arabic_runs_from_right_to_left_and_the_others_do_not() -> None:
    assert [language for language in LANGUAGES["reader"] if direction(language) == "rtl"] == ["ar"]
