"""A comment comes in: checked, scored, decided and recorded. An answer goes out only after the commit."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from moderation.configuration import Configuration
from moderation.core.comment import MESSAGES, WAITING, CommentRules, Mode, Status, Submission
from moderation.core.decision import Outcome
from moderation.core.errors import (
    ArticleNotFound,
    AuthorBanned,
    CommentTooLong,
    CommentTooShort,
    DiscussionClosed,
    DuplicateComment,
    IdempotencyMismatch,
    InvalidField,
)
from moderation.core.ids import new_id
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.signing import author_key
from moderation.core.text import sameness, visible_length
from moderation.judging import counts_for, holds_for, judge, score_or_none, statement_for
from moderation.prepared import prepared_article
from moderation.record import STATUS_OF, Judgement, Ledger, comment_arrived, comment_scored, policy_decided, recorded
from moderation.services import Services
from moderation.storage.answers import KeptAnswer, forget_answer, kept_answer
from moderation.storage.articles import Article, find_article
from moderation.storage.authors import Author, find_author
from moderation.storage.comments import Comment, find_comment, same_comment, scores_of, with_external_id

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends a comment: a site, through one of its keys. ``vouches`` is True for a secret key, whose word on the
    author's id, address, external id and time counts.
    """

    site_id: str
    key_id: str | None
    reference: str
    vouches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A request's Idempotency-Key and the digest of what was asked under it."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What became of a submission. ``replayed`` answers were given before and count against no limit."""

    comment_id: str
    status: Status
    message: str
    created_at: datetime
    reasons: tuple[str, ...] = ()
    scores: Scores | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the database knew of a submission's surroundings before it was scored."""

    article: Article
    parent_body: str | None
    rules: CommentRules


Admit = Callable[[], None]
"""Counts an accepted comment against its limits, or raises."""


def earlier_answer(services: Services, sender: Sender, idempotency: Idempotency | None) -> Arrival | None:
    """The first answer to a request that comes again under its Idempotency-Key. Raises ``IdempotencyMismatch``."""
    if idempotency is None or sender.key_id is None:
        return None
    with services.database.reading() as session:
        return _replay(session, services, sender.key_id, idempotency)


def submit(
    services: Services,
    sender: Sender,
    submission: Submission,
    *,
    idempotency: Idempotency | None = None,
    admit: Admit = lambda: None,
) -> Arrival:
    """Takes a comment in. ``admit`` is called once, when nothing but the limits can refuse it any more.

    Raises the named facts of ``core.errors``; then nothing is stored.
    """
    configuration = services.configuration.current()
    with services.database.reading() as session:
        known = _look_up(session, services, configuration, sender, submission)
    _check_length(submission.body, known.rules)
    admit()
    worker_mode = configuration.scoring.mode == "worker"
    scores = None
    if not worker_mode:
        article = prepared_article(services, known.article)
        scores = score_or_none(services, ScoreRequest(text=submission.body, article=article, parent=known.parent_body))

    def work(ledger: Ledger) -> Arrival:
        if idempotency is not None and sender.key_id is not None:
            first = _replay(ledger.session, services, sender.key_id, idempotency)
            if first is not None:
                return first
        arrival = _store(ledger, services, configuration, sender, submission, scores, received=worker_mode)
        if idempotency is not None and sender.key_id is not None:
            _keep_answer(ledger, sender.key_id, idempotency, arrival)
        return arrival

    return recorded(services, work)


def _look_up(
    session: Session, services: Services, configuration: Configuration, sender: Sender, submission: Submission
) -> _Known:
    article = find_article(session, sender.site_id, submission.article_id)
    if article is None:
        raise ArticleNotFound
    _check_external(session, sender, submission)
    parent = _parent(session, article, submission.parent_id)
    rules = _open_rules(configuration, sender.site_id, article, reply=parent is not None, now=services.clock())
    key = author_key(services.settings.secret_key, sender.site_id, submission.author)
    author = find_author(session, sender.site_id, key)
    _check_author(session, services.clock(), article, author, submission)
    return _Known(article=article, parent_body=parent.body if parent else None, rules=rules)


def _open_rules(
    configuration: Configuration, site_id: str, article: Article, *, reply: bool, now: datetime
) -> CommentRules:
    rules = configuration.comments.rules_for(
        site=site_id, section=article.section, reply=reply, article_mode=article.mode
    )
    if rules.mode in (Mode.CLOSED, Mode.HIDDEN):
        raise DiscussionClosed("The discussion under this article is closed. Thank you for reading.")
    opened = article.published_at or article.created_at
    if rules.close_after_days and now > opened + timedelta(days=rules.close_after_days):
        raise DiscussionClosed(
            f"The discussion under this article closed {rules.close_after_days} days after its publication."
        )
    return rules


