"""The form in which an administrator changes thresholds, lengths and reasons: what it sends, what is wrong with it, and
how it is shown again with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import regex

from moderation.config.configuration import Configuration
from moderation.config.configuration_edit import LENGTHS, Values, Where, values_in
from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import EFFECTS, NAME, OUTSIDE, ConditionKey, Effects
from moderation.core.messages import noted
from moderation.web.admin.what_if_view import Field, field_sets, shown_threshold, threshold_fields, threshold_of
from moderation.web.shared.languages import gettext
from moderation.web.shared.wording import number

LONGEST_LABEL, LONGEST_SENTENCE = 80, 500
LENGTH_RANGES = {"minimum_length": (0, 100_000), "maximum_length": (1, 100_000)}
_LENGTH_WORDS = {
    "minimum_length": noted("Shortest comment, characters"),
    "maximum_length": noted("Longest comment, characters"),
}
NEW_REASONS = ("1", "2")
_NO_SLUG = regex.compile(r"[^a-z0-9]+")
_UNSTORABLE = regex.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MEANINGS = {
    "toxicity": noted("rude or hurtful, so that people would leave the discussion"),
    "severe_toxicity": noted("very hateful or aggressive"),
    "obscene": noted("swear words and coarse language"),
    "threat": noted("wishes somebody harm, or announces it"),
    "insult": noted("insults a person"),
    "identity_attack": noted("demeans people for what they are"),
    "sexual_explicit": noted("speaks of sexual acts or body parts"),
    "relevance": noted("how much it has to do with the article"),
    "spam": noted("reads like advertising, or others sent nearly the same"),
    "links": noted("web addresses in the text"),
    "reports": noted("readers who have reported it"),
    "author_approved": noted("comments by its author that were approved before"),
    "author_rejected_share": noted("how much of its author's last twenty decided comments was rejected"),
    "author_age_days": noted("days since its author's first comment here; asked of signed-in readers alone"),
    "trusted": noted("1: a moderator, or the site's login, has its author as trusted"),
    "staff": noted("1: the site marks its author as one of the newsroom"),
    "subscriber": noted("1: the site marks its author as a subscriber"),
    "verified": noted("1: the site marks its author as verified"),
    "terms": noted("words of the lists that moderators keep"),
    "private_data": noted("places with an address, a number or an e-mail address"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was sent, or what it begins with. ``raw`` holds every field as it was typed, ``errors`` what is wrong with a
    field; without errors ``values`` say the same, typed.
    """

    where: Where
    raw: Mapping[str, str]
    errors: Mapping[str, str]
    values: Values


def form_of(values: Values, where: Where, configuration: Configuration) -> Form:
    """The form that shows these values; a reason that ``configuration`` hasn't stands in the fields of a new one."""
    new = [one for one in values.reason_ids if configuration.reason(one) is None]
    names = {one: f"new.{number}" for one, number in zip(new, NEW_REASONS, strict=False)}
    raw = {f"{effect}.{key}": shown_threshold(key, value) for (effect, key), value in values.conditions.items()}
    raw |= {key: str(value) for key, value in values.lengths.items()}
    for (reason_id, part), text in values.reasons.items():
        raw[f"{names.get(reason_id, f'reason.{reason_id}')}.{part}"] = text
    for reason in configuration.reasons if where.everywhere else ():
        if reason.id not in values.reason_ids:
            name = f"reason.{reason.id}"
            raw |= {f"{name}.remove": "1", f"{name}.label": reason.label, f"{name}.reader": reason.reader}
    return Form(where=where, raw=raw, errors={}, values=values)


def form_sent(sent: Mapping[str, str], base: Configuration, where: Where) -> Form:
    """What somebody has made of the form of ``base``."""
    raw = {key: text.strip() for key, text in sent.items() if key not in ("csrf_token", "base", "site", "section")}
    errors: dict[str, str] = {}
    conditions: dict[tuple[str, ConditionKey], float] = {}
    for name, (effect, key) in threshold_fields(base.condition_keys).items():
        if text := raw.get(name, ""):
            value = threshold_of(key, text)
            if value is None:
                wanted = _COUNT_WANTED if key.counted else _SHARE_WANTED
                errors[name] = gettext(wanted, typed=_clip(text))
            else:
                conditions[effect, key] = value
    values = Values(
        conditions=conditions,
        lengths=_read_lengths(raw, errors) if where.has_lengths else {},
        reasons=_read_reasons(raw, base, errors) if where.everywhere else {},
    )
    return Form(where=where, raw=raw, errors=errors, values=values)


