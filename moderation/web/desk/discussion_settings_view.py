"""How a place takes comments, in words: its mode, how that came to be, and what stands in the form that sets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request
from markupsafe import Markup, escape

from moderation.comments.discussion_state import Standing, Step
from moderation.core.comment import Mode
from moderation.core.discussion_hours import DAYS, Cause, Level, Setting
from moderation.core.messages import noted
from moderation.storage.site_rules import Term
from moderation.web.shared.languages import gettext, ngettext
from moderation.web.shared.rendering import moment, time_zone
from moderation.web.shared.signals import reason_told
from moderation.web.shared.wording import beginning

MODE_WORDS: Mapping[str, str] = {
    Mode.PRE: noted("read first"),
    Mode.POST: noted("published first"),
    Mode.CLOSED: noted("closed"),
    Mode.HIDDEN: noted("hidden"),
}
MODE_HINTS: Mapping[str, str] = {
    Mode.PRE: noted("a comment waits for a moderator unless the policy publishes it at once"),
    Mode.POST: noted("a comment appears at once unless it is flagged or rejected"),
    Mode.CLOSED: noted("what is published can be read, nothing written"),
    Mode.HIDDEN: noted("no comments are shown or taken"),
}
_LEVELS: Mapping[Level, str] = {
    Level.COMMON: noted("%(mode)s for every site"),
    Level.SITE: noted("%(mode)s for this site"),
    Level.SECTION: noted("%(mode)s for this section"),
    Level.REPLIES: noted("%(mode)s for replies"),
    Level.ARTICLE: noted("%(mode)s for this article"),
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
            words=gettext(_LEVELS[step.level], mode=beginning(gettext(MODE_WORDS[step.mode]))),
            by=_by(step, names),
            why=reason_told(step.setting.why) if step.setting and step.setting.why else None,
            counts=step is stands.steps[-1],
        )
        for step in stands.steps
    ]


def _by(step: Step, names: Mapping[str, str]) -> str:
    setting = step.setting
    if setting is None:
        return gettext("sent with the article") if step.level is Level.ARTICLE else gettext("in the configuration")
    if setting.cause is Cause.SURGE:
        return escape(gettext("by itself, %(time)s")) % {"time": moment(setting.since)}
    return set_by(setting, names)


def set_by(setting: Setting, names: Mapping[str, str]) -> Markup:
    """Who set it and when."""
    name = names.get(setting.account_id or "") or gettext("somebody")
    return escape(gettext("set by %(name)s, %(time)s")) % {"name": name, "time": moment(setting.since)}


def summary(setting: Setting | None) -> str:
    """What is set for a place, in one line."""
    if setting is None:
        return gettext("nothing of its own")
    parts = [gettext(MODE_WORDS[setting.mode])] if setting.mode else []
    if setting.hours is not None:
        always = setting.hours.always
        parts.append(
            gettext("open at all hours") if always else gettext("opening hours (%(zone)s)", zone=setting.hours.zone)
        )
    if setting.close_after_days is not None:
        days = setting.close_after_days
        after = ngettext("closes %(num)d day after publication", "closes %(num)d days after publication", days)
        parts.append(after if days else gettext("never closes by age"))
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
            by=names.get(term.account_id) or gettext("an account that is gone"),
            made_at=term.made_at,
        )
        for term in terms
    )
    return sorted(shown, key=lambda term: term.text.casefold())
