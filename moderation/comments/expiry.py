"""What nobody decided before its discussion ended expires, some days after the end, and its writer is told so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from moderation.comments.discussion_state import SHUT, Standing, Step, standing
from moderation.comments.lifecycle import Trigger, change_status
from moderation.core.actor import SYSTEM
from moderation.core.comment import WAITING, Status
from moderation.core.discussion_hours import Cause
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article
from moderation.storage.comments import find_comment
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 50
"""Comments in one transaction: so few that whoever else writes hardly waits."""


def expire_waiting(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Expires what still waits ``[comments] expire_after_days`` days after its discussion has ended; nothing where that
    is 0. What is left to a senior moderator goes on waiting. Returns how many expired.
    """
    configuration = services.configuration.current()
    days = configuration.comments.expire_after_days
    if not days:
        return 0
    before = services.clock() - timedelta(days=days)
    with services.database.reading() as session:
        articles = queue_index.articles_waiting(session, before)
    return sum(_expire_under(services, article_id, days, stopped) for article_id in articles)


def _expire_under(services: Services, article_id: str, days: int, stopped: Callable[[], bool]) -> int:
    expired = 0
    while not stopped():
        done = run_in_unit_of_work(services, lambda unit: _expire_some(unit, services, article_id, days))
        expired += done
        if done < AT_ONCE:
            break
    return expired


def _expire_some(unit: UnitOfWork, services: Services, article_id: str, days: int) -> int:
    configuration = services.configuration.current()
    article = unit.session.get_one(Article, article_id)
    settings = services.site_rules.rules(unit.session, article).settings
    ended = ended_at(standing(configuration.comments, article, settings, now=unit.now), article, unit.now)
    if ended is None or ended + timedelta(days=days) > unit.now:
        return 0
    done = 0
    for comment_id in queue_index.waiting_under(unit.session, article_id, limit=AT_ONCE):
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None or comment.status not in WAITING:
            continue  # somebody was faster
        change_status(
            unit,
            comment,
            Status.EXPIRED,
            Trigger.EXPIRY,
            actor=SYSTEM,
            policy_version=configuration.policy.version,
        )
        done += 1
    return done


def ended_at(stands: Standing, article: Article, now: datetime) -> datetime | None:
    """When a discussion ended for good: its days are over, or it was closed or hidden by the desk or by its site. A
    site that is read-only for a while, or a discussion outside its hours, has not ended.
    """
    opened, days = article.published_at or article.created_at, stands.rules.close_after_days
    if days and now > opened + timedelta(days=days):
        return opened + timedelta(days=days)
    # What the whole site's switch has closed will be opened again.
    last = next((step for step in reversed(stands.steps) if not _is_switch(step)), None)
    if last is None or last.mode not in SHUT:
        return None
    return last.setting.since if last.setting is not None else article.updated_at


def _is_switch(step: Step) -> bool:
    return step.setting is not None and step.setting.cause is Cause.SWITCH