def _read_lengths(raw: Mapping[str, str], errors: dict[str, str]) -> dict[str, int]:
    values = {}
    for key, (minimum, maximum) in LENGTH_RANGES.items():
        text = raw.get(key, "")
        if text.isascii() and text.isdigit() and len(text) <= 6 and minimum <= int(text) <= maximum:
            values[key] = int(text)
        else:
            errors[key] = gettext(
                "%(typed)s is no whole number from %(minimum)s to %(maximum)s.",
                typed=_clip(text),
                minimum=minimum,
                maximum=number(maximum),
            )
    if len(values) == len(LENGTHS) and values["minimum_length"] > values["maximum_length"]:
        shortest, longest = values["minimum_length"], values["maximum_length"]
        errors["minimum_length"] = gettext(
            "%(shortest)s is over the longest that a comment may be (%(longest)s).", shortest=shortest, longest=longest
        )
    return values


def _read_reasons(raw: Mapping[str, str], base: Configuration, errors: dict[str, str]) -> dict[tuple[str, str], str]:
    values: dict[tuple[str, str], str] = {}
    kept = [reason.id for reason in base.reasons if not raw.get(f"reason.{reason.id}.remove")]
    taken = {reason.id for reason in base.reasons}
    for reason_id in kept:
        _read_reason(raw, f"reason.{reason_id}", reason_id, values, errors)
    for place in NEW_REASONS:
        name = f"new.{place}"
        if raw.get(f"{name}.label") or raw.get(f"{name}.reader"):
            reason_id = _new_id(raw.get(f"{name}.label", ""), taken)
            taken.add(reason_id)
            _read_reason(raw, name, reason_id, values, errors)
    if not kept and not values:
        for reason in base.reasons[:1]:
            errors[f"reason.{reason.id}.label"] = gettext(
                "One reason must stay: moderators choose one whenever they refuse."
            )
    return values


def _read_reason(
    raw: Mapping[str, str], name: str, reason_id: str, values: dict[tuple[str, str], str], errors: dict[str, str]
) -> None:
    for part, longest, missing in (
        ("label", LONGEST_LABEL, noted("Write a short name.")),
        ("reader", LONGEST_SENTENCE, noted("Write the sentence for the reader.")),
    ):
        text = raw.get(f"{name}.{part}", "")
        if not text:
            errors[f"{name}.{part}"] = gettext(missing)
        elif len(text) > longest or _UNSTORABLE.search(text):
            errors[f"{name}.{part}"] = gettext(
                "At most %(longest)s characters, without control characters; these are %(number)s.",
                longest=longest,
                number=len(text),
            )
        else:
            values[reason_id, part] = " ".join(text.split())


def _new_id(label: str, taken: set[str]) -> str:
    """A short name for programs, such as "off-topic"; with a number where that is taken."""
    plain = _NO_SLUG.sub("-", label.casefold()[:40]).strip("-") or "reason"
    return next(name for n in range(1, 10_000) if (name := plain if n == 1 else f"{plain}-{n}") not in taken)


def _clip(text: str) -> str:
    return gettext("“%(typed)s”", typed=text[:40]) if text else gettext("Nothing")


_COUNT_WANTED = noted("%(typed)s is no number of 0 or more. Empty: it isn’t asked.")
_SHARE_WANTED = noted("%(typed)s is no number from 0 to 1. Empty: it isn’t asked.")


def _hint(allowed: str, default: object, now: object, *, everywhere: bool) -> str:
    """What is allowed, what is usual there and what is in force."""
    values = {"allowed": allowed, "default": default, "now": now}
    if everywhere:
        return gettext("%(allowed)s · default %(default)s · in force %(now)s", **values)
    return gettext("%(allowed)s · everywhere %(default)s · in force %(now)s", **values)


# --- how it is shown --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number's field: its words, what they mean, what is allowed and what it was before."""

    name: str
    words: str
    meaning: str
    value: str
    minimum: int
    maximum: int
    step: str
    hint: str
    error: str | None
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    effect: str
    title: str
    hint: str
    used: tuple[Number, ...]
    more: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFields:
    """One reason: the beginning of its fields' names, its id for programs (none yet), and what they hold."""

    name: str
    id: str | None
    label: str
    reader: str
    label_error: str | None
    reader_error: str | None
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    thresholds: tuple[Thresholds, ...]
    lengths: tuple[Number, ...]
    reasons: tuple[ReasonFields, ...]


