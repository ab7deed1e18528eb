"""How a place takes comments: the mode of a site, a section or an article, its opening hours, and the big switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from moderation.accounts.reachable import article_reached, site_reached
from moderation.comments.discussion_state import SHUT
from moderation.core.actor import Actor
from moderation.core.comment import Mode
from moderation.core.discussion_hours import Cause, Hours, hours_from
from moderation.core.errors import ArticleNotFound, InvalidField, NotPossibleNow
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.reach import MODERATE, SENIOR
from moderation.core.text.written import written_within
from moderation.desk.actions import Changed, Reversal, acted
from moderation.services import Services
from moderation.storage.actions import ActionItem
from moderation.storage.articles import Article
from moderation.storage.database import lock
from moderation.storage.site_rules import ModeSetting, setting_of
from moderation.storage.site_rules_cache import site_rules_changed, site_rules_lock
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

MODE = "mode"
"""The kind of action that setting a place's mode, hours or days is."""
LONGEST_SENTENCE = 300
MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A whole site, one of its sections, or one of its articles (by our own id)."""

    site_id: str
    section: str = ""
    article_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeForm:
    """What is set for a place. None leaves it to the wider place, and at last to the configuration; ``sentence`` is
    what readers are told.
    """

    mode: Mode | None = None
    sentence: str | None = None
    hours: Hours | None = None
    close_after_days: int | None = None

    @property
    def empty(self) -> bool:
        return self.mode is None and self.hours is None and self.close_after_days is None


def set_mode(services: Services, actor: Actor, spot: Spot, form: ModeForm) -> str | None:
    """Sets how a place takes comments, and returns the action's id; an empty form leaves it to the wider place again.

    Moderators set articles, senior moderators sections and sites. Raises ``SiteNotFound``, ``ArticleNotFound``,
    ``RightMissing``, ``InvalidField``.
    """
    sentence = written_within(form.sentence, "sentence", LONGEST_SENTENCE)
    if form.empty and sentence is not None:
        raise InvalidField("sentence", Message("sentence_alone"))
    if form.close_after_days is not None and not 0 <= form.close_after_days <= MAX_DAYS:
        raise InvalidField("days", Message("days_out_of_range", {"maximum": MAX_DAYS}))

    def work(unit: UnitOfWork) -> str | None:
        was, now = _exchange(unit, actor, spot, replace(form, sentence=sentence))
        detail = {"site": spot.site_id, "section": spot.section, "article": spot.article_id, "setting": now}
        change = Changed(subject=spot.article_id or spot.site_id, before={"setting": was}, revision=None)
        return acted(unit, actor, MODE, _words(spot, form), [change], site_id=spot.site_id, detail=detail)

    return run_in_unit_of_work(services, work)


def reverse_mode(of: Reversal, item: ActionItem) -> bool:
    """Sets a place as it was set before. False where somebody has set it anew since."""
    detail, was = of.action.detail, item.before["setting"]
    spot = Spot(site_id=detail["site"], section=detail["section"], article_id=detail["article"])
    lock(of.unit.session, site_rules_lock(spot.site_id))
    row = setting_of(of.unit.session, spot.site_id, spot.section, spot.article_id, Cause.HAND)
    if (row.id if row else None) != detail["setting"]:
        return False
    form = ModeForm()
    if was is not None:
        form = ModeForm(
            mode=Mode(was["mode"]) if was["mode"] else None,
            sentence=was["sentence"],
            hours=hours_from(was["hours"]),
            close_after_days=was["days"],
        )
    _exchange(of.unit, of.actor, spot, form, undoes=of.action.id)
    return True


def _exchange(
    unit: UnitOfWork, actor: Actor, spot: Spot, form: ModeForm, *, undoes: str | None = None
) -> tuple[dict[str, Any] | None, str | None]:
    """Puts a setting in the place of another. Returns the other as it was, and the new one's id."""
    article = _check_spot(unit, actor, spot)
    lock(unit.session, site_rules_lock(spot.site_id))
    row = setting_of(unit.session, spot.site_id, spot.section, spot.article_id, Cause.HAND)
    before = row.mode if row and row.mode else article.mode if article else None
    after = form.mode.value if form.mode else article.mode if article else None
    was = None
    if row is not None:
        was = {"mode": row.mode, "sentence": row.sentence, "hours": row.hours, "days": row.close_after_days}
        unit.session.delete(row)
        unit.session.flush()
    new = None if form.empty else _row(unit, actor, spot, Cause.HAND, form, form.sentence)
    if new is not None:
        unit.session.add(new)
    payload = {"hours": form.hours is not None, "days": form.close_after_days, **({"undoes": undoes} if undoes else {})}
    _tell(unit, actor, spot, before, after, Cause.HAND, payload)
    return was, new.id if new else None


