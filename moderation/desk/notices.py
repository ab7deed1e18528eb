"""The newsroom's word above a discussion: a question or an announcement, for as long as it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.accounts.reachable import article_reached
from moderation.core.actor import Actor
from moderation.core.comment import Notice
from moderation.core.errors import ArticleNotFound, InvalidField
from moderation.core.messages import Message
from moderation.core.reach import MODERATE
from moderation.core.text.written import as_written, visible_length
from moderation.desk.actions import Changed, Reversal, acted
from moderation.services import Services
from moderation.storage.actions import ActionItem
from moderation.storage.articles import find_article
from moderation.storage.discussions import Discussion, say_above
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

NOTICE = "notice"
"""The kind of action that saying something above a discussion is."""
LONGEST = 500
"""Characters as a reader counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeForm:
    """What is said, and until when (None: until somebody takes it away)."""

    kind: Notice
    text: str
    until: datetime | None = None


def say(services: Services, actor: Actor, article_id: str, form: NoticeForm | None) -> str | None:
    """Puts a notice above an article's discussion in place of the one that was there, or with None takes it away.
    Returns the action's id; None where nothing changes, or the actor is no account. ``article_id`` is ours.

    Raises ``ArticleNotFound``, ``RightMissing`` or ``InvalidField``.
    """

    def work(unit: UnitOfWork) -> str | None:
        article = article_reached(unit.session, actor, MODERATE, article_id)
        now = _kept(form, unit.now) if form is not None else _NOTHING
        before = _standing(unit, article.id)
        if now == before:
            return None
        _write(unit, actor, article.site_id, article.id, now)
        words = "Nothing stands above the discussion any more" if form is None else f"The {form.kind} stands above it"
        change = Changed(subject=article.id, before=before, revision=None)
        return acted(unit, actor, NOTICE, words, [change], site_id=article.site_id, detail={"now": now})

    return run_in_unit_of_work(services, work)


def say_by_name(services: Services, actor: Actor, site_id: str, name: str, form: NoticeForm | None) -> None:
    """The same for the article that a site calls so."""
    with services.database.reading() as session:
        article = find_article(session, site_id, name)
    if article is None:
        raise ArticleNotFound
    say(services, actor, article.id, form)


def reverse_notice(of: Reversal, item: ActionItem) -> bool:
    """Puts back what stood there before. False where somebody has changed it since."""
    article = article_reached(of.unit.session, of.actor, MODERATE, item.subject)
    if _standing(of.unit, article.id) != of.action.detail["now"]:
        return False
    _write(of.unit, of.actor, article.site_id, article.id, item.before, undoes=of.action.id)
    return True


_NOTHING: dict[str, Any] = {"kind": None, "text": None, "until": None}


def _kept(form: NoticeForm, now: datetime) -> dict[str, Any]:
    text = as_written(form.text, "text", longest=LONGEST * 10)
    length = visible_length(text)
    if not 1 <= length <= LONGEST:
        raise InvalidField("text", Message("notice_length", {"maximum": LONGEST, "number": length}))
    if form.until is not None and form.until <= now:
        raise InvalidField("until", Message("notice_over"))
    return {"kind": form.kind.value, "text": text, "until": form.until.isoformat() if form.until else None}


def _standing(unit: UnitOfWork, article_id: str) -> dict[str, Any]:
    """What stands there now, as an action keeps it; the row is held, so that two change it one after the other."""
    row = unit.session.get(Discussion, article_id, with_for_update=True, populate_existing=True)
    if row is None or row.notice is None:
        return _NOTHING
    return {
        "kind": row.notice_kind,
        "text": row.notice,
        "until": row.notice_until.isoformat() if row.notice_until else None,
    }


def _write(
    unit: UnitOfWork, actor: Actor, site_id: str, article_id: str, notice: dict[str, Any], *, undoes: str | None = None
) -> None:
    until = datetime.fromisoformat(notice["until"]) if notice["until"] else None
    say_above(unit.connection, article_id, notice["kind"], notice["text"], until)
    event = "article.notice_ended" if notice["kind"] is None else "article.notice_set"
    payload = {"kind": notice["kind"], "until": notice["until"], **({"undoes": undoes} if undoes else {})}
    unit.event(site_id, actor.reference, event, article_id, payload)
