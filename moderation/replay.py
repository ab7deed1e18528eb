"""What another policy would have decided on comments that were decided before, beside what moderators did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.configuration import Configuration
from moderation.core.decision import Decision, Outcome
from moderation.core.policy import Signals, decide
from moderation.storage.replay import PastDecision, past_decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One comment under the other policy. ``by_person`` is the status a moderator gave it, None where nobody did."""

    comment_id: str
    before: Outcome
    after: Decision
    by_person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Comments counted by what the other policy makes of them and what moderators did (None: nobody decided)."""

    counts: Counter[tuple[Outcome, str | None]]
    changed: int

    @property
    def comments(self) -> int:
        return self.counts.total()


def replay(session: Session, other: Configuration, *, since: datetime | None = None) -> Iterator[Replayed]:
    """Decides every stored comment afresh, oldest first, from the signals that its decision kept."""
    version = other.policy.version
    rules = {}
    for past in past_decisions(session, since=since):
        place = (past.site_id, past.section)
        if place not in rules:
            rules[place] = other.policy.rules_for(*place)
        mode = other.comments.rules_for(
            site=past.site_id, section=past.section, reply=past.is_reply, article_mode=past.article_mode
        ).mode
        yield Replayed(
            comment_id=past.comment_id,
            before=Outcome(past.by_policy),
            after=decide(_signals(past), rules[place], mode=mode, policy_version=version),
            by_person=past.by_person,
        )


def tally(replayed: Iterator[Replayed]) -> Tally:
    """Counts them."""
    counts: Counter[tuple[Outcome, str | None]] = Counter()
    changed = 0
    for one in replayed:
        counts[one.after.outcome, one.by_person] += 1
        changed += one.after.outcome is not one.before
    return Tally(counts=counts, changed=changed)


def _signals(past: PastDecision) -> Signals:
    language = past.basis.get("language")
    return Signals(
        values=past.basis["signals"],
        scored="pack" in past.basis,
        readable=language is None or language["supported"],
        language=language["code"] if language else None,
        holds=tuple(past.basis.get("holds", ())),
    )
