"""Comments that arrived without scores are scored later. A late score never overrides a person's decision."""

from __future__ import annotations

import logging
from collections.abc import Callable

from moderation.core.comment import WAITING, Mode, Status
from moderation.core.decision import Outcome
from moderation.core.errors import ScoringFailed
from moderation.core.scores import ScoreRequest, Scores
from moderation.judging import counts_for, holds_for, judge, statement_for
from moderation.prepared import prepared_article
from moderation.record import STATUS_OF, Ledger, comment_scored, count_author, policy_decided, recorded
from moderation.services import Services
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, ScoreRow, find_comment, unscored

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""After so many failures a comment waits for a moderator, unscored."""


def score_waiting(services: Services, *, limit: int = 64, stopped: Callable[[], bool] = lambda: False) -> int:
    """Scores and decides what waits without scores, oldest first. Returns how many comments were found."""
    with services.database.reading() as session:
        ids = unscored(session, attempts_under=ATTEMPTS, limit=limit)
    for comment_id in ids:
        if stopped():
            break
        score_late(services, comment_id)
    return len(ids)


def score_late(services: Services, comment_id: str) -> None:
    """Scores one comment that waits without scores, and decides it by the policy unless a person already has."""
    with services.database.reading() as session:
        comment = find_comment(session, comment_id)
        if comment is None or comment.scored:
            return
        article = session.get_one(Article, comment.article_id)
        parent = find_comment(session, comment.parent_id) if comment.parent_id else None
    request = ScoreRequest(
        text=comment.body, article=prepared_article(services, article), parent=parent.body if parent else None
    )
    timeout = services.configuration.current().scoring.timeout_seconds
    try:
        scores = services.scorer.score_one(request, timeout_s=timeout)
    except ScoringFailed:
        log.warning("late scoring failed", extra={"comment": comment_id})
        recorded(services, lambda ledger: _failed(ledger, services, comment_id))
        return
    recorded(services, lambda ledger: _apply(ledger, services, comment_id, scores))


def _failed(ledger: Ledger, services: Services, comment_id: str) -> None:
    comment = find_comment(ledger.session, comment_id, lock=True)
    if comment is None or comment.scored:
        return
    comment.scoring_attempts += 1
    if comment.scoring_attempts >= ATTEMPTS and comment.status == Status.RECEIVED:
        _decide(ledger, services, comment, None)


def _apply(ledger: Ledger, services: Services, comment_id: str, scores: Scores) -> None:
    comment = find_comment(ledger.session, comment_id, lock=True)
    # Another worker, or its writer or an admin, may have been faster.
    if comment is None or comment.scored or comment.status == Status.ERASED:
        return
    if ledger.session.get(ScoreRow, comment_id) is not None:
        return
    comment.scored = True
    comment_scored(ledger, comment.site_id, comment.id, scores)
    # Every step by a person counts the revision up; one that a moderator reopened waits because a person said so.
    if comment.status in WAITING and comment.revision == 1:
        _decide(ledger, services, comment, scores)


def _decide(ledger: Ledger, services: Services, comment: Comment, scores: Scores | None) -> None:
    article = ledger.session.get_one(Article, comment.article_id)
    author = ledger.session.get_one(Author, comment.author_id)
    configuration = services.configuration.current()
    rules = configuration.comments.rules_for(
        site=comment.site_id,
        section=article.section,
        reply=comment.parent_id is not None,
        article_mode=article.mode,
    )
    # A discussion that closed meanwhile publishes nothing by itself any more.
    mode = rules.mode if rules.mode in (Mode.PRE, Mode.POST) else Mode.PRE
    judgement = judge(
        configuration,
        scores,
        site_id=comment.site_id,
        section=article.section,
        mode=mode,
        counts=counts_for(comment.body, author),
        holds=holds_for(author, ledger.now),
    )
    before, status = Status(comment.status), STATUS_OF[judgement.decision.outcome]
    comment.status = status
    comment.flags = judgement.decision.flags
    if status is not Status.PENDING:
        comment.decided_at = ledger.now
    if status is Status.APPROVED:
        comment.published_at = ledger.now
    count_author(ledger, author.id, before, status)
    refused = judgement.decision.outcome is Outcome.REJECTED
    policy_decided(
        ledger,
        comment.site_id,
        comment.id,
        judgement,
        revision=comment.revision,
        statement=statement_for(judgement.decision) if refused else None,
    )
    if status is not Status.PENDING:
        kind = "comment.published" if status is Status.APPROVED else "comment.rejected"
        ledger.notice(comment.site_id, kind, comment.id, {"status": status.value})
