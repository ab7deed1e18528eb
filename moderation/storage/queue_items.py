"""What waits, whole: each comment with its article, its scores, its place in the queue and the policy's reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from moderation.core.scores import Scores
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, DecisionRow, ScoreRow
from moderation.storage.moderator_workspace import kinds_on
from moderation.storage.queue_index import SLOTS, QueueIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A comment as programs read it from the queue. ``article_id`` is the site's own name for the article, ``judged``
    the policy's newest decision, ``severity`` what the queue is sorted by, ``flag_kinds`` are ``FlagKind``, in words.
    """

    comment: Comment
    article_id: str
    scores: Scores | None
    judged: DecisionRow | None
    flags: int
    severity: int
    flag_kinds: Sequence[str]


def queue_items(session: Session, ids: Sequence[str], *, slot: int) -> list[QueueItem]:
    """These comments, in this order; ``slot`` says which severity (``queue_index.SLOTS``) they are sorted by."""
    rows = session.execute(
        select(Comment, Article.external_id, QueueIndex, ScoreRow)
        .join(Article, Article.id == Comment.article_id)
        .join(QueueIndex, QueueIndex.comment_id == Comment.id)
        .outerjoin(ScoreRow, ScoreRow.comment_id == Comment.id)
        .where(Comment.id.in_(ids))
    )
    judged, flag_kinds = _judged(session, ids), kinds_on(session, ids)
    found = {
        comment.id: QueueItem(
            comment=comment,
            article_id=article_id,
            scores=scores.scores if scores is not None else None,
            judged=judged.get(comment.id),
            flags=entry.flags,
            severity=getattr(entry, SLOTS[slot]),
            flag_kinds=flag_kinds.get(comment.id, ()),
        )
        for comment, article_id, entry, scores in rows
    }
    return [found[comment_id] for comment_id in ids if comment_id in found]


def _judged(session: Session, ids: Sequence[str]) -> dict[str, DecisionRow]:
    """The policy's newest decision on each."""
    decisions = session.scalars(
        select(DecisionRow)
        .where(DecisionRow.comment_id.in_(ids), DecisionRow.automated.is_(True))
        .order_by(DecisionRow.revision, DecisionRow.id)
        .options(defer(DecisionRow.basis), defer(DecisionRow.statement))
    )
    return {decision.comment_id: decision for decision in decisions}
