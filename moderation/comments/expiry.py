"""What nobody decided before its discussion ended expires, some days after the end, and its writer is told so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy.orm import Session

from moderation.comments.discussion_state import SHUT, Step, standing
from moderation.comments.lifecycle import Trigger, change_status
from moderation.config.configuration import Comments, Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.core.actor import SYSTEM
from moderation.core.comment import WAITING, Status
from moderation.core.discussion_hours import Cause, Level, Settings
from moderation.core.errors import ConfigurationError
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article, articles_among
from moderation.storage.comments import find_comment
from moderation.storage.policies import kept_configurations
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 50
"""Comments in one transaction: so few that whoever else writes hardly waits."""
ARTICLES = 200
"""Articles that are looked at together."""
LOOKED_BACK = 50
"""Configurations from before the one in force that are asked when it closed a discussion."""


def expire_waiting(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Expires what still waits ``[comments] expire_after_days`` days after its discussion has ended; nothing where that
    is 0. What is left to a senior moderator goes on waiting. Returns how many expired.
    """
    configuration = services.configuration.current()
    days = configuration.comments.expire_after_days
    if not days:
        return 0
    before = services.clock() - timedelta(days=days)
    ends, ended = _Ends(services, configuration), []
    with services.database.reading() as session:
        waiting = queue_index.articles_waiting(session, before)
        for start in range(0, len(waiting), ARTICLES):
            ended += ends.before(session, before, waiting[start : start + ARTICLES])
    expired = 0
    for start in range(0, len(ended), ARTICLES):
        expired += _expire_under(services, ends, ended[start : start + ARTICLES], before, stopped)
    return expired


def _expire_under(
    services: Services, ends: _Ends, article_ids: Sequence[str], before: datetime, stopped: Callable[[], bool]
) -> int:
    expired = 0
    while not stopped():
        done = run_in_unit_of_work(services, lambda unit: _expire_some(unit, ends, article_ids, before))
        expired += done
        if done < AT_ONCE:
            break
    return expired


def _expire_some(unit: UnitOfWork, ends: _Ends, article_ids: Sequence[str], before: datetime) -> int:
    some = queue_index.waiting_under(unit.session, article_ids, limit=AT_ONCE)
    comments = [comment for id_ in some if (comment := find_comment(unit.session, id_, lock=True)) is not None]
    # Asked once more: somebody may have opened one again.
    ended = set(ends.before(unit.session, before, {comment.article_id for comment in comments}))
    done = 0
    for comment in comments:
        if comment.status not in WAITING or comment.article_id not in ended:
            continue  # somebody was faster
        change_status(
            unit,
            comment,
            Status.EXPIRED,
            Trigger.EXPIRY,
            actor=SYSTEM,
            policy_version=ends.configuration.policy.version,
        )
        done += 1
    return done


@dataclass(slots=True)
class _Ends:
    """When discussions ended for good: their days are over, or they were closed or hidden by the desk, their site or
    the configuration. A site that is read-only for a while, or a discussion outside its hours, has not ended.
    """

    services: Services
    configuration: Configuration
    _kept: list[tuple[datetime, Comments]] | None = field(default=None)

    def before(self, session: Session, moment: datetime, article_ids: Collection[str]) -> list[str]:
        """Those of these articles whose discussion ended then or earlier."""
        found = []
        for article in articles_among(session, article_ids):
            settings = self.services.site_rules.rules(session, article).settings
            ended = self._ended_at(session, article, settings)
            if ended is not None and ended <= moment:
                found.append(article.id)
        return found

    def _ended_at(self, session: Session, article: Article, settings: Settings) -> datetime | None:
        now = self.services.clock()
        stands = standing(self.configuration.comments, article, settings, now=now)
        opened, days = article.published_at or article.created_at, stands.rules.close_after_days
        if days and now > opened + timedelta(days=days):
            return opened + timedelta(days=days)
        last = _lasting(stands.steps)
        if last is None or last.mode not in SHUT:
            return None
        if last.setting is not None:
            return last.setting.since
        if last.level is Level.ARTICLE:
            return article.closed_at or article.updated_at
        return self._closed_by_configuration(session, article, settings)

    def _closed_by_configuration(self, session: Session, article: Article, settings: Settings) -> datetime | None:
        """Since when configurations have closed this discussion, one after the other; None where nobody knows."""

        def closes(kept: tuple[datetime, Comments]) -> bool:
            last = _lasting(standing(kept[1], article, settings, now=kept[0]).steps)
            return last is not None and last.setting is None and last.mode in SHUT

        closing = list(takewhile(closes, self._configurations(session)))
        return closing[-1][0] if closing else None

    def _configurations(self, session: Session) -> list[tuple[datetime, Comments]]:
        """What was in force since when, the newest first, as far back as this version can read it."""
        if self._kept is None:
            self._kept = []
            for kept in kept_configurations(session, limit=LOOKED_BACK):
                try:
                    self._kept.append((kept.effective_at, parse_configuration(kept.text).comments))
                except ConfigurationError:
                    break
        return self._kept


def _lasting(steps: Sequence[Step]) -> Step | None:
    """The last step that isn't the whole site's switch: what that has closed will be opened again."""
    lasting = (step for step in reversed(steps) if step.setting is None or step.setting.cause is not Cause.SWITCH)
    return next(lasting, None)
