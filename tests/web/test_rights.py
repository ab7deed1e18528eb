"""The rights matrix: every route of the application, and who gets past its door.

A route that somebody adds fails ``test_every_route_is_in_the_table`` until it has a row here: its path, who may (a role
includes those before it), and whether it is about one site's things, so that a role on another site opens nothing. Past
the door means any answer but a way to the sign-in, 401, 403 and 404; what a form then lacks is its own page's test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.accounts.accounts import invite
from moderation.accounts.sites import add_secret_key, add_site
from moderation.comments.appeals import ask_for_another_look
from moderation.core.ids import new_id
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Granted, Role, account_named
from moderation.storage.actions import ActionItem, ModeratorAction
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase
from moderation.storage.moderator_workspace import Note, SavedView
from moderation.storage.reports import Reporter
from moderation.storage.site_rules import Term
from moderation.storage.sites import Right, SiteKey
from moderation.webhooks.endpoints import add_endpoint
from tests.fresh_postgres import ReusedPostgres
from tests.web.pages import CALM, Pages, furnish, furnished_hall, open_pages, pages_again


class Who(IntEnum):
    """Who gets in; each includes those after it, except a key, which opens the API alone."""

    ALL = 0
    SIGNED_IN = 1
    MODERATOR = 2
    SENIOR = 3
    ADMIN = 4
    CHIEF = 5
    """An administrator of every site."""
    KEY = 6
    """A secret key of the site, never a sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A route. ``here``: it is about things of the site ``demo``; ``section``: of its section ``city``."""

    path: str
    who: Who
    post: bool = False
    here: bool = False
    section: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    method: str | None = None


def get(path: str, who: Who, **more: Any) -> Row:
    return Row(path=path, who=who, **more)


def post(path: str, who: Who, **more: Any) -> Row:
    return Row(path=path, who=who, post=True, **more)


_TEXT = {"author": {"name": "Ann"}, "body": CALM}
_ARTICLE = {"title": "The lanes stay", "text": "The council voted."}
_CALM = {"comment": {"text": CALM}}
_NOTICE = {"kind": "notice", "explanation": "It is unlawful.", "received_at": "2026-01-14T08:00"}
_MUTED = {"kind": "muted", "reason": "spam", "span": "1"}
_DECIDED = {"outcome": "refused", "decision": "No."}
ROWS: dict[str, Row] = {
    # readers
    "reader_pages.home": get("/", Who.ALL),
    "reader_pages.article": get("/articles/lanes", Who.ALL),
    "public_comment_pages.oembed": get("/oembed?url=http://localhost/comments/{published}", Who.ALL),
    "embed_scripts.embed": get("/embed.js", Who.ALL),
    "embed_scripts.counts": get("/counts.js", Who.ALL),
    "embed_scripts.words": get("/embed.de.json", Who.ALL),
    "fragment_pages.fragment": get("/embed/lanes?site={publishable}", Who.ALL),
    "report_pages.report_form": get("/comments/{published}/report", Who.ALL),
    "report_pages.send_report": post("/comments/{published}/report", Who.ALL, data={"reason": "spam"}),
    "report_pages.notice_form": get("/notice", Who.ALL),
    "report_pages.send_notice": post("/notice", Who.ALL),
    "rules_of_site.rules": get("/rules", Who.ALL),
    "reports_api.post_notice": post("/api/v1/notices", Who.ALL, json={}),
    "reader_pages.write": post("/articles/lanes/comments", Who.ALL),
    "static": get("/static/base.css", Who.ALL),
    "operations_api.healthz": get("/healthz", Who.ALL),
    "operations_api.readyz": get("/readyz", Who.ALL),
    "operations_api.openapi": get("/openapi.json", Who.ALL),
    "operations_api.reference": get("/api", Who.ALL),
    "operations_api.metrics": get("/metrics", Who.ALL),  # from the loopback
    "perspective_api.discover": get("/$discovery/rest", Who.ALL),
    # signing in
    "login GET": get("/login", Who.ALL),
    "login POST": post("/login", Who.ALL),
    "login_code": post("/login/code", Who.ALL),
    "login_provider": get("/login/provider", Who.ALL),
    "login_provider_callback": get("/login/provider/callback", Who.ALL),
    "invitation GET": get("/invitation/{invitation}", Who.ALL),
    "invitation POST": post("/invitation/{invitation}", Who.ALL),
    # one's own account
    "account_pages.own": get("/account", Who.SIGNED_IN),
    "account_pages.choose_language": post("/account/language", Who.SIGNED_IN),
    "account_pages.ask_for_digest": post("/account/digest", Who.SIGNED_IN),
    "account_pages.end_digest": post("/account/digest/end", Who.SIGNED_IN),
    "account_pages.change_password": post("/account/password", Who.SIGNED_IN),
    "account_pages.begin_second_factor": post("/account/second-factor/begin", Who.SIGNED_IN),
    "account_pages.confirm_second_factor": post("/account/second-factor", Who.SIGNED_IN),
    "account_pages.renew_codes": post("/account/second-factor/codes", Who.SIGNED_IN),
    "account_pages.remove_second_factor": post("/account/second-factor/remove", Who.SIGNED_IN),
    "account_pages.end_one_session": post("/account/end-session", Who.SIGNED_IN),
    "account_pages.end_other_sessions": post("/account/end-sessions", Who.SIGNED_IN),
    # the desk; whoever has no site at all sees lists without anything in them
    "queue_pages.queue": get("/review", Who.SIGNED_IN),
    "comment_pages.comment": get("/review/comments/{comment}", Who.MODERATOR, here=True, section=True),
    "comment_pages.pane": get("/review/comments/{comment}/pane", Who.MODERATOR, here=True, section=True),
    "comment_pages.approve": post("/review/comments/{comment}/approve", Who.MODERATOR, here=True, section=True),
    "comment_pages.reject": post(
        "/review/comments/{comment}/reject", Who.MODERATOR, here=True, section=True, data={"reason": "spam"}
    ),
    "comment_pages.reopen": post("/review/comments/{comment}/reopen", Who.MODERATOR, here=True, section=True),
    "flag_pages.flags": post("/review/comments/{comment}/flags/featured", Who.MODERATOR, here=True, section=True),
    "flag_pages.reports_aside": post("/review/comments/{published}/reports", Who.MODERATOR, here=True, section=True),
    "reporter_pages.reporters": get("/review/reporters", Who.SIGNED_IN),
    "reporter_pages.reporter": get("/review/reporters/{reporter}", Who.MODERATOR, here=True),
    "reporter_pages.mute": post("/review/reporters/{reporter}/mute", Who.MODERATOR, here=True, section=True),
    "flag_pages.notes": post(
        "/review/comments/{comment}/notes", Who.MODERATOR, here=True, section=True, data={"note": "x"}
    ),
    "flag_pages.away": post("/review/notes/{note}/remove", Who.MODERATOR, here=True, section=True),
    "queue_pages.further": get("/review/list", Who.SIGNED_IN),
    "queue_pages.news": get("/review/news", Who.SIGNED_IN),
    "queue_pages.waits": get("/review/waiting", Who.SIGNED_IN),
    "desk_work_pages.locks": post("/review/locks", Who.SIGNED_IN),
    "desk_work_pages.actions": get("/review/actions", Who.SIGNED_IN),
    "desk_work_pages.take_back": post(
        "/review/undo", Who.MODERATOR, here=True, section=True, data={"action_id": "{action}"}
    ),
    "desk_work_pages.preferences": get("/review/preferences", Who.SIGNED_IN),
    "desk_work_pages.change_preferences": post("/review/preferences", Who.SIGNED_IN),
    "desk_work_pages.views": post("/review/views", Who.SIGNED_IN),
    "desk_work_pages.forget": post("/review/views/{view}/remove", Who.SIGNED_IN),
    "bulk_pages.action": get("/review/actions/{action}", Who.SIGNED_IN),  # one's own
    "bulk_pages.take_back": post("/review/actions/{action}/undo", Who.MODERATOR, here=True, section=True),
    "bulk_pages.remove_article GET": get("/review/articles/{article}/remove", Who.SENIOR, here=True, section=True),
    "bulk_pages.remove_article POST": post("/review/articles/{article}/remove", Who.SENIOR, here=True, section=True),
    "bulk_pages.remove_author GET": get("/review/authors/{author}/remove", Who.SENIOR, here=True, section=True),
    "bulk_pages.remove_author POST": post("/review/authors/{author}/remove", Who.SENIOR, here=True, section=True),
    "alike_pages.alike GET": get("/review/comments/{comment}/alike", Who.MODERATOR, here=True, section=True),
    "alike_pages.alike POST": post("/review/comments/{comment}/alike", Who.MODERATOR, here=True, section=True),
    "map_pages.score_map": get("/review/map", Who.SIGNED_IN),
    "map_pages.approve": post("/review/map/approve", Who.SIGNED_IN),  # each comment is asked about again
    "map_pages.reject": post("/review/map/reject", Who.SIGNED_IN),
    "comment_pages.statement": post(
        "/review/comments/{comment}/statement",
        Who.MODERATOR,
        here=True,
        section=True,
        data={"reason": "spam", "note": "x", "revision": "1"},
    ),
    "appeal_pages.queue": get("/review/appeals", Who.SIGNED_IN),
    "appeal_pages.appeal": get("/review/appeals/{appeal}", Who.MODERATOR, here=True, section=True),
    "appeal_pages.decide": post(
        "/review/appeals/{appeal}/decide",
        Who.MODERATOR,
        here=True,
        section=True,
        data={"outcome": "upheld", "explanation": "x", "revision": "1"},
    ),
    "article_pages.articles": get("/review/articles", Who.SIGNED_IN),
    "article_pages.article": get("/review/articles/{article}", Who.MODERATOR, here=True, section=True),
    "article_pages.mode": post("/review/articles/{article}/mode", Who.MODERATOR, here=True, section=True),
    "article_pages.lift": post("/review/articles/{article}/lift", Who.MODERATOR, here=True, section=True),
    "article_pages.note": post("/review/articles/{article}/notes", Who.MODERATOR, here=True, section=True),
    "article_pages.terms": post("/review/articles/{article}/terms", Who.MODERATOR, here=True, section=True),
    "section_desk_pages.notice": post("/review/articles/{article}/notice", Who.MODERATOR, here=True, section=True),
    "section_desk_pages.join GET": get("/review/articles/{article}/join", Who.SENIOR, here=True, section=True),
    "section_desk_pages.join POST": post("/review/articles/{article}/join", Who.SENIOR, here=True, section=True),
    "section_desk_pages.part": post("/review/articles/{article}/part", Who.SENIOR, here=True, section=True),
    "article_pages.off": post("/review/articles/{article}/terms/{term}/remove", Who.MODERATOR, here=True, section=True),
    "author_pages.author": get("/review/authors/{author}", Who.MODERATOR, here=True),
    "author_pages.decide": post("/review/authors/{author}/decide", Who.MODERATOR, here=True, section=True, data=_MUTED),
    "author_pages.erase GET": get("/review/authors/{author}/erase", Who.ADMIN, here=True, section=True),
    "author_pages.erase POST": post("/review/authors/{author}/erase", Who.ADMIN, here=True, section=True),
    "author_pages.note": post("/review/authors/{author}/notes", Who.MODERATOR, here=True),
    "rules_pages.rules": get("/review/rules", Who.MODERATOR),
    "rules_pages.mode": post("/review/rules/demo/mode", Who.SENIOR, here=True, section=True),
    "rules_pages.read_only": post(
        "/review/rules/demo/read-only", Who.SENIOR, here=True, section=True, data={"off": "1"}
    ),
    "rules_pages.terms": post(
        "/review/rules/demo/terms", Who.MODERATOR, here=True, section=True, data={"terms": "one", "why": "two"}
    ),
    "rules_pages.off": post("/review/rules/demo/terms/{term}/remove", Who.MODERATOR, here=True, section=True),
    "legal_pages.queue": get("/legal", Who.SENIOR, section=True),
    "legal_pages.enter": post("/legal", Who.SENIOR, here=True, section=True, data={"site": "demo", **_NOTICE}),
    "legal_pages.legal_case": get("/legal/{case}", Who.SENIOR, here=True, section=True),
    "legal_pages.told": post("/legal/{case}/told", Who.SENIOR, here=True, section=True),
    "legal_pages.forget": post("/legal/{case}/forget-sender", Who.SENIOR, here=True, section=True),
    "legal_pages.decide": post("/legal/{case}/decide", Who.SENIOR, here=True, section=True, data=_DECIDED),
    # a chain is the whole site's
    "audit_pages.audit": get("/audit", Who.MODERATOR, section=True),
    "audit_pages.check": post("/audit/verify", Who.MODERATOR, section=True),
    "audit_pages.export": get("/audit/export", Who.MODERATOR, section=True),
    # administration
    "admin_pages.overview": get("/admin", Who.ADMIN),
    "policy_pages.policy": get("/admin/policy", Who.ADMIN),
    "policy_pages.change": get("/admin/policy/change", Who.CHIEF),
    "policy_pages.review": post("/admin/policy/change", Who.CHIEF),
    "policy_pages.force": post("/admin/policy/force", Who.CHIEF),
    "policy_pages.former": get("/admin/policy/former", Who.CHIEF),
    "policy_pages.step_back": post("/admin/policy/step-back", Who.CHIEF),
    "policy_pages.what_if": get("/admin/what-if", Who.ADMIN),
    "figures_pages.page": get("/admin/figures", Who.ADMIN),
    "figures_pages.as_csv": get("/admin/figures/time.csv", Who.ADMIN),
    "sites_pages.sites": get("/admin/sites", Who.ADMIN),
    "sites_pages.add_site": post("/admin/sites", Who.CHIEF),
    "sites_pages.add_key": post("/admin/sites/demo/keys", Who.ADMIN, here=True),
    "sites_pages.set_reader_key": post("/admin/sites/demo/reader-key", Who.ADMIN, here=True),
    "sites_pages.remove_reader_key": post("/admin/sites/demo/reader-key/remove", Who.ADMIN, here=True),
    "sites_pages.ask_to_sign_in": post("/admin/sites/demo/sign-in", Who.ADMIN, here=True),
    "sites_pages.rotate_key": post("/admin/keys/{key}/rotate", Who.ADMIN, here=True),
    "sites_pages.change_origins": post("/admin/keys/{key}/origins", Who.ADMIN, here=True),
    "sites_pages.revoke_key": post("/admin/keys/{key}/revoke", Who.ADMIN, here=True),
    "webhooks_pages.webhooks": get("/admin/webhooks", Who.ADMIN),
    "webhooks_pages.add": post(
        "/admin/webhooks", Who.ADMIN, here=True, data={"site": "demo", "url": "https://cms.example/"}
    ),
    "webhooks_pages.deliveries": get("/admin/webhooks/{endpoint}", Who.ADMIN, here=True),
    "webhooks_pages.test": post("/admin/webhooks/{endpoint}/test", Who.ADMIN, here=True),
    "webhooks_pages.rotate": post("/admin/webhooks/{endpoint}/rotate", Who.ADMIN, here=True),
    "webhooks_pages.retire": post("/admin/webhooks/{endpoint}/retire", Who.ADMIN, here=True),
    "webhooks_pages.again": post("/admin/webhooks/{endpoint}/redeliver", Who.ADMIN, here=True),
    "webhooks_pages.remove": post("/admin/webhooks/{doomed}/remove", Who.ADMIN, here=True),
    "accounts_pages.accounts": get("/admin/accounts", Who.CHIEF),
    "accounts_pages.invite": post("/admin/accounts", Who.CHIEF),
    "accounts_pages.account": get("/admin/accounts/{account}", Who.CHIEF),
    "accounts_pages.invite_again": post("/admin/accounts/{account}/invite", Who.CHIEF),
    "accounts_pages.set_role": post("/admin/accounts/{account}/role", Who.CHIEF),
    "accounts_pages.disable": post("/admin/accounts/{account}/disable", Who.CHIEF),
    "accounts_pages.enable": post("/admin/accounts/{account}/enable", Who.CHIEF),
    "accounts_pages.remove_second_factor": post("/admin/accounts/{account}/second-factor", Who.CHIEF),
    "accounts_pages.link_subject": post("/admin/accounts/{account}/subject", Who.CHIEF),
    "accounts_pages.end_session": post("/admin/accounts/{account}/end-session", Who.CHIEF),
    "accounts_pages.end_all_sessions": post("/admin/accounts/{account}/end-sessions", Who.CHIEF),
    "accounts_pages.revoke_token": post("/admin/accounts/{account}/revoke-token", Who.CHIEF),
    # programs
    "articles_api.put_article": Row(path="/api/v1/articles/new", who=Who.KEY, method="PUT", json=_ARTICLE),
    "articles_api.post_comment": post("/api/v1/articles/lanes/comments", Who.KEY, here=True, json=_TEXT),
    "articles_api.post_announcement": post(
        "/api/v1/articles/lanes/announcement", Who.KEY, here=True, json={"kind": "question", "text": "Why?"}
    ),
    "articles_api.delete_announcement": Row(
        path="/api/v1/articles/lanes/announcement", who=Who.KEY, here=True, method="DELETE"
    ),
    "section_api.get_section": get("/api/v1/section?article=lanes", Who.KEY),  # what a site doesn't know is told so
    "section_api.get_counts": get("/api/v1/counts?article=lanes", Who.KEY),
    "section_api.get_news": get("/api/v1/section/news?article=lanes&since=0", Who.KEY, here=True),
    "section_api.get_replies": get("/api/v1/section/replies?comment={published}", Who.KEY, here=True),
    "articles_api.get_comments": get("/api/v1/articles/lanes/comments", Who.KEY, here=True),
    "comments_api.get_comment": get("/api/v1/comments/{comment}", Who.KEY, here=True),
    "comments_api.get_audit": get("/api/v1/comments/{comment}/audit", Who.KEY, here=True),
    "comments_api.post_decision": post(
        "/api/v1/comments/{comment}/decisions", Who.KEY, here=True, json={"outcome": "approve"}
    ),
    "perspective_api.analyze_comment": post(
        "/v1alpha1/comments:analyze?key={secret}", Who.KEY, json={"comment": {"text": CALM}}
    ),
    "perspective_api.suggest_score": post(
        "/v1alpha1/comments:suggestscore?key={secret}", Who.KEY, json={"comment": {"text": CALM}}
    ),
    "reports_api.post_report": post(
        "/api/v1/comments/{published}/reports", Who.KEY, here=True, json={"reason": "spam"}
    ),
    "queue_api.get_queue": get("/api/v1/comments", Who.KEY),  # each key sees its own site's
    "perspective_api.batch": post("/batch", Who.ALL),  # each call in it brings its own key
    "logout": post("/logout", Who.SIGNED_IN),
}
WITH_A_RECEIPT = {
    *(f"receipt_pages.{step}" for step in ("standing", "take_back", "edit", "appeal", "mend", "send_again")),
    *("receipt_pages.mail", "receipt_pages.no_mail", "mail_pages.ask", "mail_pages.stop"),
    *(f"comments_api.{step}" for step in ("post_withdraw", "patch_comment", "post_appeal")),
    *("report_pages.notice", "reports_api.get_notice"),
}
"""These open to whoever has the receipt of the comment or the notice, and to no role."""

FROM_THE_SITES_PAGES = {"fragment_pages.send"}
"""These open to whoever comes from an origin that the site's publishable key allows."""

