"""How far somebody reaches, as conditions of a query: for lists what ``core.reach.reachable`` answers for one thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_

from moderation.core.reach import Scope


def within(scope: Scope, site: ColumnElement[Any], section: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """The rows within a scope, by their columns of site and section."""
    here = site == scope.site_id
    return [here] if scope.sections is None else [here, section.in_(sorted(scope.sections))]


def within_any(scopes: Iterable[Scope], site: ColumnElement[Any], section: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rows within one of these scopes; without any scope there are none."""
    return or_(literal_column("1 = 0"), *(and_(*within(scope, site, section)) for scope in scopes))
