"""HTML as a reader sees it, with the way back; offsets in UTF-16."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.core.text.markup import in_utf16, seen_in_html

PIECES = ["<p>", "</p>", "<b class='x'>", "&amp;", "&#128512;", "&nope;", "&", "<", ">", "<!-- ", "-->", "<script>"]
PIECES += ["</script>", "<br/>", "idiot", "é", "😀", " ", "\n", '"', "<style>", "<3", "x<y", "&lt", "<!doctype html>"]


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("plain", "plain"),
        ("I <3 you & you < me", "I <3 you & you < me"),
        ("a&nbsp;b&amp;c&lt;d", "a\xa0b&c<d"),
        ("<p>one</p><p>two</p>", "\none\n\ntwo\n"),
        ("sp<b>li</b>t", "split"),
        ("a<!-- hidden -->b", "ab"),
        ("a<script>var x = '<p>';</script>b", "ab"),
        ("a<!-- never closed", "a never closed"),
        ("<script>never closed", "never closed"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<img alt='x' src=y>z", "z"),
        ("", ""),
    ],
)
def test_a_reader_sees_the_text_and_no_markup(html: str, seen: str) -> None:
    assert seen_in_html(html).text == seen


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("<p>Caf&eacute;</p>")
def test_every_character_seen_leads_back_to_where_it_was_written(html: str) -> None:
    seen = seen_in_html(html)
    assert seen.starts is not None
    assert seen.ends is not None
    assert len(seen.starts) == len(seen.ends) == len(seen.text)
    assert list(seen.starts) == sorted(seen.starts)
    for index, character in enumerate(seen.text):
        start, end = seen.as_written(index, index + 1)
        written = html[start:end]
        assert written == character or written.startswith("&") or (character == "\n" and written.startswith("<"))


@pytest.mark.parametrize("piece", ["<a", "<!--", "<script>", "&", "&#1", "<a '", "<p ", "</", "<a \"<b '"])
def test_hostile_markup_comes_to_an_end_and_nothing_that_is_no_markup_is_lost(piece: str) -> None:
    # What takes time with the square of the length would take minutes here.
    html = piece * (60_000 // len(piece))
    seen = seen_in_html(html)
    assert seen.text == ("" if piece in ("<script>", "<!--") else unescape(html))


@given(st.text(alphabet="a😀é𝒜 ", max_size=20), st.data())
def test_utf16_offsets_cut_the_same_part(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    ((begin, until),) = in_utf16(text, [(start, end)])
    assert text.encode("utf-16-le")[2 * begin : 2 * until].decode("utf-16-le") == text[start:end]
