"""What a discussion stands at now: the configuration and what the desk has set, narrower over wider, key by key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from moderation.config.configuration import Comments
from moderation.core.comment import CommentRules, Mode
from moderation.core.discussion_hours import Hours, Level, Setting, Settings
from moderation.core.errors import DiscussionClosed
from moderation.core.messages import Message, Moment, Style, counted
from moderation.storage.articles import Article, Place

SHUT = (Mode.CLOSED, Mode.HIDDEN)
_CLOSED = Message("discussion_is_closed")
_READ_ONLY = Message("site_is_read_only")
_OUTSIDE = Message("discussion_outside_hours")
_UNVERIFIED = "the site has not sent this article yet: what is known of it comes from a reader’s browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one level says of the mode. ``setting`` is the desk's; None: the configuration or the site said so."""

    level: Level
    mode: Mode
    setting: Setting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a discussion stands now. ``rules.mode`` is the mode that counts.

    ``closed`` is what readers are told where none can write (None: they can), in the newsroom's own words where it
    gave some; ``opens_at`` says when they can again, if that is known. ``sentence`` is what they are told beside an
    open form. ``waits_because`` says to moderators why comments wait under an article that turned pre-moderated by
    itself. ``steps`` lead to the mode, weakest first.
    """

    rules: CommentRules
    closed: str | Message | None = None
    opens_at: datetime | None = None
    sentence: str | None = None
    waits_because: str | None = None
    hours: Hours | None = None
    steps: tuple[Step, ...] = ()

    @property
    def by_desk(self) -> bool:
        """Whether the mode is what somebody on the desk has set, or a surge."""
        return self.steps[-1].setting is not None

    @property
    def shown(self) -> bool:
        return self.rules.mode is not Mode.HIDDEN

    @property
    def closed_because(self) -> str | None:
        """``closed`` in English."""
        return None if self.closed is None else str(self.closed)

    def check_open(self) -> None:
        """Raises ``DiscussionClosed`` where none can write."""
        if self.closed is not None:
            raise DiscussionClosed(self.closed, self.opens_at)


def standing(
    comments: Comments, article: Article | Place, settings: Settings, *, reply: bool = False, now: datetime
) -> Standing:
    """Where the discussion under an article stands."""
    keys, steps = _keys(comments, article, settings, reply=reply)
    rules = CommentRules(**keys)
    winner = steps[-1].setting
    found = Standing(
        rules=rules,
        sentence=winner.sentence if winner else None,
        hours=_strongest_hours(settings),
        steps=steps,
    )
    found = _surged(_unverified(found, article), comments, settings, now)
    return _shut(found, article, settings, now)


def surge_holds(comments: Comments, surge: Setting | None, now: datetime) -> bool:
    """Whether a surge, or its being lifted, is recent enough to count."""
    return comments.surge.on and surge is not None and now < surge.since + timedelta(hours=comments.surge.hours)


def _keys(
    comments: Comments, article: Article | Place, settings: Settings, *, reply: bool
) -> tuple[dict[str, Any], tuple[Step, ...]]:
    desk = {Level.SITE: settings.site, Level.SECTION: settings.section, Level.ARTICLE: settings.article}
    keys: dict[str, Any] = {}
    steps: list[Step] = []
    for level, layer in comments.layers(
        site=article.site_id, section=article.section, reply=reply, article_mode=article.mode
    ):
        keys |= layer
        if "mode" in layer:
            steps.append(Step(level=level, mode=layer["mode"], setting=None))
        setting = desk.get(level)
        if setting is None:
            continue
        if setting.close_after_days is not None:
            keys["close_after_days"] = setting.close_after_days
        if setting.mode is not None:
            keys["mode"] = setting.mode
            steps.append(Step(level=level, mode=setting.mode, setting=setting))
    return keys, tuple(steps)


def _strongest(settings: Settings) -> tuple[Setting, ...]:
    return tuple(s for s in (settings.article, settings.section, settings.site) if s is not None)


def _strongest_hours(settings: Settings) -> Hours | None:
    return next((s.hours for s in _strongest(settings) if s.hours is not None), None)


def _unverified(found: Standing, article: Article | Place) -> Standing:
    """Nothing is published unseen under an article of which the site knows nothing yet."""
    if article.verified or found.rules.mode is not Mode.POST:
        return found
    return replace(found, rules=replace(found.rules, mode=Mode.PRE), waits_because=_UNVERIFIED)


def _surged(found: Standing, comments: Comments, settings: Settings, now: datetime) -> Standing:
    surge = settings.surge
    if surge is None or surge.mode is None or found.rules.mode is not Mode.POST:
        return found
    if not surge_holds(comments, surge, now):
        return found
    step = Step(level=Level.ARTICLE, mode=Mode.PRE, setting=surge)
    return replace(
        found, rules=replace(found.rules, mode=Mode.PRE), waits_because=surge.why, steps=(*found.steps, step)
    )


def _shut(found: Standing, article: Article | Place, settings: Settings, now: datetime) -> Standing:
    """The standing with what keeps readers from writing, the most lasting reason first."""
    mode = found.rules.mode
    if settings.switch is not None:
        step = Step(level=Level.SITE, mode=Mode.CLOSED, setting=settings.switch)
        return replace(
            found,
            rules=found.rules if mode is Mode.HIDDEN else replace(found.rules, mode=Mode.CLOSED),
            closed=settings.switch.sentence or _READ_ONLY,
            steps=(*found.steps, step),
        )
    if mode in SHUT:
        return replace(found, closed=found.sentence or _CLOSED)
    opened = article.published_at or article.created_at
    days = found.rules.close_after_days
    if days and now > opened + timedelta(days=days):
        said = next((s.sentence for s in _strongest(settings) if s.close_after_days == days and s.sentence), None)
        return replace(
            found,
            closed=said or Message(counted("discussion_closed_after_days"), {"count": days}),
        )
    if found.hours is not None and not found.hours.is_open(now):
        said = next((s.sentence for s in _strongest(settings) if s.hours == found.hours and s.sentence), None)
        opens_at = found.hours.opens_at(now)
        because: str | Message = said or _OUTSIDE
        if opens_at:
            when = Moment(opens_at, Style.WEEKDAY, found.hours.zone)
            because = Message("discussion_opens_again", {"because": because, "when": when})
        return replace(found, closed=because, opens_at=opens_at)
    return found


def counted_days(days: int) -> str:
    """``1 day``, ``14 days``."""
    return "1 day" if days == 1 else f"{days} days"
