"""What belongs to one article becomes another's, and what came from it goes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
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
_AWAY = (
    select(_C.c.id)
    .where(_C.c.joined_from == bindparam("source"), _C.c.article_id != bindparam("source"))
    .limit(bindparam("many"))
)
_HOLDERS = (
    select(_C.c.article_id)
    .where(_C.c.joined_from == bindparam("source"), _C.c.article_id != bindparam("source"))
    .distinct()
    .order_by(_C.c.article_id)
)
_PARENT = _C.alias("parent")
_ANSWERS = (
    update(_C)
    .where(_C.c.joined_from.is_(None))
    .where(_C.c.parent_id.in_(select(_PARENT.c.id).where(_PARENT.c.joined_from == bindparam("source"))))
    .values(joined_from=bindparam("source"))
)
_POINT = update(_A).where(_A.c.joined_into == bindparam("was")).values(joined_into=bindparam("now_part_of"))

_UNFINISHED = (
    select(_A.c.id)
    .where(_A.c.joined_into == bindparam("target"), exists().where(_C.c.article_id == _A.c.id))
    .order_by(_A.c.id)
)


def parts_of(session: Session, article_id: str) -> Sequence[Article]:
    """The articles that have become a part of this one."""
    return session.scalars(select(Article).where(Article.joined_into == article_id).order_by(Article.id)).all()


def unfinished(session: Session, target_id: str) -> list[str]:
    """The articles that have become a part of this one while some of their comments are still left behind."""
    return list(session.scalars(_UNFINISHED, {"target": target_id}))


def is_away(session: Session, source_id: str) -> bool:
    """Whether comments stand elsewhere that came from this article."""
    return session.connection().scalar(_AWAY, {"source": source_id, "many": 1}) is not None


def holders_of(session: Session, source_id: str) -> Sequence[str]:
    """The articles under which comments stand that came from this one."""
    return session.connection().scalars(_HOLDERS, {"source": source_id}).all()


def move_comments(session: Session, source_id: str, target: Article, *, most: int) -> int:
    """Some of the comments under one article stand under another; returns how many have moved, ``most`` at most."""
    ids = list(session.connection().scalars(_SOME, {"source": source_id, "many": most}))
    _move(session, ids, target, joined_from=func.coalesce(_C.c.joined_from, _C.c.article_id))
    return len(ids)


def take_along_replies(session: Session, source_id: str) -> None:
    """What has answered comments that came from this article, since they came, belongs to it as well."""
    while session.connection().execute(_ANSWERS, {"source": source_id}).rowcount:
        pass


def return_comments(session: Session, source: Article, *, most: int) -> int:
    """Some of the comments that came from this article stand under it again; returns how many, ``most`` at most."""
    ids = list(session.connection().scalars(_AWAY, {"source": source.id, "many": most}))
    _move(session, ids, source, joined_from=None)
    return len(ids)


def _move(session: Session, ids: Sequence[str], article: Article, *, joined_from: Any) -> None:
    connection = session.connection()
    at = article.published_at or article.created_at
    index = {"article_id": article.id, "section": article.section, "article_at": at, "severity_policy": None}
    for start in range(0, len(ids), _AT_ONCE):
        these = ids[start : start + _AT_ONCE]
        moved = {"article_id": article.id, "joined_from": joined_from}
        connection.execute(update(_C).where(_C.c.id.in_(these)).values(moved))
        queued = table_of(QueueIndex)
        connection.execute(update(queued).where(queued.c.comment_id.in_(these)).values(index))
        flags = table_of(CommentFlag)
        connection.execute(update(flags).where(flags.c.comment_id.in_(these)).values(article_id=article.id))


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
