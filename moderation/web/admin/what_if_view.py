"""What if, as the page shows it: the thresholds as fields, the answer in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal

from moderation.core.comment import MARKS
from moderation.core.conditions import (
    EFFECTS,
    OUTSIDE,
    WORDLIST_SIGNAL,
    Comparison,
    ConditionKey,
    Effects,
    Thresholds,
)
from moderation.core.errors import InvalidField
from moderation.core.messages import Message, noted
from moderation.policy_lab.replay import Told
from moderation.policy_lab.what_if import Agreement, Cell
from moderation.storage.replay import Read
from moderation.web.admin.shares import share_told
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.signals import condition_words, reason_told
from moderation.web.shared.wording import percent

_TITLES = {
    "approve": (noted("Publish at once"), noted("when every one of these holds; none: never")),
    "reject": (noted("Reject at once"), noted("when any of these holds; none: never")),
    "flag": (noted("Flag for a closer look"), noted("when any of these holds")),
}
_SPEAK_FOR = frozenset({"relevance", "author_approved", "author_age_days", "trusted", *MARKS})
"""Signals that speak for a comment; the others speak against it."""
_NEVER = ("reject", WORDLIST_SIGNAL)
_YES_OR_NO = dict.fromkeys(("trusted", *MARKS), 1)
_AUTHOR = {"author_approved": 50, "author_age_days": 365}
_MAX = {"links": 10, "reports": 10, **_AUTHOR, **_YES_OR_NO, "terms": 10, "private_data": 10}
Keys = Mapping[str, ConditionKey]
"""The keys that a condition may have, by their texts."""


def threshold_fields(keys: Keys) -> Mapping[str, tuple[str, ConditionKey]]:
    """The form's fields for thresholds, by their names: what becomes of a comment, and the condition's key."""
    return {f"{effect}.{key}": (effect, key) for effect in EFFECTS for key in keys.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One threshold: a number, and a slider from 0 to ``maximum``. Empty: the condition isn't asked."""

    name: str
    key: ConditionKey
    words: str
    value: str
    maximum: int
    step: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSet:
    effect: str
    title: str
    hint: str
    used: tuple[Field, ...]
    more: tuple[Field, ...]


def field_sets(effects: Effects, known: Keys) -> tuple[FieldSet, ...]:
    """The thresholds that are tried, and what else could be asked."""
    return tuple(_field_set(effect, effects[effect], known) for effect in EFFECTS)


def _field_set(effect: str, thresholds: Thresholds, known: Keys) -> FieldSet:
    title, hint = _TITLES[effect]
    keys = [key for key in known.values() if key in thresholds or _usual(effect, key)]
    fields = {key: _field(effect, key, thresholds.get(key)) for key in keys}
    return FieldSet(
        effect=effect,
        title=gettext(title),
        hint=gettext(hint),
        used=tuple(field for key, field in fields.items() if key in thresholds),
        more=tuple(field for key, field in fields.items() if key not in thresholds),
    )


def _usual(effect: str, key: ConditionKey) -> bool:
    if key.signal.startswith(OUTSIDE):  # nobody here knows what speaks for a comment there
        return True
    upwards = (effect == "approve") == (key.signal in _SPEAK_FOR)
    usual = Comparison.AT_LEAST if upwards else Comparison.AT_MOST
    return key.comparison is usual and (effect, key.signal) != _NEVER


def _field(effect: str, key: ConditionKey, value: float | None) -> Field:
    return Field(
        name=f"{effect}.{key}",
        key=key,
        words=condition_words(key),
        value="" if value is None else shown_threshold(key, value),
        maximum=_MAX.get(key.signal, 1),
        step="1" if key.counted else "0.01",
        limit=key.maximum,
    )


def shown_threshold(key: ConditionKey, value: float) -> str:
    """A threshold as its field shows it."""
    if key.counted:
        return f"{value:g}"
    text = f"{value:.2f}"
    return text if float(text) == value else repr(value)


def effects_asked(given: Mapping[str, str], known: Keys) -> Effects:
    """The thresholds of the form; an empty field asks nothing. Raises ``InvalidField``."""
    found: dict[str, dict[ConditionKey, float]] = {effect: {} for effect in EFFECTS}
    for name, (effect, key) in threshold_fields(known).items():
        if text := given.get(name, "").strip():
            value = threshold_of(key, text)
            if value is None:
                raise InvalidField(
                    "threshold", Message("threshold_unusable", {"key": str(key), "maximum": f"{key.maximum:,}"})
                )
            found[effect][key] = value
    return found


