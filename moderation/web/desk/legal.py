"""The legal queue on the desk: what is due when, what comes in, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accounts.reachable import case_reached, sites_reached
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import Message, noted
from moderation.core.reach import SENIOR
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.legal import CaseForm, CaseRuling, decide_case, receive
from moderation.desk.legal_notices import forget_sender, tell_sender
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, newest_decision
from moderation.storage.desk import account_names
from moderation.storage.legal import LegalCase, LegalKind, LegalOutcome, NoticeCategory, decided_cases, open_cases
from moderation.storage.sites import Site
from moderation.web.desk.forms import Problem, done_here, field, form_response, moment, problem_of
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import desk_page
from moderation.web.shared.languages import gettext, pgettext
from moderation.web.shared.rendering import argument, known_id
from moderation.web.shared.wording import age

LEGAL = "/legal"
PAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in the list. ``left`` says how long there is, or how long it is over its time."""

    id: str
    kind: str
    site: str
    explanation: str
    sender: str | None
    received_at: datetime
    due_at: datetime
    left: str
    urgency: str
    urgent: bool
    category: str | None
    informed_at: datetime | None
    outcome: str | None
    decided_at: datetime | None
    by: str | None


def blueprint() -> Blueprint:
    """The routes under ``/legal``: for senior moderators."""
    pages = Blueprint("legal_pages", __name__, url_prefix=LEGAL)

    @pages.get("")
    def queue() -> Response:
        return _queue_page()

    @pages.post("")
    def enter() -> Response:
        try:
            case_id = receive(services(), person(), field("site", 100), _form())
        except InvalidField as error:
            return _queue_page(problem_of(error))
        return redirect(f"{LEGAL}/{case_id}?said=entered", 303)

    @pages.get("/<case_id>")
    def legal_case(case_id: str) -> Response:
        return _case_page(case_id)

    @pages.post("/<case_id>/decide")
    def decide(case_id: str) -> Response:
        return form_response(
            lambda: decide_case(services(), person(), known_id(case_id), _ruling()),
            lambda problem: _case_page(case_id, problem),
            f"{LEGAL}/{known_id(case_id)}",
            "decided",
        )

    @pages.post("/<case_id>/told")
    def told(case_id: str) -> Response:
        return form_response(
            lambda: tell_sender(services(), person(), known_id(case_id)),
            lambda problem: _case_page(case_id, problem),
            f"{LEGAL}/{known_id(case_id)}",
        )

    @pages.post("/<case_id>/forget-sender")
    def forget(case_id: str) -> Response:
        return form_response(
            lambda: forget_sender(services(), person(), known_id(case_id)),
            lambda problem: _case_page(case_id, problem),
            f"{LEGAL}/{known_id(case_id)}",
            "forgotten",
        )

    return pages


def _form() -> CaseForm:
    kind, received = field("kind"), field("received_at", 40)
    if kind not in list(LegalKind):
        raise InvalidField("kind", Message("not_offered_of", {"offered": ", ".join(LegalKind)}))
    now = services().clock()
    return CaseForm(
        kind=LegalKind(kind),
        explanation=field("explanation", 20_000),
        received_at=moment("time", received) if received else now,
        link=field("link") or None,
        sender=field("sender", 1000) or None,
        contact=field("contact", 1000) or None,
    )


def _ruling() -> CaseRuling:
    outcome, verdict = field("outcome"), field("verdict")
    if outcome not in list(LegalOutcome):
        raise InvalidField("outcome", Message("case_outcome_missing"))
    verdict = "" if verdict == "keep" else verdict
    if verdict not in ("", Verdict.APPROVE, Verdict.REJECT):
        raise InvalidField("comment", Message("not_offered"))
    revision = field("revision", 9)
    comment = (
        Ruling(
            verdict=Verdict(verdict),
            reason_id=field("reason") or None if verdict == Verdict.REJECT else None,
            sentence=field("sentence") or None if verdict == Verdict.REJECT else None,
            revision=int(revision) if revision.isascii() and revision.isdigit() else None,
            anyway=bool(field("anyway", 9)),
        )
        if verdict
        else None
    )
    if comment is not None and comment.verdict is Verdict.REJECT and comment.reason_id is None:
        raise InvalidField("reason", Message("comment_removal_reason_missing"))
    return CaseRuling(outcome=LegalOutcome(outcome), decision=field("decision", 20_000), comment=comment)


