"""The policy in force, told value by value with where each comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.configuration import CommentKeys, Configuration
from moderation.core.policy import Overrides, conditions_from
from moderation.live_configuration import LiveConfiguration
from moderation.services import Services
from moderation.storage.policies import KeptConfiguration

DEFAULT = "default"
_EFFECTS = {"approve": "published at once", "reject": "rejected at once", "flag": "flagged for a closer look"}
_NOTHING = {"approve": "never: nothing is published unseen", "reject": "never: nothing is rejected unseen"}
_RULES = {
    "mode": "how the discussion takes comments",
    "minimum_length": "characters at least",
    "maximum_length": "characters at most",
    "close_after_days": "days until it closes (0: never)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    where: str
    effect: str
    words: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    where: str
    words: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """What the admin page shows. ``refused`` says why a changed file isn't in force, if that is so."""

    version: str
    hash: str
    path: str
    since: datetime | None
    refused: str | None
    conditions: tuple[ConditionRow, ...]
    rules: tuple[RuleRow, ...]


def policy_view(services: Services, kept: KeptConfiguration | None) -> PolicyView:
    """The policy in force now. ``kept`` is the newest configuration that the database knows."""
    configuration = services.configuration.current()
    live = services.configuration
    refused = live.refused.problem if isinstance(live, LiveConfiguration) and live.refused else None
    return PolicyView(
        version=configuration.policy.version,
        hash=configuration.hash,
        path=services.settings.config_path.name,
        since=kept.effective_at if kept and kept.hash == configuration.hash else None,
        refused=refused,
        conditions=tuple(_conditions(configuration)),
        rules=tuple(_rules(configuration)),
    )


def _conditions(configuration: Configuration) -> Iterator[ConditionRow]:
    policy = configuration.policy
    written = tomllib.loads(configuration.text).get("policy", {})
    for effect, becomes in _EFFECTS.items():
        keys = policy.base.get(effect, {})
        source = f"policy.{effect}" if effect in written else DEFAULT
        yield from _effect_rows("everywhere", effect, keys, source)
        if not keys:
            words = _NOTHING.get(effect, "never: every waiting comment looks the same")
            yield ConditionRow(where="everywhere", effect=becomes, words=words, source=source)
    for site, overrides in policy.sites.items():
        yield from _override_rows(f"site {site}", f"policy.sites.{site}", overrides)
    for section, overrides in policy.sections.items():
        yield from _override_rows(f"section {section}", f"policy.sections.{section}", overrides)
    for (site, section), overrides in policy.site_sections.items():
        place = f"policy.sites.{site}.sections.{section}"
        yield from _override_rows(f"site {site}, section {section}", place, overrides)


def _override_rows(where: str, place: str, overrides: Overrides) -> Iterator[ConditionRow]:
    for effect, keys in overrides.items():
        yield from _effect_rows(where, effect, keys, f"{place}.{effect}")


def _effect_rows(where: str, effect: str, keys: Mapping[str, float | None], source: str) -> Iterator[ConditionRow]:
    for condition in conditions_from(keys):
        relation = "at or over" if condition.comparison == "at_least" else "at or under"
        words = f"{condition.signal.replace('_', ' ')} is {relation} {condition.threshold:g}"
        yield ConditionRow(where=where, effect=_EFFECTS[effect], words=words, source=source)
    for key, threshold in keys.items():
        if threshold is None:
            yield ConditionRow(where=where, effect=_EFFECTS[effect], words=f"{key}: taken away here", source=source)


def _rules(configuration: Configuration) -> Iterator[RuleRow]:
    comments = configuration.comments
    written: Mapping[str, Any] = tomllib.loads(configuration.text).get("comments", {})
    for key, value in comments.base.items():
        source = "comments" if key in written else DEFAULT
        yield RuleRow(where="everywhere", words=_RULES[key], value=str(value), source=source)
    places: list[tuple[str, str, CommentKeys]] = [("replies", "comments.replies", comments.replies)]
    places += [(f"site {name}", f"comments.sites.{name}", keys) for name, keys in comments.sites.items()]
    places += [(f"section {name}", f"comments.sections.{name}", keys) for name, keys in comments.sections.items()]
    for where, source, keys in places:
        for key, value in keys.items():
            yield RuleRow(where=where, words=_RULES[key], value=str(value), source=source)
