"""Comments that arrived without scores are scored later. A late score never overrides a person's decision.

Several workers may look for them. Each claims a batch, scores it at once and decides its comments one by one; what a
worker leaves that dies is found again when its lease has ended (``storage.claims``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import literal_column
from sqlalchemy.orm import Session

from moderation.comments.afresh import is_left_to_policy, judge_afresh
from moderation.comments.article_vectors import prepared_article
from moderation.comments.decisions import replace_scores, store_scores
from moderation.comments.evaluation import STATUS_OF, with_outside
from moderation.comments.lifecycle import decide_late
from moderation.config.configuration import Configuration
from moderation.core.comment import WAITING, Status
from moderation.core.policy import signals_from
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.text.links import count_links
from moderation.core.write_transaction import outside_write_transactions
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article
from moderation.storage.claims import Claim, Claims, Work, claim_these
from moderation.storage.comments import UNSCORED, Comment, comments_among, find_comment
from moderation.storage.site_rules_cache import SiteRulesCache
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""After so many failures a comment waits for a moderator, unscored."""
BATCH = 16
"""Comments: enough to fill the pack's own batches, few enough that one who is just writing hardly waits for them."""
BATCH_SECONDS = 40.0
"""What of a batch is not scored by then has failed: well before somebody else may take it."""
WORK = Work(
    key=Comment.id,
    leased_until=Comment.scoring_leased_until,
    waits=(literal_column(UNSCORED), Comment.status.in_(WAITING), Comment.scoring_attempts < ATTEMPTS),
    order=(Comment.received_at,),
    lease=timedelta(seconds=60),
    site=Comment.site_id,
)


def score_waiting(services: Services, *, limit: int = BATCH, stopped: Callable[[], bool] = lambda: False) -> int:
    """Scores and decides a batch of what waits without scores, of every site its oldest first. Returns how many got
    their scores: after none it is worth waiting a little before the next try. While the pack is still being loaded
    nothing is tried.
    """
    if stopped() or not services.scorer.ready:
        return 0

    claims = _claims(services)
    return _score_claimed(services, claims, claims.take(limit))


def score_late(services: Services, comment_id: str) -> bool:
    """Scores one comment that waits without scores, and decides it by the policy unless a person already has. Returns
    whether the pack gave scores.
    """

    def this(session: Session) -> Claim | None:
        comment = find_comment(session, comment_id, lock=True)
        return None if comment is None or comment.scored else claim_these(session, WORK, [comment_id], services.clock())

    return _score_claimed(services, _claims(services), services.database.writing(this)) == 1


def score_again(services: Services, ids: Sequence[str]) -> int:
    """Scores these stored comments with the packs of today, whether or not they had scores. Returns how many got them.

    Where nobody but the policy has a say in one that waits unscored, it is decided as late ones are. Everything else
    stands: a comment is where it was, with today's scores beside it.
    """
    with services.database.reading() as session:
        found = comments_among(session, ids)
    texts = [id_ for id_ in ids if id_ in found and found[id_].status != Status.ERASED and found[id_].body]
    scored = {id_: scores for id_, scores in zip(texts, _scores(services, texts), strict=True) if scores is not None}
    configuration = services.configuration.current()

    def work(unit: UnitOfWork) -> None:
        for id_, scores in sorted(scored.items()):
            _renew(unit, configuration, services.site_rules, id_, scores)

    if scored:
        run_in_unit_of_work(services, work)
    return len(scored)


def _renew(
    unit: UnitOfWork, configuration: Configuration, site_rules: SiteRulesCache, comment_id: str, scores: Scores
) -> None:
    comment = find_comment(unit.session, comment_id, lock=True)
    if comment is None or comment.status == Status.ERASED:
        return
    had_scores, comment.scored, comment.scoring_leased_until = comment.scored, True, None
    if had_scores:
        replace_scores(unit, comment.site_id, comment.id, scores)
    else:
        store_scores(unit, comment.site_id, comment.id, scores)
    if not had_scores and is_left_to_policy(unit, comment):
        _decide(unit, configuration, site_rules, comment, scores)
        return
    judgement = judge_afresh(unit, configuration, site_rules, comment, scores)
    by_policy = queue_index.by_policy(unit.connection, comment.id)
    # What the policy decided stays what it decided; of what comes from elsewhere it says so now.
    status = STATUS_OF[judgement.decision.outcome] if by_policy is None else Status(by_policy)
    columns = queue_index.judged(judgement.signals, judgement.weight, flags=comment.flags, by_policy=status)
    queue_index.change(unit.connection, comment.id, columns)


