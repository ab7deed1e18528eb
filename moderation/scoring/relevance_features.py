"""What relevance is computed from: words that two texts share, talk that fits any article, and signs of advertising.

Words are compared by their first letters, so that "mineral" meets "minerals" and "Vaishnav" meets "Vaishnaw"; each
beginning weighs by its rarity in reader comments. Which language a text is in needn't be known for that, as it must be
for a stemmer. Scripts without spaces, and Korean, are compared by pairs of characters; Arabic words lose the article
and what else is written together with them. Talk and signs in other languages than English are phrases in
``relevance_words``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from moderation.core.text.folding import folded
from moderation.core.text.scripts import UNSPACED
from moderation.scoring.relevance_phrases import kinds_in

STEM = 5
"""Letters of a word that count."""
COMMON = 3.0
"""Beginnings found in more than e**-3 (5%) of comments say nothing about the subject."""
FEW = 24.0
"""Added to a comment's own squared rarity before asking for a share of it: one shared word isn't all."""

_WORD = regex.compile(r"[\p{L}\p{M}]{3,}|\p{N}{2,}")
_PAIRED = rf"{UNSPACED}\p{{Hangul}}"
_WORD_OF_ANY_SCRIPT = regex.compile(
    rf"(?<paired>[{_PAIRED}]++)|[\p{{L}}\p{{M}}--[{_PAIRED}]]{{3,}}+|\p{{N}}{{2,}}+", regex.V1
)
# What Arabic writes together with a noun: "and", "in", "like", "for" and the article before it; pronouns and the ends
# of plurals behind it. Three letters stay at least.
_ARABIC = regex.compile(r"\p{Arabic}")
_BEFORE = regex.compile(r"^(?:و?(?:ال|بال|كال|فال|لل)|و)(?=.{3})")
_BEHIND = regex.compile(r"(?<=.{3})(?:ها|هم|كم|نا|ات|ون|ين|ان|يه|ه|ي)$")

# All of these are matched against the text in small letters, and none looks back over more than a few dozen characters,
# so that the time grows with the text's length.
# Talk about the piece itself, or a bare reaction to it or to what somebody said.
_TALK = {
    "piece": r"\b(?:th(?:is|e|ese)|your|an?|good|great|excellent|interesting|balanced|nice)\s(?:\w+\s){0,2}"
    r"(?:article|piece|report(?:ing)?|story|column|editorial|op-?ed|interview|headline|read|coverage|journalism|"
    r"write-?up|analysis|journalist|reporter|author|writer|editors?|newspaper|newsroom)\b",
    "mistake": r"\b(?:typos?|misspel\w+|correction|proofread\w*|caption|byline|paragraphs?|"
    r"factual(?:ly)? (?:error|wrong)|"
    r"(?:error|mistake|misprint) in|wrong (?:photo|picture|name|date|year|figure)|is spel(?:led|t)|(?:name|date|figure|"
    r"number|year|link|quote) (?:is|in\b[^.]{0,40}\bis) (?:wrong|broken|incorrect|off))\b",
    "agreement": r"\b(?:(?:dis)?agreed?|well said|spot on|exactly|hear,? hear|so true|my thoughts|well put|"
    r"good points?|amen|could(?:n't| not) (?:agree more|have (?:put|said))|absolutely right|nonsense|support this)\b",
    "thanks": r"\b(?:thanks?(?: you)?|kudos|well (?:done|written|researched)|informative|insightful)\b",
    "answer": r"\b(?:what (?:i|you) (?:meant|said|mean)|i (?:didn't|never) sa(?:y|id)|your (?:comment|point|claim)|"
    r"i see what|source for|speak for yourself|you(?:'re| are) (?:right|wrong)|same (?:here|with))\b",
}
_SIGNS = {
    "link": r"https?://|\bwww\.|\w\.(?:com|net|org|info|biz|shop|site|online|store|xyz|club|win|top|ly|gg|me|example|"
    r"click|link|live|app)\b",
    "contact": r"\+?\d[\d ()./-]{7,16}\d|\w@[\w-]{1,60}\.\w|(?<!\w)@\w{3,}|\b(?:whats ?app|telegram|viber|t\.me|dm me|"
    r"text me|call (?:us|me|now|today|\d)|contact (?:me|us|him|her|mrs?|dr|pandit)|(?:message|email|inbox|mail) "
    r"(?:me|us|him|her)|555[- ]?\d{3,4})\b",
    "gain": r"\b(?:earn(?:s|ed|ing)?|ma(?:de|kes?|king)|paid|profits?|returns?|income|invest(?:ed)?)\b[^.!?]{0,40}"
    r"[$€£₹]?\d[\d,.]*|\b(?:easy|extra|quick) (?:cash|money)|\bguaranteed\b|\bpassive income\b|\b\d+x\b",
    "scheme": r"\b(?:bitcoin|crypto|forex|casino|free spins|loans?|spell caster|astrolog\w+|viagra|cialis|escorts?|"
    r"pills?|signals|giveaway|gift cards?|iphone|keto|seo services|essay writ\w+|brokers?|weight loss)\b",
    "home": r"\b(?:from (?:my )?(?:home|laptop)|online jobs?|no experience|be your own boss|hours? a day|"
    r"(?:an?|per) (?:day|week|hour|month))\b",
    "offer": r"\b(?:\d+ ?% (?:off|discount|bonus)|discount|free shipping|coupon|promo|limited (?:time|offer)|"
    r"cheap(?:est)?|best (?:price|deal)s?|(?:buy|order|register|sign up|join) (?:\w+ )?now|special offer|hot offer|"
    r"for sale|selling|we sell|i sell|our (?:shop|store|company|products|services)|brochure)\b",
    "call": r"\b(?:click(?: here| on| the)?|visit (?:our|my|this|https?|www)|check(?: it)? out|subscribe|follow me|"
    r"my (?:channel|blog|profile|page|instagram|telegram)|sign up|join my|link in|see my|like (?:and|&) (?:share|"
    r"subscribe))\b",
}
_SHOUT = regex.compile(r"!{2,}|>{2,}|\b(?:\p{Lu}{3,40}\W{1,4}){3}")
_COMPILED_TALK = tuple(re.compile(pattern) for pattern in _TALK.values())
_COMPILED_SIGNS = tuple(re.compile(pattern) for pattern in _SIGNS.values())
TALK = tuple(_TALK)
SIGNS = (*_SIGNS, "shout")


def stems(text: str) -> list[str]:
    """The beginnings of the text's words of three letters or more and of its numbers, in order; of scripts that are
    compared so, each pair of neighbouring characters.
    """
    if text.isascii():
        return [word[:STEM] for word in _WORD.findall(text.lower())]
    found: list[str] = []
    for match in _WORD_OF_ANY_SCRIPT.finditer(folded(text)):
        word = match[0]
        if match["paired"]:
            found += map("".join, pairwise(word))
        elif _ARABIC.match(word):
            found.append(_BEHIND.sub("", _BEFORE.sub("", word))[:STEM])
        else:
            found.append(word[:STEM])
    return found


def talk(text: str) -> list[float]:
    """1 for each kind in ``TALK`` that the text has, else 0."""
    lower, abroad = text.lower(), kinds_in(text)
    return [
        float(kind in abroad or pattern.search(lower) is not None)
        for kind, pattern in zip(TALK, _COMPILED_TALK, strict=True)
    ]


def signs(text: str) -> list[float]:
    """1 for each sign in ``SIGNS`` that the text has, else 0."""
    lower, abroad = text.lower(), kinds_in(text)
    found = [
        float(kind in abroad or pattern.search(lower) is not None)
        for kind, pattern in zip(_SIGNS, _COMPILED_SIGNS, strict=True)
    ]
    return [*found, float(_SHOUT.search(text) is not None)]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How rare the beginnings of words are in reader comments: -ln of the share of comments that hold them.

    ``anywhere`` are those that talk about any article uses ("paragraph", "agree").
    """

    rarity: Mapping[str, float]
    unknown: float
    anywhere: frozenset[str]

    def rare(self, text: str) -> dict[str, float]:
        """The text's beginnings that say something about its subject, with their rarity beyond ``COMMON``."""
        found = {stem: self.rarity.get(stem, self.unknown) - COMMON for stem in stems(text)}
        return {stem: rarity for stem, rarity in found.items() if rarity > 0}

    def foreign(self, rare: Mapping[str, float], article: Mapping[str, float]) -> float:
        """Rarity of what the comment speaks of and neither the article nor talk about any article does."""
        return sum(v for stem, v in rare.items() if stem not in article and stem not in self.anywhere)


def shared(rare: Mapping[str, float], other: Mapping[str, float], discount: float = 0.0) -> float:
    """Rarity of what both texts speak of, each word's less ``discount``."""
    return sum(value - discount for stem, value in rare.items() if stem in other and value > discount)


def covered_share(rare: Mapping[str, float], other: Mapping[str, float], discount: float) -> float:
    """The share (0..1) of what ``rare`` speaks of that ``other`` does too. Squared, so that names weigh most."""
    whole = sum(value**2 for value in rare.values())
    return sum((value - discount) ** 2 for stem, value in rare.items() if stem in other and value > discount) / (
        whole + FEW
    )


def by_chance(words: int) -> float:
    """Rarity to take off each shared word: the longer the article, the more words any comment shares with it."""
    return max(0.0, math.log(max(words, 1) / 20) * 0.5)


def join_unique(texts: Iterable[str], limit: int) -> Sequence[str]:
    """The texts, trimmed, without blanks and repeats, in order; at most ``limit``."""
    return list(dict.fromkeys(text for text in (t.strip() for t in texts) if text))[:limit]
