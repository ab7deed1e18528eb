"""How a place takes comments, in words: its mode, how that came to be, and what stands in the form that sets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request
from markupsafe import Markup

from moderation.comments.discussion_state import Standing, Step, counted_days
from moderation.core.comment import Mode
from moderation.core.discussion_hours import DAYS, Cause, Level, Setting
from moderation.storage.site_rules import Term
from moderation.web.shared.rendering import moment, time_zone

MODE_WORDS: Mapping[str, str] = {
    Mode.PRE: "read first",
    Mode.POST: "published first",
    Mode.CLOSED: "closed",
    Mode.HIDDEN: "hidden",
}
MODE_HINTS: Mapping[str, str] = {
    Mode.PRE: "a comment waits for a moderator unless the policy publishes it at once",
    Mode.POST: "a comment appears at once unless it is flagged or rejected",
    Mode.CLOSED: "what is published can be read, nothing written",
    Mode.HIDDEN: "no comments are shown or taken",
}
_LEVELS: Mapping[Level, str] = {
    Level.COMMON: "every site",
    Level.SITE: "this site",
    Level.SECTION: "this section",
    Level.REPLIES: "replies",
    Level.ARTICLE: "this article",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """One line of how a mode came to be. ``counts``: this one has the last word."""

    words: str
    by: str
    why: str | None
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormShown:
    """What the form that sets a place has in its fields: what was typed last, or what is set."""

    mode: str
    sentence: str
    days: str
    hours: str
    weekly: tuple[tuple[str, str], ...]
    zone: str


def steps_shown(stands: Standing, names: Mapping[str, str]) -> list[StepShown]:
    """How the mode of an article came to be, the widest setting first."""
    return [
        StepShown(
            words=f"{MODE_WORDS[step.mode].capitalize()} for {_LEVELS[step.level]}",
            by=_by(step, names),
            why=step.setting.why if step.setting else None,
            counts=step is stands.steps[-1],
        )
        for step in stands.steps
    ]


def _by(step: Step, names: Mapping[str, str]) -> str:
    setting = step.setting
    if setting is None:
        return "sent with the article" if step.level is Level.ARTICLE else "in the configuration"
    if setting.cause is Cause.SURGE:
        return Markup("by itself, {}").format(moment(setting.since))
    return set_by(setting, names)


def set_by(setting: Setting, names: Mapping[str, str]) -> Markup:
    """Who set it and when."""
    return Markup("set by {}, {}").format(names.get(setting.account_id or "", "somebody"), moment(setting.since))


def summary(setting: Setting | None) -> str:
    """What is set for a place, in one line."""
    if setting is None:
        return "nothing of its own"
    parts = [MODE_WORDS[setting.mode]] if setting.mode else []
    if setting.hours is not None:
        parts.append("open at all hours" if setting.hours.always else f"opening hours ({setting.hours.zone})")
    if setting.close_after_days is not None:
        days = setting.close_after_days
        parts.append(f"closes {counted_days(days)} after publication" if days else "never closes by age")
    return ", ".join(parts)


def form_shown(setting: Setting | None, *, typed: bool, zone: str | None = None) -> FormShown:
    """The fields of a place's form; ``typed``: as they came back with something wrong in them. ``zone`` is for opening
    hours; None: the one that the page tells times in.
    """
    zone = zone or time_zone().key
    if typed:
        sent = request.form
        return FormShown(
            mode=sent.get("mode", "").replace("wider", ""),
            sentence=sent.get("sentence", ""),
            days=sent.get("days", ""),
            hours=sent.get("hours", ""),
            weekly=tuple((day, sent.get(f"day-{number}", "")) for number, day in enumerate(DAYS)),
            zone=sent.get("zone", zone),
        )
    hours = setting.hours if setting else None
    days = setting.close_after_days if setting else None
    weekly = hours is not None and not hours.always
    return FormShown(
        mode=setting.mode or "" if setting else "",
        sentence=setting.sentence or "" if setting else "",
        days="" if days is None else str(days),
        hours="" if hours is None else "always" if hours.always else "weekly",
        weekly=tuple((day, hours.on(number) if hours and weekly else "") for number, day in enumerate(DAYS)),
        zone=hours.zone if hours and weekly else zone,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermShown:
    """A term of a wordlist with who added it."""

    id: str
    text: str
    why: str
    by: str
    made_at: datetime


def terms_shown(terms: list[Term], names: Mapping[str, str]) -> list[TermShown]:
    """A list's terms by the alphabet."""
    shown = (
        TermShown(
            id=term.id,
            text=term.term,
            why=term.why,
            by=names.get(term.account_id, "an account that is gone"),
            made_at=term.made_at,
        )
        for term in terms
    )
    return sorted(shown, key=lambda term: term.text.casefold())
