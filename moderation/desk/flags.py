"""Flags and notes: a comment goes to a senior moderator or the newsroom, or is featured; a note stays on the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moderation.accounts.reachable import article_reached, author_reached
from moderation.comments.lifecycle import discussion_changed
from moderation.core.actor import Actor
from moderation.core.comment import WAITING, Status
from moderation.core.errors import InvalidField, NoteNotFound, NotFound, NotPossibleNow
from moderation.core.ids import is_id, new_id
from moderation.core.messages import Message, Word
from moderation.core.reach import MODERATE, SENIOR, account_of
from moderation.core.text.written import remark
from moderation.desk.actions import Changed, Reversal, acted, ask_if_open, comment_at_hand
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.actions import ActionItem
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import CommentFlag, FlagKind, Note, NoteAbout
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

FLAG, UNFLAG, NOTE, UNNOTE = "flag", "unflag", "note", "unnote"

_FLAGGED = {
    FlagKind.ESCALATED: ("comment.escalated", "Left to a senior moderator"),
    FlagKind.FEATURED: ("comment.featured", "Featured"),
    FlagKind.NEWSROOM: ("comment.sent_to_newsroom", "Sent to the newsroom"),
}
_TOLD = {"comment.sent_to_newsroom": "comment.newsroom"}
"""Events that a site is told of under a name of its own."""
_UNFLAGGED = {
    FlagKind.ESCALATED: ("comment.escalation_ended", "No longer left to a senior moderator"),
    FlagKind.FEATURED: ("comment.unfeatured", "No longer featured"),
    FlagKind.NEWSROOM: ("comment.newsroom_recalled", "Taken back from the newsroom"),
}


# --- flags ------------------------------------------------------------------------------------------------------------


def flag_comment(
    services: Services,
    actor: Actor,
    comment_id: str,
    kind: FlagKind,
    note: str | None = None,
    *,
    anyway: bool = False,
) -> str | None:
    """Flags a comment and returns the action's id; None where it has that flag already. ``note`` is for moderators, or
    for the newsroom, and stays here. ``anyway``: what is left to a senior is taken from a colleague who has it open.

    Raises ``CommentNotFound``, ``RightMissing``, ``InvalidField``, ``OpenWithColleague``, and ``NotPossibleNow``: what
    is featured must be published, and what is left to a senior moderator must wait.
    """
    account_id = account_of(actor, MODERATE)
    note = remark(note, "note")

    def work(unit: UnitOfWork) -> str | None:
        comment = comment_at_hand(unit, actor, comment_id)
        if unit.session.get(CommentFlag, (comment.id, kind)) is not None:
            return None
        _check_flaggable(comment, kind)
        if kind is FlagKind.ESCALATED:
            ask_if_open(unit, actor, comment, anyway=anyway)
        unit.session.add(
            CommentFlag(
                comment_id=comment.id,
                kind=kind,
                account_id=account_id,
                note=note,
                made_at=unit.now,
                article_id=comment.article_id,
            )
        )
        _tell(unit, actor, comment, kind, _FLAGGED[kind][0])
        change = Changed(subject=comment.id, before={"flag": kind.value, "was": None}, revision=None)
        return acted(unit, actor, FLAG, _FLAGGED[kind][1], [change], site_id=comment.site_id)

    return run_in_unit_of_work(services, work)


def unflag_comment(services: Services, actor: Actor, comment_id: str, kind: FlagKind) -> str | None:
    """Takes a flag off a comment and returns the action's id; None where there was none. What a colleague has left to a
    senior moderator is a senior's to take back. Raises as ``flag_comment`` does.
    """
    account_of(actor, MODERATE)

    def work(unit: UnitOfWork) -> str | None:
        comment = comment_at_hand(unit, actor, comment_id)
        found = unit.session.get(CommentFlag, (comment.id, kind))
        if found is None:
            return None
        if kind is FlagKind.ESCALATED and found.account_id != actor.account_id:
            comment_at_hand(unit, actor, comment_id, right=SENIOR)
        before = {"flag": kind.value, "was": _kept(found)}
        unit.session.delete(found)
        _tell(unit, actor, comment, kind, _UNFLAGGED[kind][0], flagged=False)
        change = Changed(subject=comment.id, before=before, revision=None)
        return acted(unit, actor, UNFLAG, _UNFLAGGED[kind][1], [change], site_id=comment.site_id)

    return run_in_unit_of_work(services, work)


def reverse_flag(of: Reversal, item: ActionItem) -> bool:
    """Takes a flag off again, or puts it back as it was. False where somebody has changed it since."""
    unit, before = of.unit, item.before
    kind = FlagKind(before["flag"])
    comment = comment_at_hand(unit, of.actor, item.subject)
    found = unit.session.get(CommentFlag, (comment.id, kind))
    if before["was"] is None:
        if found is None or (found.account_id, found.made_at) != (of.action.account_id, of.action.made_at):
            return False
        unit.session.delete(found)
        _tell(unit, of.actor, comment, kind, _UNFLAGGED[kind][0], flagged=False, undoes=of.action.id)
        return True
    if found is not None:
        return False
    was = before["was"] | {"made_at": datetime.fromisoformat(before["was"]["made_at"])}
    unit.session.add(CommentFlag(comment_id=comment.id, kind=kind, article_id=comment.article_id, **was))
    _tell(unit, of.actor, comment, kind, _FLAGGED[kind][0], undoes=of.action.id)
    return True


def _check_flaggable(comment: Comment, kind: FlagKind) -> None:
    if kind is FlagKind.FEATURED and comment.status != Status.APPROVED:
        raise NotPossibleNow(Message("not_featurable_now", {"status": Word(comment.status)}))
    if kind is FlagKind.ESCALATED and comment.status not in WAITING:
        raise NotPossibleNow(Message("not_escalatable_now", {"status": Word(comment.status)}))
    if comment.status == Status.ERASED:
        raise NotPossibleNow(Message("comment_is_erased"))


def _tell(
    unit: UnitOfWork,
    actor: Actor,
    comment: Comment,
    kind: FlagKind,
    event: str,
    *,
    flagged: bool = True,
    undoes: str | None = None,
) -> None:
    """The flag's audit event, its place in the queue index, and what the site is told of it."""
    payload = {"undoes": undoes} if undoes else {}
    unit.event(comment.site_id, actor.reference, event, comment.id, payload)
    if kind is FlagKind.ESCALATED:
        queue_index.change(unit.connection, comment.id, {"escalated": flagged})
    else:
        if kind is FlagKind.FEATURED:
            discussion_changed(unit, comment.article_id)
        unit.outbox_event(comment.site_id, _TOLD.get(event, event), comment.id, {"status": comment.status})


