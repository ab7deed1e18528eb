"""Decisions as they were made, with what they were made from: what another policy can be tried on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.storage.articles import Article
from moderation.storage.comments import Comment, DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """One comment: what the policy decided and from what, and the status that a person gave it last, if anybody did."""

    comment_id: str
    site_id: str
    section: str | None
    article_mode: str | None
    is_reply: bool
    basis: dict[str, Any]
    by_policy: str
    by_person: str | None


def past_decisions(session: Session, *, since: datetime | None = None) -> Iterator[PastDecision]:
    """Every comment received since then that a policy has decided, oldest first, read in portions."""
    query = (
        select(
            DecisionRow.comment_id,
            DecisionRow.automated,
            DecisionRow.status,
            DecisionRow.basis,
            Comment.site_id,
            Comment.parent_id,
            Article.section,
            Article.mode,
        )
        .join(Comment, Comment.id == DecisionRow.comment_id)
        .join(Article, Article.id == Comment.article_id)
        .order_by(DecisionRow.comment_id, DecisionRow.revision, DecisionRow.id)
        .execution_options(yield_per=1000)
    )
    if since is not None:
        query = query.where(Comment.received_at >= since)
    for comment_id, rows in groupby(session.execute(query), key=lambda row: row.comment_id):
        by_policy = by_person = None
        for row in rows:
            if row.automated:
                by_policy = row
            else:
                by_person = row
        if by_policy is not None:
            yield PastDecision(
                comment_id=comment_id,
                site_id=by_policy.site_id,
                section=by_policy.section,
                article_mode=by_policy.mode,
                is_reply=by_policy.parent_id is not None,
                basis=by_policy.basis,
                by_policy=by_policy.status,
                by_person=by_person.status if by_person is not None else None,
            )
