"""Texts are split into sentences that cover them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.text.sentences import FEW, LONGEST, SHORT, not_too_many, sentences


def split(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("all lower case. no capitals anywhere. go away", ["all lower case.", "no capitals anywhere.", "go away"]),
        ("Dr. Smith met Mrs. Jones. They agreed.", ["Dr. Smith met Mrs. Jones.", "They agreed."]),
        ("J. R. Tolkien wrote it. I read it.", ["J. R. Tolkien wrote it.", "I read it."]),
        ("It costs 3.50 at example.com/a.b today. Fine.", ["It costs 3.50 at example.com/a.b today.", "Fine."]),
        ('He said "Go away!" Then he left.', ['He said "Go away!"', "Then he left."]),
        ("Well... maybe. Yes…", ["Well...", "maybe.", "Yes…"]),
        ("first line\nsecond line\n\nthird", ["first line", "second line", "third"]),
        ("What?!?! No way!!! :)", ["What?!?!", "No way!!! :)"]),
        ("यह अच्छा है। बहुत अच्छा।", ["यह अच्छा है।", "बहुत अच्छा।"]),
        ("これは文です。これも文です。", ["これは文です。", "これも文です。"]),
        ("i.d.i.o.t you", ["i.d.i.o.t you"]),
        ("You idiot.", ["You idiot."]),
        ("😡😡 Go. 😂", ["😡😡 Go.", "😂"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_an_empty_text_has_no_sentence() -> None:
    assert sentences("") == []


def test_a_text_without_punctuation_is_cut_at_spaces() -> None:
    pieces = split("word " * 500)
    assert len(pieces) > 5
    assert all(set(piece.split()) == {"word"} for piece in pieces)


def test_a_text_without_spaces_is_cut_too() -> None:
    assert [end - start for start, end in sentences("x" * (2 * LONGEST + 5))] == [LONGEST, LONGEST, 5]


@given(st.text(alphabet=st.sampled_from("ab. !?\n…\"')。।,1é\u200b"), max_size=300))
def test_sentences_cover_the_text_in_order_and_are_bounded(text: str) -> None:
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= LONGEST for start, end in spans)


@given(
    st.lists(st.sampled_from(["a\n", "q! ", "You idiot.\n", "no end ", "x" * 300 + ". "]), max_size=400).map("".join)
)
def test_short_sentences_are_joined_where_there_are_many(text: str) -> None:
    found = sentences(text)
    joined = not_too_many(found)
    assert len(joined) <= max(FEW, 1 + 2 * len(text) // SHORT)
    assert [start for start, _ in joined[1:]] == [end for _, end in joined[:-1]]
    if found:
        assert (joined[0][0], joined[-1][1]) == (0, len(text))
    assert all(end - start <= LONGEST for start, end in joined)
    if len(found) <= FEW:
        assert joined == found
