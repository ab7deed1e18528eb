"""Texts that are alike share one of their four numbers; others don't."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.core.text.likeness import buckets, likeness

SPAM = "Earn {} dollars a day from home with this simple trick, just write to me and I will show you how it works"


def test_copies_with_a_word_changed_are_found() -> None:
    one, other = SPAM.format("900"), SPAM.format("450").upper()
    assert likeness(one, other) > 0.7
    found, also = buckets(one), buckets(other)
    assert found is not None
    assert also is not None
    assert any(a == b for a, b in zip(found, also, strict=True))


def test_texts_about_the_same_thing_in_other_words_are_not_alike() -> None:
    assert likeness("The trams are late again this week", "Again this city can't run a tram on time") < 0.1


def test_a_text_without_words_is_like_no_other() -> None:
    assert buckets("?! …") is None
    assert likeness("…", "…") == 0.0


@given(st.text())
def test_any_text_has_numbers_that_every_database_holds(text: str) -> None:
    found = buckets(text)
    assert found is None or (len(found) == 4 and all(0 <= number < 2**31 for number in found))
    assert likeness(text, text) == (0.0 if found is None else 1.0)