SIGNED = {"coral_api.post_coral"}
"""These open to whoever signs the very body with a secret of the site's, and to no role."""

ROLES: dict[str, tuple[Who, str, dict[str, Any]]] = {
    "nobody": (Who.ALL, "", {}),
    "stranger": (Who.SIGNED_IN, "", {}),
    "moderator": (Who.MODERATOR, "demo", {}),
    "sports moderator": (Who.MODERATOR, "demo", {"sections": ("sport",)}),
    "senior": (Who.SENIOR, "demo", {}),
    "sports senior": (Who.SENIOR, "demo", {"sections": ("sport",)}),
    "admin here": (Who.ADMIN, "demo", {}),
    "moderator elsewhere": (Who.MODERATOR, "second", {}),
    "admin elsewhere": (Who.ADMIN, "second", {}),
    "chief": (Who.CHIEF, "*", {}),
    "key": (Who.KEY, "demo", {}),
    "key of another site": (Who.KEY, "second", {}),
}
"""Who asks: what they are, where, and in which sections."""
_STORED = {Who.MODERATOR: Role.MODERATOR, Who.SENIOR: Role.SENIOR, Who.ADMIN: Role.ADMIN, Who.CHIEF: Role.ADMIN}


def gets_in(row: Row, role: str) -> bool:
    """What the table says."""
    who, site, more = ROLES[role]
    if row.who is Who.ALL:
        return True
    if Who.KEY in (row.who, who):
        return row.who is who and (site == "demo" or not row.here)
    if who < row.who or (row.here and row.who > Who.SIGNED_IN and site not in ("demo", "*")):
        return False
    return not (row.section and more.get("sections"))


