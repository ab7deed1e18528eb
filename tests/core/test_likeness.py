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


def test_copies_in_scripts_without_spaces_are_found_too() -> None:
    one = "加我微信每天在家轻松赚{}元，不需要任何经验，马上联系我就可以教你怎么做，名额有限"
    assert likeness(one.format("九百"), one.format("四百")) > 0.7
    assert likeness("今天的电车又晚点了，真让人生气", "这座城市的电车从来不准时到站") < 0.15
    found, also = buckets(one.format("九百")), buckets(one.format("四百"))
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
