"""What is forgotten of webhooks: deliveries that ended long ago, counts that nobody goes on with, answers about what
was erased.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, delete, select, update
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase
from moderation.storage.queue_index import QueueIndex
from moderation.storage.sites import Site
from moderation.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSequence


def outdated_deliveries(session: Session, before: datetime, *, after: int, limit: int) -> Sequence[int]:
    """Up to ``limit`` deliveries with a number over ``after``, in their order: what ended and is older than ``before``,
    and whatever was meant for an endpoint that is removed.
    """
    query = select(WebhookDelivery.number).where(WebhookDelivery.number > after, _outdated(before))
    return session.scalars(query.order_by(WebhookDelivery.number).limit(limit)).all()


def prune_deliveries(session: Session, numbers: Collection[int], before: datetime) -> int:
    """Removes those of these that are outdated still, with their tries; returns how many."""
    query = select(WebhookDelivery.number).where(WebhookDelivery.number.in_(numbers), _outdated(before))
    gone = session.scalars(query.with_for_update()).all()
    _remove(session, delete(WebhookAttempt).where(WebhookAttempt.delivery.in_(gone)))
    _remove(session, delete(WebhookDelivery).where(WebhookDelivery.number.in_(gone)))
    return len(gone)


def _outdated(before: datetime) -> ColumnElement[bool]:
    removed = select(WebhookEndpoint.id).where(WebhookEndpoint.removed_at.is_not(None))
    ended = WebhookDelivery.next_at.is_(None) & (WebhookDelivery.created_at < before)
    return ended | WebhookDelivery.endpoint_id.in_(removed)


def outdated_sequences(session: Session, before: datetime, limit: int) -> Sequence[str]:
    """Up to ``limit`` subjects about which nobody will be told any more: comments that were erased before then, legal
    cases that came in before then, and what belongs to sites whose last endpoint was removed after then.
    """
    counted = WebhookSequence.subject
    live = select(WebhookEndpoint.site_id).where(WebhookEndpoint.removed_at.is_(None))
    left = select(WebhookEndpoint.site_id).where(
        WebhookEndpoint.removed_at >= before, WebhookEndpoint.site_id.not_in(live)
    )
    gone = (QueueIndex.status == Status.ERASED) & (QueueIndex.decided_at < before)
    of_sites = QueueIndex.site_id.in_(select(Site.id))  # the index that finds them begins with it
    queries = (
        select(counted).join(QueueIndex, QueueIndex.comment_id == counted).where(of_sites, gone),
        select(counted).join(LegalCase, LegalCase.id == counted).where(LegalCase.received_at < before),
        select(counted).join(QueueIndex, QueueIndex.comment_id == counted).where(QueueIndex.site_id.in_(left)),
        select(counted).join(Article, Article.id == counted).where(Article.site_id.in_(left)),
    )
    found: list[str] = []
    for query in queries:
        if len(found) < limit:
            found += session.scalars(query.limit(limit - len(found)))
    return found


def prune_sequences(session: Session, subjects: Collection[str]) -> None:
    """Forgets how many events about these there were."""
    _remove(session, delete(WebhookSequence).where(WebhookSequence.subject.in_(subjects)))


def forget_answers(session: Session, site_id: str, comment_id: str) -> None:
    """What receivers answered to events about a comment, and to those about legal cases that name it, is kept no
    longer: it may hold what they were told.
    """
    endpoints = select(WebhookEndpoint.id).where(WebhookEndpoint.site_id == site_id)
    cases = select(LegalCase.id).where(LegalCase.site_id == site_id, LegalCase.comment_id == comment_id)
    about = select(WebhookDelivery.number).where(
        WebhookDelivery.endpoint_id.in_(endpoints),
        WebhookDelivery.subject.in_([comment_id, *session.scalars(cases)]),
    )
    session.connection().execute(update(WebhookAttempt).where(WebhookAttempt.delivery.in_(about)).values(answer=None))


def erased_among(session: Session, subjects: Collection[str]) -> set[str]:
    """Those of these subjects that are comments, and erased."""
    erased = select(Comment.id).where(Comment.id.in_(subjects), Comment.status == Status.ERASED)
    return set(session.scalars(erased))


def _remove(session: Session, statement: Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
