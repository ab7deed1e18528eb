"""A comment comes in: checked, scored, decided and recorded. An answer goes out only after the commit."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from moderation.comments.approved_discussion import approved_there
from moderation.comments.article_vectors import prepared_article
from moderation.comments.discussion_state import standing
from moderation.comments.evaluation import (
    NO_PRIVATE_DATA,
    PrivateFound,
    WordlistHits,
    author_record,
    check_not_banned,
    counts_for,
    holds_for,
    is_look_alike,
    judge,
    private_data_in,
    score_or_none,
    wordlist_hits_in,
)
from moderation.comments.idempotency import (
    Arrival,
    Idempotency,
    Sender,
    keep_answer,
    one_at_a_time,
    only_one,
    settled_answer,
)
from moderation.comments.lifecycle import arrive
from moderation.comments.mending import mend, mendable
from moderation.comments.nudge import sentence_to_reconsider
from moderation.comments.surge import look_for_surge
from moderation.comments.writers_mail import keep_wish, sealed_wish
from moderation.config.configuration import Configuration
from moderation.core.comment import (
    DEEPEST,
    WAITING,
    CommentRules,
    Status,
    Submission,
    standing_told,
    strength_of,
)
from moderation.core.errors import (
    ArticleNotFound,
    CommentTooLong,
    CommentTooShort,
    DuplicateComment,
    InvalidField,
    WordingToReconsider,
)
from moderation.core.ids import new_id
from moderation.core.messages import ENGLISH, Message
from moderation.core.scores import ScoreRequest, Scores, Subject
from moderation.core.text.names import comparable_name
from moderation.core.text.written import sameness, visible_length
from moderation.core.times import DAY
from moderation.services import Services
from moderation.storage.articles import Place, find_place
from moderation.storage.authors import Author, columns_of, find_authors
from moderation.storage.comments import (
    Comment,
    before_now,
    find_comment,
    same_comment,
    with_external_id,
)
from moderation.storage.database import session_on
from moderation.storage.marked_names import keep_marked_name
from moderation.storage.near_duplicates import others_alike
from moderation.storage.site_rules_cache import Rules, SiteRulesCache
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the database knew of a submission's surroundings before it was scored."""

    article: Place
    parent_body: str | None
    rules: CommentRules
    site_rules: Rules
    discussion: tuple[Subject, ...]
    alike: int
    wordlist_hits: WordlistHits
    private: PrivateFound = NO_PRIVATE_DATA


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A submission with what follows from it alone, worked out once."""

    configuration: Configuration
    site_rules: SiteRulesCache
    sender: Sender
    submission: Submission
    author_keys: tuple[str, ...]
    idempotency: Idempotency | None
    received_only: bool
    sealed_address: str | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Asked for only once the text is known not to be too long to look at."""
        return sameness(self.submission.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """What a pack said of a submission, and how often it was asked in vain."""

    scores: Scores | None = None
    attempts: int = 0


Admit = Callable[[], None]
"""Looks whether a comment's limits have room for it, or counts it against them; raises where they have none."""


def submit(
    services: Services,
    sender: Sender,
    submission: Submission,
    *,
    idempotency: Idempotency | None = None,
    check: Admit = lambda: None,
    admit: Admit = lambda: None,
    take_back: Admit = lambda: None,
) -> Arrival:
    """Takes a comment in.

    ``check`` is called before anything costly is done, and may refuse. ``admit`` is called once, right before the
    transaction: what it counts is accepted, or else ``take_back`` is called, which counts it no more.
    The same request under one Idempotency-Key gets one answer, however many come at once.
    Raises the named facts of ``core.errors``; then nothing is stored. ``WordingToReconsider`` counts like a comment.
    """
    configuration = services.configuration.current()
    case = _Case(
        configuration=configuration,
        site_rules=services.site_rules,
        sender=sender,
        submission=submission,
        author_keys=services.keys.author_keys(sender.site_id, submission.author),
        idempotency=idempotency if sender.key_id is not None else None,
        received_only=configuration.scoring.mode == "worker",
        sealed_address=sealed_wish(services, submission.notify),
    )
    try:
        known = _checked(services, case, check)
    except Exception:
        # What stands in the way may be this very request's twin, a moment ahead: its comment makes this one a
        # duplicate, and it may have used up the limit.
        first = settled_answer(services, sender, case.idempotency)
        if first is None:
            raise
        return first
    scored = _Scored() if case.received_only else _score(services, case, known)
    sentence = _asked_about(case, known, scored)
    if sentence is not None:
        admit()  # to be asked counts like a comment: nobody can try out for nothing what is flagged
        raise WordingToReconsider(sentence)
    with one_at_a_time(sender, case.idempotency):
        try:
            admit()
        except Exception:
            first = settled_answer(services, sender, case.idempotency)
            if first is None:
                raise
            return first
        arrival = None
        try:
            arrival = run_in_unit_of_work(services, lambda unit: _stored_once(unit, case, known, scored))
        finally:
            if arrival is None or arrival.replayed:
                take_back()
        return arrival


def _score(services: Services, case: _Case, known: _Known) -> _Scored:
    ready = services.scorer.ready
    request = ScoreRequest(
        text=case.submission.body,
        article=prepared_article(services, known.article),
        parent=known.parent_body,
        discussion=known.discussion,
        name=case.submission.author.name,
    )
    scores = score_or_none(services, request)
    # A pack that was still being loaded has not been tried.
    return _Scored(scores=scores, attempts=1 if scores is None and ready else 0)


def _asked_about(case: _Case, known: _Known, scored: _Scored) -> str | None:
    """A sentence that its writer is asked about before the comment is taken in; None: nothing is asked."""
    if not case.submission.ask_first:
        return None
    at = known.article
    return sentence_to_reconsider(case.configuration, at.site_id, at.section, case.submission.body, scored.scores)


def _stored_once(unit: UnitOfWork, case: _Case, known: _Known, scored: _Scored) -> Arrival:
    """The comment is stored, unless the same request was answered before."""
    if case.idempotency is None:
        return _store(unit, case, known, scored)
    first = only_one(unit.connection, unit.now, case.sender, case.idempotency)
    if first is not None:
        return first
    arrival = _store(unit, case, known, scored)
    keep_answer(unit, case.sender, case.idempotency, arrival)
    return arrival


def _checked(services: Services, case: _Case, check: Admit) -> _Known:
    """What is known of the submission's surroundings, if nothing there refuses it."""
    with services.database.asking() as connection:
        known = _look_up(connection, case, services.clock())
    check_length(case.submission.body, known.rules)
    check()
    # After the length: looking for terms takes its time.
    submission = case.submission
    return replace(
        known,
        wordlist_hits=wordlist_hits_in(known.site_rules, submission.body, submission.author.name),
        private=private_data_in(case.configuration, submission.body, submission.author.name),
    )


def _look_up(connection: Connection, case: _Case, now: datetime) -> _Known:
    sender, submission = case.sender, case.submission
    article = find_place(connection, sender.site_id, submission.article_id)
    if article is None:
        raise ArticleNotFound
    _check_external(connection, sender, submission)
    parent = _parent(connection, article, sender, submission.parent_id)
    if submission.mends is not None:
        with session_on(connection) as session:
            mendable(session, submission.mends)
    site_rules = case.site_rules.rules(connection, article)
    stands = standing(case.configuration.comments, article, site_rules.settings, reply=parent is not None, now=now)
    stands.check_open()
    check_size(submission.body, stands.rules)
    before = before_now(
        connection,
        site_id=sender.site_id,
        author_keys=case.author_keys,
        article_id=article.id,
        fingerprint=case.fingerprint,
        answers=submission.parent_id,
        since=now - DAY,
    )
    if before.banned_until is not None:
        _check_none_banned(connection, find_authors(connection, sender.site_id, case.author_keys), now)
    if before.same is not None:
        raise DuplicateComment(before.same, to_site=sender.vouches)
    return _Known(
        article=article,
        parent_body=parent.body if parent else None,
        rules=stands.rules,
        site_rules=site_rules,
        discussion=()
        if case.received_only
        else approved_there(connection, article.id, exclude=before.authors, revision=article.revision),
        wordlist_hits=WordlistHits(),
        alike=others_alike(connection, site_id=sender.site_id, body=submission.body, authors=before.authors, now=now),
    )


def _check_none_banned(connection: Connection, authors: Iterable[Author], now: datetime) -> None:
    for author in authors:
        check_not_banned(connection, author, now)


def check_size(body: str, rules: CommentRules) -> None:
    """Raises ``InvalidField`` for what is too long to look at."""
    # Invisible characters don't count to a reader, but they are stored, and counting millions of them takes its time.
    maximum = rules.maximum_length * 10
    if len(body) > maximum:
        raise InvalidField(
            "body",
            Message(
                "body_too_many_code_points",
                {"number": len(body), "longest": maximum, "maximum": rules.maximum_length},
            ),
        )


def check_length(body: str, rules: CommentRules) -> None:
    """Raises ``CommentTooShort`` or ``CommentTooLong``."""
    length = visible_length(body)
    if length < rules.minimum_length:
        raise CommentTooShort(length, rules.minimum_length)
    if length > rules.maximum_length:
        raise CommentTooLong(length, rules.maximum_length)


def _parent(connection: Connection, article: Place, sender: Sender, parent_id: str | None) -> Comment | None:
    """The comment that this one answers."""
    if parent_id is None:
        return None
    with session_on(connection) as session:
        parent = find_comment(session, parent_id)
    # A site's own server may pass on a reply while its parent still waits; a browser isn't told that it does.
    answerable = (*WAITING, Status.APPROVED) if sender.vouches else (Status.APPROVED,)
    if parent is None or parent.article_id != article.id or parent.status not in answerable:
        raise InvalidField("parent_id", Message("parent_not_answerable"))
    return parent


def _check_external(connection: Connection, sender: Sender, submission: Submission) -> None:
    if submission.external_id is not None:
        known = with_external_id(connection, sender.site_id, submission.external_id)
        if known is not None:
            raise DuplicateComment(known, to_site=sender.vouches)


def _store(unit: UnitOfWork, case: _Case, known: _Known, scored: _Scored) -> Arrival:
    scores = scored.scores
    connection, now, sender, submission = unit.connection, unit.now, case.sender, case.submission
    article = find_place(connection, sender.site_id, submission.article_id, lock=True)
    if article is None:
        raise ArticleNotFound
    site_rules = case.site_rules.rules(connection, article)
    reply = submission.parent_id is not None
    stands = standing(case.configuration.comments, article, site_rules.settings, reply=reply, now=now)
    stands.check_open()
    parent = _parent(connection, article, sender, submission.parent_id)
    _check_external(connection, sender, submission)
    found = find_authors(connection, sender.site_id, case.author_keys, lock=True)
    _check_none_banned(connection, found, now)
    author = _author_of(found, now) or _new_author(unit, case)
    before = columns_of(author) if found else None
    if found:  # whoever is new has written nothing yet
        _check_not_said_before(unit, case, article, author)
    # Looked for before the transaction, unless somebody has changed the lists since.
    unchanged = article.rules_revision == known.article.rules_revision
    wordlist_hits = (
        known.wordlist_hits if unchanged else wordlist_hits_in(site_rules, submission.body, submission.author.name)
    )
    judgement = judge(
        case.configuration,
        scores,
        site_id=sender.site_id,
        section=article.section,
        mode=stands.rules.mode,
        counts=counts_for(
            submission.body,
            submission.author.name,
            author,
            wordlist_hits,
            private=known.private,
            alike=known.alike,
            marks=submission.author.marks,
            trusted=submission.author.trusted,
            record=author_record(connection, author, now),
        ),
        holds=holds_for(
            author,
            now,
            wordlist_hits,
            parent=parent,
            form_filled=submission.form_filled,
            look_alike=is_look_alike(connection, author, submission.author.name, submission.author.marks),
        ),
        waits_because=stands.waits_because,
        meanings=known.private.meanings,
        verified=article.verified,
    )
    _call(author, case, found)
    comment = _comment_row(unit, case, article, author, parent, scored, new=not found)
    # What is decided afresh later is decided in the mode that counted now.
    judged_in = replace(article, mode=stands.rules.mode.value) if stands.by_desk else article
    status, statement = arrive(
        unit,
        comment,
        judged_in,
        author,
        judgement,
        author_before=before,
        decided=not case.received_only,
        actor=sender.reference,
    )
    if submission.author.marks:
        form, strength = comparable_name(submission.author.name), strength_of(submission.author.marks)
        keep_marked_name(connection, sender.site_id, form, author.id, strength)
    if submission.mends is not None:
        mend(unit, submission.mends, comment["id"], actor=sender.reference)
    if submission.notify is not None and case.sealed_address is not None:
        keep_wish(unit, comment["id"], status, submission.notify, case.sealed_address)
    message = standing_told(status, statement.why if statement else None, ENGLISH)
    look_for_surge(unit, case.configuration.comments, article, stands, site_rules.settings, author)
    return Arrival(
        comment_id=comment["id"],
        status=status,
        message=message,
        created_at=comment["created_at"],
        reasons=() if case.received_only else judgement.decision.words,
        scores=scores,
    )


def _check_not_said_before(unit: UnitOfWork, case: _Case, article: Place, author: Author) -> None:
    same = same_comment(
        unit.connection,
        article_id=article.id,
        author_id=author.id,
        fingerprint=case.fingerprint,
        answers=case.submission.parent_id,
        since=unit.now - DAY,
    )
    if same is not None:
        raise DuplicateComment(same, to_site=case.sender.vouches)


def _author_of(found: Sequence[Author], now: datetime) -> Author | None:
    """Whose comment it is: of those that have one of its keys, one that is muted first, else the first."""
    muted = (one for one in found if one.muted_until is not None and one.muted_until > now)
    return next(muted, found[0] if found else None)


def _new_author(unit: UnitOfWork, case: _Case) -> Author:
    submission = case.submission
    return Author(
        id=new_id(unit.now),
        site_id=case.sender.site_id,
        key=case.author_keys[0],
        known=submission.author.id is not None or submission.author.address is not None,
        external_id=submission.author.account_id,
        name=submission.author.name,
        approved=0,
        rejected=0,
        trusted=False,
        muted_until=None,
        banned_until=None,
        created_at=unit.now,
    )


def _call(author: Author, case: _Case, found: Sequence[Author]) -> None:
    """Has the author known as they call themselves now."""
    author.name = case.submission.author.name
    if found and all(one.key != case.author_keys[0] for one in found):
        author.key = case.author_keys[0]  # known from before names were compared as they are now


def _comment_row(
    unit: UnitOfWork,
    case: _Case,
    article: Place,
    author: Author,
    parent: Comment | None,
    scored: _Scored,
    *,
    new: bool,
) -> dict[str, Any]:
    """The comment's columns, but for those that say where it stands. ``new``: nobody knew its author before."""
    now, submission = unit.now, case.submission
    too_deep = parent is not None and parent.depth >= DEEPEST
    under = parent.parent_id if parent is not None and too_deep else submission.parent_id
    return {
        "id": new_id(now),
        "site_id": case.sender.site_id,
        "article_id": article.id,
        "parent_id": under,
        "in_reply_to": submission.parent_id if too_deep else None,
        "depth": 0 if parent is None else min(parent.depth + 1, DEEPEST),
        "author_id": author.id,
        "author_name": submission.author.name,
        "body": submission.body,
        "salt": secrets.token_bytes(16),
        "fingerprint": case.fingerprint,
        "external_id": submission.external_id,
        "scored": scored.scores is not None,
        "scoring_attempts": scored.attempts,
        "scoring_leased_until": None,
        "created_at": submission.created_at or now,
        "received_at": now,
        "form_filled": submission.form_filled,
        "marks": list(submission.author.marks),
        "trusted": submission.author.trusted,
        "joined_from": None,
        "first": new and submission.author.account_id is not None,  # a guest may have been here under any other name
    }