def _sites(db: Session, actor: Actor) -> tuple[Site, ...]:
    return sites_reached(db, actor, SENIOR, altogether=True)


def _queue_page(problem: Problem | None = None) -> Response:
    actor, now = person(), services().clock()
    clocks = services().configuration.current().legal
    with services().database.reading() as db:
        sites = _sites(db, actor)
        if not sites:
            abort(403, gettext("The legal queue is for senior moderators."))
        ids = [site.id for site in sites]
        last = db.get(LegalCase, known_id(argument("before"))) if argument("before") else None
        last = last if last and last.decided_at and last.site_id in ids else None
        decided = decided_cases(db, ids, before=last, limit=PAGE + 1)
        waiting = open_cases(db, ids)
        names = account_names(db)
        done = done_here(db, actor)
    soon = timedelta(hours=clocks.due_soon_hours)
    return desk_page(
        "desk/legal.html",
        problem.status if problem else 200,
        here=LEGAL,
        waiting=[_line(legal_case, names, now, soon) for legal_case in waiting],
        decided=[_line(legal_case, names, now, soon) for legal_case in decided[:PAGE]],
        next=decided[PAGE - 1].id if len(decided) > PAGE else None,
        sites=sites,
        clocks=clocks,
        problem=problem,
        typed=request.form,
        now=now,
        done=done,
    )


def _case_page(case_id: str, problem: Problem | None = None) -> Response:
    actor, now = person(), services().clock()
    configuration = services().configuration.current()
    with services().database.reading() as db:
        legal_case = case_reached(db, actor, known_id(case_id))
        comment = db.get(Comment, legal_case.comment_id) if legal_case.comment_id else None
        article = db.get(Article, legal_case.article_id) if legal_case.article_id else None
        decision = newest_decision(db, comment.id) if comment else None
        names = account_names(db)
        done = done_here(db, actor)
    return desk_page(
        "desk/legal_case.html",
        problem.status if problem else 200,
        here=LEGAL,
        legal_case=legal_case,
        line=_line(legal_case, names, now, timedelta(hours=configuration.legal.due_soon_hours)),
        entered_by=names.get(legal_case.entered_by or "") or gettext("somebody"),
        comment=comment,
        statement=decision.statement if decision else None,
        article=article,
        reasons=configuration.reasons,
        problem=problem,
        typed=request.form,
        done=done,
    )


_KINDS = {
    LegalKind.NOTICE: noted("Notice"),
    LegalKind.GRIEVANCE: noted("Grievance"),
}


_CATEGORIES: dict[str, str] = {
    NoticeCategory.CHILD_ABUSE: noted("sexual abuse of children"),
    NoticeCategory.THREAT_TO_LIFE: noted("a threat to somebody’s life"),
}


def _kind_word(kind: str) -> str:
    return pgettext("legal case", "Order") if kind == LegalKind.ORDER else gettext(_KINDS[LegalKind(kind)])


def _line(legal_case: LegalCase, names: dict[str, str], now: datetime, soon: timedelta) -> CaseLine:
    if legal_case.decided_at is not None:
        late = legal_case.decided_at > legal_case.due_at
        left, urgency = (
            (gettext("decided after its time") if late else gettext("decided in time")),
            ("late" if late else "calm"),
        )
    elif legal_case.due_at <= now:
        left, urgency = gettext("overdue for %(age)s", age=age(legal_case.due_at, now)), "overdue"
    else:
        left = gettext("due in %(age)s", age=age(now, legal_case.due_at))
        urgency = "soon" if legal_case.due_at <= now + soon else "calm"
    return CaseLine(
        id=legal_case.id,
        kind=_kind_word(legal_case.kind),
        site=legal_case.site_id,
        explanation=legal_case.explanation,
        sender=legal_case.sender,
        received_at=legal_case.received_at,
        due_at=legal_case.due_at,
        left=left,
        urgency=urgency,
        urgent=legal_case.urgent,
        category=gettext(_CATEGORIES[legal_case.category]) if legal_case.category in _CATEGORIES else None,
        informed_at=legal_case.informed_at,
        outcome=legal_case.outcome,
        decided_at=legal_case.decided_at,
        by=names.get(legal_case.decided_by or "") if legal_case.decided_by else None,
    )
