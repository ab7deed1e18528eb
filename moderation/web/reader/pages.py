"""The reader's pages: an article with its discussion and the comment form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.comments.discussion_state import standing
from moderation.comments.idempotency import Arrival, Sender
from moderation.core.article_ids import article_name
from moderation.core.comment import Author, Status, Submission
from moderation.core.errors import ArticleNotFound, InvalidField, SignInRequired, WordingToReconsider
from moderation.core.messages import noted
from moderation.core.text.written import LONGEST_COMMENT, as_written, display_name, visible_length
from moderation.storage.articles import Article, articles_of, find_article
from moderation.storage.comments import find_comment, newest_decision
from moderation.storage.discussion import discussion, how_many_published, shown_comment
from moderation.storage.moderator_workspace import featured_among
from moderation.storage.sites import Site, publishable_key
from moderation.web.api.answers import Standing
from moderation.web.reader.discussions import PAGE, article_texts, discussion_view, said, what_follows, who_decides
from moderation.web.reader.form_guard import HONEYPOT, OPENED, FormGuard, opened_at, opened_token
from moderation.web.reader.problems import REFUSALS, Problem, problem_of
from moderation.web.reader.public_comment import DEMO
from moderation.web.shared.access import check_readers_form, services
from moderation.web.shared.intake import take_in
from moderation.web.shared.languages import gettext, plural_words
from moderation.web.shared.limits import Limits, client_address, reader_key
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of
from moderation.web.shared.wording import reading_minutes

NAME = "reader_pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a reader has typed so far."""

    name: str = ""
    body: str = ""
    parent_id: str | None = None
    asked: bool = False
    guard: FormGuard = field(default_factory=FormGuard)

    @property
    def length(self) -> int:
        return visible_length(self.body)


def blueprint(limits: Limits) -> Blueprint:
    """The routes of the reader's pages. They check their forms' tokens themselves: what was typed must come back."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/")
    def home() -> Response:
        with services().database.reading() as db:
            newest = next(iter(articles_of(db, DEMO, limit=1)), None)
        return _article_page(newest.external_id) if newest else page("reader/empty.html", masthead=None)

    @pages.get("/articles/<article:article_id>")
    def article(article_id: str) -> Response:
        return _article_page(article_id)

    @pages.post("/articles/<article:article_id>/comments")
    def write(article_id: str) -> WerkzeugResponse:
        form = Form(
            name=request.form.get("name", ""),
            body=request.form.get("body", ""),
            parent_id=request.form.get("parent_id") or None,
            asked=bool(request.form.get("asked")),
            guard=FormGuard(request.form.get(HONEYPOT, ""), request.form.get(OPENED, "")),
        )
        try:
            check_readers_form()
            arrival = _submit(limits, article_id, form)
        except WordingToReconsider as error:
            return _article_page(article_id, replace(form, asked=True), sentence=error.sentence)
        except REFUSALS as error:
            if isinstance(error, ArticleNotFound):
                raise
            return _article_page(article_id, form, problem_of(error))
        receipt = services().keys.receipt(arrival.comment_id)
        query = urlencode({"comment": arrival.comment_id, "receipt": receipt})
        return redirect(f"/articles/{quote(article_id)}?{query}#write", 303)

    return pages


def _submit(limits: Limits, article_id: str, form: Form) -> Arrival:
    limits.count_address()
    with services().database.reading() as db:
        site = db.get(Site, DEMO)
    if site is not None and site.sign_in:
        raise SignInRequired
    address = client_address()
    submission = Submission(
        article_id=article_name(article_id),
        author=Author(name=display_name(form.name, "name"), address=address),
        body=as_written(form.body, "body", longest=LONGEST_COMMENT),
        parent_id=known_id(form.parent_id) if form.parent_id else None,
        form_filled=form.guard.filled_by_program(services().keys.sessions.secrets, services().clock()),
        ask_first=not form.asked,
    )
    sender = Sender(site_id=DEMO, key_id=None, reference="page", vouches=False)
    reader = reader_key(services().keys.identity.newest.secret, submission.author)
    return take_in(limits, sender, submission, reader=reader)


def _article_page(
    article_id: str, form: Form | None = None, problem: Problem | None = None, *, sentence: str | None = None
) -> Response:
    try:
        name = article_name(article_id)
    except InvalidField:
        name = ""  # nothing has it
    asked = known_id(argument("reply")) if form is None else known_id(form.parent_id or "")
    configuration = services().configuration.current()
    with services().database.reading() as db:
        article = find_article(db, DEMO, name)
        site = db.get(Site, DEMO)
        tell_times_of(DEMO)
        if article is None or site is None:
            abort(404, noted("There is no such article here. It may have moved, or its address was mistyped."))
        under = shown_comment(db, article.id, known_id(argument("under")))
        after = shown_comment(db, article.id, known_id(argument("after")))
        openings = discussion(db, article.id, under=under, after=after, limit=PAGE + 1)
        under_featured = under is not None and bool(featured_among(db, [under.id]))
        count = how_many_published(db, article.id)
        section_key = publishable_key(db, DEMO, request.host_url.rstrip("/"))
        parent = find_comment(db, asked)
        others = [other for other in articles_of(db, DEMO, limit=6) if other.id != article.id]
        parent = parent if parent and parent.article_id == article.id and parent.status == Status.APPROVED else None
        stands = standing(
            configuration.comments,
            article,
            services().site_rules.rules(db, article).settings,
            reply=parent is not None,
            now=services().clock(),
        )
    policy = configuration.policy.rules_for(article.site_id, article.section)
    sent = _sent(article)
    return page(
        "reader/article.html",
        problem.status if problem else 200,
        kept=sent is None,
        masthead=site.name,
        sign_in=site.sign_in,
        article=article,
        section_key=section_key,
        minutes=reading_minutes(*article_texts(article)),
        discussion=discussion_view(
            openings,
            count=count,
            stands=stands,
            what_follows=what_follows(stands.rules.mode, policy),
            under=under,
            under_featured=under_featured,
        ),
        who_decides=who_decides(stands.rules.mode, policy),
        rules=stands.rules,
        counter_words=_counter_words(),
        problem=problem,
        sentence=sentence,
        sent=sent,
        parent=said(parent) if parent else None,
        form=form or Form(),
        opened=_opened(form),
        others=others,
    )


def _counter_words() -> dict[str, Any]:
    """What the form's script says of a comment's length."""
    return {
        "needed": plural_words("%(number)s more character needed", "%(number)s more characters needed"),
        "over": plural_words("%(number)s character too many", "%(number)s characters too many"),
        "enough": gettext("Long enough"),
        "unsent": gettext("Not sent yet: %(why)s.", why="{why}"),
    }


def _opened(form: Form | None) -> str:
    """A form that comes back to be mended was given out long ago: the second try may be quick."""
    secrets = services().keys.sessions.secrets
    if form is not None and opened_at(secrets, form.guard.opened) is not None:
        return form.guard.opened
    return opened_token(secrets[0], services().clock())


def _sent(article: Article) -> dict[str, str] | None:
    """What is said of a comment that this reader has just sent; the receipt in the address tells which."""
    comment_id, receipt = known_id(argument("comment")), argument("receipt")
    if not receipt or not services().keys.is_receipt(comment_id, receipt):
        return None
    with services().database.reading() as db:
        comment = find_comment(db, comment_id)
        decision = newest_decision(db, comment_id)
    if comment is None or comment.article_id != article.id:
        return None
    told = Standing.of(comment, decision)
    link = f"/comments/{comment_id}?{urlencode({'receipt': receipt})}"
    return {"status": comment.status, "message": told.message, "link": link}