def _kept(found: CommentFlag) -> dict[str, Any]:
    return {"account_id": found.account_id, "note": found.note, "made_at": found.made_at.isoformat()}


# --- notes ------------------------------------------------------------------------------------------------------------


def add_note(
    services: Services, actor: Actor, about: NoteAbout, subject: str, text: str, *, pinned: bool = False
) -> str | None:
    """Leaves a note that only moderators see, and returns the action's id. A pinned one stands on top of everything
    under its article.

    Raises ``CommentNotFound``, ``ArticleNotFound`` or ``AuthorNotFound`` where there is nothing of that name that the
    actor reaches, ``RightMissing``, ``InvalidField``.
    """
    account_id = account_of(actor, MODERATE)
    words = remark(text, "note")
    if words is None:
        raise InvalidField("note", Message("note_empty"))
    if pinned and about is not NoteAbout.ARTICLE:
        raise InvalidField("pinned", Message("pin_not_for_this"))

    def work(unit: UnitOfWork) -> str | None:
        site_id = _site_of(unit, actor, about, subject)
        note = Note(
            id=new_id(unit.now),
            site_id=site_id,
            about=about,
            subject=subject,
            account_id=account_id,
            text=words,
            pinned=pinned,
            made_at=unit.now,
        )
        unit.session.add(note)
        unit.event(site_id, actor.reference, f"{about}.note_added", subject, {"note": note.id})
        change = Changed(subject=note.id, before={"removed": True}, revision=None)
        return acted(unit, actor, NOTE, f"Note about {_A[about]}", [change], site_id=site_id)

    return run_in_unit_of_work(services, work)


def remove_note(services: Services, actor: Actor, note_id: str) -> str | None:
    """Takes a note away and returns the action's id; None where it is away already. One's own, a pinned one, or as a
    senior moderator anybody's.

    Raises ``NoteNotFound`` or ``RightMissing``.
    """

    def work(unit: UnitOfWork) -> str | None:
        note = unit.session.get(Note, note_id, with_for_update=True, populate_existing=True) if is_id(note_id) else None
        if note is None:
            raise NoteNotFound
        about = NoteAbout(note.about)
        own = note.account_id == actor.account_id or note.pinned
        try:
            _site_of(unit, actor, about, note.subject, right=MODERATE if own else SENIOR)
        except NotFound as error:
            raise NoteNotFound from error
        if note.removed_at is not None:
            return None
        note.removed_at = unit.now
        unit.event(note.site_id, actor.reference, f"{about}.note_removed", note.subject, {"note": note.id})
        change = Changed(subject=note.id, before={"removed": False}, revision=None)
        return acted(unit, actor, UNNOTE, f"Note about {_A[about]} removed", [change], site_id=note.site_id)

    return run_in_unit_of_work(services, work)


def reverse_note(of: Reversal, item: ActionItem) -> bool:
    """Takes a note away again, or puts it back. False where somebody has changed that since."""
    unit, before = of.unit, item.before
    note = unit.session.get(Note, item.subject, with_for_update=True, populate_existing=True)
    if note is None or note.removed_at != (None if before["removed"] else of.action.made_at):
        return False
    about = NoteAbout(note.about)
    _site_of(unit, of.actor, about, note.subject)
    note.removed_at = unit.now if before["removed"] else None
    event = f"{about}.{'note_removed' if before['removed'] else 'note_added'}"
    payload = {"note": note.id, "undoes": of.action.id}
    unit.event(note.site_id, of.actor.reference, event, note.subject, payload)
    return True


_A = {NoteAbout.COMMENT: "a comment", NoteAbout.AUTHOR: "an author", NoteAbout.ARTICLE: "an article"}


def _site_of(unit: UnitOfWork, actor: Actor, about: NoteAbout, subject: str, *, right: str = MODERATE) -> str:
    """The site of what a note is about, where the actor has this right there."""
    if about is NoteAbout.COMMENT:
        return comment_at_hand(unit, actor, subject, right=right).site_id
    if about is NoteAbout.ARTICLE:
        return article_reached(unit.session, actor, right, subject).site_id
    return author_reached(unit.session, actor, right, subject).site_id
