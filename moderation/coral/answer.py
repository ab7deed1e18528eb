"""A decision of the policy, as Coral takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moderation.comments.evaluation import reader_sentence
from moderation.config.configuration import ReasonChoice
from moderation.core.conditions import NAME_SCORES
from moderation.core.decision import Decision, Outcome
from moderation.core.messages import translated

_RUDE = frozenset({"toxicity", "severe_toxicity", "obscene", "sexual_explicit"})
_SPAM = frozenset({"spam", "links", "alike"})
_TOXIC = _RUDE | {"threat", "insult", "identity_attack"} | NAME_SCORES
_BECAUSE: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"threat"}), "HARASSMENT_BULLYING", "threat"),
    (frozenset({"identity_attack"}), "HATE_SPEECH", "hate"),
    (frozenset({"private_data"}), "OTHER", "private"),
    (frozenset({"insult"}), "ABUSIVE", "personal-attack"),
    (_RUDE, "OFFENSIVE", "rude"),
    (_SPAM, "SPAM", "spam"),
    (frozenset({"relevance"}), "IRRELEVANT_CONTENT", "off-topic"),
)
"""What the policy found, Coral's code for it, and the id of the newsroom's own reason. The first that fits is told."""


def answer_for(
    decision: Decision, language: str | None, reason_named: Callable[[str], ReasonChoice | None]
) -> dict[str, Any]:
    """What Coral is told. ``language`` is the comment's, as far as it is known; ``reason_named`` finds one of
    ``[[reasons]]`` by its id.
    """
    told: dict[str, Any] = {"status": _STATUS[decision.outcome], "reasons": list(decision.words)}
    codes = {reason.code for reason in decision.reasons}
    if decision.outcome is Outcome.APPROVED:
        return told
    if flags := list(_flags(codes)):
        told["actions"] = flags
    if decision.outcome is Outcome.REJECTED:
        told["moderationAction"] = {
            "status": "REJECTED",
            "rejectionReason": _reason(decision, codes, language, reason_named),
        }
    return told


def held(because: str) -> dict[str, Any]:
    """What Coral is told where nothing could be decided: a moderator reads it."""
    return {"status": _STATUS[Outcome.PENDING], "reasons": [because]}


_STATUS = {Outcome.APPROVED: "APPROVED", Outcome.PENDING: "PREMOD", Outcome.REJECTED: "REJECTED"}


def _flags(codes: Iterable[str]) -> Iterable[dict[str, str]]:
    for about, reason in ((_TOXIC, "COMMENT_DETECTED_TOXIC"), (_SPAM, "COMMENT_DETECTED_SPAM")):
        if not about.isdisjoint(codes):
            yield {"actionType": "FLAG", "reason": reason}


def _reason(
    decision: Decision,
    codes: set[str],
    language: str | None,
    reason_named: Callable[[str], ReasonChoice | None],
) -> dict[str, str]:
    fits = ((code, id_) for about, code, id_ in _BECAUSE if not about.isdisjoint(codes))
    code, id_ = next(fits, ("OTHER", "other"))
    own = reason_named(id_)
    sentence = own.reader if own is not None else translated(reader_sentence(decision), language or "en")
    told = {"code": code, "detailedExplanation": sentence}
    if code == "OTHER":
        told["customReason"] = sentence
    if own is not None and own.legal_grounds is not None:
        told["legalGrounds"] = own.legal_grounds
    return told
