"""Abuse in another language is found in a text of any, so that no pack reads past it."""

from __future__ import annotations

import pytest

from moderation.core.text.words import holds_foreign_abuse


@pytest.mark.parametrize(
    "text",
    [
        "I think the council is wrong about the harbour, hijo de puta",
        "The mayor is wrong, teri maa ki chut madarchod",
        "I agree with most of it. Du Hurensohn",
        "The paper was right about the port 傻逼",
        "KURWA, what a plan",
        "The mayor again: madar-chod, the lot of them",
        "Du Huren-Sohn, said the poster",
        "Read it and then foda-se",
        "What a sous‑merde of a plan",
        "so you write like a randi, the whole day",
        "EAT LUND, the poster told the council",
    ],
)
def test_an_insult_at_the_end_of_an_english_text_is_seen(text: str) -> None:
    assert holds_foreign_abuse(text)


@pytest.mark.parametrize(
    "text",
    [
        "The harbour is dear, but the town needs it, you idiot.",
        "We disputed the figures with the ministry of transport.",
        "The train from Malmö to Lund takes twelve minutes.",
        "Lund's council and the Lund-based firm agreed.",
        "A skit about a vole and a burro won the evening.",
        "She graduated summa cum laude; they danced the hora.",
        "Niki Lauda drove there, Randi Weingarten spoke, and Antonio Negri wrote of it.",
        "The Runge-Kutta method, Fick's law and the river Saale were the questions.",
        "A piranha-like lobby, and subnormal rainfall.",
        "Thank you for this thoughtful piece.",
        "",
    ],
)
def test_english_and_words_that_merely_hold_one_are_not(text: str) -> None:
    assert not holds_foreign_abuse(text)
