"""Words as the search knows them: a text and a query are folded and cut alike, whatever they hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.core.text.search_words import LONGEST_WORD, MAX_WORDS, hits, sought, words_in

LETTERS = (
    "aBßéøİı'’-_ \u00ad\u0301\u0306иИ漢字々・ーがか\u3099ガｶﾞ"
    "각ᄀ\u1161\u11a8กำ้ខ្មែ1٣½ﬁ﷽\ufdfaאַםאؤ\u0640آ\U00020000\U0001f469\u200d\U0001f130"
)
TEXTS = st.text(st.sampled_from(LETTERS) | st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXTS, TEXTS, TEXTS)
@example("", "がｶ", "ﾞ")
def test_what_a_text_holds_between_spaces_is_found_and_marked_in_it(before: str, word: str, after: str) -> None:
    quoted = sought('"' + word.replace('"', " ") + '"')
    text = unicodedata.normalize("NFC", f"{before} {word} {after}".replace('"', " "))
    found = hits(text, quoted)
    assert bool(found) == bool(quoted)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(hits(text[start:end], quoted) for start, end in found)


@given(st.text(st.sampled_from("aab1cC -'.\n"), max_size=40), st.sampled_from(["a", "B1", "aab*", '"a b"', "c' a"]))
def test_a_text_in_english_letters_is_marked_as_one_with_others_is(text: str, typed: str) -> None:
    assert hits(text, sought(typed)) == hits(f"{text} é", sought(typed))


@given(TEXTS)
def test_words_hold_letters_marks_and_numbers_alone(text: str) -> None:
    for word in words_in(text):
        assert 0 < len(word) <= LONGEST_WORD
        assert not set(word) & set(" '\"\\:&|!()<>*\n\0-_")


def test_an_endless_text_has_so_many_words_and_no_more() -> None:
    assert len(words_in("a b " * MAX_WORDS)) == len(words_in("漢字" * MAX_WORDS)) == MAX_WORDS
    assert words_in("x" * 500) == ["x" * LONGEST_WORD]
    assert hits("y " + "x" * 500, sought("x" * 200)) == [(2, 502)]


@pytest.mark.parametrize(("typed", "text"), [("й", "и"), ("が", "か"), ("क", "कि"), ("ก", "a"), ("strass", "Straße")])
def test_letters_that_differ_stay_different(typed: str, text: str) -> None:
    assert not hits(text, sought(typed))
