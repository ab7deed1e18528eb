"""A comment's life: the table of its statuses, and the only code that changes one.

Whatever brings a change about, the same is written in the same transaction: the comment's row and what readers see of
it, its row of the queue index, its author's counts, the decision with its statement of reasons where it restricts, the
audit event, and what the site is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from moderation.comments.appeals import settle_by_status, take_back_settling
from moderation.comments.decisions import (
    Decided,
    store_decision,
    store_policy_decision,
    store_policy_decisions,
    store_scores,
)
from moderation.comments.evaluation import STATUS_OF, Judgement
from moderation.comments.reports import forget_texts, set_right_aside, settle, unsettle
from moderation.comments.snapshots import Snapshot
from moderation.core.actor import READER
from moderation.core.audit_chain import body_fingerprint
from moderation.core.comment import DEEPEST, WAITING, Status
from moderation.core.decision import Statement
from moderation.core.errors import IllegalTransition
from moderation.core.messages import Message, Word, noted
from moderation.core.policy import Signals
from moderation.core.text.written import sameness
from moderation.services import Piece
from moderation.storage import queue_index
from moderation.storage.articles import Place
from moderation.storage.authors import Author, keep_author
from moderation.storage.comments import Comment, forget_scores, newest_decision
from moderation.storage.discussion import Above, count_answer, keep_place, keep_places
from moderation.storage.discussions import Discussion
from moderation.storage.edits import CommentEdit, edits_of
from moderation.storage.imported import insert_many, parents_among, store_places
from moderation.storage.mails import asking_among, tell_writers
from moderation.storage.near_duplicates import LATELY
from moderation.storage.reports import ReportedComment, ReportOutcome
from moderation.storage.search_index import Text, enter, enter_new, insert_comment
from moderation.storage.webhook_pruning import forget_answers
from moderation.unit_of_work import UnitOfWork
from moderation.watching import counts

# --- the table --------------------------------------------------------------------------------------------------------


class Trigger(StrEnum):
    """What brings a transition about."""

    ARRIVAL = "arrival"
    """The policy decides at once, or nobody yet (worker mode)."""
    LATE_SCORE = "late score"
    """The pack has scored a comment that waited for it, or failed for good: the policy decides."""
    MODERATOR = "moderator"
    """Somebody on the desk, or a site's key with the right, decides: one comment, many, or what a legal case asks."""
    UNDO = "undo"
    EDIT = "edit"
    """Its writer changes its text while it waits: the policy decides afresh, or it waits on."""
    WITHDRAWAL = "withdrawal"
    EXPIRY = "expiry"
    """The discussion has ended, and nobody has decided."""
    ERASURE = "erasure"
    IMPORTED = "imported"
    """It was decided elsewhere, and comes in from an archive as it stood there."""


_A, _L, _M, _U, _E = Trigger.ARRIVAL, Trigger.LATE_SCORE, Trigger.MODERATOR, Trigger.UNDO, Trigger.EDIT
_I = Trigger.IMPORTED
_S = Status
TRANSITIONS: Mapping[tuple[Status | None, Status], frozenset[Trigger]] = {
    (None, _S.RECEIVED): frozenset({_A}),
    (None, _S.PENDING): frozenset({_A, _I}),
    (None, _S.APPROVED): frozenset({_A, _I}),
    (None, _S.REJECTED): frozenset({_A, _I}),
    (None, _S.WITHDRAWN): frozenset({_I}),
    (_S.RECEIVED, _S.RECEIVED): frozenset({_E}),
    (_S.RECEIVED, _S.PENDING): frozenset({_L, _E}),
    (_S.RECEIVED, _S.APPROVED): frozenset({_L, _M, _E}),
    (_S.RECEIVED, _S.REJECTED): frozenset({_L, _M, _E}),
    (_S.PENDING, _S.PENDING): frozenset({_L, _E}),
    (_S.PENDING, _S.APPROVED): frozenset({_L, _M, _U, _E}),
    (_S.PENDING, _S.REJECTED): frozenset({_L, _M, _U, _E}),
    (_S.APPROVED, _S.PENDING): frozenset({_M, _U}),
    (_S.APPROVED, _S.REJECTED): frozenset({_M, _U}),
    (_S.REJECTED, _S.PENDING): frozenset({_M, _U}),
    (_S.REJECTED, _S.APPROVED): frozenset({_M, _U}),
    (_S.REJECTED, _S.REJECTED): frozenset({_M, _U}),  # for another reason
    **{(before, _S.WITHDRAWN): frozenset({Trigger.WITHDRAWAL}) for before in (*WAITING, _S.APPROVED)},
    **{(before, _S.EXPIRED): frozenset({Trigger.EXPIRY}) for before in WAITING},
    **{(before, _S.ERASED): frozenset({Trigger.ERASURE}) for before in _S if before is not _S.ERASED},
}
"""From which status to which, and what may bring that about. None: the comment is new."""

