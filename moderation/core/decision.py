"""A decision, what it was made from, and what the person it restricts is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from moderation.core.messages import noted


class Outcome(StrEnum):
    """What a policy decides."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, in words a moderator understands. ``code`` names the signal or fact behind it."""

    code: str
    words: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome, every reason for it, and the version of the policy that decided."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    policy_version: str

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(reason.words for reason in self.reasons)

    @property
    def flags(self) -> int:
        """How many reasons ask for a closer look."""
        return flags_among(self.reasons) if self.outcome is Outcome.PENDING else 0


def flags_among(reasons: Iterable[Reason]) -> int:
    """How many of these ask for a closer look, rather than tell why everything waits."""
    return sum(1 for reason in reasons if reason.code not in _WAITS_ANYWAY)


_WAITS_ANYWAY = ("pre", "not_scored")


def flag_codes(reasons: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The codes of the same among reasons as they are stored."""
    return tuple(reason["code"] for reason in reasons if reason["code"] not in _WAITS_ANYWAY)


class Prompt(StrEnum):
    """What brought a restriction up."""

    OWN_CHECK = "own check"
    REPORT = "a reader's report"
    NOTICE = "a notice"
    ORDER = "an order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of reasons: what article 17 of the Digital Services Act asks of a host that restricts somebody."""

    restriction: str
    duration: str
    reach: str
    facts: str
    prompted_by: Prompt
    automated_detection: bool
    automated_decision: bool
    rule: str
    why: str
    redress: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"prompted_by": self.prompted_by.value}

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Statement:
        """The statement that ``as_dict`` was made from."""
        return Statement(**{**kept, "prompted_by": Prompt(kept["prompted_by"])})


REDRESS = noted(
    "If you think this is wrong, you can ask for another look, with the link that you got with your comment, or write "
    "to the newsroom and name the comment’s reference. You may also turn to a certified dispute settlement body or to "
    "a court."
)
_REDRESS_BEFORE = noted(
    "If you think this is wrong, write to the newsroom and name the reference of your comment. "
    "You may also turn to a certified dispute settlement body or to a court."
)
"""What statements from before there were appeals say, and go on saying in every language."""


def refusal_statement(
    *,
    published_before: bool,
    facts: str,
    prompted_by: Prompt = Prompt.OWN_CHECK,
    automated_detection: bool,
    automated_decision: bool,
    rule: str,
    why: str,
) -> Statement:
    """The statement for a comment that is not, or no longer, published."""
    return Statement(
        restriction=noted("The comment was removed.") if published_before else noted("The comment was not published."),
        duration=noted("Until the decision is changed."),
        reach=noted("Everywhere that this site's comments are shown."),
        facts=facts,
        prompted_by=prompted_by,
        automated_detection=automated_detection,
        automated_decision=automated_decision,
        rule=rule,
        why=why,
        redress=REDRESS,
    )
