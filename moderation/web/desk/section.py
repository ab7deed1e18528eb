"""What the desk does to a whole discussion: the newsroom's word above it, joining two articles, parting them again."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import article_reached
from moderation.core.comment import Notice, Status
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import SENIOR
from moderation.desk.join import join_articles, join_target, part_articles
from moderation.desk.notices import LONGEST, NoticeForm, say
from moderation.storage.addresses import addresses_of
from moderation.storage.articles_desk import how_many_under
from moderation.web.desk.articles import ARTICLES, article_page
from moderation.web.desk.forms import counted, field, form_response, moment, problem_of
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import desk_page
from moderation.web.shared.rendering import known_id


def blueprint() -> Blueprint:
    """The routes ``/review/articles/<id>/notice``, ``/join`` and ``/part``."""
    pages = Blueprint("section_desk_pages", __name__, url_prefix=ARTICLES)

    @pages.post("/<article_id>/notice")
    def notice(article_id: str) -> Response:
        return form_response(
            lambda: say(services(), person(), known_id(article_id), _notice()),
            lambda problem: article_page(article_id, problem),
            f"{ARTICLES}/{known_id(article_id)}",
        )

    @pages.route("/<article_id>/join", methods=["GET", "POST"])
    def join(article_id: str) -> Response:
        return _join(known_id(article_id))

    @pages.post("/<article_id>/part")
    def part(article_id: str) -> Response:
        part_articles(services(), person(), known_id(article_id))
        return redirect(f"{ARTICLES}/{known_id(article_id)}?said=parted", 303)

    return pages


def _notice() -> NoticeForm | None:
    if not field("text", LONGEST * 10):
        return None
    kind = field("kind")
    if kind not in list(Notice):
        raise InvalidField("kind", Message("not_offered_of", {"offered": ", ".join(Notice)}))
    until = field("until")
    return NoticeForm(
        kind=Notice(kind), text=field("text", LONGEST * 10), until=moment("until", until) if until else None
    )


def _join(article_id: str) -> Response:
    """First asks which other one, then shows what will happen, then does it."""
    typed, problem, target = request.form.get("article", "")[:2000], None, None
    with services().database.reading() as db:
        source = article_reached(db, person(), SENIOR, article_id)
        if request.method == "POST":
            try:
                _, target = join_target(db, person(), article_id, typed)
            except InvalidField as error:
                problem = problem_of(error)
        number = how_many_under(db, source.id, list(Status))
        addresses = addresses_of(db, source.id)
    if target is not None and request.form.get("sure") == target.id:
        join_articles(services(), person(), article_id, typed)
        return redirect(f"{ARTICLES}/{target.id}?said=joined", 303)
    return desk_page(
        "desk/join.html",
        problem.status if problem else 200,
        here=ARTICLES,
        here_path=f"{ARTICLES}/{source.id}",
        article=source,
        target=target,
        typed=typed,
        count=counted(number),
        how_many=number,
        addresses=addresses,
        problem=problem,
    )
