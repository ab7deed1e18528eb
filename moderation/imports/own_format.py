"""What a site's own export holds: JSON Lines, one for each row of the tables below. README.md tells its format."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    null,
    select,
)

from moderation.core.text.written import is_storable
from moderation.core.times import parse_time
from moderation.storage.addresses import ArticleAddress
from moderation.storage.appeals import Appeal
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.base import Base, UtcTime, table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow
from moderation.storage.discussions import Discussion
from moderation.storage.edits import CommentEdit, MendedComment
from moderation.storage.erased import Erased
from moderation.storage.holds import Hold
from moderation.storage.marked_names import MarkedName
from moderation.storage.moderator_workspace import CommentFlag, Note
from moderation.storage.perspective_scores import PerspectiveScore
from moderation.storage.queue_index import QueueIndex
from moderation.storage.reports import Report, ReportedComment, Reporter
from moderation.storage.site_rules import AuthorDecision, ModeSetting, Term

VERSION = 1
QUEUE = "queue"
"""Under which a comment's line holds its row of the queue index."""
EVENT = ("sequence", "time", "actor", "event", "subject", "payload", "previous", "hash")
"""What a line of an audit event holds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Lines of one kind: rows of this table. ``of``: the column that names the comment or article whose site they are
    of, where they don't name it themselves.
    """

    name: str
    mapped: type[Base]
    of: str | None = None

    @property
    def table(self) -> Table:
        return table_of(self.mapped)


KINDS = (
    Kind("article", Article),
    Kind("address", ArticleAddress),
    Kind("discussion", Discussion, "id"),
    Kind("author", Author),
    Kind("author_decision", AuthorDecision),
    Kind("marked_name", MarkedName),
    Kind("comment", Comment),
    Kind("score", ScoreRow, "comment_id"),
    Kind("perspective_score", PerspectiveScore, "comment_id"),
    Kind("decision", DecisionRow, "comment_id"),
    Kind("edit", CommentEdit, "comment_id"),
    Kind("mended", MendedComment, "comment_id"),
    Kind("appeal", Appeal),
    Kind("reporter", Reporter),
    Kind("report", Report),
    Kind("reported", ReportedComment),
    Kind("flag", CommentFlag, "comment_id"),
    Kind("note", Note),
    Kind("term", Term),
    Kind("setting", ModeSetting),
    Kind("erased", Erased),
    Kind("hold", Hold),
)
"""In the order in which they are written and read: each behind what it names."""
BY_NAME = {kind.name: kind for kind in KINDS}
_LEFT_OUT = {"comments": ("scoring_leased_until",), "queue_index": ("number", "comment_id", "site_id")}


def of_site(kind: Kind, site_id: str) -> ColumnElement[bool]:
    """Of rows of this kind those that are the site's."""
    columns = kind.table.c
    if kind.of is None:
        return columns.site_id == site_id
    owner = Article if kind.of == "id" else Comment
    return columns[kind.of].in_(select(owner.id).where(owner.site_id == site_id))


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns that an export holds."""
    return [column for column in table.columns if column.name not in _LEFT_OUT.get(table.name, ())]


def as_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a line holds it: times in UTC as ISO 8601 writes them, bytes in base64."""
    return {column.name: _value_out(row[column.name]) for column in columns_of(table)}


def _value_out(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return b64encode(value).decode() if isinstance(value, bytes) else value


def of_json(table: Table, line: Mapping[str, Any], *, beside: Collection[str] = ()) -> dict[str, Any]:
    """The row that a line holds. ``beside`` are further keys that it may have. Raises ``ValueError``, in words."""
    names = {column.name for column in columns_of(table)}
    unknown = sorted(line.keys() - names - set(beside) - {"kind"})
    if unknown:
        raise ValueError(
            f"holds {unknown[0][:60]!r}, which this version doesn’t know; install the version that wrote it"
        )
    return {column.name: _value_in(column, line) for column in columns_of(table)}


def _value_in(column: Column[Any], line: Mapping[str, Any]) -> Any:
    value = line.get(column.name)
    if value is None:
        if not column.nullable:
            if column.name not in line and column.default is not None and column.default.is_scalar:
                return column.default.arg  # type: ignore[attr-defined]  # from before there was this column
            raise ValueError(f"lacks {column.name!r}")
        return null() if isinstance(column.type, JSON) else None  # JSON would keep a null of its own
    try:
        return _converted(column, value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"has a {column.name!r} that can’t be read") from error


def _converted(column: Column[Any], value: Any) -> Any:
    kind = column.type
    if isinstance(kind, UtcTime):
        # What lasts for ever lies behind all years that are otherwise taken.
        return datetime(9999, 1, 1, tzinfo=UTC) if str(value).startswith("9999-01-01T") else parse_time(value)
    if isinstance(kind, LargeBinary):
        return b64decode(value, validate=True)
    wanted: type | tuple[type, ...] = object  # JSON, whatever it is
    if isinstance(kind, Boolean):
        wanted = bool
    elif isinstance(kind, Integer):
        wanted = int
    elif isinstance(kind, Float):
        wanted = (int, float)
    elif isinstance(kind, String):
        wanted = str
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted not in (bool, object)):
        raise ValueError
    limit = 2**63 if isinstance(kind, BigInteger) else 2**31
    if isinstance(value, int) and isinstance(kind, Integer) and not -limit <= value < limit:
        raise ValueError
    if not _can_be_stored(value):
        raise ValueError
    return value


def _can_be_stored(value: Any) -> bool:
    """Whether both databases hold it, and all that is in it where it is JSON."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
        elif (isinstance(one, str) and not is_storable(one)) or (isinstance(one, float) and not isfinite(one)):
            return False
    return True


QUEUE_TABLE = table_of(QueueIndex)
