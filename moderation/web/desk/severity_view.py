"""How urgent a comment is, as the desk shows it: the strongest reason as a chip, on hover how the number is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.core.conditions import COUNTED_SIGNALS
from moderation.core.decision import Reason
from moderation.core.messages import ENGLISH, noted
from moderation.core.policy import Rules, Signals, concerns
from moderation.core.severity import MAX_SEVERITY, Kind, Part, Severity, severity_of
from moderation.web.desk.words import MARK_WORDS
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.signals import reason_told, signal_name
from moderation.web.shared.wording import beginning, language_name

_SHORT_REASONS = 2
UNREAD = Kind.UNREAD.name.lower()
"""The kind of the chips that tell of what no pack read."""
_FACTS = {
    "not_scored": noted("Not scored yet"),
    "spam": noted("Form filled by a program"),
    "name_terms": noted("Name: on the wordlist"),
    "name_not_scored": noted("Name not scored"),
}
_NAMES = {
    "author_approved": noted("Approved comments"),
    "author_rejected_share": noted("Rejected before"),
    "author_age_days": noted("New author"),
    "terms": noted("Wordlist"),
    **MARK_WORDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A reason in two or three words. ``kind`` tells how it is coloured: high, private, middle, unread or low."""

    words: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """What a list says of a comment's severity: the chips that always stand there, the other reasons shortly, and in
    ``words`` how the number is made. ``signals`` are those of the reasons, the strongest first.
    """

    chips: tuple[Chip, ...]
    others: tuple[str, ...]
    words: str
    signals: tuple[str, ...]


def urgency_of(signals: Signals, rules: Rules, *, sorted_by: int | None = None) -> Urgency:
    """What the policy in force makes of a comment. ``sorted_by`` is the number by which the list has it, while that may
    still be the one of the policy before.
    """
    severity = severity_of(_by_name(reason, signals.language) for reason in concerns(signals, rules))
    # What nobody could read is shown whatever else is known.
    shown = [part for place, part in enumerate(severity.parts) if place == 0 or part.kind is Kind.UNREAD]
    rest = [_shortly(part, signals) for part in severity.parts if part not in shown]
    more = len(rest) - _SHORT_REASONS
    return Urgency(
        chips=tuple(Chip(words=_shortly(part, signals), kind=part.kind.name.lower()) for part in shown),
        others=(
            *(_small(words) for words in rest[:_SHORT_REASONS]),
            *((gettext("%(number)s more", number=more),) if more > 0 else ()),
        ),
        words=_words(severity, sorted_by),
        signals=tuple(part.reason.code for part in severity.parts),
    )


def reason_words(code: str, words: str, language: str | None) -> str:
    """A reason's words, a language by its name."""
    if code == "language":
        return gettext("in %(language)s, which the scoring pack can't read", language=language_name(language))
    if code == "language_part":
        return gettext("partly in %(language)s, which the scoring pack can't read", language=language_name(language))
    return reason_told(words)


def _by_name(reason: Reason, language: str | None) -> Reason:
    words = reason_words(reason.code, reason.words, language)
    return reason if words is reason.words else replace(reason, words=words)


def _words(severity: Severity, sorted_by: int | None) -> str:
    words = gettext("Severity %(value)s of %(maximum)s", value=severity.value, maximum=MAX_SEVERITY)
    told = "; ".join(f"{part.reason.words}: {part.points}" for part in severity.parts)
    words = f"{words}: {told}." if told else f"{words}."
    if len(severity.parts) > 1:
        more = gettext("The strongest counts in full, the others add a little.")
        words = f"{words} {more}"
    if sorted_by is None or sorted_by == severity.value:
        return words
    still = gettext(
        "The list still has it at %(value)s, as before; its order is being brought up to date.", value=sorted_by
    )
    return f"{words} {still}"


def _shortly(part: Part, signals: Signals) -> str:
    """Such as "Threat 0.85", "Links 3", "French, not read"."""
    code, value = part.reason.code, part.reason.value
    if code == "language":
        return gettext("%(language)s, not read", language=beginning(language_name(signals.language)))
    if code == "language_part":
        return gettext("Partly %(language)s, not read", language=language_name(signals.language))
    if value is None and code in _FACTS:
        return gettext(_FACTS[code])
    if code == "hold":
        return part.reason.words[0].upper() + part.reason.words[1:]
    words = _name(code)
    if value is None:
        return gettext("%(signal)s unknown", signal=words)
    return f"{words} {value:g}" if code in COUNTED_SIGNALS or value > 1 else f"{words} {value:.2f}"


def _name(code: str) -> str:
    name = code.removeprefix("name_")
    words = gettext(_NAMES[name]) if name in _NAMES else beginning(signal_name(name))
    return words if name == code else gettext("Name: %(signal)s", signal=_small(words))


def _small(words: str) -> str:
    """English writes what follows in small letters; other languages have capitals of their own."""
    return words[0].lower() + words[1:] if language() == ENGLISH else words
