"""A reader's data are erased: of one comment, or all that is known of an author, batch by batch beside a running
service.

Each comment becomes ``erased`` by the lifecycle, and in the same transaction every store forgets it
(``storage.forgetting``). Stopped in the middle, an author's erasure goes on where it was: whoever asked left a request
in the database, which any process carries on. What stands under a legal hold, or is asked about in an open legal case,
stays, and nothing is erased until that is settled.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from moderation.comments.lifecycle import Trigger, change_status
from moderation.comments.reports import reporter_keys
from moderation.core.comment import Author as ToldAuthor
from moderation.core.comment import Status
from moderation.core.errors import AuthorNotFound, CommentNotFound, ErasureStopped
from moderation.core.signing import comment_fingerprint
from moderation.services import Piece, Services
from moderation.storage.authors import Author
from moderation.storage.base import locked
from moderation.storage.claims import Claim, Claims, Work, claim_these
from moderation.storage.comments import Comment, find_comment
from moderation.storage.erased import erased_among, keep_erased
from moderation.storage.erasures import Erasure, comments_left
from moderation.storage.forgetting import forget_author, forget_comments, forget_reporter
from moderation.storage.holds import holds_over_author, holds_over_comments, lock_holds
from moderation.storage.legal import open_cases_about
from moderation.storage.policies import newest_configuration
from moderation.storage.reports import Reporter
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 20
"""Comments in one transaction: so few that whoever else writes hardly waits."""
LOOKED_UP = 1000
"""Comments that are looked up together: finding what is left of an author's costs as much as they have written."""
COMMENTS, REPORTS_BY_THEM = "comments", "texts of reports by the reader"
WORK = Work(
    key=Erasure.author_id,
    leased_until=Erasure.leased_until,
    waits=(Erasure.done_at.is_(None),),
    order=(Erasure.asked_at, Erasure.author_id),
    lease=timedelta(seconds=60),
    furthest=timedelta(minutes=20),
)
STOPPED_FOR = timedelta(minutes=10)
"""After so long an erasure that a hold has stopped in the middle is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for an erasure: what the audit chain names, and their account, if they have one."""

    actor: str
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What is known of whoever a site knows by this id: their authors' ids here (mostly one), and whether they have
    reported anything, or were erased before.
    """

    authors: tuple[str, ...]
    reports: bool
    erased: bool


# --- who it is --------------------------------------------------------------------------------------------------------


def reader_known_as(services: Services, session: Session, site_id: str, external_id: str) -> Reader:
    """What is known of a reader by the site's own id for them."""
    keys = services.keys.author_keys(site_id, ToldAuthor(name="", id=external_id))
    query = select(Author.id).where(
        Author.site_id == site_id, or_(Author.key.in_(keys), Author.external_id == external_id)
    )
    reporters = select(Reporter.id).where(
        Reporter.site_id == site_id, Reporter.key.in_(keys_as_reporter(services, site_id, external_id))
    )
    return Reader(
        authors=tuple(session.scalars(query.order_by(Author.id))),
        reports=session.scalar(reporters.limit(1)) is not None,
        erased=bool(erased_among(session.connection(), site_id, keys)),
    )


def keys_as_reporter(services: Services, site_id: str, external_id: str) -> tuple[str, ...]:
    """What stands for a reader who reports under the site's id for them."""
    return reporter_keys(services.keys.identity.secrets, site_id, "id", external_id)


# --- one comment ------------------------------------------------------------------------------------------------------


def erase_comment(services: Services, asker: Asker, site_id: str, comment_id: str) -> Counter[str]:
    """Erases one comment, and with it its author where the site has no id for them and nothing else is theirs. Returns
    how much of what kind there was; nothing where it was erased before.

    Raises ``CommentNotFound``, and ``ErasureStopped``: then nothing is erased.
    """
    _ = services.keys  # read before the transaction: that may make them first

    def work(unit: UnitOfWork) -> Counter[str]:
        lock_holds(unit.connection, site_id)
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None or comment.site_id != site_id:
            raise CommentNotFound
        check_nothing_holds(unit.session, comment_ids=[comment.id])
        erased = _erase(unit, services, asker, [comment.id])
        if not erased:
            return erased
        author = unit.session.scalars(locked(select(Author).where(Author.id == comment.author_id))).one()
        if author.external_id is None and not comments_left(unit.session, author.id, limit=1):
            check_nothing_holds(unit.session, author_id=author.id)
            unit.session.merge(_request(unit, asker, author))
            unit.session.flush()
            erased += _erase_author(unit, services, asker, author)
        return erased

    return run_in_unit_of_work(services, work)


