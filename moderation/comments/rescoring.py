"""Comments that arrived without scores are scored later. A late score never overrides a person's decision.

Several workers may look for them. Each claims a batch, scores it at once and decides its comments in one transaction:
so they wait once for their chain's head, and once for the disk. Where that fails each is decided by itself: none holds
up its neighbours. What a worker leaves that dies is found again when its lease has ended (``storage.claims``).

A comment is given up for what is its own fault alone. Where scoring a batch ended its worker, or took too long, one of
them may be to blame: each is then asked about by itself, with nothing beside it in this process, and only that counts.
They come after a full batch of what else waits, so that nothing waits behind them. What the pack hadn't begun with
counts nothing, nor does what it failed over where it failed over all of a batch: then it is the pack.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from sqlalchemy import and_, literal_column, or_
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as OutOfConnections
from sqlalchemy.orm import Session

from moderation.comments.afresh import TextFindings, is_left_to_policy, judge_afresh, look_around, look_through
from moderation.comments.approved_discussion import approved_there
from moderation.comments.article_vectors import prepared_article
from moderation.comments.decisions import replace_scores, store_scores, store_scores_of
from moderation.comments.evaluation import STATUS_OF, with_outside
from moderation.comments.lifecycle import decide_late
from moderation.config.configuration import Configuration
from moderation.core.comment import WAITING, Status
from moderation.core.errors import ScoringFailed, ScoringNotBegun, ScoringTooSlow
from moderation.core.policy import signals_from
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.text.links import count_links
from moderation.core.write_transaction import outside_write_transactions
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.approved_subjects import revision_of
from moderation.storage.articles import articles_among
from moderation.storage.claims import Claim, Claims, Work, claim_these
from moderation.storage.comments import UNSCORED, Comment, comments_among, find_comment
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.watching.tracing import span

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""After so many failures a comment waits for a moderator, unscored. That whoever scored it died is one, too: the first
time among others, then alone."""
BATCH = 32
"""Comments: enough to fill the pack's own batches, few enough that one who is just writing hardly waits for them."""
BATCH_SECONDS = 40.0
"""What of a batch is not scored by then has failed: well before somebody else may take it."""
WORK = Work(
    key=Comment.id,
    leased_until=Comment.scoring_leased_until,
    waits=(
        literal_column(UNSCORED),
        Comment.status.in_(WAITING),
        or_(
            Comment.scoring_attempts < ATTEMPTS,
            # It ended whoever tried it last, so nobody has said so yet.
            and_(Comment.scoring_attempts == ATTEMPTS, Comment.scoring_leased_until.is_not(None)),
        ),
    ),
    order=(Comment.received_at,),
    lease=timedelta(seconds=60),
    furthest=timedelta(minutes=5),
    attempts=Comment.scoring_attempts,
    site=Comment.site_id,
)


def score_waiting(services: Services, *, limit: int = BATCH, stopped: Callable[[], bool] = lambda: False) -> int:
    """Scores and decides a batch of what waits without scores, of every site its oldest first, and then one by one what
    others had and left, up to one that fails. Returns how many got their scores: after none it is worth waiting a
    little before the next try. While the pack is still being loaded nothing is tried.
    """
    if stopped() or not services.scorer.ready:
        return 0

    claims = _claims(services)
    with services.scoring_turns.together():
        claim = claims.take(limit)
        scored = _score_claimed(services, claims, claim)
    if claim is not None and not scored:
        return 0  # it may be the pack: nobody is blamed for that
    left = claims.left(limit)
    return scored + (_score_left(services, claims, left, stopped) if left else 0)


