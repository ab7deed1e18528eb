"""What happened to a comment, told from its audit events and the decisions behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.config.configuration import ReasonChoice
from moderation.core.audit_chain import AuditEvent, fault_in, legible, read_payload, read_time
from moderation.core.messages import noted
from moderation.storage.comments import DecisionRow
from moderation.web.desk.appeals import OUTCOME_WORDS
from moderation.web.shared.languages import gettext, pgettext, said
from moderation.web.shared.signals import reason_told
from moderation.web.shared.wording import who

_WORDS: Mapping[str, str] = {
    "comment.submitted": noted("Arrived"),
    "comment.imported": noted("Came in from an archive"),
    "comment.scored": noted("Scored"),
    "comment.decided": noted("Judged by the policy"),
    "comment.approved": noted("Approved"),
    "comment.rejected": noted("Rejected"),
    "comment.reopened": noted("Reopened"),
    "comment.edited": noted("Edited by its writer"),
    "comment.escalated": noted("Left to a senior moderator"),
    "comment.escalation_ended": noted("No longer left to a senior moderator"),
    "comment.featured": noted("Featured"),
    "comment.unfeatured": noted("No longer featured"),
    "comment.sent_to_newsroom": noted("Sent to the newsroom"),
    "comment.newsroom_recalled": noted("Taken back from the newsroom"),
    "comment.withdrawn": noted("Withdrawn by its writer"),
    "comment.expired": noted("Expired: the discussion ended first"),
    "comment.erased": noted("Erased"),
    "comment.held": noted("Put under a legal hold"),
    "comment.hold_lifted": noted("No longer under a legal hold"),
    "comment.appealed": noted("Its writer asked for another look"),
    "comment.appeal_decided": noted("Looked at again"),
    "comment.appeal_reopened": noted("Its writer asks for another look"),
    "comment.mended": noted("Mended by its writer, and sent again"),
    "comment.reported": noted("Reported by a reader"),
    "comment.reports_settled": noted("Its reports were decided about"),
    "comment.reports_reopened": noted("Its reports are open again"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event in words. ``time`` is as the chain has it; ``details`` are pairs of a name and a text."""

    words: str
    actor: str
    time: str
    at: datetime | None
    chain: str
    sequence: int
    details: tuple[tuple[str, str], ...]


def history(
    events: Iterable[AuditEvent],
    decisions: Sequence[DecisionRow],
    *,
    names: Mapping[str, str],
    reasons: Sequence[ReasonChoice],
) -> list[Told]:
    """The events in their order; a person's decision brings its reason, its sentence and its note along."""
    labels = {reason.id: reason.label for reason in reasons}
    return [
        Told(
            words=_words(event),
            actor=who(legible(event.actor), names),
            time=legible(event.time),
            at=read_time(event.time),
            chain=event.chain,
            sequence=event.sequence,
            details=tuple(_details(event, decisions, labels)),
        )
        for event in events
    ]


_CORRECTED = noted("Statement of reasons corrected")
_OUTCOMES = {outcome.value: words for outcome, words in OUTCOME_WORDS.items()}


def _words(event: AuditEvent) -> str:
    payload = read_payload(event.payload) if event.event == "comment.rejected" else None
    if isinstance(payload, dict) and payload.get("corrects"):
        return gettext(_CORRECTED)
    return gettext(_WORDS[event.event]) if event.event in _WORDS else legible(event.event)


def _details(
    event: AuditEvent, decisions: Sequence[DecisionRow], labels: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    if fault_in(event) is not None:
        yield (
            gettext("altered"),
            gettext("This event was changed after it was written; the audit log’s verification says more."),
        )
    payload = read_payload(event.payload)
    if not isinstance(payload, dict):
        return
    if event.event == "comment.scored" and {"pack", "runtime"} <= payload.keys():
        yield pgettext("detail", "by"), legible(f"{payload['pack']} ({payload['runtime']})")
    if event.event == "comment.appeal_decided" and payload.get("outcome") in _OUTCOMES:
        yield gettext("Outcome"), gettext(_OUTCOMES[payload["outcome"]])
    if event.event == "comment.imported" and {"format", "file"} <= payload.keys():
        yield gettext("archive"), legible(f"{payload['format']}, SHA-256 {payload['file']}")
    decision = next((d for d in decisions if d.revision == payload.get("revision") and d.actor == event.actor), None)
    if decision is None:
        return
    if decision.automated:
        yield pgettext("detail", "because"), "; ".join(reason_told(reason["words"]) for reason in decision.reasons)
    if decision.reason_id:
        yield pgettext("detail", "reason"), said(labels.get(decision.reason_id, decision.reason_id))
    if decision.reader_sentence:
        yield pgettext("detail", "told the reader"), decision.reader_sentence
    if decision.note:
        yield pgettext("detail", "note"), decision.note
