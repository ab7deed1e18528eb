"""The addresses by which articles are known, in their canonical form (``core.addresses``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, one_of, table_of


class ArticleAddress(Base):
    """One canonical address on a site, and the article that is meant by it."""

    __tablename__ = "article_addresses"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id"), index=True)
    made_at: Mapped[datetime]
    joined_from: Mapped[str | None]
    """The article that it named before that became a part of this one."""


_TABLE = table_of(ArticleAddress)
_HOLDERS = select(_TABLE.c.address, _TABLE.c.article_id).where(
    _TABLE.c.site_id == bindparam("site"), one_of(_TABLE.c.address, "addresses")
)
_OF = select(_TABLE.c.address).where(_TABLE.c.article_id == bindparam("article")).order_by(_TABLE.c.address)
_REPOINT = (
    update(_TABLE)
    .where(_TABLE.c.article_id == bindparam("was"))
    .values(article_id=bindparam("now_of"), joined_from=func.coalesce(_TABLE.c.joined_from, _TABLE.c.article_id))
)
_GIVE_BACK = (
    update(_TABLE)
    .where(_TABLE.c.article_id == bindparam("was"), _TABLE.c.joined_from == bindparam("back_to"))
    .values(article_id=bindparam("back_to"), joined_from=None)
)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert(_TABLE), "postgresql": postgresql.insert(_TABLE)}
_TAKE = {
    name: insert.on_conflict_do_update(
        index_elements=[_TABLE.c.site_id, _TABLE.c.address],
        set_={"article_id": insert.excluded.article_id, "joined_from": None},
        where=_TABLE.c.article_id != insert.excluded.article_id,
    )
    for name, insert in _INSERTS.items()
}


def holders(asked: Session | Connection, site_id: str, addresses: Sequence[str]) -> dict[str, str]:
    """The ids of the articles that these addresses name, of those that name any."""
    rows = asked.execute(_HOLDERS, {"site": site_id, "addresses": list(addresses)})
    return {row.address: row.article_id for row in rows}


def addresses_of(session: Session, article_id: str) -> Sequence[str]:
    """The addresses by which an article is known."""
    return session.scalars(_OF, {"article": article_id}).all()


def take_addresses(
    connection: Connection, site_id: str, article_id: str, addresses: Iterable[str], at: datetime
) -> None:
    """These addresses name this article from now on, whatever they named before."""
    for address in sorted(set(addresses)):
        values = {"site_id": site_id, "address": address, "article_id": article_id, "made_at": at}
        connection.execute(_TAKE[connection.dialect.name], values)


def leave_addresses(connection: Connection, article_id: str) -> None:
    """No address names this article any more."""
    connection.execute(delete(_TABLE).where(_TABLE.c.article_id == article_id))


def move_addresses(connection: Connection, article_id: str, to: str) -> None:
    """Whatever named the one article names the other."""
    connection.execute(_REPOINT, {"was": article_id, "now_of": to})


def give_back_addresses(connection: Connection, article_id: str, to: str) -> None:
    """What has come from the other article to this one names that one again."""
    connection.execute(_GIVE_BACK, {"was": article_id, "back_to": to})