def check_nothing_holds(session: Session, *, comment_ids: Collection[str] = (), author_id: str | None = None) -> None:
    """Raises ``ErasureStopped`` where these comments, or this author with all that is theirs, must stay."""
    holds = holds_over_author(session, author_id) if author_id else holds_over_comments(session, comment_ids)
    cases = open_cases_about(session, comment_ids=comment_ids, author_id=author_id)
    if holds or cases:
        raise ErasureStopped(
            holds=tuple((hold.id, hold.about, hold.reason) for hold in holds), cases=tuple(case.id for case in cases)
        )


# --- an author --------------------------------------------------------------------------------------------------------


def ask_to_erase(services: Services, asker: Asker, author_id: str) -> None:
    """Notes that all that is known of an author is to be erased; asked again, nothing changes. From now on no archive
    brings them back, and ``carry_on`` does the rest.

    Raises ``AuthorNotFound``, and ``ErasureStopped``.
    """

    _ = services.keys

    def work(unit: UnitOfWork) -> None:
        ask_within(unit, services, asker, author_id)

    run_in_unit_of_work(services, work)


def ask_within(unit: UnitOfWork, services: Services, asker: Asker, author_id: str) -> None:
    """The same in a transaction that has begun."""
    author = unit.session.scalar(select(Author).where(Author.id == author_id))
    if author is None:
        raise AuthorNotFound
    if unit.session.get(Erasure, author.id) is not None:
        return
    lock_holds(unit.connection, author.site_id)
    check_nothing_holds(unit.session, author_id=author.id)
    unit.session.add(_request(unit, asker, author))
    unit.session.flush()
    _keep_out(unit, services, author)
    unit.event(author.site_id, asker.actor, "author.erasure_asked", author.id, {})
    unit.leaves_work.add(Piece.ERASING)


def _request(unit: UnitOfWork, asker: Asker, author: Author) -> Erasure:
    return Erasure(
        author_id=author.id,
        site_id=author.site_id,
        actor=asker.actor,
        account_id=asker.account_id,
        asked_at=unit.now,
        done_at=None,
        leased_until=None,
    )


def _keep_out(unit: UnitOfWork, services: Services, author: Author) -> None:
    """No archive brings them back. One who is known by a name alone shares it with others, who may come."""
    if not author.known:
        return
    keys = {author.key}
    if author.external_id is not None:
        keys.add(services.keys.author_keys(author.site_id, ToldAuthor(name="", id=author.external_id))[0])
    keep_erased(unit.connection, author.site_id, keys, unit.now)


