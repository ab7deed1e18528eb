"""Comments that arrived without scores are scored later. A late score never overrides a person's decision.

Several workers may look for them. Each claims a batch, scores it at once and decides its comments one by one; what a
worker leaves that dies is found again when its lease has ended (``storage.claims``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import literal_column
from sqlalchemy.orm import Session

from moderation.comments.afresh import TextFindings, is_left_to_policy, judge_afresh, look_through
from moderation.comments.approved_discussion import approved_discussion
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
from moderation.storage.edits import edits_of
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
    stands: a comment is where it was, with today's scores beside it. One whose writer edits it meanwhile is scored
    once more.
    """
    with services.database.reading() as session:
        found = comments_among(session, ids)
    texts = [id_ for id_ in ids if id_ in found and found[id_].status != Status.ERASED and found[id_].body]
    scored = {id_: answer for id_, answer in zip(texts, _scores(services, texts), strict=True) if answer.scores}
    if not scored:
        return 0
    configuration = services.configuration.current()
    findings = look_through(services, configuration, scored)

    def work(unit: UnitOfWork) -> list[str]:
        return [id_ for id_ in sorted(scored) if not _renew(unit, services, configuration, scored[id_], findings)]

    edited = run_in_unit_of_work(services, work)
    return len(scored) - len(edited) + (score_again(services, edited) if edited else 0)


def _renew(
    unit: UnitOfWork,
    services: Services,
    configuration: Configuration,
    scored: _Scored,
    findings: Mapping[str, TextFindings],
) -> bool:
    """Returns whether what was scored is still what stands there."""
    comment, scores = find_comment(unit.session, scored.comment_id, lock=True), scored.scores
    assert scores is not None
    if comment is None or not scored.tells_of(comment, findings.get(scored.comment_id)):
        return False
    had_scores, comment.scored, comment.scoring_leased_until = comment.scored, True, None
    if had_scores:
        replace_scores(unit, comment.site_id, comment.id, scores)
    else:
        store_scores(unit, comment.site_id, comment.id, scores)
    edits = edits_of(unit.session, comment.id)
    judgement = judge_afresh(unit, services, configuration, comment, scores, findings[comment.id], edits)
    if not had_scores and is_left_to_policy(unit, comment, edits):
        decide_late(unit, comment, judgement)
        return True
    by_policy = queue_index.by_policy(unit.connection, comment.id)
    # What the policy decided stays what it decided; of what comes from elsewhere it says so now.
    status = STATUS_OF[judgement.decision.outcome] if by_policy is None else Status(by_policy)
    columns = queue_index.judged(judgement.signals, judgement.weight, flags=comment.flags, by_policy=status)
    queue_index.change(unit.connection, comment.id, columns)
    return True


def _claims(services: Services) -> Claims:
    return Claims(services.database, services.clock, WORK)


def _score_claimed(services: Services, claims: Claims, claim: Claim | None) -> int:
    """Scores what is claimed together and decides each. Returns how many got scores."""
    if claim is None:
        return 0
    scored, left = 0, list(claim.keys)
    try:
        for answer in _scores(services, claim.keys):
            claim = claims.kept(claim)
            # Read before the transaction: a change of the configuration is stored in a transaction of its own.
            configuration = services.configuration.current()
            findings = look_through(services, configuration, [answer.comment_id]).get(answer.comment_id)
            _note(services, configuration, answer, claim, findings)
            scored += answer.scores is not None
            left.remove(answer.comment_id)
    finally:  # the database failed amid them, say: whoever comes next need not wait for the lease's end
        claims.give_back(claim, left)
    return scored


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """What the pack says of a comment's ``text``; no ``scores`` where it failed or took too long."""

    comment_id: str
    text: str
    scores: Scores | None

    def tells_of(self, comment: Comment, findings: TextFindings | None) -> bool:
        """Whether it and the findings are of the text that stands there now. No comment is published for the sake of a
        text that its writer has changed, nor scored once it is erased.
        """
        texts = {self.text, comment.body, None if findings is None else findings.text}
        return texts == {self.text} and comment.status != Status.ERASED


def _scores(services: Services, ids: Sequence[str]) -> list[_Scored]:
    """What the pack says of each comment."""
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
                discussion=approved_discussion(services, comment.article_id, exclude=(comment.author_id,)),
                name=comment.author_name,
            )
        )
    timeout = services.configuration.current().scoring.timeout_seconds
    answers = services.scorer.score_each(requests, timeout_s=min(timeout * len(requests), BATCH_SECONDS))
    failed = {type(answer).__name__ for answer in answers if not isinstance(answer, Scores)}
    if failed:
        log.warning("late scoring failed for some; it is tried again", extra={"problem": ", ".join(sorted(failed))})
    told = [(request, one) for request, one in zip(requests, answers, strict=True) if isinstance(one, Scores)]
    whole = iter(with_outside(services, told))
    return [
        _Scored(comment_id=id_, text=comments[id_].body, scores=next(whole) if isinstance(answer, Scores) else None)
        for id_, answer in zip(ids, answers, strict=True)
    ]


def _note(
    services: Services, configuration: Configuration, scored: _Scored, claim: Claim, findings: TextFindings | None
) -> None:
    run_in_unit_of_work(services, lambda unit: _apply(unit, services, configuration, scored, claim, findings))


def _apply(
    unit: UnitOfWork,
    services: Services,
    configuration: Configuration,
    scored: _Scored,
    claim: Claim,
    findings: TextFindings | None,
) -> None:
    comment, scores = find_comment(unit.session, scored.comment_id, lock=True), scored.scores
    # Another worker, or its writer or an admin, may have been faster.
    if comment is None or comment.scored or not claim.holds(comment.scoring_leased_until):
        return
    comment.scoring_leased_until = None
    if findings is None or not scored.tells_of(comment, findings):
        return  # whoever comes next scores what stands there now
    if scores is None:
        comment.scoring_attempts += 1
        if comment.scoring_attempts < ATTEMPTS or comment.status != Status.RECEIVED:
            return
    else:
        comment.scored = True
        store_scores(unit, comment.site_id, comment.id, scores)
    edits = edits_of(unit.session, comment.id)
    if is_left_to_policy(unit, comment, edits):
        decide_late(unit, comment, judge_afresh(unit, services, configuration, comment, scores, findings, edits))
    elif scores is not None:
        signals = signals_from(scores, counts={"links": count_links(comment.body)})
        queue_index.change(unit.connection, comment.id, queue_index.scored(signals))