def _words(spot: Spot, form: ModeForm) -> str:
    place = "Article" if spot.article_id else "Section" if spot.section else "Site"
    if form.empty:
        return f"{place} set as more widely"
    return f"{place} set" + (f": {_SHORT[form.mode]}" if form.mode else "")


_SHORT = {Mode.PRE: "read first", Mode.POST: "published first", Mode.CLOSED: "closed", Mode.HIDDEN: "hidden"}


def make_read_only(services: Services, actor: Actor, site_id: str, sentence: str | None = None) -> None:
    """Closes every discussion of a site at once, whatever is set for its sections and articles; what is published stays
    to be read. Raises ``SiteNotFound``, ``RightMissing``, ``InvalidField``.
    """
    told = written_within(sentence, "sentence", LONGEST_SENTENCE)

    def work(unit: UnitOfWork) -> None:
        spot = Spot(site_id=site_id)
        _check_spot(unit, actor, spot)
        lock(unit.session, site_rules_lock(site_id))
        row = setting_of(unit.session, site_id, "", "", Cause.SWITCH)
        if row is None:
            form = ModeForm(mode=Mode.CLOSED)
            unit.session.add(_row(unit, actor, spot, Cause.SWITCH, form, told))
        elif row.sentence != told:
            row.sentence = told
        else:
            return
        _tell(unit, actor, spot, row.mode if row else None, Mode.CLOSED, Cause.SWITCH)

    run_in_unit_of_work(services, work)


def end_read_only(services: Services, actor: Actor, site_id: str) -> None:
    """Every discussion of a site is again as its own settings say. Raises ``SiteNotFound``, ``RightMissing``."""

    def work(unit: UnitOfWork) -> None:
        spot = Spot(site_id=site_id)
        _check_spot(unit, actor, spot)
        lock(unit.session, site_rules_lock(site_id))
        row = setting_of(unit.session, site_id, "", "", Cause.SWITCH)
        if row is not None:
            unit.session.delete(row)
            _tell(unit, actor, spot, row.mode, None, Cause.SWITCH)

    run_in_unit_of_work(services, work)


def lift_surge(services: Services, actor: Actor, article_id: str) -> None:
    """An article that turned pre-moderated by itself publishes first again, and stays so for as long as the surge
    would have lasted. Raises ``ArticleNotFound``, ``RightMissing``, ``NotPossibleNow``.
    """

    def work(unit: UnitOfWork) -> None:
        article = article_reached(unit.session, actor, MODERATE, article_id)
        spot = Spot(site_id=article.site_id, article_id=article.id)
        lock(unit.session, site_rules_lock(spot.site_id))
        row = setting_of(unit.session, spot.site_id, "", article_id, Cause.SURGE)
        if row is None or row.mode is None:
            raise NotPossibleNow(Message("surge_not_on"))
        before, row.mode, row.since, row.account_id = row.mode, None, unit.now, actor.account_id
        _tell(unit, actor, spot, before, Mode.POST, Cause.SURGE)

    run_in_unit_of_work(services, work)


def _check_spot(unit: UnitOfWork, actor: Actor, spot: Spot) -> Article | None:
    """The article, where the place is one. Raises unless this person may set how the place takes comments."""
    if spot.article_id:
        article = article_reached(unit.session, actor, MODERATE, spot.article_id)
        if article.site_id != spot.site_id:
            raise ArticleNotFound
        return article
    site_reached(unit.session, actor, SENIOR, spot.site_id, spot.section or None)
    return None


def _row(unit: UnitOfWork, actor: Actor, spot: Spot, cause: Cause, form: ModeForm, sentence: str | None) -> ModeSetting:
    return ModeSetting(
        id=new_id(unit.now),
        site_id=spot.site_id,
        section=spot.section,
        article_id=spot.article_id,
        mode=form.mode.value if form.mode else None,
        sentence=sentence,
        hours=form.hours.as_dict() if form.hours else None,
        close_after_days=form.close_after_days,
        cause=cause,
        why=None,
        account_id=actor.account_id,
        since=unit.now,
    )


def _tell(
    unit: UnitOfWork,
    actor: Actor,
    spot: Spot,
    before: str | None,
    after: str | None,
    cause: Cause,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """The audit event, and word to whoever keeps the site's rules in memory."""
    event = "mode.changed"
    if spot.article_id and (before in SHUT) != (after in SHUT):
        event = "article.closed" if after in SHUT else "article.opened"
        unit.outbox_event(spot.site_id, event, spot.article_id, {"from": before, "to": after})
    place = {"section": spot.section} if spot.section else {}
    unit.event(
        spot.site_id,
        actor.reference,
        event,
        spot.article_id or spot.site_id,
        {"from": before, "to": after, "cause": cause.value, **place, **(payload or {})},
    )
    site_rules_changed(unit.session, spot.site_id)
