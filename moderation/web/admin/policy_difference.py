"""In what two configurations differ, a line each, as an administrator reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moderation.config.configuration import CommentKeys, Comments, Configuration
from moderation.core.comment import MARKS
from moderation.core.conditions import ConditionKey, Overrides
from moderation.core.policy import Policy

RULE_WORDS = {
    "mode": "how the discussion takes comments",
    "minimum_length": "characters at least",
    "maximum_length": "characters at most",
    "close_after_days": "days until it closes (0: never)",
}
_NAMES = {
    "author_approved": "approved comments of its author",
    **{mark: f"author is marked {mark}" for mark in MARKS},
    "terms": "wordlist matches",
    "private_data": "places with private data",
}

Values = Mapping[tuple[str, str, ConditionKey], float | None]
"""Every condition by its place, effect and key; None: taken away there."""


def differences(before: Configuration, after: Configuration) -> tuple[str, ...]:
    """What of thresholds, rules for comments and reasons is another."""
    return (
        *_of_conditions(condition_values(before.policy), condition_values(after.policy)),
        *_of_rules(before.comments, after.comments),
        *_of_reasons(before, after),
    )


def places(policy: Policy) -> Iterator[tuple[str, str, Overrides]]:
    """Each place in words, its table in the file, and what stands there."""
    yield "everywhere", "policy", policy.base
    for site, overrides in policy.sites.items():
        yield f"site {site}", f"policy.sites.{site}", overrides
    for section, overrides in policy.sections.items():
        yield f"section {section}", f"policy.sections.{section}", overrides
    for (site, section), overrides in policy.site_sections.items():
        yield f"site {site}, section {section}", f"policy.sites.{site}.sections.{section}", overrides


def comment_places(comments: Comments) -> Iterator[tuple[str, str, CommentKeys]]:
    """The same of the rules for comments."""
    yield "everywhere", "comments", comments.base
    yield "replies", "comments.replies", comments.replies
    for name, keys in comments.sites.items():
        yield f"site {name}", f"comments.sites.{name}", keys
    for name, keys in comments.sections.items():
        yield f"section {name}", f"comments.sections.{name}", keys


def condition_values(policy: Policy) -> Values:
    return {
        (where, effect, key): value
        for where, _, overrides in places(policy)
        for effect, keys in overrides.items()
        for key, value in keys.items()
    }


def signal_words(key: ConditionKey) -> str:
    """A condition's key, such as "toxicity at or over"."""
    return f"{_NAMES.get(key.signal, key.signal.replace('_', ' '))} {key.comparison.words}"


def _of_conditions(before: Values, after: Values) -> Iterator[str]:
    for place in sorted({*before, *after}, key=lambda place: tuple(map(str, place))):
        then, now = before.get(place, "absent"), after.get(place, "absent")
        if then != now:
            where, effect, key = place
            yield f"{where}, {effect}: {signal_words(key)} {_told(then)} → {_told(now)}"


def _told(value: float | str | None) -> str:
    if value is None:
        return "taken away"
    return "not asked" if isinstance(value, str) else f"{value:g}"


def _of_rules(before: Comments, after: Comments) -> Iterator[str]:
    then, now = ({where: keys for where, _, keys in comment_places(comments)} for comments in (before, after))
    for where in dict.fromkeys((*then, *now)):
        old, new = then.get(where, {}), now.get(where, {})
        for key, words in RULE_WORDS.items():
            if old.get(key) != new.get(key):
                yield f"{where}: {words} {_rule(old.get(key))} → {_rule(new.get(key))}"


def _rule(value: object) -> str:
    return "not set" if value is None else str(value)


def _of_reasons(before: Configuration, after: Configuration) -> Iterator[str]:
    then, now = ({reason.id: reason for reason in one.reasons} for one in (before, after))
    for reason_id in dict.fromkeys((*then, *now)):
        old, new = then.get(reason_id), now.get(reason_id)
        if old is None and new is not None:
            yield f"new reason “{new.label}” ({reason_id}): “{new.reader}”"
        elif new is None and old is not None:
            yield f"reason “{old.label}” ({reason_id}): taken away"
        elif old is not None and new is not None:
            if old.label != new.label:
                yield f"reason {reason_id}: called “{old.label}” → “{new.label}”"
            if old.reader != new.reader:
                yield f"reason {reason_id}: its writer is told “{old.reader}” → “{new.reader}”"
