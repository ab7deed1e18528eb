"""What is shown is what is measured: nothing that takes room without counting is kept in heaps."""

from __future__ import annotations

import pytest

from moderation.core.text.written import KEPT_BLANKS, KEPT_MARKS, as_written, display_name, visible_length


@pytest.mark.parametrize(
    "breaks",
    [
        "\n" * 40_000,
        "\r\n" * 9,
        "\r" * 9,
        "\n \n\t\n",
        "\n\u200b\n\u2800\n",
        "\u2028" * 9,
        "\x0b\x0c\x85",
        "\u2029\n\r",
    ],
)
def test_of_line_breaks_in_a_row_two_are_kept(breaks: str) -> None:
    assert as_written(f"one{breaks}two", "body") == "one\n\ntwo"


def test_one_empty_line_stays() -> None:
    assert as_written("one\ntwo\n\nthree", "body") == "one\ntwo\n\nthree"


@pytest.mark.parametrize("mark", ["\u0301", "\u0e47", "\u05bc", "\u0651", "\u20dd"])
def test_of_marks_piled_on_a_letter_eight_are_kept(mark: str) -> None:
    kept = as_written("x" + mark * 90 + "y", "body")
    assert kept.count(mark) <= KEPT_MARKS
    assert kept[0] in "x"
    assert kept[-1] == "y"
    assert display_name("x" + mark * 90) == kept[:-1]


@pytest.mark.parametrize(
    "text",
    ["Việt Nam", "ཧྐྵྨླྺྼྻྂ", "שּֽׁ֛", "ก็ที่", "क्षत्रिय", "👩‍👩‍👧‍👦🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)
def test_letters_of_living_scripts_and_emoji_stay_whole(text: str) -> None:
    assert visible_length(as_written(text, "body")) == visible_length(text)
    assert len(as_written(text, "body")) >= len(text) - 2  # but for what NFC composes


@pytest.mark.parametrize("blank", ["\u2800", "\u3164", "\u00a0", "\u2003", "\u200d", "\u00a0 "])
def test_long_runs_of_blanks_are_cut(blank: str) -> None:
    assert len(as_written(f"one{blank * 5000}two", "body")) == len("onetwo") + KEPT_BLANKS


def test_spaces_stay_as_they_were_written() -> None:
    text = "a table" + " " * 40 + "of words"
    assert as_written(text, "body") == text


@pytest.mark.parametrize(
    "text", ["a" + "\u0301\u0316" * 49, "a\n \n \n\u2800\n" + "\u3164" * 99 + "b", "\ufb2c" + "\u05bc" * 20]
)
def test_what_is_kept_is_kept_the_same_again(text: str) -> None:
    assert as_written(as_written(text, "body"), "body") == as_written(text, "body")
