"""The names of authors whom their site has marked, such as its staff: nobody with less of a mark passes for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, ForeignKey, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, table_of


class MarkedName(Base):
    """A name, as names are compared (``core.text.names.comparable_name``), under which a marked author has written, and
    the strength of the strongest mark they had (``core.comment.strength_of``).
    """

    __tablename__ = "marked_names"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"), primary_key=True, index=True)
    strength: Mapped[int] = mapped_column(server_default="1")


_TABLE = table_of(MarkedName)
_NAMED_SO = (_TABLE.c.site_id == bindparam("site"), _TABLE.c.form == bindparam("form"))
_STRONGEST = select(func.max(_TABLE.c.strength)).where(*_NAMED_SO)
_OWN = select(_TABLE.c.strength).where(*_NAMED_SO, _TABLE.c.author_id == bindparam("author"))


def _keep(kind: Any) -> Any:
    given = kind.insert(_TABLE)
    return given.on_conflict_do_update(
        index_elements=[_TABLE.c.site_id, _TABLE.c.form, _TABLE.c.author_id],
        set_={"strength": given.excluded.strength},
        where=_TABLE.c.strength < given.excluded.strength,
    )


_KEEP = {"sqlite": _keep(sqlite), "postgresql": _keep(postgresql)}


def keep_marked_name(connection: Connection, site_id: str, form: str, author_id: str, strength: int) -> None:
    """Nobody with less of a mark may pass for this author from now on."""
    values = {"site_id": site_id, "form": form, "author_id": author_id, "strength": strength}
    connection.execute(_KEEP[connection.dialect.name], values)


def marked_among(connection: Connection, names: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Names, each a site's id and a form, that somebody has written under with a mark: at least those of these."""
    query = select(_TABLE.c.site_id, _TABLE.c.form).where(
        _TABLE.c.site_id.in_({site_id for site_id, _ in names}), _TABLE.c.form.in_({form for _, form in names})
    )
    return frozenset((site_id, form) for site_id, form in connection.execute(query))


def passes_for_marked(connection: Connection, site_id: str, form: str, strength: int, author_id: str | None) -> bool:
    """Whether an author of this name has a stronger mark than ``strength``, and this one, if known by an id, hasn't
    had as strong a one under it.
    """
    asked = {"site": site_id, "form": form}
    strongest = connection.scalar(_STRONGEST, asked)
    if strongest is None or strongest <= strength:
        return False
    own = connection.scalar(_OWN, {**asked, "author": author_id}) if author_id is not None else None
    return own is None or strongest > own
