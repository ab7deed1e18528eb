"""What if: thresholds moved in one place, tried on the comments that people have decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moderation.config.configuration import Configuration
from moderation.core.comment import Status
from moderation.core.conditions import DANGERS, EFFECTS, ConditionKey, Effects, Overrides, Thresholds
from moderation.core.decision import Outcome
from moderation.core.policy import Policy
from moderation.policy_lab.replay import Replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Comments of one outcome, by what moderators made of them."""

    approved: int
    rejected: int

    @property
    def total(self) -> int:
        return self.approved + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A policy beside the moderators. ``flagged`` and ``plain`` would wait and be read; the others never."""

    published: Cell
    refused: Cell
    flagged: Cell
    plain: Cell

    @property
    def approved(self) -> int:
        """How many of all of them moderators approved."""
        return self.published.approved + self.refused.approved + self.flagged.approved + self.plain.approved

    @property
    def rejected(self) -> int:
        return self.published.rejected + self.refused.rejected + self.flagged.rejected + self.plain.rejected

    @property
    def total(self) -> int:
        return self.approved + self.rejected

    @property
    def unread(self) -> int:
        """How many nobody would have to read."""
        return self.published.total + self.refused.total

    def hours(self, seconds_each: float) -> float:
        """The reading that this saves, at so many seconds a comment."""
        return self.unread * seconds_each / 3600


def agreement(found: Replayed) -> Agreement:
    """Counts a replayed chunk of comments that people approved or rejected."""
    waits = found.would(Outcome.PENDING)
    return Agreement(
        published=_cell(found, found.would(Outcome.APPROVED)),
        refused=_cell(found, found.would(Outcome.REJECTED)),
        flagged=_cell(found, waits & found.flagged),
        plain=_cell(found, waits & ~found.flagged),
    )


def _cell(found: Replayed, where: NDArray[np.bool_]) -> Cell:
    return Cell(
        approved=int(np.count_nonzero(where & found.did(Status.APPROVED))),
        rejected=int(np.count_nonzero(where & found.did(Status.REJECTED))),
    )


def published_against(found: Replayed) -> list[int]:
    """Where it would publish what a moderator rejected: positions in ``found``."""
    return _positions(found.would(Outcome.APPROVED) & found.did(Status.REJECTED))


def refused_against(found: Replayed) -> list[int]:
    """Where it would reject what a moderator approved."""
    return _positions(found.would(Outcome.REJECTED) & found.did(Status.APPROVED))


def _positions(where: NDArray[np.bool_]) -> list[int]:
    positions: list[int] = np.flatnonzero(where).tolist()
    return positions


# --- the thresholds that are tried ------------------------------------------------------------------------------------


def tried(configuration: Configuration, site: str | None, section: str | None, effects: Effects) -> Configuration:
    """The configuration with exactly these conditions in that place. A site's or section's table holds what differs
    from what it inherits, and takes away what is no longer wanted.
    """
    before = configuration.policy
    policy = replace(before, base={effect: before.base.get(effect, {}) for effect in EFFECTS})
    if site is None and section is None:
        base = before.base
        new = {effect: _not_of_the_name(base.get(effect, {}), effects[effect]) for effect in EFFECTS}
        # What is dangerous flags unless the file takes it away.
        changed = replace(policy, base=new | {"flag": {**dict.fromkeys(DANGERS), **new["flag"]}})
    else:
        differing = _differing(_without(policy, site, section).thresholds_in(site, section), effects)
        own = policy.layers(site, section)[-1][1]
        for effect in EFFECTS:
            if taken := _not_of_the_name(own.get(effect, {}), {}):
                differing = {**differing, effect: {**taken, **differing.get(effect, {})}}
        changed = _with(policy, site, section, differing)
    return configuration.model_copy(update={"policy": changed})


def _not_of_the_name(
    before: Mapping[ConditionKey, float | None], wanted: Thresholds
) -> dict[ConditionKey, float | None]:
    """``wanted``, and what was not to be asked of names, which no list of conditions in force can tell."""
    taken = {key: None for key, value in before.items() if value is None and key.of_name}
    return {**taken, **wanted}


def _differing(inherited: Effects, wanted: Effects) -> Overrides:
    found: dict[str, dict[ConditionKey, float | None]] = {}
    for effect in EFFECTS:
        keys: dict[ConditionKey, float | None] = {
            key: value for key, value in wanted[effect].items() if inherited[effect].get(key) != value
        }
        keys |= dict.fromkeys(key for key in inherited[effect] if key not in wanted[effect])
        if keys:
            found[effect] = keys
    return found


def _without(policy: Policy, site: str | None, section: str | None) -> Policy:
    return _with(policy, site, section, {})


def _with(policy: Policy, site: str | None, section: str | None, overrides: Overrides) -> Policy:
    if site is None:
        return replace(policy, sections={**policy.sections, section or "": overrides})
    if section is None:
        return replace(policy, sites={**policy.sites, site: overrides})
    # A site's section stands under the site in the file, so that the site is named there too.
    sites = {**policy.sites, site: policy.sites.get(site, {})}
    return replace(policy, sites=sites, site_sections={**policy.site_sections, (site, section): overrides})


def policy_toml(policy: Policy) -> str:
    """The policy as the tables of the configuration file that make it."""
    return "\n".join(_tables(policy)).lstrip("\n") + "\n"


def _tables(policy: Policy) -> Iterator[str]:
    # All three are written, empty ones too: a table that is missing means the defaults.
    yield from _table("policy", {effect: policy.base.get(effect, {}) for effect in EFFECTS})
    for site, overrides in policy.sites.items():
        yield from _table(f"policy.sites.{_key(site)}", overrides)
    for section, overrides in policy.sections.items():
        yield from _table(f"policy.sections.{_key(section)}", overrides)
    for (site, section), overrides in policy.site_sections.items():
        yield from _table(f"policy.sites.{_key(site)}.sections.{_key(section)}", overrides)


def _table(place: str, overrides: Overrides) -> Iterator[str]:
    if not overrides:
        yield f"\n[{place}]"
    for effect, keys in overrides.items():
        yield f"\n[{place}.{effect}]"
        for key, value in keys.items():
            yield f"{key} = {'false' if value is None else repr(key.number(value))}"


def _key(name: str) -> str:
    plain = name and all(character.isascii() and (character.isalnum() or character in "-_") for character in name)
    return name if plain else json.dumps(name, ensure_ascii=False)