def _score_left(services: Services, claims: Claims, left: Sequence[str], stopped: Callable[[], bool]) -> int:
    scored = 0
    with services.scoring_turns.alone() as mine:
        for comment_id in left if mine else ():
            if stopped() or not services.scorer.ready:
                break
            claim = claims.take_left(comment_id)
            if claim is not None and not _score_claimed(services, claims, claim):
                break
            scored += claim is not None
    return scored


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
    around = look_around(unit, services, [comment])
    judgement = judge_afresh(unit, configuration, comment, scores, findings[comment.id], around)
    if not had_scores and is_left_to_policy(comment, around):
        decide_late(unit, [(comment, judgement)])
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
    """Scores what is claimed together and decides each. What was left after its last attempt has failed. Returns how
    many got scores.
    """
    if claim is None:
        return 0
    scored, left = 0, set(claim.keys)
    try:
        try:
            parts = deque(_turns(_scores(services, claim.keys, ask=(claim.tried or 0) < ATTEMPTS)))
        except (OperationalError, OutOfConnections, ScoringFailed):
            raise
        except Exception:
            left.clear()  # whatever it is, what comes next need not wait behind it: they are tried a minute later
            raise
        while parts:
            part, claim = parts.popleft(), claims.kept(claim)
            try:
                _decide(services, part, claim)
            except (OperationalError, OutOfConnections):
                raise
            except Exception:
                if len(claim.keys) == 1:
                    raise
                log.exception("what was scored late could not be decided; each is tried by itself, then a minute later")
                if len(part) > 1:
                    parts.extendleft([one] for one in reversed(part))
                    continue
            else:
                scored += sum(one.scores is not None for one in part)
            left -= {one.comment_id for one in part}
    finally:  # the database failed amid them, say: whoever comes next need not wait for the lease's end
        claims.give_back(claim, left)
    return scored


def _turns(scored: Sequence[_Scored]) -> list[list[_Scored]]:
    """Groups in which each author has one comment: what is decided about it counts for their next. A comment stands in
    the first group that it can: behind its author's others, and never before what it answers.
    """
    turns: list[list[_Scored]] = []
    turn_of: dict[str, int] = {}
    next_of: Counter[str] = Counter()
    for one in scored:
        turn = max(next_of[one.author_id], turn_of.get(one.answers or "", 0))
        turn_of[one.comment_id], next_of[one.author_id] = turn, turn + 1
        turns += [[]] if turn == len(turns) else []
        turns[turn].append(one)
    return turns


class _Fault(Enum):
    """Why there are no scores."""

    OWN = auto()
    SOME_ONES = auto()
    """One of those beside it may be to blame, or it."""
    NOBODYS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """What the pack says of a comment's ``text``; where it failed or took too long no ``scores``, but whose ``fault``
    that is.
    """

    comment_id: str
    author_id: str
    answers: str | None
    text: str
    scores: Scores | None
    fault: _Fault

    def tells_of(self, comment: Comment, findings: TextFindings | None) -> bool:
        """Whether it and the findings are of the text that stands there now. No comment is published for the sake of a
        text that its writer has changed, nor scored once it is erased.
        """
        texts = {self.text, comment.body, None if findings is None else findings.text}
        return texts == {self.text} and comment.status != Status.ERASED


def _scores(services: Services, ids: Sequence[str], *, ask: bool = True) -> list[_Scored]:
    """What the pack says of each comment, unless it isn't asked: then each has failed."""
    outside_write_transactions("scoring")
    with services.database.reading() as session:
        comments = comments_among(session, ids)
        parent_ids = {comment.in_reply_to or comment.parent_id or "" for comment in comments.values()}
        parents = comments_among(session, parent_ids)
        articles = {one.id: one for one in articles_among(session, {row.article_id for row in comments.values()})}
        connection = session.connection()
        revisions = {article_id: revision_of(connection, article_id) for article_id in articles}
        discussions = {
            row.id: approved_there(
                connection, row.article_id, exclude=(row.author_id,), revision=revisions[row.article_id]
            )
            for row in comments.values()
        }
    prepared = {article_id: prepared_article(services, article) for article_id, article in articles.items()}
    asked = ids if ask else ()
    requests = []
    for comment in map(comments.__getitem__, asked):
        parent = parents.get(comment.in_reply_to or comment.parent_id or "")
        requests.append(
            ScoreRequest(
                text=comment.body,
                article=prepared[comment.article_id],
                parent=parent.body if parent else None,
                discussion=discussions[comment.id],
                name=comment.author_name,
            )
        )
    timeout = services.configuration.current().scoring.timeout_seconds
    with span("scoring", {"moderation.comments": len(requests)}):
        answers = services.scorer.score_each(requests, timeout_s=min(timeout * len(requests), BATCH_SECONDS))
    failed = {type(answer).__name__ for answer in answers if not isinstance(answer, Scores)}
    if failed:
        log.warning("late scoring failed for some; it is tried again", extra={"problem": ", ".join(sorted(failed))})
    faults = _faults(asked, answers)
    told = [(request, one) for request, one in zip(requests, answers, strict=True) if isinstance(one, Scores)]
    whole = iter(with_outside(services, told))
    scores = {
        id_: next(whole) if isinstance(answer, Scores) else None for id_, answer in zip(asked, answers, strict=True)
    }
    return [
        _Scored(
            comment_id=id_,
            author_id=comments[id_].author_id,
            answers=comments[id_].in_reply_to or comments[id_].parent_id,
            text=comments[id_].body,
            scores=scores.get(id_),
            fault=faults.get(id_, _Fault.OWN),
        )
        for id_ in ids
    ]