_IMPOSSIBLE = {
    Trigger.EDIT: noted("not_editable_now"),
    Trigger.WITHDRAWAL: noted("not_withdrawable_now"),
    Trigger.EXPIRY: noted("not_expirable_now"),
    Trigger.ERASURE: noted("not_erasable_now"),
}


def check_transition(before: Status | None, after: Status, trigger: Trigger) -> None:
    """Raises ``IllegalTransition`` for what the table doesn't hold."""
    if trigger not in TRANSITIONS.get((before, after), ()):
        code = _IMPOSSIBLE.get(trigger, noted("not_decidable_now"))
        raise IllegalTransition(Message(code, {"status": Word(before or "new")}))


# --- ways through it --------------------------------------------------------------------------------------------------


def arrive(
    unit: UnitOfWork,
    comment: Mapping[str, Any],
    article: Place,
    author: Author,
    judgement: Judgement,
    *,
    author_before: Mapping[str, Any] | None,
    decided: bool,
    actor: str,
) -> tuple[Status, Statement | None]:
    """A comment is stored, with its author and its scores. Returns its status, and why it is refused if it is.

    ``comment`` holds the columns of ``Comment`` but for those that say where it stands; ``author_before`` what was
    stored of its author, None for a new one. ``judgement`` is what the policy makes of it or, where nothing is
    ``decided`` yet, would make of it without scores.
    """
    now, decision = unit.now, judgement.decision
    status = STATUS_OF[decision.outcome] if decided else Status.RECEIVED
    check_transition(None, status, Trigger.ARRIVAL)
    shown = status is Status.APPROVED
    author.approved += shown
    author.rejected += status is Status.REJECTED
    keep_author(unit.connection, author, before=author_before)
    parent_id = comment["parent_id"]
    above = count_answer(unit.connection, parent_id, 1) if shown else Above()
    comment = {
        **comment,
        "status": status.value,
        "revision": 1,
        "flags": decision.flags,
        "published_at": now if shown else None,
        "decided_at": None if status in WAITING else now,
        "shown": shown,
        "opening": shown and not above.shown,
        "replies_shown": 0,
        "thread_id": (above.thread_id if above.shown else comment["id"]) if shown else None,
    }
    insert_comment(unit.connection, comment)
    if shown:
        discussion_changed(unit, comment["article_id"])
        if parent_id is not None and not above.shown:
            keep_place(unit.connection, parent_id)  # that was taken down just now: answered, it keeps its place
    by_policy = status if decided else None
    row = queue_index.queue_index_row(comment, article, judgement.signals, judgement.weight, by_policy=by_policy)
    (number,) = unit.connection.execute(queue_index.INSERT, row).inserted_primary_key or (0,)
    enter_new(unit.connection, number, comment)
    site_id, comment_id = comment["site_id"], comment["id"]
    payload = {
        "article": comment["article_id"],
        "author": comment["author_id"],
        "parent": comment["in_reply_to"] or parent_id,
        "status": status.value,
        "body": body_fingerprint(comment["body"], comment["salt"]),
    }
    unit.event(site_id, actor, "comment.submitted", comment_id, payload)
    unit.outbox_event(site_id, "comment.accepted", comment_id, {"status": status.value})
    if judgement.scores is not None:
        store_scores(unit, site_id, comment_id, judgement.scores)
    else:
        unit.leaves_work.add(Piece.SCORING)
    statement = store_policy_decision(unit, site_id, comment_id, judgement, revision=1) if decided else None
    _tell(unit, site_id, comment_id, None, status, answers=comment["in_reply_to"] or parent_id)
    _count(unit, status, Trigger.ARRIVAL)
    return status, statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A comment that comes in from an archive. ``columns`` are those of ``Comment`` but for where it stands, under whom
    and since when; ``answers`` is our id of the comment that it answers. ``revision`` counts its decisions there;
    ``by_person``: somebody made the last of them. ``origin`` is what its audit event says of where it came from.
    """

    columns: Mapping[str, Any]
    article: Place
    answers: str | None
    status: Status
    published_at: datetime | None
    decided_at: datetime | None
    revision: int
    by_person: bool
    signals: Signals
    origin: Mapping[str, Any]


def bring_in(unit: UnitOfWork, comments: Sequence[Imported], *, actor: str) -> None:
    """Comments are stored as they stood elsewhere, each behind the one that it answers: with their places, their rows
    of the queue index and their audit events. Their authors' counts and their decisions are the caller's; the site is
    told of nothing, since nothing has changed.
    """
    for status in {one.status for one in comments}:
        check_transition(None, status, Trigger.IMPORTED)
    places = _Places(unit, {one.answers for one in comments if one.answers is not None})
    rows = [places.placed(one) for one in comments]
    index = []
    for one, row in zip(comments, rows, strict=True):
        # Nobody looks for what is like a comment that was decided long ago.
        alike = one.status in WAITING or row["received_at"] > unit.now - LATELY
        entry = queue_index.queue_index_row(
            row, one.article, one.signals, queue_index.UNWEIGHED, by_policy=None, findable=alike
        )
        index.append({**entry, "by_person": one.status.value if one.by_person else None})
    insert_many(unit.connection, rows, index)
    places.keep()
    for article_id in {row["article_id"] for row in rows if row["shown"]}:
        discussion_changed(unit, article_id)
    for one, row in zip(comments, rows, strict=True):
        payload = {
            "article": row["article_id"],
            "author": row["author_id"],
            "parent": row["in_reply_to"] or row["parent_id"],
            "status": one.status.value,
            "revision": one.revision,
            "body": body_fingerprint(row["body"], row["salt"]),
            **one.origin,
        }
        unit.event(row["site_id"], actor, "comment.imported", row["id"], payload)
        _count(unit, one.status, Trigger.IMPORTED)


def put_back(unit: UnitOfWork, comments: Sequence[Mapping[str, Any]], index: Sequence[Mapping[str, Any]]) -> None:
    """Comments that were exported from here come back as they stood, each behind the one that it answers: all columns
    of ``Comment``, and beside each its row of the queue index but for ``number``. Their audit events come with them.

    Raises ``ValueError`` for a status that is none.
    """
    for one, entry in zip(comments, index, strict=True):
        if Status(one["status"]) != Status(entry["status"]):
            raise ValueError("has one status, and another in the queue")
    insert_many(unit.connection, comments, index)


class _Places:
    """Where comments stand that are stored together, and what that changes of those that they answer. All of it is told
    in memory: ``storage.discussion.keep_place`` asks the database for each, which a large archive can't afford.
    """

    def __init__(self, unit: UnitOfWork, parents: Collection[str]) -> None:
        self._connection = unit.connection
        self._rows: dict[str, dict[str, Any]] = {}
        wanted = set(parents)
        while wanted:
            found = [dict(row) for row in parents_among(self._connection, wanted)]
            self._rows |= {row["id"]: row for row in found}
            # What answers one too deep down stands beside it; what gets a place by being answered answers others.
            above = {row["parent_id"] for row in found if row["depth"] >= DEEPEST or _waits_for_answers(row)}
            wanted = above - self._rows.keys() - {None}
        self._stored = frozenset(self._rows)
        self._changed: set[str] = set()

    def placed(self, one: Imported) -> dict[str, Any]:
        """All columns of a comment; those it answers come before it."""
        id_ = one.columns["id"]
        replied_to = self._rows.get(one.answers or "")
        too_deep = replied_to is not None and replied_to["depth"] >= DEEPEST
        above = self._rows.get(replied_to["parent_id"]) if replied_to is not None and too_deep else replied_to
        shown = one.status is Status.APPROVED
        row = {
            **one.columns,
            "parent_id": above["id"] if above else None,
            "in_reply_to": replied_to["id"] if replied_to and too_deep else None,
            "depth": 0 if replied_to is None else min(replied_to["depth"] + 1, DEEPEST),
            "status": one.status.value,
            "revision": one.revision,
            "flags": 0,
            "published_at": one.published_at,
            "decided_at": one.decided_at,
            "shown": False,
            "opening": False,
            "replies_shown": 0,
            "thread_id": None,
        }
        self._rows[id_] = row
        if shown:
            self._show(row)
        return row

    def _show(self, row: dict[str, Any]) -> None:
        """It gets its place, and with that perhaps those that it answers."""
        above = self._rows.get(row["parent_id"] or "")
        if above is not None:
            above["replies_shown"] += 1
            self._changed.add(above["id"])
            if _waits_for_answers(above):
                self._show(above)
        stands = above is not None and bool(above["shown"])
        row["shown"], row["opening"] = True, not stands
        row["thread_id"] = above["thread_id"] if above is not None and stands else row["id"]

    def keep(self) -> None:
        """Stores what changed of the comments that were there before."""
        store_places(self._connection, [self._rows[id_] for id_ in sorted(self._changed & self._stored)])


def _waits_for_answers(row: Mapping[str, Any]) -> bool:
    """Whether it is gone and had been seen: answered, it has a place. Until then none of its answers is seen."""
    return not row["shown"] and row["published_at"] is not None


def decide_late(unit: UnitOfWork, judged: Iterable[tuple[Comment, Judgement]]) -> None:
    """The policy decides about comments that have waited for their scores, of which no two are of one author. Each is
    taken from ``judged`` when those before it stand where they were put; what is written of all of them is written
    together. Raises ``IllegalTransition``.
    """
    moves: list[_Moved] = []
    index: list[tuple[str, Mapping[str, Any]]] = []
    decided: list[Decided] = []
    for comment, judgement in judged:
        status = STATUS_OF[judgement.decision.outcome]
        comment.flags = judgement.decision.flags
        # Whoever looks at it still waiting decides about something else; one that waits on stays what they look at.
        step = 0 if status is Status.PENDING else 1
        moves.append(_stand(unit, comment, status, Trigger.LATE_SCORE, step=step))
        signals = queue_index.judged(judgement.signals, judgement.weight, flags=comment.flags, by_policy=status)
        index.append((comment.id, signals | _where(comment)))
        decided.append(Decided(comment.site_id, comment.id, judgement, comment.revision))
    queue_index.change_all(unit.connection, index)
    _take_effect(unit, moves, Trigger.LATE_SCORE)
    store_policy_decisions(unit, decided)
    about = {id_ for move in moves for id_ in (move.comment.id, move.answers) if id_ is not None}
    asking = asking_among(unit.connection, about) if about else frozenset()
    for move in moves:
        told = not asking.isdisjoint((move.comment.id, move.answers))
        _tell(unit, move.comment.site_id, move.comment.id, move.before, move.status, answers=move.answers, mail=told)


def edit_text(unit: UnitOfWork, comment: Comment, body: str, judgement: Judgement, *, decided: bool) -> None:
    """A waiting comment's writer changes its text, and the policy decides afresh (``decided``); or it waits on, for its
    scores or for the person who has stepped in. ``judgement`` is what the policy makes of the new text, or would.

    Of the text of before its fingerprint is kept, in the audit event. Raises ``IllegalTransition``.
    """
    status = STATUS_OF[judgement.decision.outcome] if decided else Status(comment.status)
    assert comment.salt is not None
    told = {"was": body_fingerprint(comment.body, comment.salt), "body": body_fingerprint(body, comment.salt)}
    comment.body, comment.fingerprint = body, sameness(body)
    comment.flags = judgement.decision.flags
    index = queue_index.judged(
        judgement.signals, judgement.weight, flags=comment.flags, by_policy=status if decided else None
    )
    before = _move(unit, comment, status, Trigger.EDIT, index={**index, **queue_index.bucket_columns(body)})
    number = queue_index.number_of(unit.connection, comment.id)
    enter(unit.connection, [Text(number=number, comment_id=comment.id, body=body, author_name=comment.author_name)])
    unit.session.add(CommentEdit(comment_id=comment.id, revision=comment.revision, edited_at=unit.now))
    unit.event(comment.site_id, READER, "comment.edited", comment.id, {"revision": comment.revision, **told})
    unit.outbox_event(comment.site_id, "comment.edited", comment.id, {"status": status.value})
    forget_scores(unit.connection, comment.id)
    if judgement.scores is not None:
        store_scores(unit, comment.site_id, comment.id, judgement.scores)
    if decided:
        store_policy_decision(unit, comment.site_id, comment.id, judgement, revision=comment.revision)
    _tell(unit, comment.site_id, comment.id, before, status, answers=comment.in_reply_to or comment.parent_id)


def change_status(
    unit: UnitOfWork,
    comment: Comment,
    status: Status,
    trigger: Trigger,
    *,
    actor: str,
    account_id: str | None = None,
    policy_version: str,
    reason_id: str | None = None,
    note: str | None = None,
    statement: Statement | None = None,
    payload: Mapping[str, Any] | None = None,
    restored: Snapshot | None = None,
) -> None:
    """Anybody but the policy changes a comment's status. ``statement`` is there where the comment is rejected, and
    nowhere else; ``payload`` is what the audit event says besides. ``restored`` is where an undone decision found it.

    Raises ``IllegalTransition``.
    """
    if (statement is not None) != (status is Status.REJECTED):
        raise ValueError(f"a comment that becomes {status} has {'no' if statement else 'a'} statement of reasons")
    index = {} if trigger is Trigger.EXPIRY else {"by_person": restored.by_person if restored else status.value}
    was_public = comment.published_at is not None
    decided_before = newest_decision(unit.session, comment.id) if restored is not None else None
    before = _move(unit, comment, status, trigger, index=index, restored=restored)
    store_decision(
        unit,
        comment_id=comment.id,
        revision=comment.revision,
        status=status,
        actor=actor,
        account_id=account_id,
        automated=trigger is Trigger.EXPIRY,
        reasons=[],
        basis={},
        policy_version=policy_version,
        reason_id=reason_id,
        note=note,
        statement=statement,
    )
    if before is Status.REJECTED or comment.revision > 2:  # else nobody can have asked for another look
        if decided_before is not None:
            take_back_settling(unit, comment, decided_before.decided_at, actor=actor)
        settle_by_status(unit, comment, status, actor=actor, account_id=account_id)
    event = "comment.reopened" if status is Status.PENDING else f"comment.{status.value}"
    told = {"from": before.value, "to": status.value, "revision": comment.revision, "reason": reason_id}
    unit.event(comment.site_id, actor, event, comment.id, {**told, **(payload or {})})
    if was_public or comment.revision > 2:  # else no reader can have seen it
        _settle_reports(unit, comment, status, trigger, actor=actor, restored=restored)
    if status is Status.ERASED:
        forget_answers(unit.session, comment.site_id, comment.id)
    _tell(unit, comment.site_id, comment.id, before, status, answers=comment.in_reply_to or comment.parent_id)


def _settle_reports(
    unit: UnitOfWork, comment: Comment, status: Status, trigger: Trigger, *, actor: str, restored: Snapshot | None
) -> None:
    """What becomes of the reports of a comment that readers have seen: once it is refused they were right, and once it
    is kept, wrong; what waits again keeps them open.
    """
    reported = unit.session.get(ReportedComment, comment.id)
    if reported is None:
        return
    if restored is not None:
        unsettle(unit, comment, actor=actor, after_revision=restored.revision)
        if status is Status.REJECTED:
            settle(unit, comment, ReportOutcome.RIGHT, actor=actor)
    elif trigger is Trigger.MODERATOR:
        if status is Status.REJECTED:
            settle(unit, comment, ReportOutcome.RIGHT, actor=actor)
        elif status is Status.APPROVED:
            # Moderators disagreed: to have reported it counts neither for nor against anybody.
            set_right_aside(unit, comment, actor=actor)
            edited_at = edits_of(unit.session, comment.id).at
            other_text = edited_at is not None and edited_at >= reported.newest_at
            settle(unit, comment, ReportOutcome.SET_ASIDE if other_text else ReportOutcome.WRONG, actor=actor)
    else:
        settle(unit, comment, ReportOutcome.SET_ASIDE, actor=actor)
    if status is Status.ERASED:
        forget_texts(unit, comment)


def restore(
    unit: UnitOfWork,
    comment: Comment,
    before: Snapshot,
    *,
    actor: str,
    account_id: str | None,
    policy_version: str,
    undoes: str,
) -> None:
    """A decision is taken back: the comment waits as it did, or is published or refused as it was, for the reason that
    it was refused for. ``undoes`` is the action that is taken back. Raises ``IllegalTransition``.
    """
    status = Status.PENDING if before.status in WAITING else before.status
    refusal = newest_decision(unit.session, comment.id, upto=before.revision) if status is Status.REJECTED else None
    change_status(
        unit,
        comment,
        status,
        Trigger.UNDO,
        actor=actor,
        account_id=account_id,
        policy_version=policy_version,
        reason_id=refusal.reason_id if refusal else None,
        statement=Statement.of(refusal.statement) if refusal and refusal.statement else None,
        payload={"undoes": undoes},
        restored=before,
    )


# --- what is written --------------------------------------------------------------------------------------------------


def _move(
    unit: UnitOfWork,
    comment: Comment,
    status: Status,
    trigger: Trigger,
    *,
    index: Mapping[str, Any],
    step: int = 1,
    restored: Snapshot | None = None,
) -> Status:
    """Everything that says where a stored comment stands, and its author's counts. Returns where it stood before."""
    moved = _stand(unit, comment, status, trigger, step=step, restored=restored)
    queue_index.change(unit.connection, comment.id, {**index, **_where(comment)})
    _take_effect(unit, [moved], trigger)
    return moved.before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """A comment that has just been given a status, and where it stood before."""

    comment: Comment
    before: Status
    published_before: datetime | None

    @property
    def status(self) -> Status:
        return Status(self.comment.status)

    @property
    def answers(self) -> str | None:
        return self.comment.in_reply_to or self.comment.parent_id

    @property
    def seen(self) -> bool:
        """Whether readers see something else for it."""
        was_or_is = Status.APPROVED in (self.before, self.comment.status)
        return was_or_is or self.comment.published_at != self.published_before


