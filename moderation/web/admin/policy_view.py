"""The policy in force, told value by value: where each comes from, since when, and by which file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.live import LiveConfiguration
from moderation.core.conditions import DANGERS, ConditionKey
from moderation.core.errors import ConfigurationError
from moderation.core.messages import noted
from moderation.services import Services
from moderation.storage.policies import KeptConfiguration
from moderation.web.admin.policy_difference import (
    RULE_WORDS,
    Values,
    comment_places,
    condition_values,
    differences,
    places,
)
from moderation.web.shared.languages import gettext
from moderation.web.shared.signals import condition_words
from moderation.web.shared.wording import who

DEFAULT = noted("default")
BUILT_IN = noted("built in")
"""Where a condition comes from that flags unless the file takes it away."""
HISTORY = 100
"""How many configurations, the newest, are looked through."""
CHANGES = 10
_EFFECTS = {
    "approve": noted("published at once"),
    "reject": noted("rejected at once"),
    "flag": noted("flagged for a closer look"),
}
_NOTHING = {
    "approve": noted("never: nothing is published unseen"),
    "reject": noted("never: nothing is rejected unseen"),
    "flag": noted("never: every waiting comment looks the same"),
}


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
    """A change: when, by whom, what the configuration is called since, and what it changed, a line each."""

    at: datetime
    who: str
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
    services: Services,
    kept: Sequence[KeptConfiguration],
    sites: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> PolicyView:
    """The policy in force now. ``kept`` are the configurations that the database knows, the newest first. With
    ``sites`` what other sites change of it is left out. ``names`` are the accounts' by their ids.
    """
    configuration = services.configuration.current()
    live = services.configuration
    refused = live.refused.problem if isinstance(live, LiveConfiguration) and live.refused else None
    # What the database doesn't know yet has no history.
    history = _read(kept) if kept and kept[0].hash == configuration.hash else []
    version = configuration.policy.version
    if sites is not None:
        history = [(one, seen_from(before, sites)) for one, before in history]
        configuration = seen_from(configuration, sites)
    return PolicyView(
        version=version,
        hash=configuration.hash,
        path=services.settings.config_path.name,
        since=kept[0].effective_at if history else None,
        refused=refused,
        conditions=tuple(_conditions(configuration, history)),
        rules=tuple(_rules(configuration)),
        changes=tuple(_changes(history, names or {})),
    )


# --- what is in force -------------------------------------------------------------------------------------------------

_Read = tuple[KeptConfiguration, Configuration]


def _conditions(configuration: Configuration, history: Sequence[_Read]) -> Iterator[ConditionRow]:
    written = tomllib.loads(configuration.text).get("policy", {})
    past = [(kept, condition_values(before.policy)) for kept, before in history]
    for where, table, overrides in places(configuration.policy):
        for effect, becomes in _EFFECTS.items():
            keys = overrides.get(effect, {})
            source = gettext(DEFAULT) if table == "policy" and effect not in written else f"{table}.{effect}"
            for key, value in keys.items():
                built_in = table == "policy" and key in DANGERS and str(key) not in written.get(effect, {})
                yield ConditionRow(
                    where=where,
                    effect=gettext(becomes),
                    words=gettext("%(condition)s: taken away here", condition=condition_words(key))
                    if value is None
                    else f"{condition_words(key)} {value:g}",
                    source=gettext(BUILT_IN) if built_in else source,
                    since=_since(past, (where, effect, key), value),
                )
            if not keys and table == "policy":
                words = gettext(_NOTHING[effect])
                yield ConditionRow(where=where, effect=gettext(becomes), words=words, source=source, since=None)


def _since(
    past: Sequence[tuple[KeptConfiguration, Values]], place: tuple[str, str, ConditionKey], value: float | None
) -> Since | None:
    """The oldest of the configurations in a row, from the newest back, that had this value there."""
    found = None
    for kept, values in past:
        if place not in values or values[place] != value:
            break
        found = Since(at=kept.effective_at, hash=kept.hash)
    return found


def _rules(configuration: Configuration) -> Iterator[RuleRow]:
    written = tomllib.loads(configuration.text).get("comments", {})
    for where, table, keys in comment_places(configuration.comments):
        for key, value in keys.items():
            source = gettext(DEFAULT) if table == "comments" and key not in written else table
            yield RuleRow(where=where, words=gettext(RULE_WORDS[key]), value=str(value), source=source)


# --- what it was before -----------------------------------------------------------------------------------------------


def seen_from(configuration: Configuration, sites: Collection[str]) -> Configuration:
    """Without what other sites than these change: that is nobody's business but theirs."""
    comments = configuration.comments
    own = {site: keys for site, keys in comments.sites.items() if site in sites}
    seen = {
        "policy": configuration.policy.as_seen_from(sites),
        "comments": comments.model_copy(update={"sites": own}),
    }
    return configuration.model_copy(update=seen)


def _read(kept: Sequence[KeptConfiguration]) -> list[_Read]:
    """What they say, back to the first that this version can't read any more."""
    found = []
    for one in kept:
        configuration = _read_text(one.text)
        if configuration is None:
            break
        found.append((one, configuration))
    return found


@lru_cache(maxsize=2 * HISTORY)
def _read_text(text: str) -> Configuration | None:
    try:
        return parse_configuration(text)
    except ConfigurationError:
        return None


def _changes(history: Sequence[_Read], names: Mapping[str, str]) -> Iterator[Change]:
    """The latest changes, the newest first. A file that changed something else than is shown here changed nothing."""
    told = 0
    for (newer, configuration), (_, before) in pairwise(history):
        lines = differences(before, configuration)
        if lines and told < CHANGES:
            told += 1
            by = gettext("by the file")
            if not newer.from_file:
                by = gettext("by %(name)s", name=who(newer.actor, names))
            yield Change(at=newer.effective_at, who=by, version=newer.policy_version, hash=newer.hash, lines=lines)
