"""The reader's pages: an article with its discussion and the comment form, and where a comment stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.comments.discussion_state import standing
from moderation.comments.idempotency import Arrival, Sender
from moderation.core.article_ids import article_name
from moderation.core.comment import WAITING, Author, Status, Submission
from moderation.core.errors import (
    ArticleNotFound,
    CommentNotFound,
    CommentTooLong,
    CommentTooShort,
    InvalidField,
    ModerationError,
)
from moderation.core.messages import Message, noted
from moderation.core.text.written import LONGEST_COMMENT, as_written, display_name, visible_length
from moderation.desk.decide import withdraw
from moderation.storage.articles import Article, articles_of, find_article
from moderation.storage.comments import find_comment, newest_decision
from moderation.storage.discussion import discussion, how_many_published, shown_comment
from moderation.storage.moderator_workspace import featured_among
from moderation.storage.sites import Site, publishable_key
from moderation.web.api.answers import Standing
from moderation.web.reader.discussions import PAGE, article_texts, discussion_view, said, what_follows, who_decides
from moderation.web.reader.form_guard import HONEYPOT, OPENED, FormGuard, opened_at, opened_token
from moderation.web.reader.public_comment import DEMO, address_of, public_page
from moderation.web.shared.access import check_readers_form, services
from moderation.web.shared.errors import CODES
from moderation.web.shared.intake import reconsider, take_in
from moderation.web.shared.languages import gettext, language, plural_words
from moderation.web.shared.limits import Limits, RateLimitExceeded, client_address, reader_key
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of
from moderation.web.shared.wording import beginning, reading_minutes, status_word

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a comment wasn't sent, and the field that is to be mended, if it is one."""

    status: int
    words: str
    field: str | None = None


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
            if isinstance(arrival, str):
                return _article_page(article_id, replace(form, asked=True), sentence=arrival)
        except (BadRequest, RateLimitExceeded, ModerationError) as error:
            if isinstance(error, ArticleNotFound):
                raise
            return _article_page(article_id, form, _problem(error))
        receipt = services().keys.receipt(arrival.comment_id)
        query = urlencode({"comment": arrival.comment_id, "receipt": receipt})
        return redirect(f"/articles/{quote(article_id)}?{query}#write", 303)

    @pages.get("/comments/<comment_id>")
    def standing(comment_id: str) -> Response:
        if "receipt" not in request.args:
            return public_page(comment_id)
        return _standing_page(comment_id, argument("receipt"))

    @pages.post("/comments/<comment_id>/withdraw")
    def take_back(comment_id: str) -> WerkzeugResponse:
        check_readers_form()
        receipt = request.form.get("receipt", "")
        _check_receipt(comment_id, receipt)
        withdraw(services(), comment_id)
        return redirect(f"/comments/{comment_id}?{urlencode({'receipt': receipt})}", 303)

    return pages


def _submit(limits: Limits, article_id: str, form: Form) -> Arrival | str:
    """The comment as it was taken in; or a sentence that its writer is asked about first, once."""
    limits.count_address()
    address = client_address()
    submission = Submission(
        article_id=article_name(article_id),
        author=Author(name=display_name(form.name, "name"), address=address),
        body=as_written(form.body, "body", longest=LONGEST_COMMENT),
        parent_id=known_id(form.parent_id) if form.parent_id else None,
        form_filled=form.guard.filled_by_program(services().keys.sessions.secrets, services().clock()),
    )
    sender = Sender(site_id=DEMO, key_id=None, reference="page", vouches=False)
    reader = reader_key(services().keys.identity.newest.secret, submission.author)
    if not form.asked and (sentence := reconsider(limits, sender, submission, reader=reader)):
        return sentence
    return take_in(limits, sender, submission, reader=reader)


_FORM_OLD = Message("form_old")
_NO_COOKIE = Message("form_without_cookie")


def _problem(error: Exception) -> Problem:
    if isinstance(error, RateLimitExceeded):
        return Problem(status=429, words=Message("too_fast").told(language()))
    if isinstance(error, BadRequest):
        return Problem(status=400, words=(_FORM_OLD if request.cookies else _NO_COOKIE).told(language()))
    if not isinstance(error, ModerationError):
        raise error
    status = next(code for kind, code in CODES.items() if isinstance(error, kind))
    if isinstance(error, InvalidField):
        return Problem(status=status, words=error.sentence(language()), field=error.field)
    too_short_or_long = isinstance(error, CommentTooShort | CommentTooLong)
    return Problem(status=status, words=error.told(language()), field="body" if too_short_or_long else None)


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


def _check_receipt(comment_id: str, receipt: str) -> None:
    if not services().keys.is_receipt(comment_id, receipt):
        raise CommentNotFound


def _standing_page(comment_id: str, receipt: str) -> Response:
    _check_receipt(comment_id, receipt)
    with services().database.reading() as db:
        comment = find_comment(db, known_id(comment_id))
        if comment is None:
            raise CommentNotFound
        decision = newest_decision(db, comment.id)
        article = db.get_one(Article, comment.article_id)
        site = db.get_one(Site, comment.site_id)
        settings = services().site_rules.rules(db, article).settings
    tell_times_of(comment.site_id)
    configuration, reply = services().configuration.current(), comment.parent_id is not None
    stands = standing(configuration.comments, article, settings, reply=reply, now=services().clock())
    told = Standing.of(comment, decision)
    hidden = comment.status == Status.APPROVED and not stands.shown
    return page(
        "reader/comment.html",
        masthead=site.name,
        standing={
            "id": comment.id,
            "word": beginning(status_word(comment.status)),
            "message": told.message,
            "hidden": gettext("The comments under this article are not shown at the moment.") if hidden else None,
            "statement": decision.statement if decision else None,
            "published": comment.status == Status.APPROVED,
            "may_withdraw": comment.status in (*WAITING, Status.APPROVED),
            "name": comment.author_name,
            "body": comment.body,
            "created_at": comment.created_at,
            "title": article.title,
            "href": address_of(article),
        },
        receipt=receipt,
        who_decides=who_decides(stands.rules.mode, configuration.policy.rules_for(comment.site_id, article.section)),
    )