def test_every_route_is_in_the_table(pages: Pages) -> None:
    routes = set()
    for rule in pages.app.url_map.iter_rules():
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        routes |= {rule.endpoint if len(methods) == 1 else f"{rule.endpoint} {method}" for method in methods}
    assert routes == set(ROWS) | WITH_A_RECEIPT | FROM_THE_SITES_PAGES | SIGNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A service with something of every kind in it, and everybody of the table."""

    pages: Pages
    named: dict[str, str]
    keys: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStage:
    """A stage over one kind of database, made once for a module and put back for each test."""

    stage: Stage
    ended: datetime
    """What the clock said once it was furnished."""
    put_back: Callable[[], object]

    def again(self) -> Stage:
        """The stage as it was furnished."""
        self.stage.pages.services.database.close()  # which opens again when it is asked
        self.put_back()
        pages_again(self.stage.pages.hall).clock.now = self.ended
        return self.stage


@pytest.fixture(scope="module")
def sqlite_stage(furnished_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage]:
    kept, folder = tmp_path_factory.mktemp("kept") / "stage.sqlite3", tmp_path_factory.mktemp("stage")
    file = folder / "pages.sqlite3"
    shutil.copy(furnished_template, file)
    with open_pages(f"sqlite:///{file}", tmp_path_factory.mktemp("hall")) as pages:
        stage = furnished(pages)
    shutil.copy(file, kept)

    def put_back() -> None:
        for left in folder.iterdir():
            left.unlink()
        shutil.copy(kept, file)

    yield KeptStage(stage=stage, ended=pages.clock(), put_back=put_back)
    pages.services.database.close()


@pytest.fixture(scope="module")
def postgres_stage(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage]:
    folder, made = tmp_path_factory.mktemp("stage"), list[Stage]()

    def furnish_stage(url: str) -> None:
        furnish(url, folder)
        with open_pages(url, folder) as pages:
            made.append(furnished(pages))

    reused = ReusedPostgres(postgres_template, furnish_stage)
    pages = Pages(hall=furnished_hall(reused.url, folder))
    stage = replace(made[0], pages=pages)
    yield KeptStage(stage=stage, ended=made[0].pages.clock(), put_back=reused.clean)
    pages.services.database.close()
    reused.close()


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """As it was furnished: nothing that a row does takes from another what it needs."""
    kept: KeptStage = request.getfixturevalue(f"{request.param}_stage")
    return kept.again()


def furnished(pages: Pages) -> Stage:
    pages.article()
    add_site(pages.services, "test", "second", "The Second")
    pages.article("there", site="second")
    for role, (who, site, more) in ROLES.items():
        if who not in (Who.ALL, Who.KEY):
            pages.account(role, {site: _STORED[who]} if who in _STORED else {}, **more)
    pages.article("quiet")
    published = pages.say(under="quiet")
    pages.decide(published, Verdict.APPROVE)
    comment = pages.say()
    named = pages.services.database.writing(lambda session: _something_of_each(session, pages, comment))
    named["published"] = published
    named["appeal"] = _appealed(pages)
    for name in ("endpoint", "doomed"):  # addresses where nobody listens
        url = f"http://127.0.0.1:1/{name}"
        named[name] = add_endpoint(pages.services, "test", "demo", url, allow_private=True).id
    named["invitation"] = invite(pages.services, "test", "Ida", {"*": Granted(role=Role.MODERATOR)})
    keys = {site: add_secret_key(pages.services, "test", site, list(Right)) for site in ("demo", "second")}
    return Stage(pages=pages, named=named, keys=keys)


def _appealed(pages: Pages) -> str:
    """A refused comment's appeal."""
    refused = pages.say(f"{CALM} Or so they say.")
    pages.decide(refused, Verdict.REJECT)
    return ask_for_another_look(pages.services, refused, "Please.").id


