"""Texts: what is kept, how long a reader finds it, when two are the same, and where links are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.errors import InvalidField
from moderation.core.text.written import MAX_MARKS, as_written, display_name, sameness, visible_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("  abc\n", 3),
        ("a  b", 3),
        ("a\r\n\r\nb", 3),
        ("a\tb", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("e" + "\u0301" * 50, 1),
        ("\u0301", 1),
        ("👍", 1),
        ("👍🏽", 1),
        ("👩‍👩‍👧‍👦", 1),
        ("🏳️‍🌈", 1),
        ("🇩🇪🇫🇷", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
        ("1️⃣", 1),
        ("한국어", 3),
        (unicodedata.normalize("NFD", "한국어"), 3),
        ("क्षत्रिय", 3),
        ("नमस्ते", 3),
        ("தமிழ்", 3),
        ("ภาษาไทย", 7),
        ("漢字", 2),
        ("a\u200db", 2),
        ("a\u200bb\u2060c\ufeff", 3),
        ("a\u00adb", 2),
        ("\u202eabc\u202c", 3),
        ("a\u3164b", 2),
        ("a\u2800b", 2),
        ("\u200d" * 100, 0),
        (" \u200b ", 0),
        ("\u2028\u2029\x0b", 0),
        ("a \u200b b", 3),
        ("\x00\x01", 0),
    ],
)
def test_a_text_is_as_long_as_a_reader_finds_it(text: str, length: int) -> None:
    assert visible_length(text) == length


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_length_is_the_same_before_and_after_what_is_kept(text: str) -> None:
    try:
        kept = as_written(text, "body")
    except InvalidField:
        return
    assert as_written(kept, "body") == kept
    assert visible_length(kept) <= len(kept)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_ascii_is_counted_by_the_short_way_as_by_the_long_one(text: str) -> None:
    # One letter beyond ASCII takes the long way.
    assert visible_length(text + "é") == len(" ".join((text + "é").split()))
    assert visible_length(text) == len(" ".join(text.split()))


def test_what_is_kept_is_canonical_and_trimmed() -> None:
    assert as_written(" e\u0301\r\nb\rc ", "body") == "é\nb\nc"


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "a\udfff", "a" + "\u0301\u0316" * MAX_MARKS, "ﾊ" + "\uff9e\u0316" * 99]
)
def test_what_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match=r"body: holds"):
        as_written(text, "body")


def test_a_hundred_marks_are_still_a_letter() -> None:
    assert as_written("a" + "\u0316" * MAX_MARKS, "body").startswith("a")


@pytest.mark.parametrize("name", ["  Ada \n Lovelace ", "Ada\u3000Lovelace", "Ada\tLovelace"])
def test_a_name_is_kept_on_one_line(name: str) -> None:
    assert display_name(name) == "Ada Lovelace"


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u3164", "\u2800\u200d"])
def test_an_invisible_name_is_no_name(name: str) -> None:
    with pytest.raises(InvalidField, match="empty"):
        display_name(name)


def test_case_spacing_and_invisible_characters_make_no_other_text() -> None:
    same = {
        "Hello there",
        "hello  THERE\n",
        "hel\u200blo there",
        "\uff48\uff45\uff4c\uff4c\uff4f there",
        "hello\u00a0there",
    }
    assert len({sameness(text) for text in same}) == 1
    assert sameness("hello there!") != sameness("hello there")
