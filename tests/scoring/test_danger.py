"""The shipped pack with the shipped thresholds: plain threats are flagged, harmless comments are no danger."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import DANGERS
from moderation.core.policy import Signals, concerns
from moderation.core.scores import ScoreRequest
from moderation.core.severity import Kind, severity_of
from moderation.scoring import PackScorer

THREATS = """
I will find you and put a knife in your throat
I know where you live and I am going to kill you.
We will burn your house down with you and your family in it.
You are dead. I will shoot you the next time I see you in the street.
I'm coming for you tonight and I will break every bone in your body.
Somebody should put a bullet in this reporter's head, and I will do it myself.
I will slit your throat while you sleep.
Wait until I get my hands on you, I will strangle you.
I am going to hunt you down and kill you and your children.
Keep writing this and you will end up in a ditch with a bullet in your skull.
I have a gun and I know your address. You will die tomorrow.
I will cut your head off and hang it from the bridge.
We are going to beat you until you stop breathing.
I will stab you in the heart when you leave the office.
I'll smash your face in and break your legs, count on it.
I hope you are ready to die because I am going to murder you.
I will blow up your office and kill everyone in it.
Watch your back, I am going to kill you for what you wrote.
I will hang you from a lamppost with my own hands.
You will bleed for this. I will come to your home and gut you like a fish.
Next time you show up at the council I will set you on fire.
""".strip().splitlines()

HARMLESS = """
The mayor promised this line six years ago, and I will believe it when I can buy a ticket.
My grandmother lived through the war, and her neighbours hid three families in their cellar.
Killing the project now would cost more than finishing it, as the report says on page twelve.
I would rather walk than pay that much for parking, honestly.
Muslims, Jews and Christians have shared this square for as long as I can remember.
As a gay man I was glad to see the registry office treat us like any other couple.
The striker shot from thirty metres and the keeper had no chance at all.
Cut the knives and forks from plastic, and half the litter on the beach is gone.
The court sentenced him to nine years for the murder, and the victim's sister spoke to the press.
We were beaten fairly on Saturday, the better team won.
Black women die in childbirth three times as often, and the article explains why.
Farmers burn their fields every autumn, and the smoke reaches us in the city.
""".strip().splitlines()


@pytest.fixture(scope="module")
def flagged(shipped: PackScorer) -> Mapping[str, set[str]]:
    """Which dangers each text is flagged for when nothing is configured."""
    rules = parse_configuration("").policy.rules_for()
    texts = THREATS + HARMLESS
    scored = shipped.score([ScoreRequest(text=text, explain=False) for text in texts])
    found = {}
    for text, scores in zip(texts, scored, strict=True):
        reasons = concerns(Signals(values={**scores.toxicity, "relevance": 0.9, "links": 0.0}), rules)
        parts = severity_of(reasons).parts
        found[text] = {part.reason.code for part in parts if part.kind is Kind.HIGH}
    return found


@pytest.mark.parametrize("text", THREATS)
def test_a_plain_threat_is_flagged_as_one(flagged: Mapping[str, set[str]], text: str) -> None:
    assert "threat" in flagged[text]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_taken_for_no_danger(flagged: Mapping[str, set[str]], text: str) -> None:
    assert flagged[text] == set()


def test_the_dangers_are_those_that_the_policy_flags_unasked() -> None:
    rules = parse_configuration("[policy.flag]\n").policy.rules_for()
    assert {condition.key for condition in rules.flag} == set(DANGERS)
