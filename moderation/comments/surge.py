"""An article under which comments come fast, or from many new authors, turns pre-moderated by itself."""

from __future__ import annotations

from datetime import timedelta

from moderation.comments.discussion_state import Standing, surge_holds
from moderation.config.configuration import Comments
from moderation.core.actor import SYSTEM
from moderation.core.comment import Mode
from moderation.core.discussion_hours import Cause, Settings
from moderation.core.ids import new_id
from moderation.storage.articles import Place
from moderation.storage.authors import Author
from moderation.storage.comments import arrivals, first_timers
from moderation.storage.database import lock
from moderation.storage.site_rules import ModeSetting, setting_of
from moderation.storage.site_rules_cache import setting_from, site_rules_changed, site_rules_lock
from moderation.unit_of_work import UnitOfWork

LAST_HOUR = timedelta(hours=1)
FEWEST = 20
"""So many comments within the hour before the share of new authors among them says anything."""
MAX_LOOKED_AT = 500


def look_for_surge(
    unit: UnitOfWork, comments: Comments, article: Place, stands: Standing, settings: Settings, author: Author
) -> None:
    """Called with every comment that was just stored; turns its article to pre-moderation where there is a surge.

    Asks the database nothing unless a surge is configured and this article publishes first.
    """
    if not comments.surge.on or stands.rules.mode is not Mode.POST:
        return
    if surge_holds(comments, settings.surge, unit.now):  # lifted by hand, a short while ago
        return
    why = _too_many(unit, comments, article) or _too_new(unit, comments, article, author)
    if why is not None:
        _turn(unit, comments, article, why)


def _too_many(unit: UnitOfWork, comments: Comments, article: Place) -> str | None:
    maximum = comments.surge.arrivals_per_hour
    if maximum is None or arrivals(unit.session, article.id, since=unit.now - LAST_HOUR, limit=maximum) < maximum:
        return None
    return f"{maximum} comments arrived here within an hour"


def _too_new(unit: UnitOfWork, comments: Comments, article: Place, author: Author) -> str | None:
    maximum = comments.surge.first_time_share
    if maximum is None or author.created_at != unit.now:  # only a new author can raise the share of new ones
        return None
    new, among = first_timers(unit.session, article.id, since=unit.now - LAST_HOUR, limit=MAX_LOOKED_AT)
    if among < FEWEST or new / among < maximum:
        return None
    return f"{new} of the last hour’s {among} comments here are by authors who never wrote before"


def _turn(unit: UnitOfWork, comments: Comments, article: Place, why: str) -> None:
    lock(unit.session, site_rules_lock(article.site_id))
    row = setting_of(unit.session, article.site_id, "", article.id, Cause.SURGE)
    if row is not None and surge_holds(comments, setting_from(row), unit.now):
        return  # another comment was first
    if row is None:
        row = ModeSetting(
            id=new_id(unit.now), site_id=article.site_id, section="", article_id=article.id, cause=Cause.SURGE
        )
        unit.session.add(row)
    row.mode, row.why = Mode.PRE, f"{why}, so comments are not published first for now"
    row.since, row.account_id = unit.now, None
    row.sentence = row.hours = row.close_after_days = None
    payload = {"from": Mode.POST.value, "to": Mode.PRE.value, "cause": Cause.SURGE.value}
    unit.event(article.site_id, SYSTEM, "mode.changed", article.id, payload)
    site_rules_changed(unit.session, article.site_id)
