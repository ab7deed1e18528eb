"""JSON for site front ends: articles and the comments under them."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, request
from itsdangerous import BadData, URLSafeSerializer

from moderation.comments.articles import ArticleForm, paragraphs_from_html, paragraphs_of, register_article
from moderation.comments.discussion_state import standing
from moderation.comments.idempotency import Arrival, Idempotency, Sender, earlier_answer
from moderation.comments.page_articles import PageForm, article_behind
from moderation.comments.submit import check_length
from moderation.core.article_ids import article_name
from moderation.core.comment import Author, MailWish, Status, Submission
from moderation.core.errors import ArticleNotFound, CursorInvalid, InvalidField
from moderation.core.network import network_of
from moderation.desk.notices import NoticeForm, say_by_name
from moderation.storage.articles import find_place
from moderation.storage.comments import Comment
from moderation.storage.discussion import published
from moderation.storage.sites import Right, Site
from moderation.web.api import answers
from moderation.web.api.openapi import EITHER, NOBODY, OR_READER, SECRET, Operation, operation, parameter
from moderation.web.api.requests import (
    NewAnnouncement,
    NewArticle,
    NewAuthor,
    NewComment,
    NewNotify,
    NewReadersComment,
    PageArticle,
)
from moderation.web.api.section_answers import SectionNotice
from moderation.web.api.section_head import stands_at, unknown_place
from moderation.web.api.wire import json_answer, json_sent
from moderation.web.shared.access import Caller, caller, services
from moderation.web.shared.errors import InvalidFields
from moderation.web.shared.intake import take_in
from moderation.web.shared.languages import language
from moderation.web.shared.limits import Limits, guests_key, reader_key
from moderation.web.shared.wording import iso

PAGE = 50
SHARED_SECONDS = 10

PUT_ARTICLE = Operation(
    summary="Register an article, or change it",
    security=SECRET,
    body=NewArticle,
    answers={201: ("New.", answers.Article), 200: ("Changed.", answers.Article)},
    refusals=(400, 401, 403, 413, 415, 422),
)
POST_ANNOUNCEMENT = Operation(
    summary="Put a question or an announcement above the discussion",
    description="In place of the one that stood there.",
    security=SECRET,
    body=NewAnnouncement,
    answers={200: ("It stands there.", SectionNotice)},
    refusals=(400, 401, 403, 404, 413, 415, 422),
)
DELETE_ANNOUNCEMENT = Operation(
    summary="Take away what stands above the discussion",
    security=SECRET,
    answers={204: ("Nothing stands there.", None)},
    refusals=(401, 403, 404),
)
POST_COMMENT = Operation(
    summary="Send a comment",
    description="With a reader's token it is theirs: by its id, name and marks.",
    security=OR_READER,
    parameters=(
        parameter("Idempotency-Key", "header", "The same request under the same key is done once in 24 hours."),
    ),
    body=NewComment,
    answers={201: ("Published.", answers.Arrival), 202: ("Waits, or was refused by the policy.", answers.Arrival)},
    refusals=(400, 401, 403, 404, 409, 413, 415, 422, 429),
)
GET_COMMENTS = Operation(
    summary="The published comments, oldest first",
    security=[*EITHER, *NOBODY],
    parameters=(
        parameter("site", "query", "The site's publishable key."),
        parameter("cursor", "query", "From `next` of the page before."),
    ),
    answers={200: ("A page.", answers.Comments), 304: ("Not changed.", None)},
    refusals=(400, 401, 403, 404, 422),
)


def blueprint(limits: Limits) -> Blueprint:
    """The routes under ``/api/v1/articles``. Ids may hold slashes."""
    api = Blueprint("articles_api", __name__, url_prefix="/api/v1/articles")

    @api.put("/<article:article_id>")
    @operation(PUT_ARTICLE)
    def put_article(article_id: str) -> Response:
        key = caller()
        key.require(Right.ARTICLES)
        article_id = article_name(article_id)
        form = _article_form(article_id, json_sent(request, NewArticle))
        article, new = register_article(services(), key.site_id, key.reference, form)
        return json_answer(answers.Article.of(article), 201 if new else 200)

    @api.post("/<article:article_id>/announcement")
    @operation(POST_ANNOUNCEMENT)
    def post_announcement(article_id: str) -> Response:
        key = caller()
        key.require(Right.MODERATE)
        sent = json_sent(request, NewAnnouncement)
        form = NoticeForm(kind=sent.kind, text=sent.text, until=sent.until)
        say_by_name(services(), key.actor, key.site_id, article_name(article_id), form)
        return json_answer(SectionNotice(kind=sent.kind, text=sent.text, until=sent.until))

    @api.delete("/<article:article_id>/announcement")
    @operation(DELETE_ANNOUNCEMENT)
    def delete_announcement(article_id: str) -> Response:
        key = caller()
        key.require(Right.MODERATE)
        say_by_name(services(), key.actor, key.site_id, article_name(article_id), None)
        return Response(status=204)

    @api.post("/<article:article_id>/comments")
    @operation(POST_COMMENT)
    def post_comment(article_id: str) -> Response:
        key = caller()
        key.require(Right.SUBMIT)
        key.check_signed_in()
        article_id = article_name(article_id)
        arrival = _submit(limits, key, article_id)
        status = 201 if arrival.status is Status.APPROVED else 202
        return json_answer(_arrival(key, arrival), status)

    @api.get("/<article:article_id>/comments")
    @operation(GET_COMMENTS)
    def get_comments(article_id: str) -> Response:
        key = caller()
        article_id = article_name(article_id)
        return _published_page(key, article_id)

    return api


# --- articles ---------------------------------------------------------------------------------------------------------


def _article_form(article_id: str, sent: NewArticle) -> ArticleForm:
    return ArticleForm(
        external_id=article_id,
        title=sent.title,
        paragraphs=paragraphs_from_html(sent.html, sent.title) if sent.html else paragraphs_of(sent.text or ""),
        summary=sent.summary,
        key_points=tuple(filter(None, sent.key_points)),
        url=sent.url,
        section=sent.section,
        source=sent.source,
        byline=sent.byline,
        published_at=sent.published_at,
        mode=sent.mode,
        aliases=sent.aliases,
    )


# --- a comment comes in -----------------------------------------------------------------------------------------------


def _submit(limits: Limits, key: Caller, article_id: str) -> Arrival:
    sender = Sender(site_id=key.site_id, key_id=key.key_id, reference=key.reference, vouches=key.secret)
    idempotency = _idempotency(key, article_id)
    earlier = earlier_answer(services(), sender, idempotency)
    if earlier is not None:
        return earlier
    try:
        if not key.secret and idempotency is None:
            limits.count_address()  # under a key this may be an answered request's twin, which counts against nothing
        return _take_in(limits, key, sender, article_id, idempotency)
    except Exception:
        if not key.secret:
            limits.count_address()
        raise


def _take_in(limits: Limits, key: Caller, sender: Sender, article_id: str, idempotency: Idempotency | None) -> Arrival:
    sent = json_sent(request, NewComment if key.reader is None else NewReadersComment)
    if sent.article is not None:
        article_id = _article_of_page(limits, key, article_id, sent.article, sent.body)
    submission = _submission(key, article_id, sent)
    secret, reader, guests = services().keys.identity.newest.secret, None, None
    if not _of_the_past(submission):
        reader = reader_key(secret, submission.author)
        guests = guests_key(secret, submission.author) if key.secret else None
    return take_in(limits, sender, submission, reader=reader, guests=guests, idempotency=idempotency)


def _article_of_page(limits: Limits, key: Caller, article_id: str, page: PageArticle, body: str) -> str:
    """The article's name, where its site may not have registered it. A comment that would be refused begins none."""
    if key.secret:
        raise InvalidField("article", "is for browsers. Register the article itself: PUT /api/v1/articles/{id}.")
    form = PageForm(url=page.url, title=page.title, paragraphs=paragraphs_of(page.text or ""))

    def admit() -> None:
        with services().database.reading() as db:
            place = unknown_place(db.get_one(Site, key.site_id), article_id)
            stands = stands_at(place, services().site_rules.rules(db, place).settings)
        stands.check_open()
        check_length(body, stands.rules)
        limits.count_address()
        limits.count_unverified(key.site_id)

    return article_behind(services(), key.site_id, key.reference, article_id, form, origins=key.origins, admit=admit)


