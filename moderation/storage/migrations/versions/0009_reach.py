"""Shared views know for whom, and comments are in the section that their article is in now"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_VIEWS = sa.table(
    "saved_views",
    sa.column("id", sa.String()),
    sa.column("account_id", sa.String()),
    sa.column("query", sa.String()),
    sa.column("shared", sa.Boolean()),
    sa.column("places", sa.JSON()),
)
_GRANTS = sa.table(
    "grants",
    sa.column("account_id", sa.String()),
    sa.column("site_id", sa.String()),
    sa.column("sections", sa.JSON()),
)
_SITES = sa.table("sites", sa.column("id", sa.String()))
_Places = dict[str, list[str] | None]


def upgrade() -> None:
    op.add_column("saved_views", sa.Column("places", sa.JSON(), nullable=False, server_default="{}"))
    _place_views()
    _move_comments()


def _place_views() -> None:
    """Each shared view is for those who reach what whoever shared it reaches, as far as the view shows it."""
    connection = op.get_bind()
    sites = list(connection.scalars(sa.select(_SITES.c.id)))
    shared = sa.select(_VIEWS.c.id, _VIEWS.c.account_id, _VIEWS.c.query).where(_VIEWS.c.shared.is_(True))
    for view in connection.execute(shared).all():
        places = _shown(view.query, _reached(connection, view.account_id, sites))
        connection.execute(sa.update(_VIEWS).where(_VIEWS.c.id == view.id).values(places=places))


def _reached(connection: sa.Connection, account_id: str, sites: list[str]) -> _Places:
    grants = sa.select(_GRANTS.c.site_id, _GRANTS.c.sections).where(_GRANTS.c.account_id == account_id)
    found: _Places = {}
    for site_id, sections in connection.execute(grants).all():
        found |= dict.fromkeys(sites) if site_id == "*" else {site_id: sections}
    return found


def _shown(query: str, reached: _Places) -> _Places:
    asked: dict[str, Any] = parse_qs(query)
    sites, named = asked.get("site"), asked.get("section")
    shown = {site: sections for site, sections in reached.items() if not sites or site in sites}
    if not named:
        return shown
    narrowed = {
        site: set(named) if sections is None else set(named) & set(sections) for site, sections in shown.items()
    }
    return {site: sorted(sections) for site, sections in narrowed.items() if sections}


def _move_comments() -> None:
    """An article that has changed its section left its comments behind so far."""
    now = "(SELECT section FROM articles WHERE articles.id = docket.article_id)"
    differs = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    op.execute(f"UPDATE docket SET section = {now} WHERE section {differs} {now}")  # noqa: S608 - nothing from outside
