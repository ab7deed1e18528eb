"""In what two configurations differ, a line each, as an administrator reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moderation.config.configuration import CommentKeys, Comments, Configuration
from moderation.core.conditions import ConditionKey, Overrides
from moderation.core.messages import noted
from moderation.core.policy import Policy
from moderation.web.shared.languages import gettext
from moderation.web.shared.signals import condition_words

RULE_WORDS = {
    "mode": noted("how the discussion takes comments"),
    "minimum_length": noted("characters at least"),
    "maximum_length": noted("characters at most"),
    "close_after_days": noted("days until it closes (0: never)"),
}
_EFFECT_NAMES = {"approve": noted("approve"), "reject": noted("reject"), "flag": noted("flag")}

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
    yield gettext("everywhere"), "policy", policy.base
    for site, overrides in policy.sites.items():
        yield gettext("site %(name)s", name=site), f"policy.sites.{site}", overrides
    for section, overrides in policy.sections.items():
        yield gettext("section %(name)s", name=section), f"policy.sections.{section}", overrides
    for (site, section), overrides in policy.site_sections.items():
        yield (
            gettext("site %(site)s, section %(section)s", site=site, section=section),
            f"policy.sites.{site}.sections.{section}",
            overrides,
        )


def comment_places(comments: Comments) -> Iterator[tuple[str, str, CommentKeys]]:
    """The same of the rules for comments."""
    yield gettext("everywhere"), "comments", comments.base
    yield gettext("replies"), "comments.replies", comments.replies
    for name, keys in comments.sites.items():
        yield gettext("site %(name)s", name=name), f"comments.sites.{name}", keys
    for name, keys in comments.sections.items():
        yield gettext("section %(name)s", name=name), f"comments.sections.{name}", keys


def condition_values(policy: Policy) -> Values:
    return {
        (where, effect, key): value
        for where, _, overrides in places(policy)
        for effect, keys in overrides.items()
        for key, value in keys.items()
    }


def _of_conditions(before: Values, after: Values) -> Iterator[str]:
    for place in sorted({*before, *after}, key=lambda place: tuple(map(str, place))):
        then, now = before.get(place, "absent"), after.get(place, "absent")
        if then != now:
            where, effect, key = place
            yield f"{where}, {gettext(_EFFECT_NAMES[effect])}: {condition_words(key)} {_told(then)} → {_told(now)}"


def _told(value: float | str | None) -> str:
    if value is None:
        return gettext("taken away")
    return gettext("not asked") if isinstance(value, str) else f"{value:g}"


def _of_rules(before: Comments, after: Comments) -> Iterator[str]:
    then, now = ({where: keys for where, _, keys in comment_places(comments)} for comments in (before, after))
    for where in dict.fromkeys((*then, *now)):
        old, new = then.get(where, {}), now.get(where, {})
        for key, words in RULE_WORDS.items():
            if old.get(key) != new.get(key):
                yield f"{where}: {gettext(words)} {_rule(old.get(key))} → {_rule(new.get(key))}"


def _rule(value: object) -> str:
    return gettext("not set") if value is None else str(value)


def _of_reasons(before: Configuration, after: Configuration) -> Iterator[str]:
    then, now = ({reason.id: reason for reason in one.reasons} for one in (before, after))
    for reason_id in dict.fromkeys((*then, *now)):
        old, new = then.get(reason_id), now.get(reason_id)
        if old is None and new is not None:
            yield gettext(
                "new reason “%(label)s” (%(id)s): “%(reader)s”", label=new.label, id=reason_id, reader=new.reader
            )
        elif new is None and old is not None:
            yield gettext("reason “%(label)s” (%(id)s): taken away", label=old.label, id=reason_id)
        elif old is not None and new is not None:
            if old.label != new.label:
                yield gettext("reason %(id)s: called “%(old)s” → “%(new)s”", id=reason_id, old=old.label, new=new.label)
            if old.reader != new.reader:
                yield gettext(
                    "reason %(id)s: its writer is told “%(old)s” → “%(new)s”",
                    id=reason_id,
                    old=old.reader,
                    new=new.reader,
                )
