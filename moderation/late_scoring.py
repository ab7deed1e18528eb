"""Comments that arrived without scores are scored later. A late score never overrides a person's decision."""

from __future__ import annotations

from collections.abc import Callable

from moderation.configuration import Configuration
from moderation.core.comment import WAITING, Mode, Status
from moderation.core.decision import Outcome
from moderation.core.links import count_links
from moderation.core.policy import signals_from
from moderation.core.scores import ScoreRequest, Scores
from moderation.judging import counts_for, holds_for, judge, listed_in, private_data_in, score_or_none, statement_for
from moderation.prepared import prepared_article
from moderation.record import (
    STATUS_OF,
    Ledger,
    comment_scored,
    count_author,
    place_kept,
    policy_decided,
    recorded,
    site_told,
)
from moderation.services import Services
from moderation.standing import standing
from moderation.storage import docket
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, ScoreRow, find_comment, unscored
from moderation.storage.house import House
from moderation.storage.likes import others_alike

ATTEMPTS = 3
"""After so many failures a comment waits for a moderator, unscored."""


def score_waiting(services: Services, *, limit: int = 64, stopped: Callable[[], bool] = lambda: False) -> int:
    """Scores and decides what waits without scores, oldest first. Returns how many got their scores: after none it is
    worth waiting a little before the next try.
    """
    with services.database.reading() as session:
        ids = unscored(session, attempts_under=ATTEMPTS, limit=limit)
    scored = 0
    for comment_id in ids:
        if stopped():
            break
        scored += score_late(services, comment_id)
    return scored


def score_late(services: Services, comment_id: str) -> bool:
    """Scores one comment that waits without scores, and decides it by the policy unless a person already has. Returns
    whether the pack gave scores.
    """
    with services.database.reading() as session:
        comment = find_comment(session, comment_id)
        if comment is None or comment.scored:
            return False
        article = session.get_one(Article, comment.article_id)
        parent = find_comment(session, comment.in_reply_to or comment.parent_id or "")
    request = ScoreRequest(
        text=comment.body,
        article=prepared_article(services, article),
        parent=parent.body if parent else None,
        name=comment.author_name,
    )
    # Read before the transaction: a change of the configuration is stored in a transaction of its own.
    configuration = services.configuration.current()
    scores = score_or_none(services, request)
    if scores is None:
        recorded(services, lambda ledger: _failed(ledger, configuration, services.house, comment_id))
        return False
    recorded(services, lambda ledger: _apply(ledger, configuration, services.house, comment_id, scores))
    return True


def _failed(ledger: Ledger, configuration: Configuration, house: House, comment_id: str) -> None:
    comment = find_comment(ledger.session, comment_id, lock=True)
    if comment is None or comment.scored:
        return
    comment.scoring_attempts += 1
    if comment.scoring_attempts >= ATTEMPTS and comment.status == Status.RECEIVED:
        _decide(ledger, configuration, house, comment, None)


def _apply(ledger: Ledger, configuration: Configuration, house: House, comment_id: str, scores: Scores) -> None:
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
        _decide(ledger, configuration, house, comment, scores)
    else:
        signals = signals_from(scores, counts={"links": count_links(comment.body)})
        docket.change(ledger.connection, comment.id, docket.scored(signals))


def _decide(
    ledger: Ledger, configuration: Configuration, house: House, comment: Comment, scores: Scores | None
) -> None:
    article = ledger.session.get_one(Article, comment.article_id)
    author = ledger.session.get_one(Author, comment.author_id)
    rules = house.rules(ledger.session, article)
    listed = listed_in(rules, comment.body, comment.author_name)
    private = private_data_in(configuration, comment.body, comment.author_name)
    answered = find_comment(ledger.session, comment.in_reply_to or comment.parent_id or "")
    holds = holds_for(author, ledger.now, listed, answered=answered, form_filled=comment.form_filled)
    alike = others_alike(
        ledger.session, site_id=comment.site_id, body=comment.body, authors={author.id}, now=ledger.now
    )
    reply = comment.parent_id is not None
    stands = standing(configuration.comments, article, rules.settings, reply=reply, now=ledger.now)
    mode = stands.rules.mode
    if stands.closed_because is not None:
        # What came in time isn't lost, but a closed discussion publishes nothing by itself.
        mode, holds = Mode.PRE, (*holds, "the discussion has closed since it was written")
    judgement = judge(
        configuration,
        scores,
        site_id=comment.site_id,
        section=article.section,
        mode=mode,
        counts=counts_for(comment.body, comment.author_name, author, listed, private=private, alike=alike),
        holds=holds,
        waits_because=stands.waits_because,
        meanings=private.meanings,
    )
    before, status = Status(comment.status), STATUS_OF[judgement.decision.outcome]
    comment.status = status
    comment.flags = judgement.decision.flags
    if status is not Status.PENDING:
        comment.decided_at = ledger.now
        comment.revision += 1  # whoever looks at it still waiting decides about something else
    if status is Status.APPROVED:
        comment.published_at = ledger.now
    docket.change(
        ledger.connection,
        comment.id,
        docket.judged(
            judgement.signals, judgement.weight, status=status, flags=comment.flags, decided_at=comment.decided_at
        ),
    )
    place_kept(ledger, comment.id)
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
        site_told(ledger, comment.site_id, comment.id, status)
