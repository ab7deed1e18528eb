"""What happened to a comment, told from its audit events and the decisions behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.config.configuration import ReasonChoice
from moderation.core.audit_chain import AuditEvent, fault_in, legible, read_payload, read_time
from moderation.core.messages import noted
from moderation.storage.comments import DecisionRow
from moderation.web.shared.languages import gettext, pgettext, said
from moderation.web.shared.signals import reason_told
from moderation.web.shared.wording import who

_WORDS: Mapping[str, str] = {
    "comment.submitted": noted("Arrived"),
    "comment.scored": noted("Scored"),
    "comment.decided": noted("Judged by the policy"),
    "comment.approved": noted("Approved"),
    "comment.rejected": noted("Rejected"),
    "comment.reopened": noted("Reopened"),
    "comment.edited": noted("Edited by its writer"),
    "comment.withdrawn": noted("Withdrawn by its writer"),
    "comment.expired": noted("Expired: the discussion ended first"),
    "comment.erased": noted("Erased"),
    "comment.reported": noted("Reported by a reader"),
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
            words=gettext(_WORDS[event.event]) if event.event in _WORDS else legible(event.event),
            actor=who(legible(event.actor), names),
            time=legible(event.time),
            at=read_time(event.time),
            chain=event.chain,
            sequence=event.sequence,
            details=tuple(_details(event, decisions, labels)),
        )
        for event in events
    ]


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
