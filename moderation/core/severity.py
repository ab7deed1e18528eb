"""How urgent a comment is: one number from the reasons that ask for a closer look, by what they mean and by how far
each lies past its threshold. The queue is sorted by it.

Reasons fall into classes that lie so far apart that whatever is dangerous stands above any number of lesser reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from moderation.core.decision import Reason

FORMULA = 2
"""Counts up with every change of how the number is made, so that stored numbers are made anew."""
MAX_SEVERITY = 1000
"""No severity is higher."""


class Kind(Enum):
    """A class of reasons: the points of one that just holds, and those of one at the end of its scale."""

    LOW = (20, 80)
    """Beside the point rather than harmful."""
    UNREAD = (150, 150)
    """Nobody knows: no pack has scored it, or none reads its language."""
    MIDDLE = (200, 440)
    """Abuse, and what somebody has asked to be shown."""
    PRIVATE = (500, 580)
    """It gives somebody away."""
    HIGH = (650, 960)
    """Somebody may come to harm."""

    def __init__(self, minimum: int, maximum: int) -> None:
        self.minimum, self.maximum = minimum, maximum


_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("threat", "identity_attack", "severe_toxicity", "sexual_explicit"), Kind.HIGH),
    "private_data": Kind.PRIVATE,
    **dict.fromkeys(("toxicity", "insult", "obscene", "terms", "reports", "hold"), Kind.MIDDLE),
    **dict.fromkeys(("not_scored", "language", "language_part"), Kind.UNREAD),
    **dict.fromkeys(("relevance", "links", "spam"), Kind.LOW),
    **dict.fromkeys(("author_approved", "author_rejected_share", "author_age_days"), Kind.LOW),
    **dict.fromkeys(("trusted", "subscriber", "staff", "verified"), Kind.LOW),
}
_UNKNOWN = Kind.MIDDLE
"""What nobody has put into a class might be serious."""
_NAME = "name_"
_OF_A_NAME = 0.9
"""A name weighs a little less than the same in the text."""
_OTHERS, _HALF = 40, 400
"""All lesser reasons together add less than ``_OTHERS``, half of it at ``_HALF`` points: less than lies between two
classes, and less than any of them counts for alone.
"""
_COUNTED = frozenset(("links", "reports", "terms", "private_data", "author_approved", "author_age_days"))


@dataclass(frozen=True, slots=True)
class Part:
    """A reason with the points that it counts for alone."""

    reason: Reason
    points: int

    @property
    def kind(self) -> Kind:
        return kind_of(self.reason.code)


@dataclass(frozen=True, slots=True)
class Severity:
    """The number, 0 (nothing speaks against the comment) to ``MAX_SEVERITY``, and what makes it up, strongest first."""

    value: int
    parts: tuple[Part, ...]


def severity_of(reasons: Iterable[Reason]) -> Severity:
    """The severity of a comment for which these reasons hold. Of several with one code the strongest counts.

    No further reason, and no score that lies further past its threshold, ever makes it lower.
    """
    strongest: dict[str, Part] = {}
    for reason in reasons:
        part = Part(reason, _points(reason))
        if reason.code not in strongest or strongest[reason.code].points < part.points:
            strongest[reason.code] = part
    parts = sorted(strongest.values(), key=lambda part: -part.points)
    if not parts:
        return Severity(0, ())
    others = sum(part.points for part in parts[1:])
    return Severity(parts[0].points + _OTHERS * others // (others + _HALF), tuple(parts))


def severity_version(policy_version: str) -> str:
    """Under what a stored severity was made: the policy, and the way of making the number."""
    return f"{policy_version}.{FORMULA}"


def kind_of(code: str) -> Kind:
    """The class of a reason by its code. A name's scores belong to the class of the label."""
    return _KINDS.get(code.removeprefix(_NAME), _UNKNOWN)


def _points(reason: Reason) -> int:
    kind = kind_of(reason.code)
    if reason.value is None or reason.threshold is None:
        # A fact; or a signal that is missing, which tells nothing against the comment itself.
        return kind.minimum if reason.code in _FACTS else Kind.LOW.minimum
    points = kind.minimum + (kind.maximum - kind.minimum) * _past(reason.code, reason.value, reason.threshold)
    return int(points * (_OF_A_NAME if reason.code.startswith(_NAME) else 1.0))


_FACTS = frozenset(("not_scored", "language", "language_part", "hold", f"{_NAME}not_scored", f"{_NAME}terms"))


def _past(code: str, value: float, threshold: float) -> float:
    """How far a value lies past its threshold, 0 (at it) to 1 (at the end of its scale)."""
    if value < threshold:  # at most
        return min(1.0, (threshold - value) / threshold)
    if code in _COUNTED or value > 1.0:  # without an end
        return (value - threshold) / (value - threshold + max(threshold, 1.0))
    return min(1.0, (value - threshold) / (1.0 - threshold)) if threshold < 1.0 else 0.0