def _something_of_each(session: Session, pages: Pages, comment_id: str) -> dict[str, str]:
    """A term, a note, a legal case, and for everybody an action and a view of their own: their ids, and others'."""
    now, ids = pages.clock(), {name: new_id(pages.clock()) for name in ("term", "case", "note", "reporter")}
    comment, chief = session.get_one(Comment, comment_id), account_named(session, "chief")
    target = account_named(session, "stranger")
    key = session.scalars(select(SiteKey).where(SiteKey.site_id == "demo", SiteKey.kind == "publishable")).one()
    assert chief is not None
    assert target is not None
    made: dict[str, Any] = {"site_id": "demo", "account_id": chief.id, "made_at": now}
    session.add(Term(id=ids["term"], article_id=comment.article_id, term="x", why="y", **made))
    session.add(Note(id=ids["note"], about="comment", subject=comment_id, text="x", pinned=True, **made))
    counts: dict[str, Any] = {"reports": 1, "rightly": 0, "wrongly": 0, "muted": False}
    session.add(Reporter(id=ids["reporter"], site_id="demo", key="k", created_at=now, newest_at=now, **counts))
    legal_case = {"site_id": "demo", "kind": "notice", "explanation": "x", "received_at": now, "due_at": now}
    session.add(LegalCase(id=ids["case"], comment_id=comment_id, **legal_case))
    for role in ROLES:
        ids |= _own(session, role, comment_id, now)
    ids |= {"comment": comment_id, "article": comment.article_id, "author": comment.author_id}
    return ids | {"account": target.id, "key": key.id, "publishable": key.public or ""}


