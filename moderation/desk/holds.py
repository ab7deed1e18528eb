"""Legal holds are put on comments, authors and articles, and lifted: both are audited, by references alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from moderation.core.errors import (
    ArticleNotFound,
    AuthorNotFound,
    CommentNotFound,
    InvalidField,
    NotFound,
    NotPossibleNow,
)
from moderation.core.ids import is_id, new_id
from moderation.core.messages import Message
from moderation.core.text.written import remark
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.holds import Hold, HoldAbout, lock_holds, standing_hold
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

_OF: Mapping[HoldAbout, tuple[type[Comment | Author | Article], type[NotFound]]] = {
    HoldAbout.COMMENT: (Comment, CommentNotFound),
    HoldAbout.AUTHOR: (Author, AuthorNotFound),
    HoldAbout.ARTICLE: (Article, ArticleNotFound),
}


def put_hold(services: Services, actor: str, site_id: str, about: HoldAbout, subject: str, reason: str) -> Hold:
    """Puts a hold on what has this id of ours on the site. From the moment of its commit nothing of it is erased.

    Raises ``CommentNotFound``, ``AuthorNotFound`` or ``ArticleNotFound``, ``InvalidField`` without a reason, and
    ``NotPossibleNow`` where it stands under a hold of its own already.
    """
    why = _reason(reason)

    def work(unit: UnitOfWork) -> Hold:
        lock_holds(unit.connection, site_id)
        _check_there(unit.session, site_id, about, subject)
        standing = standing_hold(unit.session, about, subject)
        if standing is not None:
            raise NotPossibleNow(Message("hold_stands_already", {"reference": standing.id}))
        hold = Hold(
            id=new_id(unit.now), site_id=site_id, about=about.value, subject=subject, reason=why, made_at=unit.now
        )
        unit.session.add(hold)
        unit.event(site_id, actor, f"{about}.held", subject, {"hold": hold.id})
        return hold

    return run_in_unit_of_work(services, work)


def lift_hold(services: Services, actor: str, site_id: str, about: HoldAbout, subject: str, reason: str) -> Hold:
    """Lifts the hold on this very thing. Raises as ``put_hold`` does, and ``NotPossibleNow`` where there is none."""
    why = _reason(reason)

    def work(unit: UnitOfWork) -> Hold:
        lock_holds(unit.connection, site_id)
        _check_there(unit.session, site_id, about, subject)
        hold = standing_hold(unit.session, about, subject)
        if hold is None:
            raise NotPossibleNow(Message("hold_stands_not"))
        hold.lifted_at, hold.lifted_because = unit.now, why
        unit.event(site_id, actor, f"{about}.hold_lifted", subject, {"hold": hold.id})
        return hold

    return run_in_unit_of_work(services, work)


def _reason(reason: str) -> str:
    why = remark(reason, "reason")
    if why is None:
        raise InvalidField("reason", Message("hold_reason_missing"))
    return why


def _check_there(session: Session, site_id: str, about: HoldAbout, subject: str) -> None:
    mapped, absent = _OF[about]
    found: Any = session.get(mapped, subject) if is_id(subject) else None
    if found is None or found.site_id != site_id:
        raise absent
