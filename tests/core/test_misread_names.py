"""Names that hold letters of abuse are read as names."""

from __future__ import annotations

import pytest

from moderation.core.text.disguise import undisguise
from moderation.core.text.misread_names import STAND_IN, names_understood
from moderation.core.text.words import ABUSE, COMMON, word_list


def understood(text: str) -> str:
    return names_understood(undisguise(text), "en").text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("We live in Penistone, near Barnsley.", f"We live in {STAND_IN}, near Barnsley."),
        ("\uff30enistone is nice.", f"{STAND_IN} is nice."),
        ("Shital and Cockermouth's mayor", f"{STAND_IN} and {STAND_IN}'s mayor"),
    ],
)
def test_a_listed_name_is_read_as_another(text: str, read: str) -> None:
    assert understood(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "What a penistone.",  # as no name is written
        "PENISTONE IS NICE.",  # in capitals alone nothing tells a name
        "PeniStone is nice.",
        "Killem all.",
        "Fuke you, you Pock.",
        "You Dick! Dick Head.",
    ],
)
def test_abuse_stays_what_it_is(text: str) -> None:
    assert understood(text) == text


def test_what_was_written_is_found_again() -> None:
    text = "In P\u200benistone I met Shital. He danced."
    seen = names_understood(undisguise(text), "en")
    start, end = seen.seen(text.index("He danced"), len(text))
    assert seen.text[start:end] == "He danced."
    assert seen.written(start, end) == (text.index("He danced"), len(text))
    place = seen.text.index(STAND_IN)
    assert text[slice(*seen.written(place, place + len(STAND_IN)))] == "P\u200benistone"


def test_nothing_is_listed_that_is_abuse_or_a_common_word() -> None:
    misread = word_list("en", "misread")
    assert not {*misread} & {*ABUSE, *COMMON}
    assert list(misread) == sorted({*misread})


def test_a_language_without_a_list_reads_what_is_seen() -> None:
    seen = undisguise("Penistone")
    assert names_understood(seen, "sv") is seen
