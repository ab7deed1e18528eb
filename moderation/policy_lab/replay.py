"""What another policy would have decided on comments that were decided before, beside what moderators did.

One engine for the command and the page: it decides from the queue index's columns, many comments at once, exactly as
``core.policy.decide`` does one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.core.comment import Mode, Status
from moderation.core.conditions import NEVER_REJECT, OPTIONAL, OUTSIDE, SCORED_SIGNALS, TEXT_SCORES, Condition
from moderation.core.decision import Decision, Outcome
from moderation.core.policy import Rules, Signals, decide
from moderation.storage.replay import STATUSES, Past, every_decided, holds_of, named

OUTCOMES = tuple(Outcome)
"""``Replayed.outcome`` holds positions in here."""
_STATUS_OF = {Outcome.APPROVED: Status.APPROVED, Outcome.PENDING: Status.PENDING, Outcome.REJECTED: Status.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the other policy makes of each comment of ``past``: its outcome, and whether it flags it."""

    past: Past
    outcome: NDArray[np.int8]
    flagged: NDArray[np.bool_]

    def would(self, outcome: Outcome) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = self.outcome == OUTCOMES.index(outcome)
        return mask

    def did(self, status: Status) -> NDArray[np.bool_]:
        """Where a moderator decided so."""
        mask: NDArray[np.bool_] = self.past.people == STATUSES.index(status)
        return mask

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Where it decides otherwise than the policy of the day did."""
        before = np.array([STATUSES.index(_STATUS_OF[outcome]) for outcome in OUTCOMES])
        mask: NDArray[np.bool_] = before[self.outcome] != self.past.before
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Comments counted by what the other policy makes of them and what moderators did (None: nobody decided).

    ``flagged`` counts those that would wait and be flagged, by what moderators did.
    """

    counts: Counter[tuple[Outcome, str | None]]
    flagged: Counter[str | None]
    changed: int

    @property
    def comments(self) -> int:
        return self.counts.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One comment under the other policy, with its reasons. ``by_person`` is the status a moderator gave it, if any."""

    comment_id: str
    before: str
    after: Decision
    by_person: str | None


def replay_all(session: Session, other: Configuration, *, since: datetime | None = None) -> Iterator[Replayed]:
    """Every comment that a policy has decided, oldest first, chunk by chunk."""
    for past in every_decided(session, since=since):
        yield replayed(past, other)


def replayed(past: Past, other: Configuration) -> Replayed:
    """Decides these comments afresh."""
    outcome = np.zeros(len(past), dtype=np.int8)
    flagged = np.zeros(len(past), dtype=bool)
    for position, place in enumerate(past.places):
        here = np.flatnonzero(past.place == position) if len(past.places) > 1 else slice(None)
        rules = other.policy.rules_for(place.site_id, place.section)
        outcome[here], flagged[here] = _decided(past, here, rules, _mode(past, position, other))
    return Replayed(past=past, outcome=outcome, flagged=flagged)


def tally(chunks: Iterable[Replayed]) -> Tally:
    """Counts them."""
    counts: Counter[tuple[Outcome, str | None]] = Counter()
    flagged: Counter[str | None] = Counter()
    changed = 0
    for chunk in chunks:
        people = chunk.past.people
        for code in np.unique(people):
            by = None if code < 0 else STATUSES[code].value
            for position, outcome in enumerate(OUTCOMES):
                if number := int(np.count_nonzero((people == code) & (chunk.outcome == position))):
                    counts[outcome, by] += number
            flagged[by] += int(np.count_nonzero((people == code) & chunk.flagged))
        changed += int(np.count_nonzero(chunk.changed))
    return Tally(counts=counts, flagged=flagged, changed=changed)


def told(session: Session, chunk: Replayed, chosen: Sequence[int], other: Configuration) -> list[Told]:
    """The comments at these positions of a chunk, each with the reasons of the other policy in words."""
    past = chunk.past
    known = named(session, [int(past.number[one]) for one in chosen])
    held = [known[int(past.number[one])].comment_id for one in chosen if past.holds[one]]
    holds = holds_of(session, held) if held else {}
    found = []
    for one in chosen:
        place, (_, comment_id, language) = past.places[past.place[one]], known[int(past.number[one])]
        found.append(
            Told(
                comment_id=comment_id,
                before=STATUSES[past.before[one]].value,
                after=decide(
                    _signals(past, one, language, holds.get(comment_id, ())),
                    other.policy.rules_for(place.site_id, place.section),
                    mode=_mode(past, int(past.place[one]), other),
                    policy_version=other.policy.version,
                ),
                by_person=None if past.people[one] < 0 else STATUSES[past.people[one]].value,
            )
        )
    return found


def _mode(past: Past, position: int, other: Configuration) -> Mode:
    place = past.places[position]
    return other.comments.rules_for(
        site=place.site_id, section=place.section, reply=place.is_reply, article_mode=place.article_mode
    ).mode


_Where = NDArray[np.int64] | slice


def _decided(past: Past, here: _Where, rules: Rules, mode: Mode) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """``core.policy.decide`` for many: reject beats flag beats approve; what isn't scored or is held never publishes,
    and what isn't readable waits.
    """
    scored, readable = past.scored[here], past.readable[here]
    holding = [condition for condition in rules.whole("reject") if condition.signal in NEVER_REJECT]
    others = [condition for condition in rules.whole("reject") if condition.signal not in NEVER_REJECT]
    rejecting = readable & _any([_holds(past, here, condition) for condition in others], scored)
    flagging = ~scored | ~readable | (past.holds[here] > 0)
    flagging |= _any([_holds(past, here, condition) for condition in holding], scored)
    for condition in rules.whole("flag"):
        value = past.value(condition.signal)[here]
        found = _compared(value, condition)
        if condition.signal.startswith(OUTSIDE):
            found |= np.isnan(value) & past.was_asked(condition.signal)[here]
        elif condition.signal not in OPTIONAL:
            found |= np.isnan(value) & _asked(past, here, condition)
        if condition.signal in SCORED_SIGNALS:
            found &= scored
        if condition.signal in TEXT_SCORES:
            found &= readable
        flagging |= found
    publishes = np.full(len(scored), mode is Mode.POST)
    publishes |= _approved(past, here, rules.whole("approve"))
    outcome = np.full(len(scored), OUTCOMES.index(Outcome.PENDING), dtype=np.int8)
    outcome[publishes & ~flagging] = OUTCOMES.index(Outcome.APPROVED)
    outcome[rejecting] = OUTCOMES.index(Outcome.REJECTED)
    return outcome, flagging & ~rejecting


def _approved(past: Past, here: _Where, conditions: Sequence[Condition]) -> NDArray[np.bool_]:
    """Where every condition to approve that applies holds, and at least one applies."""
    asked: NDArray[np.bool_] = np.zeros(len(past.scored[here]), dtype=bool)
    failed = asked.copy()
    for condition in conditions:
        applies = _asked(past, here, condition)
        if condition.signal.startswith(OUTSIDE):
            applies = past.was_asked(condition.signal)[here]
        elif condition.signal in OPTIONAL:
            applies = ~np.isnan(past.value(condition.signal)[here])
        asked |= applies
        failed |= applies & ~_holds(past, here, condition)
    approved: NDArray[np.bool_] = asked & ~failed
    return approved


def _asked(past: Past, here: _Where, condition: Condition) -> NDArray[np.bool_]:
    """Where a condition can be asked as far as the length of the text goes."""
    short = past.too_short[here]
    return ~short if condition.signal == "relevance" else np.ones(len(short), dtype=bool)


def _any(found: Sequence[NDArray[np.bool_]], like: NDArray[np.bool_]) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = np.zeros(len(like), dtype=bool)
    for one in found:
        whole |= one
    return whole


def _holds(past: Past, here: _Where, condition: Condition) -> NDArray[np.bool_]:
    """Where a condition to approve or reject holds: never where its signal is missing, or is a score of what wasn't
    scored or can't be read.
    """
    found = _compared(past.value(condition.signal)[here], condition)
    if condition.signal in SCORED_SIGNALS:
        found &= past.scored[here]
    if condition.signal in TEXT_SCORES:
        found &= past.readable[here]
    return found


def _compared(value: NDArray[np.float64], condition: Condition) -> NDArray[np.bool_]:
    # A comparison with NaN, a signal that is missing, is false.
    found: NDArray[np.bool_] = condition.holds(value)  # type: ignore[arg-type, assignment]
    return found


def _signals(past: Past, one: int, language: str | None, holds: tuple[str, ...]) -> Signals:
    values = {name: float(column[one]) for name, column in past.values.items() if not np.isnan(column[one])}
    return Signals(
        values=values,
        unanswered=frozenset(name for name, asked in past.asked.items() if asked[one] and name not in values),
        scored=bool(past.scored[one]),
        readable=bool(past.readable[one]),
        language=language,
        holds=holds,
        inapplicable=frozenset({"relevance"}) if past.too_short[one] else frozenset(),
    )