def carry_on(
    services: Services,
    *,
    author_id: str | None = None,
    done: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Counter[str] | None:
    """Goes on with an erasure that nobody goes on with, or with that of this author, to its end. Returns how much of
    what kind was erased; None where there was nothing to do. ``done`` is told how many comments went.

    Raises ``ErasureStopped`` where somebody has put a hold on what is left.
    """
    _ = services.keys
    claims = Claims(services.database, services.clock, WORK)
    if author_id is None:
        claim = claims.take(1)
    else:
        claim = services.database.writing(partial(_claimed, author_id=author_id, services=services))
    if claim is None:
        return None
    (at_hand,) = claim.keys
    erased: Counter[str] = Counter()
    try:
        left: list[str] = []
        while not stopped():
            if not left:
                with services.database.reading() as session:
                    left = list(comments_left(session, at_hand, limit=LOOKED_UP))
            batch, left = left[:AT_ONCE], left[AT_ONCE:]
            some, more = run_in_unit_of_work(
                services, partial(_erase_some, services=services, author_id=at_hand, ids=batch)
            )
            erased += some
            done(some[COMMENTS])
            if not more:
                break
            claim = claims.kept(claim)
            if not claim.keys:
                break
    except ErasureStopped:
        services.database.writing(lambda session: _later(session, at_hand, services))
        raise
    claims.give_back(claim, claim.keys)
    return erased


def _claimed(session: Session, author_id: str, services: Services) -> Claim | None:
    request = session.get(Erasure, author_id)
    if request is None or request.done_at is not None:
        return None
    return claim_these(session, WORK, [author_id], services.clock())


def _later(session: Session, author_id: str, services: Services) -> None:
    request = session.get(Erasure, author_id, with_for_update=True)
    if request is not None and request.done_at is None:
        request.leased_until = services.clock() + STOPPED_FOR


def _erase_some(unit: UnitOfWork, services: Services, author_id: str, ids: Sequence[str]) -> tuple[Counter[str], bool]:
    """These comments, or where none are left the author. Returns what was erased, and whether there is more."""
    request = unit.session.get(Erasure, author_id, with_for_update=True, populate_existing=True)
    if request is None or request.done_at is not None:
        return Counter(), False
    asker = Asker(actor=request.actor, account_id=request.account_id)
    lock_holds(unit.connection, request.site_id)
    if ids:
        check_nothing_holds(unit.session, comment_ids=ids)
        return _erase(unit, services, asker, ids), True
    # Whoever stores a comment of theirs at this moment holds their row.
    author = unit.session.scalars(locked(select(Author).where(Author.id == author_id))).one()
    if comments_left(unit.session, author_id, limit=1):
        return Counter(), True
    check_nothing_holds(unit.session, author_id=author_id)
    return _erase_author(unit, services, asker, author), False


# --- what is written --------------------------------------------------------------------------------------------------


def _erase(unit: UnitOfWork, services: Services, asker: Asker, comment_ids: Sequence[str]) -> Counter[str]:
    found = [find_comment(unit.session, id_, lock=True) for id_ in comment_ids]
    comments = [comment for comment in found if comment is not None and comment.status != Status.ERASED]
    if not comments:
        return Counter()
    _keep_comments_out(unit, services, comments)
    in_force = newest_configuration(unit.session)
    for comment in comments:
        change_status(
            unit,
            comment,
            Status.ERASED,
            Trigger.ERASURE,
            actor=asker.actor,
            account_id=asker.account_id,
            policy_version=in_force.policy_version if in_force else "",
        )
    unit.flush()
    site_id, ids = comments[0].site_id, [comment.id for comment in comments]
    return Counter({COMMENTS: len(ids)}) + forget_comments(unit.connection, site_id, ids)


def _keep_comments_out(unit: UnitOfWork, services: Services, comments: Sequence[Comment]) -> None:
    secret = services.keys.identity.newest.secret
    site_id = comments[0].site_id
    kept = {comment_fingerprint(secret, site_id, one.external_id) for one in comments if one.external_id is not None}
    keep_erased(unit.connection, site_id, kept, unit.now)


def _erase_author(unit: UnitOfWork, services: Services, asker: Asker, author: Author) -> Counter[str]:
    site_id, author_id = author.site_id, author.id
    erased: Counter[str] = Counter()
    if author.external_id is not None:
        erased += forget_reports_by(unit, services, site_id, author.external_id)
    _keep_out(unit, services, author)
    number = unit.session.scalar(select(func.count()).select_from(Comment).where(Comment.author_id == author_id))
    # Their comments count no more: what was noted for that goes with the row.
    unit.increments.pop((Author, author_id), None)
    erased += forget_author(unit.connection, site_id, author_id)
    unit.session.get_one(Erasure, author_id).done_at = unit.now
    unit.event(site_id, asker.actor, "author.erased", author_id, {"comments": number})
    return erased


def forget_reports_by(unit: UnitOfWork, services: Services, site_id: str, external_id: str) -> Counter[str]:
    """A reader's words in their reports are gone, and nothing leads from them to these."""
    keys = keys_as_reporter(services, site_id, external_id)
    number = forget_reporter(unit.connection, site_id, keys, secrets.token_hex(16))
    return Counter({REPORTS_BY_THEM: number})