OF_THE_PAST = timedelta(hours=1)


def _of_the_past(submission: Submission) -> bool:
    """Whether a site's server passes on what it has had for long: nobody is writing it fast just now. Of a browser
    neither counts, so that there it never is.
    """
    created_at = submission.created_at
    return (
        submission.external_id is not None and created_at is not None and created_at <= services().clock() - OF_THE_PAST
    )


def _submission(key: Caller, article_id: str, sent: NewComment) -> Submission:
    external_id, created_at = sent.external_id, sent.created_at
    if key.secret and created_at is not None and created_at > (now := services().clock()) + timedelta(minutes=5):
        message = f"lies in the future: here it is {iso(now)}."
        raise InvalidFields([{"field": "created_at", "message": message}])
    if not key.secret:
        external_id, created_at = None, None
    return Submission(
        article_id=article_id,
        author=_author(key, sent.author),
        body=sent.body,
        parent_id=sent.parent_id,
        external_id=external_id,
        created_at=created_at,
        ask_first=bool(sent.ask_first),
        notify=_notify(sent.notify),
    )


def _author(key: Caller, named: NewAuthor) -> Author:
    """Who writes. What a browser says of itself doesn't count: there the connection alone tells who it is, or a token
    that the site has signed.
    """
    connection = network_of(request.remote_addr or "unknown")
    if key.reader is not None:
        reader = key.reader
        return Author(name=reader.name, id=reader.id, address=connection, marks=reader.marks, trusted=reader.trusted)
    if not key.secret:
        return Author(name=named.name, address=connection)
    address = network_of(named.address) if named.address else None
    return Author(name=named.name, id=named.id, address=address, marks=named.marks)


