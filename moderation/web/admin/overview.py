"""Administration's front page: how the service stands, and where each thing is."""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.accounts.reachable import sites_reached
from moderation.core.reach import ADMIN, everywhere
from moderation.storage.accounts import all_accounts
from moderation.storage.figures import waiting_now
from moderation.storage.mails import mails_standing, newest_mails
from moderation.storage.policies import kept_configurations
from moderation.web.admin.frame import ROOT, admin_blueprint, admin_page
from moderation.web.admin.policy_view import policy_view
from moderation.web.shared.access import person, services
from moderation.web.shared.wording import age


def blueprint() -> Blueprint:
    """The route ``/admin``."""
    pages = admin_blueprint("admin_pages")

    @pages.get("")
    def overview() -> Response:
        actor, now = person(), services().clock()
        with services().database.reading() as db:
            sites = sites_reached(db, actor, ADMIN)
            waiting = waiting_now(db, [site.id for site in sites])
            kept = kept_configurations(db, limit=1)
            accounts = all_accounts(db) if everywhere(actor, ADMIN) else None
            letters_dead = mails_standing(db)[1] if everywhere(actor, ADMIN) else 0
            last_dead = newest_mails(db, dead=True, limit=1) if letters_dead else ()
        return admin_page(
            "admin/overview.html",
            here=ROOT,
            waiting=waiting,
            oldest=waiting.oldest,
            longest=age(waiting.oldest, now) if waiting.oldest else None,
            policy=policy_view(services(), kept, None if everywhere(actor, ADMIN) else [site.id for site in sites]),
            sites=sites,
            letters_dead=letters_dead,
            letters_why=last_dead[0].error if last_dead else None,
            accounts=None if accounts is None else sum(account.disabled_at is None for account in accounts),
        )

    return pages
