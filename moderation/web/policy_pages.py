"""The policy in force, and what another would have made of the comments that people have decided."""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.storage.policies import newest_configuration
from moderation.web.access import services
from moderation.web.admin_frame import admin_blueprint, admin_page
from moderation.web.policy_view import policy_view


def blueprint() -> Blueprint:
    """The routes ``/admin/policy`` and ``/admin/what-if``."""
    pages = admin_blueprint("policy_pages")

    @pages.get("/policy")
    def policy() -> Response:
        with services().database.reading() as db:
            kept = newest_configuration(db)
        return admin_page("desk/admin_policy.html", here="/admin/policy", policy=policy_view(services(), kept))

    return pages
