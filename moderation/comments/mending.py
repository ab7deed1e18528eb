"""A refused comment is mended by its writer and sent again, as a new comment in its place: each once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.errors import CommentNotFound, NotPossibleNow
from moderation.core.messages import Message, Word
from moderation.storage.appeals import appeal_about
from moderation.storage.comments import Comment, find_comment
from moderation.storage.edits import MendedComment, mended_as
from moderation.unit_of_work import UnitOfWork


def mendable(session: Session, comment_id: str, *, lock: bool = False) -> Comment:
    """A refused comment in whose place another can be sent: not while somebody looks at it again, or both could be
    published in the end. Raises ``CommentNotFound`` or ``NotPossibleNow``.
    """
    comment = find_comment(session, comment_id, lock=lock)
    if comment is None:
        raise CommentNotFound
    if comment.status != Status.REJECTED:
        raise NotPossibleNow(Message("nothing_to_mend", {"status": Word(comment.status)}))
    if mended_as(session, comment_id) is not None:
        raise NotPossibleNow(Message("mended_already"))
    appeal = appeal_about(session, comment_id)
    if appeal is not None and appeal.decided_at is None:
        raise NotPossibleNow(Message("appealed_and_not_mendable"))
    return comment


def mend(unit: UnitOfWork, refused_id: str, comment_id: str, *, actor: str) -> None:
    """A comment that has just arrived stands for a refused one. Raises as ``mendable`` does."""
    refused = mendable(unit.session, refused_id, lock=True)
    unit.session.add(MendedComment(refused_id=refused_id, comment_id=comment_id))
    unit.event(refused.site_id, actor, "comment.mended", refused_id, {"comment": comment_id})
