"""Figures of the house: what waits, arrives and is decided, and how well scores and people agree."""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.storage.figures import figures
from moderation.web.access import person, services
from moderation.web.admin_frame import admin_blueprint, admin_page
from moderation.web.desk_frame import ADMIN, sites_with
from moderation.web.figures_view import figures_view


def blueprint() -> Blueprint:
    """The routes under ``/admin/figures``."""
    pages = admin_blueprint("figures_pages")

    @pages.get("/figures")
    def page() -> Response:
        now = services().clock()
        with services().database.reading() as db:
            counted = figures(db, [site.id for site in sites_with(person(), ADMIN, db)], now=now)
        view = figures_view(counted, services().configuration.current().reasons, now)
        return admin_page("desk/admin_figures.html", here="/admin/figures", figures=view)

    return pages
