"""How far somebody reaches, as conditions of a query: for lists what ``core.reach.reachable`` answers for one thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_

from moderation.core.reach import Scope


def within(
    scope: Scope, site: ColumnElement[Any], section: ColumnElement[Any], escalated: ColumnElement[bool] | None = None
) -> list[ColumnElement[bool]]:
    """The rows within a scope, by their columns of site and section, and for comments of what is left to a senior: a
    scope without those can't do without it.
    """
    conditions = [site == scope.site_id]
    if scope.sections is not None:
        conditions.append(section.in_(sorted(scope.sections)))
    if not scope.escalated:
        assert escalated is not None
        conditions.append(escalated.is_(False))
    return conditions


def within_any(
    scopes: Iterable[Scope],
    site: ColumnElement[Any],
    section: ColumnElement[Any],
    escalated: ColumnElement[bool] | None = None,
) -> ColumnElement[bool]:
    """The rows within one of these scopes; without any scope there are none."""
    return or_(literal_column("1 = 0"), *(and_(*within(scope, site, section, escalated)) for scope in scopes))
