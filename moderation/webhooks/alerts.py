"""A newsroom's chat is told what can't wait: a legal case, a threat, a surge, an old queue, a scorer that is down.

What is new since the last message goes into one message, at most one in so many minutes. Messages hold numbers and the
ids of sites, never a word of a comment.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.core.conditions import Comparison
from moderation.core.discussion_hours import Cause
from moderation.core.errors import InvalidField
from moderation.core.times import DAY
from moderation.services import Services
from moderation.storage.alerts import (
    AlertTold,
    Found,
    legal_since,
    surges_since,
    threats_since,
    unscored_between,
    waiting_before,
)
from moderation.storage.database import lock
from moderation.storage.sites import all_sites
from moderation.webhooks.addresses import Resolver, resolved, target_of
from moderation.webhooks.sending import post

log = logging.getLogger(__name__)

LOCK, ALL = "alerts", "all"
HEADERS = {"Content-Type": "application/json"}
UNSCORED_FOR = timedelta(minutes=5)
AGAIN = timedelta(hours=1)
"""What lasts is told again after so long."""
TEAMS = ("webhook.office.com", "logic.azure.com", "powerplatform.com")
"""Hosts that want a message as Teams has it; all others get Slack's, as Mattermost, Rocket.Chat and Discord take it."""

Looks = Callable[[Session, str, datetime], Found]
Marks = dict[str, tuple[datetime, datetime | None]]
"""By kind and site: up to when it had been told, and when last."""


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


def alert(services: Services, *, resolve: Resolver = resolved) -> bool:
    """Sends what is new to every address of the chat; returns whether there was anything. Of several processes one
    does.
    """
    if not services.settings.alert_urls:
        return False
    lines, before = services.database.writing(lambda session: _news(session, services))
    if not lines:
        return False
    arrived = [_tell(url, lines, resolve) for url in services.settings.alert_urls]
    if not any(arrived):  # told with the next message: a chat that is away for an hour misses nothing
        services.database.writing(lambda session: _put_back(session, before))
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


def _news(session: Session, services: Services) -> tuple[list[str], Marks]:
    """What is new, a line each, and what had been told of it before."""
    lock(session, LOCK)
    now, configuration = services.clock(), services.configuration.current()
    every = timedelta(minutes=configuration.alerts.every_minutes)
    whole = _mark(session, ALL, now)
    if whole.sent_at is not None and now < whole.sent_at + every:
        return [], {}
    lines: list[str] = []
    before: Marks = {}
    for site in all_sites(session):
        for kind in _kinds(configuration, now):
            mark = _mark(session, f"{kind.name} {site.id}", now)
            was = mark.told_until, mark.sent_at
            line = _news_of(session, kind, site.id, mark, now)
            if line is not None:
                lines.append(line)
                before[mark.kind] = was
    if lines:
        whole.sent_at = now
    return lines, before


def _put_back(session: Session, before: Marks) -> None:
    """Nobody has been told after all."""
    lock(session, LOCK)
    for kind, (told_until, sent_at) in before.items():
        mark = session.get_one(AlertTold, kind)
        mark.told_until, mark.sent_at = told_until, sent_at


def _news_of(session: Session, kind: _Kind, site_id: str, mark: AlertTold, now: datetime) -> str | None:
    if kind.lasts and mark.sent_at is not None and now < mark.sent_at + AGAIN:
        return None
    count, newest = kind.looks(session, site_id, mark.told_until)
    if not count:
        mark.sent_at = None if kind.lasts else mark.sent_at  # told at once where it comes back
        return None
    mark.sent_at = now
    if not kind.lasts and newest is not None:
        mark.told_until = newest
    return f"{site_id}: {count} {kind.one if count == 1 else kind.several}"


def _mark(session: Session, kind: str, now: datetime) -> AlertTold:
    """How far a kind has been told of a site; what was before its first look is told to nobody."""
    mark = session.get(AlertTold, kind)
    if mark is None:
        mark = AlertTold(kind=kind, told_until=now, sent_at=None)
        session.add(mark)
    return mark


def _kinds(configuration: Configuration, now: datetime) -> list[_Kind]:
    asked = configuration.alerts
    old = timedelta(minutes=asked.queue_older_than_minutes)

    def threats(session: Session, site_id: str, since: datetime) -> Found:
        rules = configuration.policy.rules_for(site_id)
        thresholds = [
            one.threshold for one in rules.flag if one.signal == "threat" and one.comparison is Comparison.AT_LEAST
        ]
        return threats_since(session, site_id, since, thresholds[0]) if thresholds else (0, None)

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


def _message(host: str, lines: list[str]) -> bytes:
    if not any(host == name or host.endswith("." + name) for name in TEAMS):
        return json.dumps({"text": "\n".join(lines)}).encode()
    block = [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4"}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {**card, "body": block}}
    return json.dumps({"type": "message", "attachments": [attachment]}).encode()