def form_view(form: Form, configuration: Configuration) -> FormView:
    """The form beside the ``configuration`` in force, with the defaults of that place."""
    now, known = values_in(configuration, form.where), configuration.condition_keys
    default = values_in(parse_configuration("") if form.where.everywhere else configuration, Where())
    return FormView(
        thresholds=tuple(
            Thresholds(
                effect=found.effect,
                title=found.title,
                hint=found.hint,
                used=tuple(_threshold(form, found.effect, field, now, default) for field in found.used),
                more=tuple(_threshold(form, found.effect, field, now, default) for field in found.more),
            )
            for found in field_sets(_asked_or_in_force(form.raw, now, known), known)
        ),
        lengths=tuple(_length(form, key, now, default) for key in LENGTHS) if form.where.has_lengths else (),
        reasons=tuple(_reasons(form, configuration)) if form.where.everywhere else (),
    )


def _asked_or_in_force(raw: Mapping[str, str], now: Values, known: Mapping[str, ConditionKey]) -> Effects:
    """Which thresholds stand first: those in force, and those that somebody has typed."""
    found: dict[str, dict[ConditionKey, float]] = {effect: {} for effect in EFFECTS}
    for name, (effect, key) in threshold_fields(known).items():
        if raw.get(name) or (effect, key) in now.conditions:
            found[effect][key] = 0.0
    return found


def _threshold(form: Form, effect: str, field: Field, now: Values, default: Values) -> Number:
    key, place = field.key, (effect, field.key)
    allowed = gettext("0 or more") if key.counted else gettext("from %(minimum)s to %(maximum)s", minimum=0, maximum=1)
    bare = key.signal.removeprefix(NAME)
    meaning = gettext(_MEANINGS[bare]) if bare in _MEANINGS else ""
    if key.signal.startswith(OUTSIDE):
        meaning = gettext("what a classifier beside the scoring pack says, which the newsroom has chosen")
    not_asked = gettext("not asked")
    before, in_force = (
        shown_threshold(key, values.conditions[place]) if place in values.conditions else None
        for values in (default, now)
    )
    return Number(
        name=field.name,
        words=field.words,
        meaning=gettext("of its author’s name alone: %(meaning)s", meaning=meaning) if key.of_name else meaning,
        value=form.raw.get(field.name, ""),
        minimum=0,
        maximum=field.limit,
        step="1" if field.step == "1" else "any",
        hint=_hint(allowed, before or not_asked, in_force or not_asked, everywhere=form.where.everywhere),
        error=form.errors.get(field.name),
        changed=form.raw.get(field.name, "") != (in_force or ""),
    )


def _length(form: Form, key: str, now: Values, default: Values) -> Number:
    minimum, maximum = LENGTH_RANGES[key]
    allowed = gettext("from %(minimum)s to %(maximum)s", minimum=minimum, maximum=number(maximum))
    return Number(
        name=key,
        words=gettext(_LENGTH_WORDS[key]),
        meaning=gettext("as a reader sees them, spaces at both ends left out"),
        value=form.raw.get(key, ""),
        minimum=minimum,
        maximum=maximum,
        step="1",
        hint=_hint(allowed, default.lengths[key], now.lengths[key], everywhere=form.where.everywhere),
        error=form.errors.get(key),
        changed=form.raw.get(key, "") != str(now.lengths[key]),
    )


def _reasons(form: Form, configuration: Configuration) -> list[ReasonFields]:
    known = [(f"reason.{reason.id}", reason.id) for reason in configuration.reasons]
    new = [(f"new.{number}", None) for number in NEW_REASONS]
    return [
        ReasonFields(
            name=name,
            id=reason_id,
            label=form.raw.get(f"{name}.label", ""),
            reader=form.raw.get(f"{name}.reader", ""),
            label_error=form.errors.get(f"{name}.label"),
            reader_error=form.errors.get(f"{name}.reader"),
            removed=bool(form.raw.get(f"{name}.remove")),
        )
        for name, reason_id in (*known, *new)
    ]