def _faults(asked: Sequence[str], answers: Sequence[Scores | ScoringFailed]) -> dict[str, _Fault]:
    """Whose fault it is that some of these have no scores."""
    pack_fails = len(asked) > 1 and not any(isinstance(answer, Scores) for answer in answers)

    def fault(answer: ScoringFailed) -> _Fault:
        if isinstance(answer, ScoringNotBegun):
            return _Fault.NOBODYS
        if isinstance(answer, ScoringTooSlow) and len(asked) > 1:
            return _Fault.SOME_ONES
        return _Fault.NOBODYS if pack_fails else _Fault.OWN

    return {id_: fault(answer) for id_, answer in zip(asked, answers, strict=True) if not isinstance(answer, Scores)}


def _decide(services: Services, scored: Sequence[_Scored], claim: Claim) -> None:
    """Stores what the pack says of these, and what the policy decides of each, all or nothing."""
    # Read before the transaction: a change of the configuration is stored in a transaction of its own.
    configuration = services.configuration.current()
    findings = look_through(services, configuration, [one.comment_id for one in scored])

    def work(unit: UnitOfWork) -> None:
        comments = comments_among(unit.session, [one.comment_id for one in scored], lock=True)
        with unit.session.no_autoflush:  # all of them are sent at once
            mine = [
                (comment, one.scores)
                for one in scored
                if (comment := comments.get(one.comment_id)) is not None
                and _goes_on(comment, one, findings.get(one.comment_id), claim)
            ]
            if mine:
                _apply(unit, services, configuration, mine, findings)

    run_in_unit_of_work(services, work)


def _goes_on(comment: Comment, scored: _Scored, findings: TextFindings | None, claim: Claim) -> bool:
    """Whether something is to be decided, or stored, of a comment that was claimed. It is claimed no longer."""
    # Another worker, or its writer or an admin, may have been faster.
    if comment.scored or not claim.holds(comment.scoring_leased_until):
        return False
    comment.scoring_leased_until = None
    if not scored.tells_of(comment, findings):
        return False  # whoever comes next scores what stands there now
    if scored.scores is None:
        return _is_given_up(comment, claim, scored.fault) and comment.status == Status.RECEIVED
    comment.scored = True
    return True


def _apply(
    unit: UnitOfWork,
    services: Services,
    configuration: Configuration,
    mine: Sequence[tuple[Comment, Scores | None]],
    findings: Mapping[str, TextFindings],
) -> None:
    """Stores the scores of comments, no two of one author, and decides those that are left to the policy."""
    around = look_around(unit, services, [comment for comment, _ in mine])
    store_scores_of(unit, [(comment.site_id, comment.id, scores) for comment, scores in mine if scores is not None])
    left_to_policy = [is_left_to_policy(comment, around) for comment, _ in mine]
    others = [
        (comment.id, queue_index.scored(signals_from(scores, counts={"links": count_links(comment.body)})))
        for (comment, scores), left in zip(mine, left_to_policy, strict=True)
        if not left and scores is not None
    ]
    queue_index.change_all(unit.connection, others)
    judged = (
        (comment, judge_afresh(unit, configuration, comment, scores, findings[comment.id], around))
        for (comment, scores), left in zip(mine, left_to_policy, strict=True)
        if left
    )
    decide_late(unit, judged)


def _is_given_up(comment: Comment, claim: Claim, fault: _Fault) -> bool:
    """Counts the failure where it is the comment's own, and says whether it is tried again: alone, where it might take
    others along.
    """
    if claim.tried is None:
        comment.scoring_attempts += fault is _Fault.OWN
    elif fault is _Fault.NOBODYS:
        comment.scoring_attempts = claim.tried
    comment.scoring_attempts = min(comment.scoring_attempts, ATTEMPTS)
    given_up = comment.scoring_attempts == ATTEMPTS
    if not given_up and (claim.tried is not None or fault is _Fault.SOME_ONES):
        comment.scoring_leased_until = WORK.left(claim)
    return given_up