def _stand(
    unit: UnitOfWork,
    comment: Comment,
    status: Status,
    trigger: Trigger,
    *,
    step: int = 1,
    restored: Snapshot | None = None,
) -> _Moved:
    """The comment itself says where it stands."""
    moved = _Moved(comment=comment, before=Status(comment.status), published_before=comment.published_at)
    before = moved.before
    check_transition(before, status, trigger)
    comment.status = status
    comment.revision += step
    comment.decided_at = None if status in WAITING else unit.now
    if restored is not None:
        comment.published_at = restored.published_at  # what was never published leaves no place
    elif status is Status.APPROVED:
        comment.published_at = unit.now
    return moved


def _where(comment: Comment) -> dict[str, Any]:
    return queue_index.moved(Status(comment.status), decided_at=comment.decided_at)


def _take_effect(unit: UnitOfWork, moves: Sequence[_Moved], trigger: Trigger) -> None:
    """What readers see of comments that stand elsewhere now, and their authors' counts."""
    unit.session.flush()
    keep_places(unit.connection, [move.comment.id for move in moves if move.seen])
    for move in moves:
        comment, before, status = move.comment, move.before, move.status
        if move.seen:
            discussion_changed(unit, comment.article_id)
        approved = (status is Status.APPROVED) - (before is Status.APPROVED)
        rejected = (status is Status.REJECTED) - (before is Status.REJECTED)
        unit.increment(Author, comment.author_id, approved=approved, rejected=rejected)
        _count(unit, status, trigger, waited_since=comment.received_at if before in WAITING else None)


