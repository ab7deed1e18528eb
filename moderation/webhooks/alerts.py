"""A newsroom's chat is told what can't wait: a legal case, a threat, a surge, an old queue, a scorer that is down.

What is new since the last message goes into one message, at most one in so many minutes. Messages hold numbers and the
ids of sites, never a word of a comment.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.core.conditions import Comparison
from moderation.core.discussion_hours import Cause
from moderation.core.errors import InvalidField
from moderation.core.policy import Policy
from moderation.core.times import DAY
from moderation.services import Services
from moderation.storage.alerts import (
    LOCK,
    Found,
    Watermark,
    legal_since,
    store_watermarks,
    surges_since,
    threats_since,
    unscored_between,
    waiting_before,
    watermarks,
)
from moderation.storage.database import lock
from moderation.storage.sites import all_sites
from moderation.webhooks.addresses import Resolver, resolved, target_of
from moderation.webhooks.sending import post

log = logging.getLogger(__name__)

ALL = "all"
HEADERS = {"Content-Type": "application/json"}
UNSCORED_FOR = timedelta(minutes=5)
AGAIN = timedelta(hours=1)
"""What lasts is told again after so long."""
TEAMS = ("webhook.office.com", "logic.azure.com", "powerplatform.com")
"""Hosts that want a message as Teams has it; all others get Slack's, as Mattermost, Rocket.Chat and Discord take it."""

Looks = Callable[[Session, str, datetime], Found]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of alert: how it is found on a site, and its words for one and for several. ``lasts``: it is a state, told
    while it holds; otherwise what is newer than the last one told.
    """

    name: str
    looks: Looks
    one: str
    several: str
    lasts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What is new, a line each; ``before`` and ``after``: how far it had been told, and has been with this message, of
    every kind where that changes.
    """

    lines: list[str] = field(default_factory=list)
    before: dict[str, Watermark | None] = field(default_factory=dict)
    after: dict[str, Watermark] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """The kinds that the lines are about."""


def alert(services: Services, *, resolve: Resolver = resolved) -> bool:
    """Sends what is new to every address of the chat; returns whether there was anything. Of several processes one
    does.
    """
    if not services.settings.alert_urls:
        return False
    with services.database.reading() as session:
        news = _news(session, services)
    if not news.after or not services.database.writing(lambda session: _noted(session, news)):
        return False  # nothing new, or another process is telling it
    if not news.lines:
        return False
    arrived = [_tell(url, news.lines, resolve) for url in services.settings.alert_urls]
    if not any(arrived):  # told with the next message: a chat that is away for an hour misses nothing
        services.database.writing(lambda session: _put_back(session, news))
    return True


def _tell(url: str, lines: list[str], resolve: Resolver) -> bool:
    """Sends a message to one address. That is a secret, as whoever has it can write there: no word of it is logged."""
    try:
        host = target_of(url, allow_private=True).host
    except InvalidField:
        log.error("an alert could not be sent: MODERATION_ALERT_URLS holds what is no address")
        return False
    sent = post(url, HEADERS, _message(host, lines), allow_private=True, resolve=resolve)
    if not sent.arrived:
        # Not what it answered: many tell the path that they were asked for.
        log.error("an alert could not be sent to %s: %s", host, sent.error or f"it answered {sent.status}")
    return sent.arrived


def _news(session: Session, services: Services) -> _News:
    known, now, configuration = watermarks(session), services.clock(), services.configuration.current()
    every = timedelta(minutes=configuration.alerts.every_minutes)
    whole = known.get(ALL)
    if whole is not None and whole[1] is not None and now < whole[1] + every:
        return _News()
    news = _News()
    for site in all_sites(session):
        for kind in _kinds(configuration, now):
            name = f"{kind.name} {site.id}"
            # What was there before its first look is told to nobody.
            watermark = known.get(name, (now, None))
            line, after = _news_of(session, kind, site.id, watermark, now)
            if line is not None:
                news.lines.append(line)
                news.told.append(name)
            if after != known.get(name):
                news.before[name], news.after[name] = known.get(name), after
    if news.lines:
        news.before[ALL], news.after[ALL] = whole, (now, now)
    return news


def _noted(session: Session, news: _News) -> bool:
    """Keeps how far is told now, before it is: of two processes that have found the same, one tells it."""
    lock(session, LOCK)
    return store_watermarks(session, news.before, news.after)


def _put_back(session: Session, news: _News) -> None:
    """Nobody has been told after all."""
    lock(session, LOCK)
    back = {name: news.before[name] or (news.after[name][0], None) for name in news.told}
    store_watermarks(session, {name: news.after[name] for name in back}, back)


def _news_of(
    session: Session, kind: _Kind, site_id: str, watermark: Watermark, now: datetime
) -> tuple[str | None, Watermark]:
    told_until, sent_at = watermark
    if kind.lasts and sent_at is not None and now < sent_at + AGAIN:
        return None, watermark
    count, newest = kind.looks(session, site_id, told_until)
    if not count:
        return None, (told_until, None if kind.lasts else sent_at)  # told at once where it comes back
    line = f"{site_id}: {count} {kind.one if count == 1 else kind.several}"
    return line, (told_until if kind.lasts or newest is None else newest, now)


def _kinds(configuration: Configuration, now: datetime) -> list[_Kind]:
    asked = configuration.alerts
    old = timedelta(minutes=asked.queue_older_than_minutes)

    def threats(session: Session, site_id: str, since: datetime) -> Found:
        threshold = _threat_at_least(configuration.policy, site_id)
        return (0, None) if threshold is None else threats_since(session, site_id, since, threshold)

    def surges(session: Session, site_id: str, since: datetime) -> Found:
        return surges_since(session, site_id, since, Cause.SURGE.value)

    def waits(session: Session, site_id: str, _since: datetime) -> Found:
        return waiting_before(session, site_id, now - old)

    def unscored(session: Session, site_id: str, _since: datetime) -> Found:
        return unscored_between(session, site_id, now - DAY, now - UNSCORED_FOR)

    waited = f"waited over {asked.queue_older_than_minutes} minutes for a moderator"
    turned = "turned pre-moderated, as comments came fast"
    unscored_words = "no scores after five minutes: is the scorer down?"
    kinds = [
        (asked.legal, _Kind("legal", legal_since, "new legal case", "new legal cases")),
        (asked.threat, _Kind("threat", threats, "comment that may be a threat", "comments that may be threats")),
        (asked.surge, _Kind("surge", surges, f"article {turned}", f"articles {turned}")),
        (old > timedelta(0), _Kind("queue", waits, f"comment has {waited}", f"comments have {waited}", lasts=True)),
        (
            asked.scorer,
            _Kind("scorer", unscored, f"comment has {unscored_words}", f"comments have {unscored_words}", lasts=True),
        ),
    ]
    return [kind for wanted, kind in kinds if wanted]


def _threat_at_least(policy: Policy, site_id: str) -> float | None:
    """From which score on a comment may be a threat: the lowest threshold that the site or one of its sections has."""
    sections = {None, *policy.sections, *(section for site, section in policy.site_sections if site == site_id)}
    return min(
        (
            one.threshold
            for section in sections
            for one in policy.rules_for(site_id, section).flag
            if one.signal == "threat" and one.comparison is Comparison.AT_LEAST
        ),
        default=None,
    )


def _message(host: str, lines: list[str]) -> bytes:
    if not any(host == name or host.endswith("." + name) for name in TEAMS):
        return json.dumps({"text": "\n".join(lines)}).encode()
    block = [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4"}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {**card, "body": block}}
    return json.dumps({"type": "message", "attachments": [attachment]}).encode()
