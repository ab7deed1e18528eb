"""Notices of illegal content that anybody can send, without an account: taken into the legal queue, acknowledged at
once, and answered on a page that the receipt opens.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import regex
from sqlalchemy.orm import Session

from moderation.accounts.reachable import case_reached
from moderation.core.actor import READER, Actor
from moderation.core.addresses import taken_apart
from moderation.core.comment import Status
from moderation.core.errors import CommentNotFound, InvalidField, NoticeNotFound
from moderation.core.ids import ids_in, is_id, new_id
from moderation.core.messages import Message
from moderation.core.signing import keyed
from moderation.core.text.written import sameness, written_within
from moderation.desk.legal import ERASED_UNDECIDED, LONGEST_TEXT, TOLD_UNDECIDED, due_at, tell_received
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment
from moderation.storage.legal import LegalCase, LegalKind, NoticeCategory, find_case, same_notice
from moderation.storage.sites import origins_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

LONGEST_NAME, LONGEST_EMAIL, LONGEST_LAW = 200, 254, 500
_EMAIL = regex.compile(r"[^@\s,;<>()\[\]\\\"]{1,64}+@(?:[\p{L}\p{N}-]{1,63}+\.)++[\p{L}\p{N}-]{2,63}+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeForm:
    """A notice as it comes in: about the comment ``comment_id``, or the one that ``url`` leads to."""

    comment_id: str | None = None
    url: str | None = None
    explanation: str
    law: str | None = None
    name: str | None = None
    email: str | None = None
    good_faith: bool = False
    category: NoticeCategory | None = None


def receive_notice(services: Services, form: NoticeForm, *, host: str, address: str) -> LegalCase:
    """Takes a notice into the queue of the comment's site. The same notice by the same sender is the same case.
    ``host`` is the one that this service is asked under, ``address`` the network that the sender asks from.

    Raises ``InvalidField``, and ``CommentNotFound`` where no comment that was ever published here is named.
    """
    clocks = services.configuration.current().legal
    form = _checked(form)
    with services.database.reading() as session:
        comment_id = noticed_comment(session, form, host).id
    secrets = services.keys.identity.secrets
    urgent = form.category is NoticeCategory.THREAT_TO_LIFE

    def work(unit: UnitOfWork) -> LegalCase:
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None or comment.status == Status.ERASED:
            raise CommentNotFound
        keys = _notice_keys(secrets, comment, form, address)
        known = same_notice(unit.session, comment.site_id, keys)
        if known is not None:
            return known
        due = unit.now + timedelta(hours=clocks.urgent_hours) if urgent else due_at(clocks, LegalKind.NOTICE, unit.now)
        legal_case = LegalCase(
            id=new_id(unit.now),
            site_id=comment.site_id,
            kind=LegalKind.NOTICE,
            comment_id=comment.id,
            article_id=comment.article_id,
            sender=form.name,
            contact=form.email,
            explanation=form.explanation,
            link=form.url or form.comment_id,
            entered_by=None,
            received_at=unit.now,
            due_at=due,
            category=form.category,
            law=form.law,
            urgent=urgent,
            good_faith=form.good_faith,
            notice_key=keys[0],
            acknowledged_at=unit.now,
        )
        unit.session.add(legal_case)
        tell_received(unit, legal_case, READER)
        return legal_case

    legal_case = run_in_unit_of_work(services, work)
    if legal_case.urgent and legal_case.decided_at is None:
        log.warning(
            "a notice says that a life is threatened", extra={"case": legal_case.id, "site": legal_case.site_id}
        )
    return legal_case


def noticed_comment(session: Session, form: NoticeForm, host: str) -> Comment:
    """The comment that a notice names. Raises ``CommentNotFound`` where none that was ever published is behind it,
    ``InvalidField`` for an address that can't be one of a comment here.
    """
    if form.comment_id is not None:
        return _once_published(session, form.comment_id)
    url = form.url or ""
    parts = taken_apart(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidField("url", Message("notice_url_wrong"))
    references = list(islice(ids_in(f"{parts.path} {parts.query} {parts.fragment}"), 20))
    found = [comment for one in references if (comment := find_comment(session, one)) is not None]
    if parts.netloc.lower() == host.lower():
        if not references:
            raise InvalidField("url", Message("notice_url_names_no_comment"))
        if not found:
            raise CommentNotFound
        return _once_published(session, found[0].id)
    here = [comment for comment in found if _stands_on(session, comment, parts.netloc.lower())]
    if here:
        return _once_published(session, here[0].id)
    raise InvalidField("url", Message("notice_url_elsewhere", {"host": host}))


def _stands_on(session: Session, comment: Comment, host: str) -> bool:
    """Whether a comment's article, or a page of its site, stands under this host."""
    article = session.get_one(Article, comment.article_id)
    return host in _hosts((article.url or "", *origins_of(session, comment.site_id)))


