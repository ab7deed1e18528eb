"""What the policy can ask about a comment: the signals, a condition on one of them, and the key that a condition has in
the configuration, such as ``toxicity_at_least``. That text is made and read here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import regex

from moderation.core.comment import MARKS
from moderation.core.scores import LABELS

EFFECTS = ("approve", "reject", "flag")
"""What becomes of a comment for which conditions hold."""

ON_NAMES = (*LABELS, "links", "terms")
"""What is asked of a comment's text, and of every other field that is published with it: today its author's name."""
NAME = "name_"
NAME_SIGNALS = tuple(f"{NAME}{signal}" for signal in ON_NAMES)
SIGNALS = (
    *(*LABELS, "relevance", "spam", "links", "reports"),
    *("author_approved", "author_rejected_share", "author_age_days", "trusted", *MARKS, "terms", "private_data"),
    *NAME_SIGNALS,
)
"""What a condition can ask about."""

NAME_SCORES = frozenset(f"{NAME}{label}" for label in LABELS)
"""Scores of the name alone: they count whatever language the text is in."""
TEXT_SCORES = frozenset((*LABELS, "relevance", "spam"))
SCORED_SIGNALS = TEXT_SCORES | NAME_SCORES
WORDLIST_SIGNAL = "terms"
WORDLIST_SIGNALS = frozenset((WORDLIST_SIGNAL, f"{NAME}{WORDLIST_SIGNAL}"))
"""The signals that let a comment wait, and never reject it."""
NEVER_REJECT = WORDLIST_SIGNALS | {"reports"}
"""What lets a comment wait where it stands among the conditions that reject: no reader takes another's comment away."""
COUNTED_SIGNALS = frozenset(
    (
        *("links", "reports", "author_approved", "author_age_days", "trusted", *MARKS, "terms", "private_data"),
        *(f"{NAME}links", f"{NAME}terms"),
    )
)
"""The signals that are counted, from 0 on; any other lies between 0 and 1."""
OPTIONAL = frozenset(("spam", *MARKS, "author_rejected_share", "author_age_days", *NAME_SIGNALS))
"""Signals that a comment may be without, from before there were any, by a pack without them, or as a guest has no
record: then what asks about them is skipped. Any other that is missing flags.
"""

OUTSIDE = "outside."
"""How the name of a signal begins that another classifier than the pack gives, from 0 to 1; the rest is its own."""
OUTSIDE_NAME = regex.compile("[a-z](?:_?[a-z0-9]){0,39}")

MAX_COUNTED = 1_000_000


class Comparison(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"

    @property
    def words(self) -> str:
        return "at or over" if self is Comparison.AT_LEAST else "at or under"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """What a condition compares: a signal, and from which side. As text it is the key that the configuration has."""

    signal: str
    comparison: Comparison

    def __str__(self) -> str:
        return f"{self.signal}_{self.comparison}"

    @property
    def counted(self) -> bool:
        return self.signal in COUNTED_SIGNALS

    @property
    def of_name(self) -> bool:
        """Whether it asks about the author's name alone."""
        return self.signal.startswith(NAME)

    @property
    def path(self) -> tuple[str, ...]:
        """The key where it stands in a table of the file: what another classifier says stands in a table of its own."""
        return ("outside", str(self).removeprefix(OUTSIDE)) if self.signal.startswith(OUTSIDE) else (str(self),)

    @property
    def maximum(self) -> int:
        """The highest threshold that can be asked; the lowest is 0."""
        return MAX_COUNTED if self.counted else 1

    def number(self, threshold: float) -> float | int:
        """A threshold as it is written: a count without a fraction."""
        return int(threshold) if self.counted and threshold == int(threshold) else threshold


CONDITION_KEYS: Mapping[str, ConditionKey] = {
    str(key): key for key in (ConditionKey(signal, comparison) for signal in SIGNALS for comparison in Comparison)
}
"""Every key that a table of conditions may have, by its text, in the order in which signals are listed."""
_ORDER = {key: place for place, key in enumerate(CONDITION_KEYS.values())}


def condition_keys(outside: Iterable[str]) -> Mapping[str, ConditionKey]:
    """The same, with what can be asked of the signals that other classifiers give under these names."""
    more = (ConditionKey(f"{OUTSIDE}{name}", comparison) for name in outside for comparison in Comparison)
    return {**CONDITION_KEYS, **{str(key): key for key in more}}


DANGERS: Mapping[ConditionKey, float] = {
    CONDITION_KEYS["threat_at_least"]: 0.20,
    CONDITION_KEYS["identity_attack_at_least"]: 0.45,
    CONDITION_KEYS["severe_toxicity_at_least"]: 0.015,
    CONDITION_KEYS["private_data_at_least"]: 1.0,
    CONDITION_KEYS["reports_at_least"]: 1.0,
}
"""What flags everywhere, also where the configuration has conditions of its own: only ``false`` takes one away. Set so
that together they flag under 2% of harmless comments under news articles, and every plain threat. A new comment has no
reports: they raise the place of one that was published.
"""

Thresholds = Mapping[ConditionKey, float]
"""Conditions by what they compare."""
Effects = Mapping[str, Thresholds]
"""The conditions in force in one place, by each of ``EFFECTS``."""
Overrides = Mapping[str, Mapping[ConditionKey, float | None]]
"""What one place changes, by those of ``EFFECTS`` that it has; None takes a condition away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``signal`` at or over, or at or under, ``threshold``. The threshold itself holds."""

    signal: str
    comparison: Comparison
    threshold: float

    def holds(self, value: float) -> bool:
        return value >= self.threshold if self.comparison is Comparison.AT_LEAST else value <= self.threshold

    @property
    def key(self) -> ConditionKey:
        return ConditionKey(self.signal, self.comparison)


def conditions_from(thresholds: Mapping[ConditionKey, float | None]) -> tuple[Condition, ...]:
    """The conditions that aren't taken away, in the order in which signals are listed; those of others come last."""
    return tuple(
        Condition(signal=key.signal, comparison=key.comparison, threshold=float(threshold))
        for key, threshold in sorted(
            thresholds.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), str(item[0]))
        )
        if threshold is not None
    )


def as_text(overrides: Overrides) -> dict[str, dict[str, float | None]]:
    """What a place changes, by the texts of its keys."""
    return {effect: {str(key): value for key, value in keys.items()} for effect, keys in overrides.items()}
