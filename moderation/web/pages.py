"""Every page in its place: the reader's, open to all, and the desk's, behind a sign-in."""

from __future__ import annotations

from flask import Flask

from moderation.web.account import profile as account_pages
from moderation.web.account import sign_in as sign_in_pages
from moderation.web.admin import accounts as accounts_pages
from moderation.web.admin import figures as figures_pages
from moderation.web.admin import overview as admin_pages
from moderation.web.admin import policy as policy_pages
from moderation.web.admin import sites as sites_pages
from moderation.web.admin import webhooks as webhooks_pages
from moderation.web.desk import appeals as appeal_pages
from moderation.web.desk import articles as article_pages
from moderation.web.desk import audit as audit_pages
from moderation.web.desk import authors as author_pages
from moderation.web.desk import bulk as bulk_pages
from moderation.web.desk import comment as comment_pages
from moderation.web.desk import flags as flag_pages
from moderation.web.desk import legal as legal_pages
from moderation.web.desk import near_duplicates as alike_pages
from moderation.web.desk import queue as queue_pages
from moderation.web.desk import reporters as reporter_pages
from moderation.web.desk import rules as rules_pages
from moderation.web.desk import score_map as map_pages
from moderation.web.desk import section as section_desk_pages
from moderation.web.desk import words as desk_words
from moderation.web.desk import work as desk_work_pages
from moderation.web.reader import fragment as fragment_pages
from moderation.web.reader import mail as mail_pages
from moderation.web.reader import pages as reader_pages
from moderation.web.reader import public_comment as public_comment_pages
from moderation.web.reader import receipt as receipt_pages
from moderation.web.reader import reports as report_pages
from moderation.web.reader import rules as rules_of_site
from moderation.web.shared.access import install_csrf, install_sign_in
from moderation.web.shared.limits import Limits
from moderation.web.shared.rendering import install_templates
from moderation.web.shared.waiting_counts import forget_own

APIS = frozenset(
    {
        *(
            "articles_api",
            "comments_api",
            "coral_api",
            "embed_scripts",
            "operations_api",
            "perspective_api",
            "queue_api",
        ),
        *("reports_api", "section_api"),
    }
)
"""Blueprints that ask for keys instead of a sign-in, and whose callers have no forms of ours."""


def install_pages(app: Flask, limits: Limits) -> None:
    """Adds the pages to an application that has its APIs already. Whatever is neither an API nor a reader's page asks
    for a sign-in, a page that somebody adds later too.
    """
    install_templates(app)
    desk_words.install(app)
    sign_in_pages.install_sign_in_pages(app)
    app.register_blueprint(reader_pages.blueprint(limits))
    app.register_blueprint(receipt_pages.blueprint(limits))
    app.register_blueprint(public_comment_pages.blueprint())
    app.register_blueprint(fragment_pages.blueprint(limits))
    app.register_blueprint(report_pages.blueprint(limits))
    app.register_blueprint(rules_of_site.blueprint())
    app.register_blueprint(mail_pages.blueprint())
    readers = {
        *(reader_pages.NAME, receipt_pages.NAME, public_comment_pages.NAME, fragment_pages.NAME),
        *(report_pages.NAME, rules_of_site.NAME, mail_pages.NAME),
    }
    open_to_all = APIS | readers | {"static"} | sign_in_pages.OPEN
    install_sign_in(app, open_endpoints=frozenset(e for e in app.view_functions if e.split(".")[0] in open_to_all))
    install_csrf(app, exempt=APIS | readers)
    app.after_request(forget_own)
    for pages in (
        queue_pages,
        comment_pages,
        appeal_pages,
        flag_pages,
        reporter_pages,
        desk_work_pages,
        audit_pages,
        admin_pages,
        policy_pages,
        figures_pages,
    ):
        app.register_blueprint(pages.blueprint())
    for pages in (
        sites_pages,
        webhooks_pages,
        accounts_pages,
        author_pages,
        article_pages,
        rules_pages,
        legal_pages,
        map_pages,
        bulk_pages,
        alike_pages,
        section_desk_pages,
    ):
        app.register_blueprint(pages.blueprint())
    app.register_blueprint(account_pages.blueprint())