def _hosts(addresses: Collection[str]) -> set[str]:
    return {taken_apart(address).netloc.lower() for address in addresses} - {""}


def _once_published(session: Session, comment_id: str) -> Comment:
    comment = find_comment(session, comment_id) if is_id(comment_id) else None
    if comment is None or comment.published_at is None or comment.status == Status.ERASED:
        raise CommentNotFound
    return comment


def _checked(form: NoticeForm) -> NoticeForm:
    """The notice as it is kept. Raises ``InvalidField`` for what is missing, or isn't what it should be."""
    explanation = written_within(form.explanation, "explanation", LONGEST_TEXT)
    if explanation is None:
        raise InvalidField("explanation", Message("notice_explanation_missing"))
    if not (form.comment_id or form.url):
        raise InvalidField("url", Message("notice_comment_missing"))
    name, email = written_within(form.name, "name", LONGEST_NAME), written_within(form.email, "email", LONGEST_EMAIL)
    if form.category is not NoticeCategory.CHILD_ABUSE:
        if name is None:
            raise InvalidField("name", Message("notice_name_missing"))
        if email is None:
            raise InvalidField("email", Message("notice_email_missing"))
    if email is not None and _EMAIL.fullmatch(email) is None:
        raise InvalidField("email", Message("notice_email_wrong"))
    if not form.good_faith:
        raise InvalidField("good_faith", Message("notice_good_faith_missing"))
    return NoticeForm(
        comment_id=form.comment_id,
        url=written_within(form.url, "url", 2000),
        explanation=explanation,
        law=written_within(form.law, "law", LONGEST_LAW),
        name=name,
        email=email,
        good_faith=True,
        category=form.category,
    )


def _notice_keys(secrets: Sequence[str], comment: Comment, form: NoticeForm, address: str) -> tuple[str, ...]:
    """What stands for this notice by this sender about the comment as it is now. The sender's network is a part of it:
    nobody gets another's receipt for knowing what they wrote.
    """
    said = (
        *(comment.id, str(comment.revision), sameness(form.explanation), sameness(form.law or "")),
        *((form.name or "").casefold(), (form.email or "").casefold(), form.category or "", address),
    )
    return tuple(keyed(secret, "notice", *said) for secret in secrets)


# --- what its sender is told ------------------------------------------------------------------------------------------


def notice_with_receipt(services: Services, case_id: str, receipt: str) -> LegalCase:
    """The notice that this receipt is of. Whoever looks at one that is decided has been told, which is kept. Raises
    ``NoticeNotFound``.
    """
    if not services.keys.is_receipt(case_id, receipt):
        raise NoticeNotFound
    with services.database.reading() as session:
        legal_case = find_case(session, case_id)
    if legal_case is None or legal_case.acknowledged_at is None:
        raise NoticeNotFound
    if legal_case.decided_at is None or legal_case.informed_at is not None:
        return legal_case

    def work(unit: UnitOfWork) -> LegalCase:
        found = find_case(unit.session, case_id, lock=True)
        if found is None:
            raise NoticeNotFound
        if found.informed_at is None:
            _inform(unit, found, READER)
        return found

    return run_in_unit_of_work(services, work)


def tell_sender(services: Services, actor: Actor, case_id: str) -> None:
    """A moderator has told the sender the decision, by letter for example. Once told, it stays so. Raises
    ``CaseNotFound``, ``RightMissing``, ``InvalidField`` for a case that isn't decided.
    """

    def work(unit: UnitOfWork) -> None:
        legal_case = case_reached(unit.session, actor, case_id, lock=True)
        if legal_case.decided_at is None:
            raise InvalidField("decision", Message(TOLD_UNDECIDED))
        if legal_case.informed_at is None:
            _inform(unit, legal_case, actor.reference)

    run_in_unit_of_work(services, work)


def _inform(unit: UnitOfWork, legal_case: LegalCase, actor: str) -> None:
    legal_case.informed_at = unit.now
    unit.event(legal_case.site_id, actor, "legal.informed", legal_case.id, {"kind": legal_case.kind})


def forget_sender(services: Services, actor: Actor, case_id: str) -> None:
    """The name and the address of a decided case's sender are erased; the case, and what it says, stay. Raises
    ``CaseNotFound``, ``RightMissing``, ``InvalidField`` for a case that isn't decided.
    """

    def work(unit: UnitOfWork) -> None:
        legal_case = case_reached(unit.session, actor, case_id, lock=True)
        if legal_case.decided_at is None:
            raise InvalidField("decision", Message(ERASED_UNDECIDED))
        if legal_case.sender is None and legal_case.contact is None:
            return
        legal_case.sender = legal_case.contact = legal_case.notice_key = None
        unit.event(legal_case.site_id, actor.reference, "legal.sender_erased", legal_case.id, {})

    run_in_unit_of_work(services, work)
