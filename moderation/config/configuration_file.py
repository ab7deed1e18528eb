"""Reads the configuration file (config/moderation.toml) into its frozen types; refused whole, with the key's name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from limits import parse_many

from moderation.config.configuration import (
    CommentKeys,
    Comments,
    Configuration,
    Display,
    Figures,
    Legal,
    Perspective,
    RateLimits,
    ReasonChoice,
    Scoring,
    Surge,
)
from moderation.core.comment import Mode
from moderation.core.conditions import CONDITION_KEYS, DANGERS, EFFECTS, ConditionKey, Overrides
from moderation.core.discussion_hours import zone_named
from moderation.core.errors import ConfigurationError, InvalidField, clipped
from moderation.core.policy import Policy
from moderation.core.private_data import KNOWN_REGIONS, PrivateData, what_is_allowed
from moderation.core.toml_table import Table

_COMMENT_DEFAULTS: CommentKeys = {
    "minimum_length": 50,
    "maximum_length": 5000,
    "mode": Mode.PRE,
    "close_after_days": 0,
}
_POLICY_DEFAULTS: Overrides = {
    "flag": {
        CONDITION_KEYS["toxicity_at_least"]: 0.50,
        CONDITION_KEYS["relevance_at_most"]: 0.20,
        CONDITION_KEYS["spam_at_least"]: 0.80,
        CONDITION_KEYS["links_at_least"]: 2,
        CONDITION_KEYS["name_toxicity_at_least"]: 0.20,
    }
}
_OTHER = ReasonChoice(id="other", label="Other", reader="It does not follow our rules for comments.")


def parse_configuration(text: str) -> Configuration:
    """Reads the file's text. Raises ``ConfigurationError`` naming the key, its value and what is allowed."""
    try:
        top = Table("", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError("the file", f"is not valid TOML: {error}") from error
    configuration = Configuration(
        comments=_comments(top.table("comments")),
        rate_limits=_rate_limits(top.table("rate_limits")),
        scoring=_scoring(top.table("scoring")),
        policy=_policy(top.table("policy") if "policy" in top.values else None),
        reasons=_reasons(top),
        text=text,
        perspective=_perspective(top.table("perspective")),
        figures=_figures(top.table("figures")),
        legal=_legal(top.table("legal")),
        private_data=_private_data(top.table("private_data")),
        display=_display(top.table("display")),
    )
    top.finish()
    return configuration


def is_cut_off(new: Configuration, last_good: Configuration) -> bool:
    """Whether ``new`` is the beginning of ``last_good`` and means something else: TOML cut off in the middle can still
    parse, with fewer conditions than were meant. Somebody who did mean it can say so with one more comment.
    """
    # To the letter: "= 5" and a line's end is not the beginning of "= 50", but somebody's five.
    if len(new.text) >= len(last_good.text) or not last_good.text.startswith(new.text):
        return False
    return replace(new, text="") != replace(last_good, text="")


def _comments(table: Table) -> Comments:
    comments = Comments(
        base={**_COMMENT_DEFAULTS, **_comment_keys(table)},
        sites={name: _finished(site) for name, site in table.tables("sites").items()},
        sections={name: _finished(section) for name, section in table.tables("sections").items()},
        replies=_finished(table.table("replies")),
        maximum_body=table.integer("maximum_body", 1_048_576, least=1024, most=100 * 1_048_576),
        surge=_surge(table.table("surge")),
    )
    table.finish()
    for keys in (comments.base, *comments.sites.values(), *comments.sections.values(), comments.replies):
        whole = {**comments.base, **keys}
        if whole["minimum_length"] > whole["maximum_length"]:
            raise ConfigurationError(
                "comments.minimum_length",
                f"is {whole['minimum_length']}, over maximum_length ({whole['maximum_length']}).",
            )
    return comments


def _finished(table: Table) -> CommentKeys:
    keys = _comment_keys(table)
    table.finish()
    return keys


def _comment_keys(table: Table) -> CommentKeys:
    keys: dict[str, Any] = {
        "minimum_length": table.integer("minimum_length", 50, least=0, most=100_000),
        "maximum_length": table.integer("maximum_length", 5000, least=1, most=100_000),
        "mode": Mode(table.choice("mode", Mode.PRE, list(Mode))),
        "close_after_days": table.integer("close_after_days", 0, least=0, most=36_500),
    }
    return {key: value for key, value in keys.items() if key in table.values}


def _surge(table: Table) -> Surge:
    share = table.get("first_time_share", float, 0.0, "a number over 0, at most 1")
    if "first_time_share" in table.values and not 0 < share <= 1:
        raise ConfigurationError(
            table.name("first_time_share"), f"is {share:g}; it must be a number over 0, at most 1."
        )
    arrivals = table.integer("arrivals_per_hour", 1, least=1, most=1_000_000)
    surge = Surge(
        arrivals_per_hour=arrivals if "arrivals_per_hour" in table.values else None,
        first_time_share=share if "first_time_share" in table.values else None,
        hours=table.integer("hours", 24, least=1, most=8760),
    )
    table.finish()
    if "hours" in table.values and not surge.on:
        raise ConfigurationError(
            table.name("hours"), "does nothing by itself; add arrivals_per_hour, first_time_share or both."
        )
    return surge


def _legal(table: Table) -> Legal:
    defaults = Legal()
    legal = Legal(
        notice_hours=table.integer("notice_hours", defaults.notice_hours, least=1, most=8760),
        grievance_days=table.integer("grievance_days", defaults.grievance_days, least=1, most=365),
        order_hours=table.integer("order_hours", defaults.order_hours, least=1, most=8760),
        due_soon_hours=table.integer("due_soon_hours", defaults.due_soon_hours, least=0, most=8760),
    )
    table.finish()
    return legal


def _rate_limits(table: Table) -> RateLimits:
    defaults = RateLimits()
    limits = RateLimits(
        enabled=table.get("enabled", bool, defaults.enabled, "true or false"),
        per_reader=_limits(table, "per_reader", defaults.per_reader),
        per_address=_limits(table, "per_address", defaults.per_address),
        per_site=_limits(table, "per_site", defaults.per_site),
    )
    table.finish()
    return limits


def _limits(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    wanted = 'a list of limits such as ["6 per minute", "60 per hour"]'
    values = table.get(key, list, list(default), wanted)
    for value in values:
        try:
            if min(limit.amount for limit in parse_many(value)) < 1:
                raise ValueError("less than one is no limit")
        except (ValueError, TypeError) as error:
            raise ConfigurationError(table.name(key), f"holds {clipped(repr(value))}; it must be {wanted}.") from error
    return tuple(values)


def _scoring(table: Table) -> Scoring:
    runtimes = ("auto", "openvino-bf16", "openvino-f32", "onnxruntime-f32", "detoxify")
    languages = table.table("languages")
    scoring = Scoring(
        pack=table.get("pack", str, "builtin", "a pack's name"),
        mode=table.choice("mode", "inline", ("inline", "worker")),
        runtime=table.choice("runtime", "auto", runtimes),
        timeout_seconds=table.get("timeout_seconds", float, 10.0, "a number of seconds"),
        languages={code: languages.get(code, str, "", "a pack's name") for code in languages.values},
    )
    if not 0.1 <= scoring.timeout_seconds <= 120:
        raise ConfigurationError("scoring.timeout_seconds", "must lie between 0.1 and 120 seconds.")
    table.finish()
    return scoring


def _perspective(table: Table) -> Perspective:
    wanted = 'a list of sites such as ["the-daily"]'
    sites = table.get("keep_texts_for_sites", list, [], wanted)
    if not all(isinstance(site, str) for site in sites):
        raise ConfigurationError(table.name("keep_texts_for_sites"), f"is {clipped(repr(sites))}; it must be {wanted}.")
    found = Perspective(
        keep_texts_for_sites=tuple(sites),
        retention_days=table.integer("retention_days", 90, least=1, most=3650),
    )
    table.finish()
    return found


def _figures(table: Table) -> Figures:
    found = Figures(by_moderator=table.get("by_moderator", bool, False, "true or false"))
    table.finish()
    return found


def _display(table: Table) -> Display:
    sites: dict[str, str] = {}
    found = _time_zone(table)
    for name, site in table.tables("sites").items():
        sites[name] = _time_zone(site)
        site.finish()
    table.finish()
    return Display(time_zone=found, sites=sites)


def _time_zone(table: Table) -> str:
    name: str = table.get("time_zone", str, "UTC", 'a time zone such as "Europe/Berlin"')
    try:
        zone_named(name)
    except InvalidField as error:
        wanted = 'it must be a time zone such as "Europe/Berlin".'
        raise ConfigurationError(table.name("time_zone"), f"is {clipped(repr(name))}; {wanted}") from error
    return name


def _private_data(table: Table) -> PrivateData:
    defaults = PrivateData()
    found = PrivateData(
        regions=_texts(table, "regions", defaults.regions, 'a list of countries such as ["GB", "IN"]'),
        allow=_texts(table, "allow", defaults.allow, 'a list of texts such as ["020 7946 0958", "@ourpaper.example"]'),
    )
    table.finish()
    for region in found.regions:
        if region not in KNOWN_REGIONS:
            known = ", ".join(KNOWN_REGIONS)
            raise ConfigurationError(
                table.name("regions"), f"holds {region!r}, which isn't known here. Known are {known}."
            )
    for entry in found.allow:
        if what_is_allowed(entry) is None:
            raise ConfigurationError(
                table.name("allow"),
                f"holds {entry!r}; each must be a telephone or account number, an e-mail address, a domain such as "
                '"@ourpaper.example", or a postal address with its number.',
            )
    return found


def _texts(table: Table, key: str, default: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    values = table.get(key, list, list(default), wanted)
    if not all(isinstance(value, str) for value in values):
        raise ConfigurationError(table.name(key), f"is {values!r}; it must be {wanted}.")
    return tuple(values)


def _policy(table: Table | None) -> Policy:
    if table is None:
        return Policy(base=_with_dangers(_POLICY_DEFAULTS))
    policy = Policy(
        base=_with_dangers({**_POLICY_DEFAULTS, **_overrides(table)}),
        sites={name: _overrides(site) for name, site in table.tables("sites").items()},
        sections={name: _overrides(section) for name, section in table.tables("sections").items()},
        site_sections={
            (site_name, name): _overrides(section)
            for site_name, site in table.tables("sites").items()
            for name, section in site.tables("sections").items()
        },
    )
    table.asked.update(("approve", "reject", "flag"))
    table.finish()
    for place in table.tables("sites").values():
        place.asked.update(("approve", "reject", "flag", "sections"))
        place.finish()
        for inner in place.tables("sections").values():
            inner.asked.update(("approve", "reject", "flag"))
            inner.finish()
    for place in table.tables("sections").values():
        place.asked.update(("approve", "reject", "flag"))
        place.finish()
    return policy


def _with_dangers(base: Overrides) -> Overrides:
    """What is dangerous flags key by key: a table of one's own conditions that doesn't name it leaves it in force."""
    return {**base, "flag": {**DANGERS, **base.get("flag", {})}}


def _overrides(table: Table) -> Overrides:
    return {effect: _conditions(table.table(effect)) for effect in EFFECTS if effect in table.values}


def _conditions(table: Table) -> Mapping[ConditionKey, float | None]:
    found: dict[ConditionKey, float | None] = {}
    for name, key in CONDITION_KEYS.items():
        if name not in table.values:
            continue
        if table.values[name] is False:
            table.asked.add(name)
            found[key] = None
            continue
        threshold = table.get(name, float, 0.0, "a number, or false to take the condition away")
        if not (0 <= threshold <= key.most):
            raise ConfigurationError(
                table.name(name),
                f"is {threshold:g}; it must be {'0 or more' if key.counted else 'a number from 0 to 1'}.",
            )
        found[key] = threshold
    table.finish("A condition is a signal with _at_least or _at_most, such as toxicity_at_least.")
    return found


def _reasons(top: Table) -> tuple[ReasonChoice, ...]:
    values = top.get("reasons", list, [], "tables headed [[reasons]]")
    found: list[ReasonChoice] = []
    for number, value in enumerate(values, start=1):
        table = Table(f"reasons[{number}]", _checked_dict(value, number))
        reason = ReasonChoice(**{key: table.get(key, str, "", "a text") for key in ("id", "label", "reader")})
        table.finish()
        for key in ("id", "label", "reader"):
            if not getattr(reason, key).strip():
                raise ConfigurationError(table.name(key), "is empty; it must be a text.")
        if any(reason.id == other.id for other in found):
            raise ConfigurationError(table.name("id"), f"is {clipped(reason.id)!r}, like that of another reason.")
        found.append(reason)
    return tuple(found) or (_OTHER,)


def _checked_dict(value: Any, number: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"reasons[{number}]", "must be a table headed [[reasons]].")
    return value
