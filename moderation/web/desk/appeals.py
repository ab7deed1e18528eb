"""Appeals on the desk: which refused comments somebody is asked to look at again, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accounts.reachable import appeal_reached, sites_reached
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import Message, noted
from moderation.core.reach import DECIDE, READ, scopes
from moderation.desk.appeals import OUTCOMES, AppealRuling, decidable_by, decide_appeal, why_not
from moderation.storage.appeals import (
    Appeal,
    AppealFilter,
    AppealLine,
    AppealOutcome,
    Decidable,
    appeals_beside,
    appeals_to_decide,
    decided_appeals,
    how_many_to_decide,
    is_to_decide,
    line_about,
    sections_to_decide,
)
from moderation.storage.articles import Article
from moderation.storage.comments import DecisionRow, newest_decision
from moderation.storage.desk import account_names
from moderation.storage.desk_lists import COUNTED
from moderation.web.desk.forms import Problem, field, form_response
from moderation.web.desk.responses import revision_of
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import APPEALS, desk_page
from moderation.web.shared.languages import gettext, said
from moderation.web.shared.rendering import argument, known_id
from moderation.web.shared.waiting_counts import counted
from moderation.web.shared.wording import age, who

PAGE = 30
SOON = timedelta(days=1)
OUTCOME_WORDS = {
    AppealOutcome.UPHELD: noted("Upheld"),
    AppealOutcome.PARTLY_REVERSED: noted("Partly reversed"),
    AppealOutcome.REVERSED: noted("Reversed"),
    AppealOutcome.DROPPED: noted("Dropped"),
}
BY_POLICY = noted("the policy, by itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An appeal in the list. ``left`` says how long there is, or how long it is over its time."""

    id: str
    name: str
    text: str
    article: str
    site: str
    reason: str
    left: str
    urgency: str
    due_at: datetime
    outcome: str | None
    decided_at: datetime | None
    by: str | None


def blueprint() -> Blueprint:
    """The routes under ``/review/appeals``."""
    pages = Blueprint("appeal_pages", __name__, url_prefix=APPEALS)

    @pages.get("")
    def queue() -> Response:
        return _queue_page()

    @pages.get("/<appeal_id>")
    def appeal(appeal_id: str) -> Response:
        return _appeal_page(known_id(appeal_id))

    @pages.post("/<appeal_id>/decide")
    def decide(appeal_id: str) -> Response:
        return form_response(
            lambda: decide_appeal(services(), person(), known_id(appeal_id), _ruling()),
            lambda problem: _appeal_page(known_id(appeal_id), problem),
            f"{APPEALS}/{known_id(appeal_id)}",
            "decided",
        )

    return pages


def _ruling() -> AppealRuling:
    outcome = field("outcome")
    if outcome not in list(OUTCOMES):
        raise InvalidField("outcome", Message("appeal_outcome_missing"))
    return AppealRuling(
        outcome=AppealOutcome(outcome),
        explanation=field("explanation", 20_000),
        reason_id=field("reason") or None,
        sentence=field("sentence") or None,
        revision=revision_of(field("revision", 9)),
    )


def _decidable(db: Session, actor: Actor) -> Decidable:
    sites = [site.id for site in sites_reached(db, actor, READ)]
    return decidable_by(db, actor, scopes(actor, DECIDE, sites))


def _queue_page() -> Response:
    actor, now = person(), services().clock()
    wanted = AppealFilter(site=argument("site"), section=argument("section"), reason=argument("reason"))
    with services().database.reading() as db:
        sites = sites_reached(db, actor, READ)
        mine = _decidable(db, actor)
        first = _named(db, actor, "after")
        waiting = appeals_to_decide(db, mine, wanted, after=first, limit=PAGE + 1)
        number = how_many_to_decide(db, mine, wanted, maximum=COUNTED)
        last = _named(db, actor, "before")
        where = scopes(actor, READ, [site.id for site in sites])
        decided = decided_appeals(db, where, wanted, before=last if last and last.decided_at else None, limit=PAGE + 1)
        names = account_names(db)
        return desk_page(
            "desk/appeals.html",
            here=APPEALS,
            db=db,
            waiting=[_line(line, names, now) for line in waiting[:PAGE]],
            number=counted(number),
            later=waiting[PAGE - 1].appeal.id if len(waiting) > PAGE else None,
            onward=first is not None,
            decided=[_line(line, names, now) for line in decided[:PAGE]],
            next=decided[PAGE - 1].appeal.id if len(decided) > PAGE else None,
            wanted=wanted,
            narrowed=wanted != AppealFilter(),
            sites=sites,
            sections=sorted({*sections_to_decide(db, mine), wanted.section} - {""}),
            reasons=services().configuration.current().reasons,
        )


def _named(db: Session, actor: Actor, parameter: str) -> Appeal | None:
    """The appeal that the address names as the one at which a page begins."""
    return appeal_reached(db, actor, known_id(argument(parameter))) if argument(parameter) else None


def _appeal_page(appeal_id: str, problem: Problem | None = None) -> Response:
    actor, now = person(), services().clock()
    with services().database.reading() as db:
        appeal = appeal_reached(db, actor, appeal_id)
        line = line_about(db, appeal)
        names = account_names(db)
        decision = newest_decision(db, line.comment.id)
        return desk_page(
            "desk/appeal.html",
            problem.status if problem else 200,
            here=APPEALS,
            db=db,
            appeal=appeal,
            line=_line(line, names, now),
            comment=line.comment,
            article=db.get_one(Article, line.comment.article_id),
            statement=decision.statement if decision else None,
            refused_by=sorted(names[account] for account in line.refused_by if account in names)
            or [who(db.get_one(DecisionRow, appeal.decision_id).actor, names)],
            alone=actor.account_id in line.refused_by,
            why_not=why_not(db, actor, line) if appeal.decided_at is None else None,
            problem=problem,
            typed=request.form,
            told=argument("said") == "decided",
            **_beside(db, actor, appeal),
            reasons=services().configuration.current().reasons,
        )


def _beside(db: Session, actor: Actor, appeal: Appeal) -> dict[str, Any]:
    """The appeals before and after this one in the list, and whether it is in it."""
    mine = _decidable(db, actor)
    previous, following = appeals_beside(db, mine, appeal)
    return {"may_decide": is_to_decide(db, mine, appeal), "previous": previous, "next": following}


def _line(line: AppealLine, names: dict[str, str], now: datetime) -> Line:
    appeal = line.appeal
    if appeal.decided_at is not None:
        late = appeal.decided_at > appeal.due_at
        left, urgency = (gettext("decided after its time") if late else gettext("decided in time")), "calm"
    elif appeal.due_at <= now:
        left, urgency = gettext("overdue for %(time)s", time=age(appeal.due_at, now)), "overdue"
    else:
        left = gettext("due in %(time)s", time=age(now, appeal.due_at))
        urgency = "soon" if appeal.due_at <= now + SOON else "calm"
    choice = services().configuration.current().reason(appeal.reason_id or "")
    reason = gettext(BY_POLICY) if appeal.automated else said(choice.label) if choice else appeal.reason_id
    return Line(
        id=appeal.id,
        name=line.comment.author_name,
        text=line.comment.body,
        article=line.article_title,
        site=appeal.site_id,
        reason=reason or gettext("no reason given"),
        left=left,
        urgency=urgency,
        due_at=appeal.due_at,
        outcome=gettext(OUTCOME_WORDS[AppealOutcome(appeal.outcome)]) if appeal.outcome else None,
        decided_at=appeal.decided_at,
        by=names.get(appeal.decided_by) if appeal.decided_by else None,
    )
