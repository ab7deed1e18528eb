"""Why a comment was rejected elsewhere, as its statement of reasons says it here."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.core.decision import Statement, refusal_statement
from moderation.core.messages import noted

_NOT_RESPECTFUL = noted("Its language does not seem respectful.")
REASONS: Mapping[str, str] = {
    "spam": noted("It reads like advertising."),
    "rude": _NOT_RESPECTFUL,
    "personal-attack": _NOT_RESPECTFUL,
    "hate": noted("It reads as if it demeaned people for what they are."),
    "off-topic": noted("It does not seem to be about the article."),
    "other": noted("It does not follow our rules for comments."),
}
"""By the ids of the reasons that a new installation is configured with."""


def statement_from_elsewhere(reason: str | None, *, person: bool, published_before: bool) -> Statement:
    """The statement for a comment that was rejected before it came here."""
    return refusal_statement(
        published_before=published_before,
        facts=noted("It was decided in the system that this site used before."),
        automated_detection=not person,
        automated_decision=not person,
        rule=noted("The newsroom's rules for comments"),
        why=REASONS[reason or "other"],
    )
