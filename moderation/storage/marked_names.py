"""The names of authors whom their site has marked, such as its staff: nobody without a mark passes for one of them."""

from __future__ import annotations

from sqlalchemy import Connection, ForeignKey, bindparam, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, table_of


class MarkedName(Base):
    """A name, as names are compared (``core.text.names.comparable_name``), under which a marked author has written."""

    __tablename__ = "marked_names"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"), primary_key=True, index=True)


_TABLE = table_of(MarkedName)
_NAMED_SO = (_TABLE.c.site_id == bindparam("site"), _TABLE.c.form == bindparam("form"))
_IS_MARKED = select(exists().where(*_NAMED_SO))
_IS_OWN = select(exists().where(*_NAMED_SO, _TABLE.c.author_id == bindparam("author")))
_KEEP = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(),
}


def keep_marked_name(connection: Connection, site_id: str, form: str, author_id: str) -> None:
    """Nobody else may pass for this author from now on."""
    connection.execute(_KEEP[connection.dialect.name], {"site_id": site_id, "form": form, "author_id": author_id})


def passes_for_marked(connection: Connection, site_id: str, form: str, author_id: str) -> bool:
    """Whether a marked author has this name, and this one is not them."""
    asked = {"site": site_id, "form": form}
    if not connection.scalar(_IS_MARKED, asked):
        return False
    return not connection.scalar(_IS_OWN, {**asked, "author": author_id})
