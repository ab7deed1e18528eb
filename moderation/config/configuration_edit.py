"""The configuration's text with some of its values changed: thresholds and lengths in one place, and the reasons.

Only what differs is touched; comments and order stay (tomlkit). What was written is read again, and must say exactly
what was wanted and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Item
from tomlkit.items import Table as TomlTable

from moderation.config.configuration import CommentKeys, Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import DANGERS, EFFECTS, ConditionKey
from moderation.core.errors import ModerationError
from moderation.core.policy import Policy

LENGTHS = ("minimum_length", "maximum_length")
REASON_PARTS = ("label", "reader")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What holds in one place: ``conditions`` by what becomes of a comment and by their keys, one that isn't asked
    there has none; ``lengths`` by ``LENGTHS``, where the place has its own; ``reasons``, everywhere alone, by their ids
    and ``REASON_PARTS``.
    """

    conditions: Mapping[tuple[str, ConditionKey], float]
    lengths: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def reason_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason_id for reason_id, _ in self.reasons))


class NotEditable(ModerationError):
    """The file is written in a way that can't be changed here without changing something else, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Everywhere, on a site, in a section, or in a site's section."""

    site: str | None = None
    section: str | None = None

    @property
    def everywhere(self) -> bool:
        return self.site is None and self.section is None

    @property
    def has_lengths(self) -> bool:
        """A site's section has no lengths of its own."""
        return self.site is None or self.section is None

    @property
    def path(self) -> tuple[str, ...]:
        """The table's name below ``policy`` and ``comments``."""
        sites = () if self.site is None else ("sites", self.site)
        return (*sites, *(() if self.section is None else ("sections", self.section)))


def values_in(configuration: Configuration, where: Where) -> Values:
    """What holds there; the reasons with what holds everywhere."""
    lengths: CommentKeys = {}
    if where.has_lengths:
        comments = configuration.comments
        own = (comments.sites.get(where.site or "", {}), comments.sections.get(where.section or "", {}))
        lengths = {**comments.base, **own[0], **own[1]}
    reasons = configuration.reasons if where.everywhere else ()
    return Values(
        conditions=_conditions_in(configuration.policy, where),
        lengths={key: lengths[key] for key in LENGTHS if key in lengths},
        reasons={(reason.id, part): getattr(reason, part) for reason in reasons for part in REASON_PARTS},
    )


def merged(base: Values, mine: Values, theirs: Values) -> Values:
    """``theirs`` with whatever ``mine`` has changed of ``base``."""
    return Values(
        conditions=_joined(base.conditions, mine.conditions, theirs.conditions),
        lengths=_joined(base.lengths, mine.lengths, theirs.lengths),
        reasons=_joined(base.reasons, mine.reasons, theirs.reasons),
    )


K = TypeVar("K")
V = TypeVar("V")


def _joined(base: Mapping[K, V], mine: Mapping[K, V], theirs: Mapping[K, V]) -> dict[K, V]:
    keys = dict.fromkeys((*theirs, *mine))
    chosen = {key: (mine if mine.get(key) != base.get(key) else theirs).get(key) for key in keys}
    return {key: value for key, value in chosen.items() if value is not None}


def edited(configuration: Configuration, where: Where, wanted: Values) -> Configuration:
    """The configuration with exactly these values there. Raises ``ConfigurationError``, as the file's loader, for
    values that can't stand together, and ``NotEditable``.
    """
    text = configuration.text
    try:
        document: Any = tomlkit.parse(text if not text or text.endswith("\n") else text + "\n")
        _write_conditions(document, configuration.policy, where, wanted)
        if where.has_lengths:
            _write_lengths(document, configuration, where, wanted)
        if where.everywhere:
            _write_reasons(document, configuration, wanted)
        written = document.as_string()
        if tomllib.loads(written) != document.unwrap():
            raise NotEditable
    except (TOMLKitError, TypeError, AttributeError, ValueError, LookupError) as error:
        raise NotEditable from error
    if written == text:
        return configuration
    new = parse_configuration(written)
    if values_in(new, where) != wanted or _the_rest(new, where) != _the_rest(configuration, where):
        raise NotEditable
    return new


