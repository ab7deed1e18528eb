"""Waiting comments much like one: copies of an advertisement, the same complaint from many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, union_all
from sqlalchemy.orm import Session

from moderation.core.likeness import BANDS, bands, likeness
from moderation.core.reach import Scope
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.docket import WAITS, Docket
from moderation.storage.reach import within_any

ALIKE = 0.5
"""The share of word pairs in common from which two comments are much alike."""
_CANDIDATES = 100
_DOCKET = table_of(Docket)
_Found = Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A waiting comment and how much of it is the same, 0.5..1."""

    comment: Comment
    likeness: float


def similar_waiting(session: Session, comment: Comment, scopes: Sequence[Scope], limit: int = 10) -> list[Alike]:
    """Other comments that wait on the same site, within these scopes, and are much like this one: the most alike first,
    the older first among equals.
    """
    own = bands(comment.body)
    if own is None:
        return []
    found = sorted(_candidates(session, comment, own, scopes), key=lambda row: (-_in_common(row, own), row.number))
    # A band in common is a good guess; the words decide. Twice as many are looked at as are shown.
    ids = [row.comment_id for row in found[: 2 * limit]]
    if not ids:
        return []
    alike = [
        Alike(comment=other, likeness=shared)
        for other in session.scalars(select(Comment).where(Comment.id.in_(ids)))
        if (shared := likeness(comment.body, other.body)) >= ALIKE
    ]
    return sorted(alike, key=lambda one: (-one.likeness, one.comment.received_at, one.comment.id))[:limit]


def _candidates(session: Session, comment: Comment, own: tuple[int, ...], scopes: Sequence[Scope]) -> Sequence[_Found]:
    """Rows of the docket that have at least one of the text's bands."""
    columns = (_DOCKET.c.number, _DOCKET.c.comment_id, *(_DOCKET.c[f"band_{n}"] for n in range(BANDS)))
    here = [WAITS, _DOCKET.c.site_id == comment.site_id, _DOCKET.c.comment_id != comment.id]
    here.append(within_any(scopes, _DOCKET.c.site_id, _DOCKET.c.section))
    # One query for each band, as each has an index of its own; a campaign's thousands are not all looked at.
    of_each = [
        select(select(*columns).where(*here, _DOCKET.c[f"band_{n}"] == own[n]).limit(_CANDIDATES).subquery())
        for n in range(BANDS)
    ]
    return list({row.number: row for row in session.execute(union_all(*of_each))}.values())


def _in_common(row: _Found, own: tuple[int, ...]) -> int:
    return sum(int(row[2 + n] == own[n]) for n in range(BANDS))