def _claims(services: Services) -> Claims:
    return Claims(services.database, services.clock, WORK)


def _score_claimed(services: Services, claims: Claims, claim: Claim | None) -> int:
    """Scores what is claimed together and decides each. Returns how many got scores."""
    if claim is None:
        return 0
    scored, left = 0, list(claim.keys)
    try:
        for comment_id, scores in zip(claim.keys, _scores(services, claim.keys), strict=True):
            claim = claims.kept(claim)
            # Read before the transaction: a change of the configuration is stored in a transaction of its own.
            configuration = services.configuration.current()
            if scores is None:
                _note_failure(services, configuration, comment_id, claim)
            else:
                _note_scores(services, configuration, comment_id, scores, claim)
                scored += 1
            left.remove(comment_id)
    finally:  # the database failed amid them, say: whoever comes next need not wait for the lease's end
        claims.give_back(claim, left)
    return scored


def _scores(services: Services, ids: Sequence[str]) -> list[Scores | None]:
    """What the pack says of each comment; None where it fails or takes too long."""
    outside_write_transactions("scoring")
    with services.database.reading() as session:
        comments = comments_among(session, ids)
        answered = {comment.in_reply_to or comment.parent_id or "" for comment in comments.values()}
        parents = comments_among(session, answered)
        articles = {row.article_id: session.get_one(Article, row.article_id) for row in comments.values()}
    prepared = {article_id: prepared_article(services, article) for article_id, article in articles.items()}
    requests = []
    for comment in map(comments.__getitem__, ids):
        parent = parents.get(comment.in_reply_to or comment.parent_id or "")
        requests.append(
            ScoreRequest(
                text=comment.body,
                article=prepared[comment.article_id],
                parent=parent.body if parent else None,
                name=comment.author_name,
            )
        )
    timeout = services.configuration.current().scoring.timeout_seconds
    answers = services.scorer.score_each(requests, timeout_s=min(timeout * len(requests), BATCH_SECONDS))
    failed = {type(answer).__name__ for answer in answers if not isinstance(answer, Scores)}
    if failed:
        log.warning("late scoring failed for some; it is tried again", extra={"problem": ", ".join(sorted(failed))})
    scored = [(request, one) for request, one in zip(requests, answers, strict=True) if isinstance(one, Scores)]
    whole = iter(with_outside(services, scored))
    return [next(whole) if isinstance(answer, Scores) else None for answer in answers]


def _note_failure(services: Services, configuration: Configuration, comment_id: str, claim: Claim) -> None:
    run_in_unit_of_work(services, lambda unit: _failed(unit, configuration, services.site_rules, comment_id, claim))


def _note_scores(
    services: Services, configuration: Configuration, comment_id: str, scores: Scores, claim: Claim
) -> None:
    run_in_unit_of_work(
        services, lambda unit: _apply(unit, configuration, services.site_rules, comment_id, scores, claim)
    )


def _failed(
    unit: UnitOfWork, configuration: Configuration, site_rules: SiteRulesCache, comment_id: str, claim: Claim
) -> None:
    comment = find_comment(unit.session, comment_id, lock=True)
    if comment is None or comment.scored or not claim.holds(comment.scoring_leased_until):
        return  # somebody else is at it, or was faster
    comment.scoring_leased_until = None
    comment.scoring_attempts += 1
    if comment.scoring_attempts < ATTEMPTS or comment.status != Status.RECEIVED:
        return
    if is_left_to_policy(unit, comment):
        _decide(unit, configuration, site_rules, comment, None)


def _apply(
    unit: UnitOfWork,
    configuration: Configuration,
    site_rules: SiteRulesCache,
    comment_id: str,
    scores: Scores,
    claim: Claim,
) -> None:
    comment = find_comment(unit.session, comment_id, lock=True)
    # Another worker, or its writer or an admin, may have been faster.
    if comment is None or comment.scored or comment.status == Status.ERASED:
        return
    if not claim.holds(comment.scoring_leased_until):
        return
    comment.scored, comment.scoring_leased_until = True, None
    store_scores(unit, comment.site_id, comment.id, scores)
    if is_left_to_policy(unit, comment):
        _decide(unit, configuration, site_rules, comment, scores)
    else:
        signals = signals_from(scores, counts={"links": count_links(comment.body)})
        queue_index.change(unit.connection, comment.id, queue_index.scored(signals))


def _decide(
    unit: UnitOfWork, configuration: Configuration, site_rules: SiteRulesCache, comment: Comment, scores: Scores | None
) -> None:
    decide_late(unit, comment, judge_afresh(unit, configuration, site_rules, comment, scores))
