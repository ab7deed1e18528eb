"""How urgent a comment is, as the desk shows it: the strongest reason as a chip, on hover how the number is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.core.conditions import COUNTED_SIGNALS
from moderation.core.decision import Reason
from moderation.core.policy import Rules, Signals, concerns
from moderation.core.severity import Kind, Part, Severity, severity_of
from moderation.web.shared.wording import language_name

_SHORT_REASONS = 2
UNREAD = Kind.UNREAD.name.lower()
"""The kind of the chips that tell of what no pack read."""
_FACTS = {
    "spam": "Form filled by a program",
    "name_terms": "Name: on the wordlist",
    "name_not_scored": "Name not scored",
}
_NAMES = {"author_approved": "Approved comments", "terms": "Wordlist"}


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
            *(words[0].lower() + words[1:] for words in rest[:_SHORT_REASONS]),
            *((f"{more} more",) if more > 0 else ()),
        ),
        words=_words(severity, sorted_by),
        signals=tuple(part.reason.code for part in severity.parts),
    )


def reason_words(code: str, words: str, language: str | None) -> str:
    """A reason's words, a language by its name."""
    if code == "language":
        return f"in {language_name(language)}, which the scoring pack can't read"
    if code == "language_part":
        return f"partly in {language_name(language)}, which the scoring pack can't read"
    return words


def _by_name(reason: Reason, language: str | None) -> Reason:
    words = reason_words(reason.code, reason.words, language)
    return reason if words is reason.words else replace(reason, words=words)


def _words(severity: Severity, sorted_by: int | None) -> str:
    if sorted_by is None or sorted_by == severity.value:
        return severity.words
    return f"{severity.words} The list still has it at {sorted_by}, as before; its order is being brought up to date."


def _shortly(part: Part, signals: Signals) -> str:
    """Such as "Threat 0.85", "Links 3", "French, not read"."""
    code, value = part.reason.code, part.reason.value
    if code == "not_scored":
        return "Not scored yet"
    if code in ("language", "language_part"):
        name = language_name(signals.language)
        return f"{name[0].upper()}{name[1:]}, not read" if code == "language" else f"Partly {name}, not read"
    if value is None and code in _FACTS:
        return _FACTS[code]
    if code == "hold":
        return part.reason.words[0].upper() + part.reason.words[1:]
    name = code.removeprefix("name_")
    words = _NAMES.get(name, name.replace("_", " ").capitalize())
    words = words if name == code else f"Name: {words.lower()}"
    if value is None:
        return f"{words} unknown"
    return f"{words} {value:g}" if code in COUNTED_SIGNALS or value > 1 else f"{words} {value:.2f}"