# --- conditions -------------------------------------------------------------------------------------------------------


def _conditions_in(policy: Policy, where: Where) -> dict[tuple[str, ConditionKey], float]:
    effects = policy.thresholds_in(where.site, where.section)
    return {(effect, key): threshold for effect, keys in effects.items() for key, threshold in keys.items()}


def _write_conditions(document: Any, policy: Policy, where: Where, wanted: Values) -> None:
    now, inherited = _conditions_in(policy, where), _conditions_in(_without_own(policy, where), where)
    path = ("policy", *where.path)
    for effect in EFFECTS:
        keys = [place for place in dict.fromkeys((*now, *wanted.conditions)) if place[0] == effect]
        changed = [place for place in keys if now.get(place) != wanted.conditions.get(place)]
        if changed and where.everywhere and _at(document, ("policy", effect)) is None:
            # A table of one's own stands in place of the defaults: those that stay are written into it.
            asked = [place for place in keys if place in wanted.conditions]
            changed = [place for place in asked if DANGERS.get(place[1]) != wanted.conditions[place]] + [
                place for place in keys if place not in wanted.conditions
            ]
        for place in changed:
            value, key = wanted.conditions.get(place), place[1]
            *within, name = key.path
            if value is not None and (where.everywhere or inherited.get(place) != value):
                _put(document, (*path, effect, *within), name, key.number(value))
            elif value is None and (effect == "flag" and key in DANGERS if where.everywhere else place in inherited):
                _put(document, (*path, effect, *within), name, False)
            else:
                _take(document, (*path, effect, *within), name)


def _without_own(policy: Policy, where: Where) -> Policy:
    """The policy without what stands for this very place."""
    if where.everywhere:
        return replace(policy, base={})
    if where.section is None:
        return replace(policy, sites=_without(policy.sites, where.site))
    if where.site is None:
        return replace(policy, sections=_without(policy.sections, where.section))
    both = (where.site, where.section)
    return replace(policy, site_sections={k: v for k, v in policy.site_sections.items() if k != both})


