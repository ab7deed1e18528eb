"""Who was erased here stays so: whatever brings old comments back (an archive, a backup) asks here first. Nothing is
kept of them but keyed fingerprints, which tell nobody anything without the key.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, one_of, table_of


class Erased(Base):
    """An erased author's key (``core.signing.author_keys``), or an erased comment's (``comment_fingerprint``)."""

    __tablename__ = "erased"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


_TABLE = table_of(Erased)
_AMONG = select(_TABLE.c.fingerprint).where(
    _TABLE.c.site_id == bindparam("site"), one_of(_TABLE.c.fingerprint, "fingerprints")
)
_ANY = select(_TABLE.c.fingerprint).where(_TABLE.c.site_id == bindparam("site")).limit(1)
_KEEP = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(),
}
_AT_ONCE = 500


def keep_erased(connection: Connection, site_id: str, fingerprints: Collection[str], at: datetime) -> None:
    """Whoever, or whatever, has one of these fingerprints doesn't come back to this site."""
    rows = [{"site_id": site_id, "fingerprint": one, "erased_at": at} for one in sorted(set(fingerprints))]
    if rows:
        connection.execute(_KEEP[connection.dialect.name], rows)


def any_erased(connection: Connection, site_id: str) -> bool:
    """Whether anything was ever erased on this site."""
    return connection.execute(_ANY, {"site": site_id}).first() is not None


def erased_among(connection: Connection, site_id: str, fingerprints: Collection[str]) -> set[str]:
    """Those of these fingerprints that were erased on this site."""
    found: set[str] = set()
    asked = sorted(set(fingerprints))
    for start in range(0, len(asked), _AT_ONCE):
        some = {"site": site_id, "fingerprints": asked[start : start + _AT_ONCE]}
        found.update(connection.scalars(_AMONG, some))
    return found
