"""JSON for site front ends: articles and the comments under them."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from flask import Blueprint, Response, jsonify, request
from itsdangerous import BadData, URLSafeSerializer

from moderation.comments.articles import ArticleForm, paragraphs_from_html, paragraphs_of, register_article
from moderation.comments.discussion_state import standing
from moderation.comments.idempotency import Arrival, Idempotency, Sender, earlier_answer
from moderation.core.article_ids import article_name
from moderation.core.comment import Author, Mode, Status, Submission
from moderation.core.errors import ArticleNotFound, CursorInvalid, InvalidField
from moderation.core.scores import scores_shape
from moderation.core.text.written import LONGEST_COMMENT, display_name
from moderation.storage.articles import Article, find_place
from moderation.storage.comments import Comment
from moderation.storage.discussion import published
from moderation.storage.sites import Right
from moderation.web.api.fields import Fields, json_object
from moderation.web.api.shapes import comment_public, when
from moderation.web.shared.access import Caller, caller, services
from moderation.web.shared.errors import InvalidFields
from moderation.web.shared.intake import take_in
from moderation.web.shared.limits import Limits, guests_key, network_of, reader_key

PAGE = 50
SHARED_SECONDS = 10


def blueprint(limits: Limits) -> Blueprint:
    """The routes under ``/api/v1/articles``. Ids may hold slashes."""
    api = Blueprint("articles_api", __name__, url_prefix="/api/v1/articles")

    @api.put("/<article:article_id>")
    def put_article(article_id: str) -> tuple[Response, int]:
        key = caller()
        key.require(Right.ARTICLES)
        article_id = article_name(article_id)
        form = _article_form(article_id, Fields(json_object(request)))
        article, new = register_article(services(), key.site_id, key.reference, form)
        return jsonify(_article_shape(article)), 201 if new else 200

    @api.post("/<article:article_id>/comments")
    def post_comment(article_id: str) -> tuple[Response, int]:
        key = caller()
        key.require(Right.SUBMIT)
        article_id = article_name(article_id)
        arrival = _submit(limits, key, article_id)
        status = 201 if arrival.status is Status.APPROVED else 202
        return jsonify(_arrival_shape(key, arrival)), status

    @api.get("/<article:article_id>/comments")
    def get_comments(article_id: str) -> Response:
        key = caller()
        article_id = article_name(article_id)
        return _published_page(key, article_id)

    return api


# --- articles ---------------------------------------------------------------------------------------------------------


def _article_form(article_id: str, fields: Fields) -> ArticleForm:
    title = fields.text("title", most=1000, required=True)
    text = fields.whole_text("text")
    html = fields.whole_text("html")
    if text is not None and html is not None:
        fields.problem("html", "can't be given together with text; send one of them.")
    summary = fields.text("summary", most=5000)
    key_points = fields.texts("key_points", most=50, each=1000)
    url = fields.text("url", most=2000)
    section = fields.text("section", most=100)
    source = fields.text("source", most=200)
    byline = fields.text("byline", most=300)
    published_at = fields.time("published_at")
    mode = fields.choice("mode", tuple(Mode))
    if url is not None and not url.startswith(("https://", "http://")):
        fields.problem("url", "must begin with https:// or http://.")
    fields.finish()
    return ArticleForm(
        external_id=article_id,
        title=title or "",
        paragraphs=paragraphs_from_html(html, title or "") if html else paragraphs_of(text or ""),
        summary=summary,
        key_points=key_points,
        url=url,
        section=section,
        source=source,
        byline=byline,
        published_at=published_at,
        mode=Mode(mode) if mode else None,
    )


def _article_shape(article: Article) -> dict[str, object]:
    return {
        "id": article.external_id,
        "title": article.title,
        "section": article.section,
        "mode": article.mode,
        "version": article.version,
        "paragraphs": len(article.paragraphs),
        "published_at": when(article.published_at),
    }


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
    submission = _submission(key, article_id, Fields(json_object(request)))
    secret, reader, guests = services().keys.identity.newest.secret, None, None
    if not _of_the_past(submission):
        reader = reader_key(secret, submission.author)
        guests = guests_key(secret, submission.author) if key.secret else None
    return take_in(limits, sender, submission, reader=reader, guests=guests, idempotency=idempotency)


OF_THE_PAST = timedelta(hours=1)


def _of_the_past(submission: Submission) -> bool:
    """Whether a site's server passes on what it has had for long: nobody is writing it fast just now. Of a browser
    neither counts, so that there it never is.
    """
    created_at = submission.created_at
    return (
        submission.external_id is not None and created_at is not None and created_at <= services().clock() - OF_THE_PAST
    )


def _submission(key: Caller, article_id: str, fields: Fields) -> Submission:
    author = fields.object("author", required=True)
    name = author.whole_text("name", required=True)
    author_id = author.text("id", most=200)
    address = author.text("address", most=200)
    author.known()
    body = fields.whole_text("body", required=True, longest=LONGEST_COMMENT)
    parent_id = fields.text("parent_id", most=64)
    external_id = fields.text("external_id", most=200)
    created_at = fields.time("created_at")
    if key.secret and created_at is not None and created_at > services().clock() + timedelta(minutes=5):
        fields.problem("created_at", f"lies in the future: here it is {when(services().clock())}.")
    if name is not None:
        try:
            name = display_name(name)
        except InvalidField as error:
            author.problem("name", error.message)
    fields.finish()
    # What a browser says of itself doesn't count: there the connection alone tells who it is.
    if not key.secret:
        author_id, external_id, created_at = None, None, None
        address = request.remote_addr or "unknown"
    return Submission(
        article_id=article_id,
        author=Author(name=name or "", id=author_id, address=network_of(address) if address else None),
        body=body or "",
        parent_id=parent_id,
        external_id=external_id,
        created_at=created_at,
    )


def _idempotency(key: Caller, article_id: str) -> Idempotency | None:
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return None
    if not 1 <= len(name) <= 255 or not name.isprintable():
        raise InvalidFields([{"field": "Idempotency-Key", "message": "must have 1 to 255 printable characters."}])
    # A publishable key is shared by every reader: there the reader's own address is part of the name.
    owner = "" if key.secret else network_of(request.remote_addr or "unknown")
    digest = sha256(b"\x00".join((article_id.encode("utf-8", "replace"), request.get_data()))).hexdigest()
    return Idempotency(name=sha256(f"{owner}\x00{name}".encode("utf-8", "replace")).hexdigest(), digest=digest)


def _arrival_shape(key: Caller, arrival: Arrival) -> dict[str, object]:
    shape: dict[str, object] = {
        "id": arrival.comment_id,
        "status": arrival.status.value,
        "message": arrival.message,
        "receipt": services().keys.receipt(arrival.comment_id),
        "created_at": when(arrival.created_at),
    }
    if key.secret:
        shape["scores"] = scores_shape(arrival.scores)
        shape["reasons"] = list(arrival.reasons)
    return shape


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
        settings = services().house.rules(db, article).settings
        stands = standing(services().configuration.current().comments, article, settings, now=services().clock())
        entries = published(db, article.id, after=after, limit=PAGE + 1) if stands.shown else []
    page = entries[:PAGE]
    following = cursors.dumps(_place(page[-1].comment)) if len(entries) > PAGE else None
    answer = jsonify({"comments": [comment_public(entry) for entry in page], "next": following})
    if key.secret:
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    # The address alone doesn't tell the sites apart where the key came in a header.
    answer.headers.add("Vary", "X-Site-Key")
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