def threshold_of(key: ConditionKey, text: str) -> float | None:
    """The number that somebody typed; None for what is no threshold."""
    try:
        value = float(text[:40])
    except ValueError:
        return None
    return value if 0 <= value <= key.maximum else None  # nor NaN


# --- the answer -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of the bar: where it begins and how long it is, in per cent."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    kind: str
    words: str
    now: Cell
    then: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How often a policy agrees with the moderators, in words and as shares of 100, each with its interval."""

    words: str
    name: str
    now: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A comment on which it and a moderator differ."""

    id: str
    author: str
    title: str
    body: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    total: int
    now_bar: tuple[Part, ...]
    then_bar: tuple[Part, ...]
    rows: tuple[Row, ...]
    measures: tuple[Measure, ...]
    unread: int
    hours: str
    hours_now: str
    hours_all: str


_KINDS = {
    "published": noted("published at once"),
    "refused": noted("rejected at once"),
    "flagged": noted("wait, flagged"),
    "plain": noted("wait, not flagged"),
}


def answer_view(now: Agreement, then: Agreement, seconds: float) -> AnswerView:
    """The policy in force beside the one that is tried."""
    return AnswerView(
        total=then.total,
        now_bar=tuple(_bar(now)),
        then_bar=tuple(_bar(then)),
        rows=tuple(
            Row(kind=kind, words=gettext(words), now=getattr(now, kind), then=getattr(then, kind))
            for kind, words in _KINDS.items()
        ),
        measures=tuple(_measures(now, then)),
        unread=then.unread,
        hours=_hours(then.hours(seconds)),
        hours_now=_hours(now.hours(seconds)),
        hours_all=_hours(then.total * seconds / 3600),
    )


def _bar(found: Agreement) -> Iterator[Part]:
    before = 0
    for kind in _KINDS:
        count = getattr(found, kind).total
        if count:
            yield Part(kind=kind, x=percent(before / found.total), width=percent(count / found.total))
        before += count


def _measures(now: Agreement, then: Agreement) -> Iterator[Measure]:
    def measure(name: str, words: str, share: Sequence[tuple[int, int]]) -> Measure:
        (of_now, all_now), (of_then, all_then) = share
        return Measure(
            name=gettext(name),
            words=gettext(words),
            now=share_told(of_now, all_now, digits=1),
            then=share_told(of_then, all_then, digits=1),
        )

    both = (now, then)
    yield measure(
        noted("Published, rightly"),
        noted("of what would be published at once, moderators approved (precision)"),
        [(a.published.approved, a.published.total) for a in both],
    )
    yield measure(
        noted("Published, of all that could be"),
        noted("of what moderators approved, would be published at once (recall)"),
        [(a.published.approved, a.approved) for a in both],
    )
    yield measure(
        noted("Rejected, rightly"),
        noted("of what would be rejected at once, moderators rejected (precision)"),
        [(a.refused.rejected, a.refused.total) for a in both],
    )
    yield measure(
        noted("Rejected, of all that should be"),
        noted("of what moderators rejected, would be rejected at once (recall)"),
        [(a.refused.rejected, a.rejected) for a in both],
    )
    yield measure(
        noted("Noticed"),
        noted("of what moderators rejected, would be rejected or flagged"),
        [(a.refused.rejected + a.flagged.rejected, a.rejected) for a in both],
    )
    yield measure(
        noted("Flagged, rightly"),
        noted("of what would be flagged, moderators rejected"),
        [(a.flagged.rejected, a.flagged.total) for a in both],
    )


def _hours(hours: float) -> str:
    if hours < 1:
        return gettext("%(number)d min", number=round(hours * 60))
    digits = "#,##0.0" if hours < 100 else "#,##0"
    return gettext("%(number)s h", number=format_decimal(hours, format=digits, locale=language()))


def against_view(told: Sequence[Told], texts: Mapping[str, Read]) -> tuple[Against, ...]:
    """The comments on which it and a moderator differ, to read."""
    return tuple(
        Against(
            id=one.comment_id,
            author=texts[one.comment_id].author,
            title=texts[one.comment_id].title,
            body=texts[one.comment_id].body,
            why="; ".join(map(reason_told, one.after.words)),
        )
        for one in told
        if one.comment_id in texts
    )
