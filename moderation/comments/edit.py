"""A comment's writer edits it while it waits: checked, scored and decided afresh, as when it came in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.comments.afresh import TextFindings, is_left_to_policy, judge_afresh, look_around, look_through_text
from moderation.comments.approved_discussion import approved_discussion
from moderation.comments.article_vectors import prepared_article
from moderation.comments.discussion_state import standing
from moderation.comments.evaluation import check_not_banned, score_or_none
from moderation.comments.lifecycle import edit_text
from moderation.comments.submit import Admit, check_length, check_size
from moderation.config.configuration import Configuration
from moderation.core.actor import POLICY, READER, SYSTEM
from moderation.core.comment import WAITING, Status
from moderation.core.comment import Author as Writer
from moderation.core.errors import CommentNotFound, DecidedAlready, DuplicateComment, NotPossibleNow
from moderation.core.messages import Message
from moderation.core.scores import ScoreRequest, Scores
from moderation.core.text.written import sameness
from moderation.core.times import DAY
from moderation.services import Piece, Services
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, find_comment, newest_decision, same_comment
from moderation.storage.edits import edits_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

MAX_EDITS = 5
"""Editing is no way to learn where the policy's thresholds lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Where a comment stands after an edit, why it was refused if it was, and how often it can be edited again."""

    status: Status
    why: str | None
    left: int


def edit(
    services: Services,
    comment_id: str,
    body: str,
    *,
    check: Admit = lambda: None,
    admit: Admit = lambda: None,
    take_back: Admit = lambda: None,
) -> Edited:
    """Changes the text of a waiting comment; whoever calls this has checked the receipt. The same text again changes
    nothing and counts for nothing. ``check``, ``admit`` and ``take_back`` are as ``submit.submit`` has them.

    Raises ``CommentNotFound``, ``DecidedAlready`` for what no longer waits, ``NotPossibleNow`` after ``MAX_EDITS``,
    ``DiscussionClosed``, ``AuthorBanned``, ``CommentTooShort``, ``CommentTooLong``, ``DuplicateComment``.
    """
    configuration = services.configuration.current()
    with services.database.reading() as session:
        comment = _checked(session, services, configuration, comment_id, body)
        if comment.body == body:
            return _edited(session, comment)
        article = session.get_one(Article, comment.article_id)
        parent = find_comment(session, comment.in_reply_to or comment.parent_id or "")
    check()
    scores, asked = None, False
    if configuration.scoring.mode != "worker":
        asked = services.scorer.ready
        request = ScoreRequest(
            text=body,
            article=prepared_article(services, article),
            parent=parent.body if parent else None,
            discussion=approved_discussion(services, article.id, exclude=(comment.author_id,)),
            name=comment.author_name,
        )
        scores = score_or_none(services, request)
    attempts = 1 if asked and scores is None else 0
    with services.database.reading() as session:
        findings = look_through_text(services, session, configuration, comment, body)
    admit()
    stored = False
    try:
        edited = run_in_unit_of_work(
            services, lambda unit: _store(unit, services, configuration, comment_id, findings, scores, attempts)
        )
        stored = True
        return edited
    finally:
        if not stored:
            take_back()


def _store(
    unit: UnitOfWork,
    services: Services,
    configuration: Configuration,
    comment_id: str,
    findings: TextFindings,
    scores: Scores | None,
    attempts: int,
) -> Edited:
    body = findings.text
    comment = _checked(unit.session, services, configuration, comment_id, body, lock=True)
    if comment.body == body:
        return _edited(unit.session, comment)
    around = look_around(unit, services, [comment])
    left_to_policy = is_left_to_policy(comment, around)
    # A worker that has the text of before under its eyes no longer holds it.
    comment.scored, comment.scoring_attempts, comment.scoring_leased_until = scores is not None, attempts, None
    if not comment.scored:
        unit.leaves_work.add(Piece.SCORING)
    judgement = judge_afresh(unit, configuration, comment, scores, findings, around)
    worker = configuration.scoring.mode == "worker"
    edit_text(unit, comment, body, judgement, decided=left_to_policy and not worker)
    return _edited(unit.session, comment)


def _edited(session: Session, comment: Comment) -> Edited:
    session.flush()
    refused = newest_decision(session, comment.id) if comment.status == Status.REJECTED else None
    return Edited(
        status=Status(comment.status),
        why=refused.reader_sentence if refused else None,
        left=edits_left(session, comment),
    )


def edits_left(session: Session, comment: Comment) -> int:
    """How often a comment can still be edited, as long as it waits."""
    return max(0, MAX_EDITS - edits_of(session, comment.id).number) if comment.status in WAITING else 0


def _checked(
    session: Session,
    services: Services,
    configuration: Configuration,
    comment_id: str,
    body: str,
    *,
    lock: bool = False,
) -> Comment:
    """The comment, if nothing refuses the edit."""
    comment = find_comment(session, comment_id, lock=lock)
    if comment is None:
        raise CommentNotFound
    if comment.status not in WAITING:
        raise decided_already(session, comment)
    if comment.body == body:
        return comment
    if not edits_left(session, comment):
        raise NotPossibleNow(Message("edits_used_up", {"maximum": MAX_EDITS}))
    article = session.get_one(Article, comment.article_id)
    now, settings = services.clock(), services.site_rules.rules(session, article).settings
    stands = standing(configuration.comments, article, settings, reply=comment.parent_id is not None, now=now)
    stands.check_open()
    check_size(body, stands.rules)
    check_length(body, stands.rules)
    check_not_banned(session.connection(), session.get_one(Author, comment.author_id), now)
    same = same_comment(
        session.connection(),
        article_id=comment.article_id,
        author_id=comment.author_id,
        fingerprint=sameness(body),
        answers=comment.in_reply_to or comment.parent_id,
        since=now - DAY,
        exclude=comment.id,
    )
    if same is not None:
        raise DuplicateComment(same)
    return comment


def writer_of(session: Session, comment_id: str, address: str) -> WrittenBy:
    """By whom a comment was written, as limits and bans know them: by the site's id for them or else, from wherever
    they are now, by their name. Raises ``CommentNotFound``.
    """
    comment = find_comment(session, comment_id)
    if comment is None:
        raise CommentNotFound
    known_as = session.get_one(Author, comment.author_id).external_id
    author = Writer(name=comment.author_name, id=known_as, address=None if known_as else address)
    return WrittenBy(comment=comment, author=author)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBy:
    """A comment, and whoever holds its receipt."""

    comment: Comment
    author: Writer


def decided_already(session: Session, comment: Comment) -> DecidedAlready:
    """What somebody is told whose step comes too late: what became of the comment, and what kind of somebody did it."""
    decision = newest_decision(session, comment.id)
    kinds = {POLICY: "software", READER: "its writer", SYSTEM: "the service"}
    by = "nobody" if decision is None else kinds.get(decision.actor, "a person")
    return DecidedAlready(comment.status, comment.revision, by)