def _without(places: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    return {key: value for key, value in places.items() if key != name}


# --- lengths and reasons ----------------------------------------------------------------------------------------------


def _write_lengths(document: Any, configuration: Configuration, where: Where, wanted: Values) -> None:
    now, base = values_in(configuration, where).lengths, configuration.comments.base
    for key in LENGTHS:
        if now[key] == wanted.lengths[key]:
            continue
        if where.everywhere or base[key] != wanted.lengths[key]:
            _put(document, ("comments", *where.path), key, wanted.lengths[key])
        else:
            _take(document, ("comments", *where.path), key)


def _write_reasons(document: Any, configuration: Configuration, wanted: Values) -> None:
    ids = wanted.reason_ids
    listed = document.get("reasons")
    if listed is None:
        if wanted.reasons == values_in(configuration, Where()).reasons:
            return
        listed = document["reasons"] = tomlkit.aot()
    for number in reversed(range(len(listed))):
        if str(listed[number]["id"]) not in ids:
            tail = _tail_of(listed[number])
            del listed[number]
            if number:
                _body(listed[number - 1]).extend(tail)
    known = {str(table["id"]): table for table in listed}
    for reason_id in ids:
        new = {part: wanted.reasons[reason_id, part] for part in REASON_PARTS}
        if reason_id not in known:
            _append_reason(listed, {"id": reason_id, **new})
            continue
        for key, value in new.items():
            if known[reason_id][key] != value:
                known[reason_id][key] = value


def _append_reason(listed: Any, reason: Mapping[str, str]) -> None:
    if not isinstance(listed, AoT):
        table: Any = tomlkit.inline_table()
        table.update(reason)
        listed.append(table)
        return
    tail = _tail_of(listed[-1]) if len(listed) else []
    table = _new_table(reason)
    table.value.body.extend(tail)
    listed.append(table)


# --- the text ---------------------------------------------------------------------------------------------------------


def _at(document: Any, path: tuple[str, ...]) -> Any:
    found = document
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def _put(document: Any, path: tuple[str, ...], key: str, value: float | int | bool) -> None:
    """Sets the key of this table, which is made where there is none: before the comments that follow the last one."""
    parent, depth = document, 0
    while depth < len(path) and path[depth] in parent:
        parent, depth = parent[path[depth]], depth + 1
    if depth == len(path):
        if key in parent or isinstance(parent, InlineTable) or not isinstance(parent, TomlTable):
            parent[key] = value
            return
        tail = _tail_of(parent)
        parent.append(key, value)
        parent.value.body.extend(tail)
        return
    if isinstance(parent, InlineTable):
        new: Item = tomlkit.item({key: value}, _parent=parent)
        for name in reversed(path[depth + 1 :]):
            new = tomlkit.item({name: new}, _parent=parent)
    else:
        new = _new_table({key: value})
        _body(new).extend(_tail_of(_last_table(parent)))
        for name in reversed(path[depth + 1 :]):
            outer = tomlkit.table(is_super_table=True)
            outer.append(name, new)
            new = outer
    parent[path[depth]] = new


def _take(document: Any, path: tuple[str, ...], key: str) -> None:
    table = _at(document, path)
    if isinstance(table, MutableMapping) and key in table:
        del table[key]
        if not table and _is_dotted(_at(document, path[:-1]), path[-1]):
            _take(document, path[:-1], path[-1])  # "outside.clickbait_at_least = …" was the whole of that table


def _is_dotted(table: Any, key: str) -> bool:
    """Whether what stands there has no heading of its own, but is named with each of its keys."""
    body = _body(table) if isinstance(table, TomlTable | tomlkit.TOMLDocument) else ()
    return any(name is not None and name.key == key and name.is_dotted() for name, _ in body)


def _new_table(values: Mapping[str, Any]) -> Any:
    table = tomlkit.table()
    table.trivia.indent = "\n"
    for key, value in values.items():
        table.append(key, value)
    return table


def _body(table: Any) -> list[Any]:
    """What a table is made of, in order: keys with their values, and comments and blank lines without a key."""
    body: list[Any] = table.body if isinstance(table, tomlkit.TOMLDocument) else table.value.body
    return body


def _last_table(table: Any) -> Any:
    """The table whose lines stand last in this one's."""
    while isinstance(table, TomlTable | tomlkit.TOMLDocument):
        body = _body(table)
        if not body or not isinstance(body[-1][1], TomlTable):
            break
        table = body[-1][1]
    return table


def _tail_of(table: Any) -> list[Any]:
    """Takes off the comments and blank lines that end a table: they speak of what follows it."""
    if not isinstance(table, TomlTable | tomlkit.TOMLDocument):
        return []
    body = _body(table)
    tail: list[Any] = []
    while body and body[-1][0] is None:
        tail.insert(0, body.pop())
    return tail


# --- what must stay ---------------------------------------------------------------------------------------------------


def _the_rest(configuration: Configuration, where: Where) -> Configuration:
    """All that is none of this place's values."""
    comments = configuration.comments
    now: dict[str, Any] = {"sites": dict(comments.sites), "sections": dict(comments.sections)}
    if where.everywhere:
        now |= dict.fromkeys(LENGTHS, 0)
    elif where.section is None:
        now["sites"][where.site] = _without_lengths(comments.sites.get(where.site or "", {}))
    elif where.site is None:
        now["sections"][where.section] = _without_lengths(comments.sections.get(where.section, {}))
    policy = _without_own(configuration.policy, where)
    if where.site is not None:
        # A site's section stands under the site in the file, so that the site is named there too.
        policy = replace(policy, sites={where.site: {}, **policy.sites})
    rest = {"text": "", "policy": policy, "comments": comments.model_copy(update=now)}
    return configuration.model_copy(update=rest | ({"reasons": ()} if where.everywhere else {}))


def _without_lengths(keys: CommentKeys) -> CommentKeys:
    return {key: value for key, value in keys.items() if key not in LENGTHS}
