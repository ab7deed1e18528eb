"""The policy in force, told value by value: where each comes from, since when, and by which file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from moderation.configuration import CommentKeys, Configuration
from moderation.configuration_file import parse_configuration
from moderation.core.errors import ConfigurationError
from moderation.core.policy import DANGERS, Overrides, Policy
from moderation.live_configuration import LiveConfiguration
from moderation.services import Services
from moderation.storage.policies import KeptConfiguration

DEFAULT = "default"
BUILT_IN = "built in"
"""Where a condition comes from that flags unless the file takes it away."""
HISTORY = 100
"""How many configurations, the newest, are looked through."""
CHANGES = 10
_EFFECTS = {"approve": "published at once", "reject": "rejected at once", "flag": "flagged for a closer look"}
_NOTHING = {"approve": "never: nothing is published unseen", "reject": "never: nothing is rejected unseen"}
_RULES = {
    "mode": "how the discussion takes comments",
    "minimum_length": "characters at least",
    "maximum_length": "characters at most",
    "close_after_days": "days until it closes (0: never)",
}
_NAMES = {
    "author_approved": "approved comments of its author",
    "terms": "listed terms found",
    "private_data": "places with private data",
}
_RELATIONS = {"least": "at or over", "most": "at or under"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """When a value came into force, and the SHA-256 of the file that brought it."""

    at: datetime
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    where: str
    effect: str
    words: str
    source: str
    since: Since | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    where: str
    words: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the policy: when, by which file, and what it changed, a line each."""

    at: datetime
    version: str
    hash: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """What the page shows. ``refused`` says why a changed file isn't in force, if that is so."""

    version: str
    hash: str
    path: str
    since: datetime | None
    refused: str | None
    conditions: tuple[ConditionRow, ...]
    rules: tuple[RuleRow, ...]
    changes: tuple[Change, ...]


def policy_view(
    services: Services, kept: Sequence[KeptConfiguration], sites: Collection[str] | None = None
) -> PolicyView:
    """The policy in force now. ``kept`` are the configurations that the database knows, the newest first. With
    ``sites`` what other sites change of it is left out.
    """
    configuration = services.configuration.current()
    live = services.configuration
    refused = live.refused.problem if isinstance(live, LiveConfiguration) and live.refused else None
    # What the database doesn't know yet has no history.
    history = _read(kept) if kept and kept[0].hash == configuration.hash else []
    version = configuration.policy.version
    if sites is not None:
        history = [(one, policy.as_seen_from(sites)) for one, policy in history]
        configuration = replace(
            configuration,
            policy=configuration.policy.as_seen_from(sites),
            comments=replace(
                configuration.comments,
                sites={site: keys for site, keys in configuration.comments.sites.items() if site in sites},
            ),
        )
    return PolicyView(
        version=version,
        hash=configuration.hash,
        path=services.settings.config_path.name,
        since=kept[0].effective_at if history else None,
        refused=refused,
        conditions=tuple(_conditions(configuration, history)),
        rules=tuple(_rules(configuration)),
        changes=tuple(_changes(history)),
    )


# --- what is in force -------------------------------------------------------------------------------------------------

_Place = tuple[str, str]
"""A place in words, and its table in the file."""
_Values = Mapping[tuple[str, str, str], float | None]
"""Every condition by its place, effect and key; None: taken away there."""
_Read = tuple[KeptConfiguration, Policy]


def _places(policy: Policy) -> Iterator[tuple[_Place, Overrides]]:
    yield ("everywhere", "policy"), policy.base
    for site, overrides in policy.sites.items():
        yield (f"site {site}", f"policy.sites.{site}"), overrides
    for section, overrides in policy.sections.items():
        yield (f"section {section}", f"policy.sections.{section}"), overrides
    for (site, section), overrides in policy.site_sections.items():
        yield (f"site {site}, section {section}", f"policy.sites.{site}.sections.{section}"), overrides


def _values(policy: Policy) -> _Values:
    return {
        (where, effect, key): value
        for (where, _), overrides in _places(policy)
        for effect, keys in overrides.items()
        for key, value in keys.items()
    }


def _conditions(configuration: Configuration, history: Sequence[_Read]) -> Iterator[ConditionRow]:
    written = tomllib.loads(configuration.text).get("policy", {})
    past = [(kept, _values(policy)) for kept, policy in history]
    for (where, table), overrides in _places(configuration.policy):
        for effect, becomes in _EFFECTS.items():
            keys = overrides.get(effect, {})
            source = DEFAULT if table == "policy" and effect not in written else f"{table}.{effect}"
            for key, value in keys.items():
                built_in = table == "policy" and key in DANGERS and key not in written.get(effect, {})
                yield ConditionRow(
                    where=where,
                    effect=becomes,
                    words=f"{_signal(key)}: taken away here" if value is None else f"{_signal(key)} {value:g}",
                    source=BUILT_IN if built_in else source,
                    since=_since(past, (where, effect, key), value),
                )
            if not keys and table == "policy":
                words = _NOTHING.get(effect, "never: every waiting comment looks the same")
                yield ConditionRow(where=where, effect=becomes, words=words, source=source, since=None)


def _since(
    past: Sequence[tuple[KeptConfiguration, _Values]], place: tuple[str, str, str], value: float | None
) -> Since | None:
    """The oldest of the configurations in a row, from the newest back, that had this value there."""
    found = None
    for kept, values in past:
        if place not in values or values[place] != value:
            break
        found = Since(at=kept.effective_at, hash=kept.hash)
    return found


def _signal(key: str) -> str:
    signal, _, relation = key.rpartition("_at_")
    return f"{_NAMES.get(signal, signal.replace('_', ' '))} {_RELATIONS[relation]}"


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


# --- what it was before -----------------------------------------------------------------------------------------------


def _read(kept: Sequence[KeptConfiguration]) -> list[_Read]:
    """Their policies, back to the first that this version can't read any more."""
    found = []
    for one in kept:
        policy = _policy_of(one.text)
        if policy is None:
            break
        found.append((one, policy))
    return found


@lru_cache(maxsize=2 * HISTORY)
def _policy_of(text: str) -> Policy | None:
    try:
        return parse_configuration(text).policy
    except ConfigurationError:
        return None


def _changes(history: Sequence[_Read]) -> Iterator[Change]:
    """The latest changes of the policy, the newest first. A file that changed something else changed no policy."""
    told = 0
    for (newer, policy), (_, before) in pairwise(history):
        lines = tuple(_differences(_values(before), _values(policy)))
        if lines and told < CHANGES:
            told += 1
            yield Change(at=newer.effective_at, version=newer.policy_version, hash=newer.hash, lines=lines)


def _differences(before: _Values, after: _Values) -> Iterator[str]:
    for place in sorted({*before, *after}):
        then, now = before.get(place, "absent"), after.get(place, "absent")
        if then != now:
            where, effect, key = place
            yield f"{where}, {effect}: {_signal(key)} {_told(then)} → {_told(now)}"


def _told(value: float | str | None) -> str:
    if value is None:
        return "taken away"
    return "not asked" if isinstance(value, str) else f"{value:g}"