def _own(session: Session, role: str, comment_id: str, now: datetime) -> dict[str, str]:
    """An action and a saved view of this role's account, if it has one."""
    account = account_named(session, role)
    if account is None:
        return {}
    action, view = new_id(now), new_id(now)
    own: dict[str, Any] = {"account_id": account.id, "made_at": now}
    told = {"site_id": "demo", "kind": "approve", "words": "approved", "detail": {}, "finished_at": now}
    session.add(ModeratorAction(id=action, total=1, done=1, skipped=0, **told, **own))
    session.add(SavedView(id=view, name=role, query="", shared=False, **own))
    session.flush()
    before = {"status": "pending", "revision": 1, "by_person": None, "published_at": None, "decided_at": None}
    session.add(ActionItem(action_id=action, position=0, subject=comment_id, state="done", before=before, revision=1))
    return {f"action of {role}": action, f"view of {role}": view}


ASKED = [
    *(("sqlite", role) for role in ROLES),
    # These two get past every door.
    *(pytest.param("postgres", role, marks=pytest.mark.postgres) for role in ("chief", "key")),
]


@pytest.mark.parametrize(("stage", "role"), ASKED, indirect=["stage"])
def test_every_route_opens_to_those_of_the_table_and_to_nobody_else(stage: Stage, role: str) -> None:
    wrong, caller = [], _caller(stage, role)
    for endpoint, row in ROWS.items():
        answer = _asked(stage, row, role, caller)
        assert answer.status_code < 500, (endpoint, answer.text)
        came_in = not (answer.status_code in (401, 403, 404) or "/login?next=" in answer.headers.get("Location", ""))
        answer.close()
        if came_in != gets_in(row, role):
            wrong.append(f"{endpoint} ({answer.status_code}) {'should' if gets_in(row, role) else 'should not'} let in")
    assert not wrong, "\n".join(wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever goes through the whole table: signed in once, with the token of their forms."""

    client: FlaskClient
    token: str


def _caller(stage: Stage, role: str) -> Caller:
    who = ROLES[role][0]
    visitor = stage.pages.visitor() if who in (Who.ALL, Who.KEY) else stage.pages.signed_in(role)
    page = visitor.open("/login" if who in (Who.ALL, Who.KEY) else "/account").page
    return Caller(client=visitor.client, token=str(page.xpath("//input[@name='csrf_token']/@value")[0]))


def _asked(stage: Stage, row: Row, role: str, caller: Caller) -> TestResponse:
    own = {name: stage.named.get(f"{name} of {role}", stage.named[f"{name} of chief"]) for name in ("action", "view")}
    who, site, _ = ROLES[role]
    path = row.path.format(**stage.named, **own, secret=stage.keys[site] if who is Who.KEY else "")
    method = row.method or ("POST" if row.post else "GET")
    if who is Who.KEY:
        headers = {"Authorization": f"Bearer {stage.keys[site]}"}
        return stage.pages.app.test_client().open(
            path, method=method, headers=headers, data=row.data or None, json=row.json
        )
    if row.post and row.json is None:
        form = {name: value.format(**own) for name, value in row.data.items()} | {"csrf_token": caller.token}
        return caller.client.open(path, method=method, data=form, buffered=True)
    return caller.client.open(path, method=method, json=row.json, buffered=True)
