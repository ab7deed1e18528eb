"""The comment section for sites that render their pages themselves, and for readers whose scripts are off: a piece of
HTML without scripts or styles, and the form in it. It is sent from the site's own pages, or from the piece itself in a
frame of theirs, and leads back to nothing but them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, render_template, request

from moderation.comments.idempotency import Arrival, Sender
from moderation.core.addresses import taken_apart
from moderation.core.article_ids import article_name
from moderation.core.comment import Author, Submission
from moderation.core.errors import ArticleNotFound, ModerationError, WordingToReconsider
from moderation.core.text.written import LONGEST_COMMENT, as_written, display_name
from moderation.storage.section import Order, SectionPlace, Thread, place_named, published_under, threads
from moderation.web.api.public_answers import Body, public_answer
from moderation.web.api.section_answers import SectionHead
from moderation.web.api.section_head import head_of
from moderation.web.api.section_pages import FIRST_REPLIES, THREADS
from moderation.web.reader.form_guard import HONEYPOT, OPENED, FormGuard, opened_token
from moderation.web.reader.problems import Problem, problem_of
from moderation.web.shared.access import Caller, form_caller, services
from moderation.web.shared.addresses import own_address
from moderation.web.shared.intake import take_in
from moderation.web.shared.languages import in_its_language, language
from moderation.web.shared.limits import Limits, RateLimitExceeded, client_address, reader_key
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of

NAME = "fragment_pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form came with."""

    name: str = ""
    body: str = ""
    parent_id: str = ""
    back: str = ""
    asked: bool = False
    guard: FormGuard = field(default_factory=FormGuard)


def blueprint(limits: Limits) -> Blueprint:
    """The routes ``/embed/<article_id>``."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/embed/<article:article_id>")
    def fragment(article_id: str) -> Response:
        key = form_caller(argument("site"), writes=False)
        head, found = _section(key, article_name(article_id))
        back = argument("return", 2000)
        html = render_template(
            "reader/fragment.html",
            head=head,
            threads=found,
            site=argument("site"),
            base=own_address(),
            back=back if _may_return(key, back) else "",
            opened=opened_token(services().keys.sessions.newest.secret, services().clock()),
        )
        return _framed(in_its_language(public_answer(Body.of(html.encode()), "text/html; charset=utf-8")), key)

    @pages.post("/embed/<article:article_id>")
    def send(article_id: str) -> Response:
        key = form_caller(request.form.get("site", ""), writes=True)
        typed = _typed(key)
        try:
            arrival = _submit(limits, key, article_name(article_id), typed)
        except WordingToReconsider as error:
            return _framed(_sent_page(article_id, replace(typed, asked=True), sentence=error.sentence), key)
        except (RateLimitExceeded, ModerationError) as error:
            if isinstance(error, ArticleNotFound):
                raise
            return _framed(_sent_page(article_id, typed, problem=problem_of(error)), key)
        return _framed(_sent_page(article_id, typed, arrival=arrival), key)

    return pages


def _section(key: Caller, name: str) -> tuple[SectionHead, list[Thread]]:
    tell_times_of(key.site_id)
    with services().database.reading() as db:
        place: SectionPlace | None = place_named(db.connection(), key.site_id, name)
        if place is None:
            raise ArticleNotFound
        settings = services().site_rules.rules(db, place).settings
        count = published_under(db.connection(), [place.id]).get(place.id, 0)
        head = head_of(place, settings, count=count, sign_in=key.sign_in)
        if head.article.state == "hidden":
            return head, []
        return head, threads(db, place.id, Order.NEWEST, after=None, limit=THREADS, replies=FIRST_REPLIES)


def _typed(key: Caller) -> Typed:
    back = request.form.get("return", "")
    return Typed(
        name=request.form.get("name", ""),
        body=request.form.get("body", ""),
        parent_id=request.form.get("parent_id", ""),
        back=back if _may_return(key, back) else "",
        asked=bool(request.form.get("asked")),
        guard=FormGuard(request.form.get(HONEYPOT, ""), request.form.get(OPENED, "")),
    )


def _submit(limits: Limits, key: Caller, article_id: str, typed: Typed) -> Arrival:
    limits.count_address()
    key.check_signed_in()  # a form without scripts carries no token
    keys = services().keys
    submission = Submission(
        article_id=article_id,
        author=Author(name=display_name(typed.name, "name"), address=client_address()),
        body=as_written(typed.body, "body", longest=LONGEST_COMMENT),
        parent_id=known_id(typed.parent_id) if typed.parent_id else None,
        form_filled=typed.guard.filled_by_program(keys.sessions.secrets, services().clock()),
        ask_first=not typed.asked,
    )
    sender = Sender(site_id=key.site_id, key_id=key.key_id, reference=key.reference, vouches=False)
    reader = reader_key(keys.identity.newest.secret, submission.author)
    return take_in(limits, sender, submission, reader=reader)


def _may_return(key: Caller, back: str) -> bool:
    """Whether an address is of an origin that the site allows."""
    if not back.isprintable() or "\\" in back or len(back) > 2000:
        return False
    parts = taken_apart(back)
    return f"{parts.scheme}://{parts.netloc}".lower() in key.origins


def _sent_page(
    article_id: str,
    typed: Typed,
    *,
    arrival: Arrival | None = None,
    problem: Problem | None = None,
    sentence: str | None = None,
) -> Response:
    receipt = None
    if arrival is not None:
        receipt = f"/comments/{arrival.comment_id}?receipt={services().keys.receipt(arrival.comment_id)}"
    return page(
        "reader/sent.html",
        problem.status if problem else 200,
        masthead=None,
        article_id=article_id,
        site=request.form.get("site", ""),
        message=arrival.told(language()) if arrival else None,
        receipt=receipt,
        problem=problem.words if problem else None,
        sentence=sentence,
        typed=typed,
        opened=typed.guard.opened,
    )


def _framed(answer: Response, key: Caller) -> Response:
    """The site's own pages may show it in a frame; nobody else's."""
    origins = " ".join(key.origins) or "'none'"
    parts = ("default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:", "base-uri 'none'")
    answer.headers["Content-Security-Policy"] = "; ".join(
        (*parts, f"form-action 'self' {origins}", f"frame-ancestors {origins}")
    )
    return answer