def _check_length(body: str, rules: CommentRules) -> None:
    length = visible_length(body)
    if length < rules.minimum_length:
        raise CommentTooShort(length, rules.minimum_length)
    # Invisible characters don't count to a reader, but they are stored: they may not be most of a text either.
    if length > rules.maximum_length or len(body) > rules.maximum_length * 10:
        raise CommentTooLong(max(length, len(body) // 10), rules.maximum_length)


def _parent(session: Session, article: Article, parent_id: str | None) -> Comment | None:
    if parent_id is None:
        return None
    parent = find_comment(session, parent_id)
    # A site's own server may pass on a reply while its parent still waits.
    if parent is None or parent.article_id != article.id or parent.status not in (*WAITING, Status.APPROVED):
        raise InvalidField("parent_id", "names no comment on this article that can be replied to.")
    return parent


def _check_external(session: Session, sender: Sender, submission: Submission) -> None:
    if submission.external_id is not None:
        known = with_external_id(session, sender.site_id, submission.external_id)
        if known is not None:
            raise DuplicateComment(known)


def _check_author(
    session: Session, now: datetime, article: Article, author: Author | None, submission: Submission
) -> None:
    if author is None:
        return
    if author.banned_until is not None and author.banned_until > now:
        raise AuthorBanned
    same = same_comment(
        session,
        article_id=article.id,
        author_id=author.id,
        fingerprint=sameness(submission.body),
        since=now - DAY,
    )
    if same is not None:
        raise DuplicateComment(same)


def _store(
    ledger: Ledger,
    services: Services,
    configuration: Configuration,
    sender: Sender,
    submission: Submission,
    scores: Scores | None,
    *,
    received: bool,
) -> Arrival:
    session, now = ledger.session, ledger.now
    article = find_article(session, sender.site_id, submission.article_id)
    if article is None:
        raise ArticleNotFound
    rules = _open_rules(configuration, sender.site_id, article, reply=submission.parent_id is not None, now=now)
    _parent(session, article, submission.parent_id)
    _check_external(session, sender, submission)
    author = _author(ledger, services, sender, submission)
    _check_author(session, now, article, author, submission)
    judgement = judge(
        configuration,
        scores,
        site_id=sender.site_id,
        section=article.section,
        mode=rules.mode,
        counts=counts_for(submission.body, author),
        holds=holds_for(author, now),
    )
    status = Status.RECEIVED if received else STATUS_OF[judgement.decision.outcome]
    comment = _comment_row(ledger, sender, submission, article, author, judgement, status, scored=scores is not None)
    comment_arrived(ledger, comment, actor=sender.reference)
    if scores is not None:
        comment_scored(ledger, sender.site_id, comment["id"], scores)
    message = MESSAGES[status]
    if not received:
        refused = judgement.decision.outcome is Outcome.REJECTED
        statement = statement_for(judgement.decision) if refused else None
        policy_decided(ledger, sender.site_id, comment["id"], judgement, revision=1, statement=statement)
        if statement is not None:
            message = f"{MESSAGES[Status.REJECTED]} {statement.why}"
        _count(author, status)
    return Arrival(
        comment_id=comment["id"],
        status=status,
        message=message,
        created_at=comment["created_at"],
        reasons=() if received else judgement.decision.words,
        scores=scores,
    )


def _count(author: Author, status: Status) -> None:
    if status is Status.APPROVED:
        author.approved += 1
    elif status is Status.REJECTED:
        author.rejected += 1


def _author(ledger: Ledger, services: Services, sender: Sender, submission: Submission) -> Author:
    key = author_key(services.settings.secret_key, sender.site_id, submission.author)
    author = find_author(ledger.session, sender.site_id, key, lock=True)
    if author is None:
        author = Author(
            id=new_id(ledger.now),
            site_id=sender.site_id,
            key=key,
            known=submission.author.id is not None or submission.author.address is not None,
            external_id=submission.author.id,
            name=submission.author.name,
            approved=0,
            rejected=0,
            trusted=False,
            created_at=ledger.now,
        )
        ledger.session.add(author)
        ledger.session.flush()
    elif author.name != submission.author.name:
        author.name = submission.author.name
    return author


def _comment_row(
    ledger: Ledger,
    sender: Sender,
    submission: Submission,
    article: Article,
    author: Author,
    judgement: Judgement,
    status: Status,
    *,
    scored: bool,
) -> dict[str, Any]:
    now = ledger.now
    return {
        "id": new_id(now),
        "site_id": sender.site_id,
        "article_id": article.id,
        "parent_id": submission.parent_id,
        "author_id": author.id,
        "author_name": submission.author.name,
        "body": submission.body,
        "salt": secrets.token_bytes(16),
        "fingerprint": sameness(submission.body),
        "external_id": submission.external_id,
        "status": status.value,
        "revision": 1,
        "flags": judgement.decision.flags,
        "scored": scored,
        "scoring_attempts": 0 if scored or status is Status.RECEIVED else 1,
        "created_at": submission.created_at or now,
        "received_at": now,
        "published_at": now if status is Status.APPROVED else None,
        "decided_at": now if status in (Status.APPROVED, Status.REJECTED) else None,
    }


def _replay(session: Session, services: Services, key_id: str, idempotency: Idempotency) -> Arrival | None:
    kept = kept_answer(session, key_id, idempotency.name, services.clock() - DAY)
    if kept is None:
        return None
    if kept.digest != idempotency.digest:
        raise IdempotencyMismatch
    answer = dict(kept.answer)
    return Arrival(
        comment_id=answer["comment_id"],
        status=Status(answer["status"]),
        message=answer["message"],
        created_at=datetime.fromisoformat(answer["created_at"]),
        reasons=tuple(answer["reasons"]),
        scores=scores_of(session, answer["comment_id"]),
        replayed=True,
    )


def _keep_answer(ledger: Ledger, key_id: str, idempotency: Idempotency, arrival: Arrival) -> None:
    # An answer under the same name that is over a day old gives way to this one.
    forget_answer(ledger.session, key_id, idempotency.name)
    ledger.session.execute(
        insert(KeptAnswer).values(
            key_id=key_id,
            name=idempotency.name,
            digest=idempotency.digest,
            answer={
                "comment_id": arrival.comment_id,
                "status": arrival.status.value,
                "message": arrival.message,
                "created_at": arrival.created_at.isoformat(),
                "reasons": list(arrival.reasons),
            },
            created_at=ledger.now,
        )
    )
