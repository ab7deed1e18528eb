"""What belongs to one article becomes another's."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from moderation.storage.articles import Article
from moderation.storage.base import Base, table_of
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase
from moderation.storage.moderator_workspace import CommentFlag, Note, NoteAbout
from moderation.storage.queue_index import QueueIndex
from moderation.storage.site_rules import Term

_AT_ONCE = 500
"""Comments that one statement names."""
_C, _A = table_of(Comment), table_of(Article)
_SOME = select(_C.c.id).where(_C.c.article_id == bindparam("source")).limit(bindparam("many"))
_POINT = update(_A).where(_A.c.joined_into == bindparam("was")).values(joined_into=bindparam("now_part_of"))

_UNFINISHED = (
    select(_A.c.id)
    .where(_A.c.joined_into == bindparam("target"), exists().where(_C.c.article_id == _A.c.id))
    .order_by(_A.c.id)
)


def unfinished(session: Session, target_id: str) -> list[str]:
    """The articles that have become a part of this one while some of their comments are still left behind."""
    return list(session.scalars(_UNFINISHED, {"target": target_id}))


def move_comments(session: Session, source_id: str, target: Article, *, most: int) -> int:
    """Some of the comments under one article stand under another; returns how many have moved, ``most`` at most."""
    connection = session.connection()
    ids = list(connection.scalars(_SOME, {"source": source_id, "many": most}))
    at = target.published_at or target.created_at
    index = {"article_id": target.id, "section": target.section, "article_at": at, "severity_policy": None}
    for start in range(0, len(ids), _AT_ONCE):
        these = ids[start : start + _AT_ONCE]
        connection.execute(update(_C).where(_C.c.id.in_(these)).values(article_id=target.id))
        queued = table_of(QueueIndex)
        connection.execute(update(queued).where(queued.c.comment_id.in_(these)).values(index))
        flags = table_of(CommentFlag)
        connection.execute(update(flags).where(flags.c.comment_id.in_(these)).values(article_id=target.id))
    return len(ids)


def move_rest(session: Session, source_id: str, target_id: str) -> None:
    """Terms, notes and legal cases of the one article are the other's, and so is what had become a part of it."""
    connection = session.connection()
    for kind in (Term, LegalCase):
        _repoint(session, kind, source_id, target_id)
    notes = table_of(Note)
    about = (notes.c.about == NoteAbout.ARTICLE.value, notes.c.subject == source_id)
    connection.execute(update(notes).where(*about).values(subject=target_id))
    connection.execute(_POINT, {"was": source_id, "now_part_of": target_id})


def _repoint(session: Session, kind: type[Base], source_id: str, target_id: str) -> None:
    table = table_of(kind)
    session.connection().execute(update(table).where(table.c.article_id == source_id).values(article_id=target_id))