def _count(unit: UnitOfWork, status: Status, trigger: Trigger, *, waited_since: datetime | None = None) -> None:
    """Counted for those who watch, once it is committed; ``waited_since`` for a comment that waited until now."""
    unit.after_commit.append(partial(counts.outcomes, status.value, trigger.value))
    if waited_since is not None and status not in WAITING:
        seconds = max(0.0, (unit.now - waited_since).total_seconds())
        unit.after_commit.append(partial(counts.decided_after_seconds, seconds, trigger.value))


def discussion_changed(unit: UnitOfWork, article_id: str) -> None:
    """What readers see under this article is no longer what they saw."""
    unit.increment(Discussion, article_id, revision=1)


def _tell(
    unit: UnitOfWork,
    site_id: str,
    comment_id: str,
    before: Status | None,
    status: Status,
    *,
    answers: str | None,
    mail: bool = True,
) -> None:
    """The site is told of every status in the same words, whoever brought it about and however soon; but not that what
    waits goes on waiting. So are, by mail, the comment's writer, where it wasn't decided at once, and the writer of the
    one that it ``answers``, where they left an address; unless it is known that neither did (no ``mail``).
    """
    if status in WAITING and (before is None or before in WAITING):
        return
    kind = {Status.APPROVED: "comment.published", Status.PENDING: "comment.reopened"}.get(status, f"comment.{status}")
    unit.outbox_event(site_id, kind, comment_id, {"status": status.value})
    if mail:
        tell_writers(unit.connection, comment_id, status, unit.now, new=before is None, answers=answers)
