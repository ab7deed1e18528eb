"""Articles as the site registered them, and the scorer's side of each version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Index, UniqueConstraint, bindparam, delete, func, select, text, true
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from moderation.core.scores import ArticleText, PreparedArticle
from moderation.storage.base import Base, locked, table_of
from moderation.storage.discussions import Discussion
from moderation.storage.sites import Site

_JOINED = "joined_into IS NOT NULL"


class Article(Base):
    """One article. ``id`` is ours and random; ``external_id`` is the site's own name for it. ``verified``: its site
    has sent it itself; what a reader's browser said of it is taken for nothing certain. ``joined_into`` is the article
    that it has become a part of: then nothing is left of it but its name, which means that other one.
    ``closed_at``: since when the site itself has had it closed or hidden (None: it hasn't, or nobody knows).
    """

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("site_id", "external_id"),
        Index("ix_articles_joined", "joined_into", sqlite_where=text(_JOINED), postgresql_where=text(_JOINED)),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    external_id: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str | None]
    key_points: Mapped[list[str]]
    paragraphs: Mapped[list[str]]
    url: Mapped[str | None]
    section: Mapped[str | None]
    source: Mapped[str | None]
    byline: Mapped[str | None]
    published_at: Mapped[datetime | None]
    mode: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    verified: Mapped[bool] = mapped_column(default=True, server_default=true())
    joined_into: Mapped[str | None] = mapped_column(ForeignKey("articles.id"))

    @property
    def text(self) -> ArticleText | None:
        """What relevance is judged against; None where there is nothing but a title, which tells too little."""
        paragraphs = tuple(([self.summary] if self.summary else []) + self.paragraphs)
        if not paragraphs and not self.key_points:
            return None
        return ArticleText(title=self.title, key_points=tuple(self.key_points), paragraphs=paragraphs)


class PreparedVersion(Base):
    """The scorer's side of one version of an article, computed once."""

    __tablename__ = "prepared_articles"

    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_by: Mapped[str] = mapped_column(primary_key=True)
    passages: Mapped[list[str]]
    vectors: Mapped[bytes]

    @property
    def prepared(self) -> PreparedArticle:
        return PreparedArticle(made_by=self.made_by, passages=tuple(self.passages), vectors=self.vectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What intake needs of an article with every comment: all but its texts, which are long. ``rules_revision`` is its
    site's; ``revision`` its discussion's, 0 where nothing was ever published there, None where it wasn't asked for.
    """

    id: str
    site_id: str
    section: str | None
    mode: str | None
    version: int
    published_at: datetime | None
    created_at: datetime
    verified: bool
    rules_revision: int
    revision: int | None = None


_NAMED = aliased(Article)
_THIS = (
    Article.id
    == select(func.coalesce(_NAMED.joined_into, _NAMED.id))
    .where(_NAMED.site_id == bindparam("site"), _NAMED.external_id == bindparam("external"))
    .scalar_subquery(),
)
_FIND = select(Article).where(*_THIS)
_LOCK = locked(_FIND, key_share=True)
_COLUMNS = table_of(Article).c
_SITE = table_of(Site).c
_DISCUSSION = table_of(Discussion).c
_PLACE = (
    select(
        *(_COLUMNS[name] for name in Place.__dataclass_fields__ if name in _COLUMNS),
        _SITE.rules_revision,
        func.coalesce(_DISCUSSION.revision, 0).label("revision"),
    )
    .join_from(table_of(Article), table_of(Site), _SITE.id == _COLUMNS.site_id)
    .outerjoin(table_of(Discussion), _DISCUSSION.id == _COLUMNS.id)
    .where(*_THIS)
)
# As weak as the lock that the comment's foreign key takes anyway.
_LOCKED_PLACE = _PLACE.with_for_update(read=True, key_share=True, of=table_of(Article))


def find_article(session: Session, site_id: str, external_id: str, *, lock: bool = False) -> Article | None:
    """One article; with ``lock`` nobody else changes it until this transaction ends."""
    return session.scalar(_LOCK if lock else _FIND, {"site": site_id, "external": external_id})


def hold_article(session: Session, article_id: str) -> None:
    """Nobody stores a comment under this article until this transaction ends, and those who are at it have finished."""
    session.execute(select(_COLUMNS.id).where(_COLUMNS.id == article_id).with_for_update())


def find_place(connection: Connection | Session, site_id: str, external_id: str, *, lock: bool = False) -> Place | None:
    """What intake needs of an article; with ``lock`` its section stays what it is until this transaction ends."""
    query = _LOCKED_PLACE if lock else _PLACE
    row = connection.execute(query, {"site": site_id, "external": external_id}).first()
    return Place(**row._mapping) if row else None


def forget_older_versions(session: Session, article_id: str, version: int) -> None:
    """What was prepared of an article's earlier versions is of no use any more."""
    session.execute(
        delete(PreparedVersion).where(PreparedVersion.article_id == article_id, PreparedVersion.version < version)
    )


def prepared_version(session: Session, article_id: str, version: int, made_by: str) -> PreparedVersion | None:
    return session.get(PreparedVersion, (article_id, version, made_by))


def articles_among(session: Session, article_ids: Collection[str]) -> Sequence[Article]:
    """Those of these articles that there are."""
    return session.scalars(select(Article).where(Article.id.in_(article_ids)).order_by(Article.id)).all()


def articles_of(session: Session, site_id: str, *, limit: int = 100) -> Sequence[Article]:
    """A site's articles, the newest first."""
    here = select(Article).where(Article.site_id == site_id, Article.joined_into.is_(None))
    return session.scalars(here.order_by(Article.published_at.desc(), Article.id).limit(limit)).all()
