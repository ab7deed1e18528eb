"""The legal queue: what comes in is entered, has its time, and is decided, on the comment too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.accounts.reachable import site_reached
from moderation.config.configuration import Legal
from moderation.core.actor import Actor
from moderation.core.decision import Prompt
from moderation.core.errors import InvalidField, MatterNotFound, NotPossibleNow, RightMissing
from moderation.core.ids import is_id, new_id
from moderation.core.reach import SENIOR, reachable, somewhere_altogether, whole
from moderation.core.text.written import as_written
from moderation.desk.decide import Ruling, decide_within
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalKind, LegalMatter, LegalOutcome
from moderation.unit_of_work import Ledger, recorded

LONGEST_TEXT = 10_000
LONGEST_LINE = 300
_EARLIEST = timedelta(days=3650)
_REFERENCE = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_PROMPTS = {
    LegalKind.NOTICE: Prompt.NOTICE,
    LegalKind.GRIEVANCE: Prompt.REPORT,
    LegalKind.ORDER: Prompt.ORDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterForm:
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
class MatterRuling:
    """What was decided about a matter, in words."""

    outcome: LegalOutcome
    decision: str
    comment: Ruling | None = None
    """What is done with its comment; None: nothing."""


def due_at(clocks: Legal, kind: LegalKind, received_at: datetime) -> datetime:
    """When a matter must be decided."""
    return (
        received_at
        + {
            LegalKind.NOTICE: timedelta(hours=clocks.notice_hours),
            LegalKind.GRIEVANCE: timedelta(days=clocks.grievance_days),
            LegalKind.ORDER: timedelta(hours=clocks.order_hours),
        }[kind]
    )


def receive(services: Services, actor: Actor, site_id: str, form: MatterForm) -> str:
    """Enters a matter into a site's queue and returns its id. The audit event names no person and quotes nothing.

    Raises ``SiteNotFound``, ``RightMissing``, ``InvalidField``.
    """
    clocks = services.configuration.current().legal
    explanation = _text(form.explanation, "explanation", LONGEST_TEXT)
    if explanation is None:
        raise InvalidField("explanation", "is missing: what is said, demanded or complained of?")
    link, sender, contact = (
        _text(getattr(form, name), name, 2000 if name == "link" else LONGEST_LINE)
        for name in ("link", "sender", "contact")
    )

    def work(ledger: Ledger) -> str:
        site_reached(ledger.session, actor, SENIOR, site_id)
        if not ledger.now - _EARLIEST <= form.received_at <= ledger.now:
            raise InvalidField("time received", "must lie in the past, at most ten years ago.")
        comment, article = found_behind(ledger.session, site_id, link) if link else (None, None)
        if link and article is None:
            # Whoever decides an order within the hour must not learn only then that it names nothing.
            raise InvalidField(
                "comment or article",
                "was not found on this site. Correct the address or the reference; if it is gone, leave this empty and "
                "say in the explanation what is meant.",
            )
        matter = LegalMatter(
            id=new_id(ledger.now),
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
        ledger.session.add(matter)
        payload = {
            "kind": matter.kind,
            "comment": matter.comment_id,
            "article": matter.article_id,
            "due": matter.due_at.isoformat(),
        }
        ledger.event(site_id, actor.reference, "legal.received", matter.id, payload)
        return matter.id

    return recorded(services, work)


def decide_matter(services: Services, actor: Actor, matter_id: str, ruling: MatterRuling) -> None:
    """Records what was decided about a matter, once, and in the same transaction does with its comment what follows: a
    decision like any other, whose statement of reasons says that a notice or an order brought it up.

    Raises ``MatterNotFound``, ``RightMissing``, ``InvalidField``, ``NotPossibleNow`` for one that is decided, and what
    ``review.decide_comment`` raises.
    """
    configuration = services.configuration.current()
    decision = _text(ruling.decision, "decision", LONGEST_TEXT)
    if decision is None:
        raise InvalidField("decision", "is missing: say what was decided, and why.")

    def work(ledger: Ledger) -> None:
        matter = matter_at_hand(ledger.session, actor, matter_id, lock=True)
        if matter.decided_at is not None:
            raise NotPossibleNow("This was decided meanwhile; nothing was overwritten.")
        if ruling.comment is not None:
            if matter.comment_id is None:
                raise InvalidField("comment", "is not known: this matter names none.")
            asked = replace(ruling.comment, prompted_by=_PROMPTS[LegalKind(matter.kind)])
            decide_within(ledger, configuration, actor, matter.comment_id, asked)
        matter.outcome, matter.decision = ruling.outcome, decision
        matter.decided_at, matter.decided_by = ledger.now, actor.account_id
        late = ledger.now > matter.due_at
        payload = {"kind": matter.kind, "outcome": ruling.outcome.value, "comment": matter.comment_id, "late": late}
        ledger.event(matter.site_id, actor.reference, "legal.decided", matter.id, payload)

    recorded(services, work)


def matter_at_hand(session: Session, actor: Actor, matter_id: str, *, lock: bool = False) -> LegalMatter:
    """A matter that this person may see and decide: a senior's of the whole site, for the law knows no sections.

    Raises ``MatterNotFound``, and ``RightMissing`` for whoever may see none, whatever they ask for.
    """
    if not somewhere_altogether(actor, SENIOR):
        raise RightMissing(SENIOR)
    query = select(LegalMatter).where(LegalMatter.id == matter_id)
    matter = session.scalar(query.with_for_update() if lock else query) if is_id(matter_id) else None
    if matter is None or not reachable(actor, SENIOR, whole(matter.site_id)):
        raise MatterNotFound
    return matter


def found_behind(session: Session, site_id: str, link: str) -> tuple[Comment | None, Article | None]:
    """The comment and the article of this site that an address, a reference or an article's id leads to."""
    for reference in _REFERENCE.findall(link.lower()):
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


def _text(text: str | None, field: str, most: int) -> str | None:
    text = as_written(text or "", field)
    if len(text) > most:
        raise InvalidField(field, f"has {len(text)} characters; at most {most} are possible.")
    return text or None