def _notify(sent: NewNotify | None) -> MailWish | None:
    return None if sent is None else MailWish(email=sent.email, events=sent.events, language=language())


def _idempotency(key: Caller, article_id: str) -> Idempotency | None:
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return None
    if not 1 <= len(name) <= 255 or not name.isprintable():
        raise InvalidFields([{"field": "Idempotency-Key", "message": "must have 1 to 255 printable characters."}])
    # A publishable key is shared by every reader: there whom a token names, or the reader's own address, is part of it.
    owner = "" if key.secret else network_of(request.remote_addr or "unknown")
    if key.reader is not None:
        owner = f"reader {key.reader.id}"
    digest = sha256(b"\x00".join((article_id.encode("utf-8", "replace"), request.get_data()))).hexdigest()
    return Idempotency(name=sha256(f"{owner}\x00{name}".encode("utf-8", "replace")).hexdigest(), digest=digest)


def _arrival(key: Caller, arrival: Arrival) -> answers.Arrival:
    to_the_site: dict[str, Any] = {}
    if key.secret:
        to_the_site = {"scores": answers.Scores.of(arrival.scores), "reasons": list(arrival.reasons)}
    return answers.Arrival(
        id=arrival.comment_id,
        status=arrival.status,
        message=arrival.told(language()),
        receipt=services().keys.receipt(arrival.comment_id),
        created_at=arrival.created_at,
        **to_the_site,
    )


# --- published comments -----------------------------------------------------------------------------------------------


def _published_page(key: Caller, article_id: str) -> Response:
    if key.secret:
        key.require(Right.READ)
    cursors = URLSafeSerializer(
        list(reversed(services().keys.cursors.secrets)), salt=f"cursor {key.site_id} {article_id}"
    )
    after = _after(cursors, request.args.get("cursor"))
    with services().database.reading() as db:
        article = find_place(db, key.site_id, article_id)
        if article is None:
            raise ArticleNotFound
        settings = services().site_rules.rules(db, article).settings
        stands = standing(services().configuration.current().comments, article, settings, now=services().clock())
        entries = published(db, article.id, after=after, limit=PAGE + 1) if stands.shown else []
    page = entries[:PAGE]
    following = cursors.dumps(_place(page[-1].comment)) if len(entries) > PAGE else None
    comments = [answers.Comment.of(entry) for entry in page]
    answer = json_answer(answers.Comments(comments=comments, next=following))
    if key.secret:
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    # The address alone doesn't tell the sites apart where the key came in a header.
    answer.vary.add("X-Site-Key")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age=0, s-maxage={SHARED_SECONDS}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _place(comment: Comment) -> list[str]:
    return [comment.created_at.isoformat(), comment.id]


def _after(cursors: URLSafeSerializer, cursor: str | None) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    try:
        time, comment_id = cursors.loads(cursor)
        return datetime.fromisoformat(time), str(comment_id)
    except (BadData, ValueError, TypeError) as error:
        raise CursorInvalid from error
