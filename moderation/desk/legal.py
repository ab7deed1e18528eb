"""The legal queue: what comes in is entered, has its time, and is decided, on the comment too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.accounts.reachable import case_reached, site_reached
from moderation.config.configuration import Legal
from moderation.core.actor import Actor
from moderation.core.decision import Prompt
from moderation.core.errors import InvalidField, NotPossibleNow
from moderation.core.ids import ids_in, new_id
from moderation.core.messages import Message, noted
from moderation.core.reach import SENIOR
from moderation.core.text.written import written_within
from moderation.desk.decide import Ruling, decide_within
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase, LegalKind, LegalOutcome
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

LONGEST_TEXT = 10_000
LONGEST_LINE = 300
TOLD_UNDECIDED = noted("sender_told_undecided")
ERASED_UNDECIDED = noted("sender_erased_undecided")
_EARLIEST = timedelta(days=3650)
_PROMPTS = {
    LegalKind.NOTICE: Prompt.NOTICE,
    LegalKind.GRIEVANCE: Prompt.REPORT,
    LegalKind.ORDER: Prompt.ORDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """A notice, a grievance or an order as somebody enters it. ``link`` leads to the comment or article: an address, or
    a comment's reference.
    """

    kind: LegalKind
    explanation: str
    received_at: datetime
    link: str | None = None
    sender: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRuling:
    """What was decided about a case, in words."""

    outcome: LegalOutcome
    decision: str
    comment: Ruling | None = None
    """What is done with its comment; None: nothing."""


def due_at(clocks: Legal, kind: LegalKind, received_at: datetime) -> datetime:
    """When a case must be decided."""
    return (
        received_at
        + {
            LegalKind.NOTICE: timedelta(hours=clocks.notice_hours),
            LegalKind.GRIEVANCE: timedelta(days=clocks.grievance_days),
            LegalKind.ORDER: timedelta(hours=clocks.order_hours),
        }[kind]
    )


def receive(services: Services, actor: Actor, site_id: str, form: CaseForm) -> str:
    """Enters a case into a site's queue and returns its id. The audit event names no person and quotes nothing.

    Raises ``SiteNotFound``, ``RightMissing``, ``InvalidField``.
    """
    clocks = services.configuration.current().legal
    explanation = written_within(form.explanation, "explanation", LONGEST_TEXT)
    if explanation is None:
        raise InvalidField("explanation", Message("explanation_missing"))
    link, sender, contact = (
        written_within(getattr(form, name), name, 2000 if name == "link" else LONGEST_LINE)
        for name in ("link", "sender", "contact")
    )

    def work(unit: UnitOfWork) -> str:
        site_reached(unit.session, actor, SENIOR, site_id)
        if not unit.now - _EARLIEST <= form.received_at <= unit.now:
            raise InvalidField("time received", Message("received_at_unusable"))
        comment, article = found_behind(unit.session, site_id, link) if link else (None, None)
        if link and article is None:
            # Whoever decides an order within the hour must not learn only then that it names nothing.
            raise InvalidField("comment or article", Message("case_link_unknown"))
        legal_case = LegalCase(
            id=new_id(unit.now),
            site_id=site_id,
            kind=form.kind,
            comment_id=comment.id if comment else None,
            article_id=article.id if article else None,
            sender=sender,
            contact=contact,
            explanation=explanation,
            link=link,
            entered_by=actor.account_id,
            received_at=form.received_at,
            due_at=due_at(clocks, form.kind, form.received_at),
        )
        unit.session.add(legal_case)
        tell_received(unit, legal_case, actor.reference)
        return legal_case.id

    return run_in_unit_of_work(services, work)


def tell_received(unit: UnitOfWork, legal_case: LegalCase, actor: str) -> None:
    """The audit chain and the site are told of a new case: neither of who sent it, nor of what it says. Of an urgent
    one the site is told twice, so that somebody can be alerted of these alone.
    """
    payload = {
        "kind": legal_case.kind,
        "comment": legal_case.comment_id,
        "article": legal_case.article_id,
        "due": legal_case.due_at.isoformat(),
        **({"category": legal_case.category} if legal_case.category else {}),
        **({"urgent": True} if legal_case.urgent else {}),
    }
    unit.event(legal_case.site_id, actor, "legal.received", legal_case.id, payload)
    unit.outbox_event(legal_case.site_id, "legal.received", legal_case.id, payload)
    if legal_case.urgent:
        unit.outbox_event(legal_case.site_id, "legal.urgent", legal_case.id, payload)


def decide_case(services: Services, actor: Actor, case_id: str, ruling: CaseRuling) -> None:
    """Records what was decided about a case, once, and in the same transaction does with its comment what follows: a
    decision like any other, whose statement of reasons says that a notice or an order brought it up.

    Raises ``CaseNotFound``, ``RightMissing``, ``InvalidField``, ``NotPossibleNow`` for one that is decided, and what
    ``review.decide_comment`` raises.
    """
    configuration = services.configuration.current()
    decision = written_within(ruling.decision, "decision", LONGEST_TEXT)
    if decision is None:
        raise InvalidField("decision", Message("case_decision_missing"))

    def work(unit: UnitOfWork) -> None:
        legal_case = case_reached(unit.session, actor, case_id, lock=True)
        if legal_case.decided_at is not None:
            raise NotPossibleNow(Message("case_decided_already"))
        if ruling.comment is not None:
            if legal_case.comment_id is None:
                raise InvalidField("comment", Message("case_names_no_comment"))
            asked = replace(ruling.comment, prompted_by=_PROMPTS[LegalKind(legal_case.kind)])
            decide_within(unit, configuration, actor, legal_case.comment_id, asked)
        legal_case.outcome, legal_case.decision = ruling.outcome, decision
        legal_case.decided_at, legal_case.decided_by = unit.now, actor.account_id
        late = unit.now > legal_case.due_at
        payload = {
            "kind": legal_case.kind,
            "outcome": ruling.outcome.value,
            "comment": legal_case.comment_id,
            "late": late,
        }
        unit.event(legal_case.site_id, actor.reference, "legal.decided", legal_case.id, payload)

    run_in_unit_of_work(services, work)


def found_behind(session: Session, site_id: str, link: str) -> tuple[Comment | None, Article | None]:
    """The comment and the article of this site that an address, a reference or an article's id leads to."""
    for reference in ids_in(link):
        comment = session.get(Comment, reference)
        if comment is not None and comment.site_id == site_id:
            return comment, session.get(Article, comment.article_id)
    address = link.partition("#")[0]
    bare = address.partition("?")[0].rstrip("/")
    plain = bare.removeprefix("https://").removeprefix("http://")
    spelled = {address, *(f"{scheme}{plain}{end}" for scheme in ("https://", "http://") for end in ("", "/"))}
    ids = {name for one in (address, bare) for name in (one, unquote(one.rpartition("/articles/")[2]))}
    asked = or_(Article.url.in_(spelled), Article.external_id.in_(ids))
    return None, session.scalar(select(Article).where(Article.site_id == site_id, asked).limit(1))
