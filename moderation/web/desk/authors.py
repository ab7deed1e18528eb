"""An author on the desk: their record, what was decided about them, and the decision about them."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import author_reached
from moderation.core.errors import InvalidField, ModerationError
from moderation.core.messages import Message
from moderation.core.reach import ADMIN, MODERATE, READ, SENIOR, reachable, scopes, somewhere_on, whole
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.desk.erasing import erase_author
from moderation.desk.flags import add_note
from moderation.storage.authors_desk import comments_by, record_of, until_of
from moderation.storage.desk import account_names
from moderation.storage.erasures import erasure_of, how_many_left
from moderation.storage.holds import holds_over_author
from moderation.storage.legal import open_cases_about
from moderation.storage.moderator_workspace import NoteAbout, notes_about
from moderation.storage.site_rules import AuthorKind, decisions_about
from moderation.web.desk.blur import blurs_for
from moderation.web.desk.forms import SPANS, Problem, done_here, field, form_response, problem_of, until_chosen
from moderation.web.desk.responses import asked_by_script, back_to, facts, refused
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import argument, known_id

AUTHORS = f"{QUEUE}/authors"
PAGE = 20


def blueprint() -> Blueprint:
    """The routes under ``/review/authors``."""
    pages = Blueprint("author_pages", __name__, url_prefix=AUTHORS)

    @pages.get("/<author_id>")
    def author(author_id: str) -> Response:
        return _author_page(author_id)

    @pages.post("/<author_id>/decide")
    def decide(author_id: str) -> Response:
        if asked_by_script() or request.form.get("back"):
            return _decide_from_card(author_id)
        return form_response(
            lambda: decide_author(services(), person(), known_id(author_id), _ruling()),
            lambda problem: _author_page(author_id, problem),
            f"{AUTHORS}/{known_id(author_id)}",
        )

    @pages.post("/<author_id>/notes")
    def note(author_id: str) -> Response:
        return form_response(
            lambda: add_note(services(), person(), NoteAbout.AUTHOR, known_id(author_id), field("note")),
            lambda problem: _author_page(author_id, problem),
            f"{AUTHORS}/{known_id(author_id)}",
        )

    @pages.route("/<author_id>/erase", methods=["GET", "POST"])
    def erase(author_id: str) -> Response:
        if request.method == "GET":
            return _erase_page(author_id)
        return form_response(
            lambda: erase_author(services(), person(), known_id(author_id), field("name")),
            lambda problem: _erase_page(author_id, problem),
            f"{AUTHORS}/{known_id(author_id)}",
            said="erasing",
        )

    return pages


def _erase_page(author_id: str, problem: Problem | None = None) -> Response:
    actor = person()
    with services().database.reading() as db:
        author = author_reached(db, actor, ADMIN, known_id(author_id), altogether=True)
        count = how_many_left(db, author.id)
        holds = holds_over_author(db, author.id)
        cases = open_cases_about(db, author_id=author.id)
    return desk_page(
        "desk/erase_author.html",
        problem.status if problem else 200,
        here=QUEUE,
        author=author,
        here_path=f"{AUTHORS}/{author.id}",
        count=count,
        holds=holds,
        cases=cases,
        problem=problem,
        typed=request.form,
    )


def _decide_from_card(author_id: str) -> Response:
    """The card beside a comment: a form leads back there, and a script is told what undoes it."""
    try:
        action_id = decide_author(services(), person(), known_id(author_id), _ruling())
    except ModerationError as error:
        if asked_by_script():
            return refused(error)
        problem = problem_of(error)
        if problem.status in (403, 404, 500):
            raise
        return _author_page(author_id, problem)
    return facts({"author": author_id, "action_ids": [action_id]}) if asked_by_script() else back_to(action_id)


def _ruling() -> AuthorRuling:
    kind = field("kind")
    if kind not in list(AuthorKind):
        raise InvalidField("decision", Message("not_offered_of", {"offered": ", ".join(AuthorKind)}))
    restricts = kind in (AuthorKind.MUTED, AuthorKind.BANNED)
    return AuthorRuling(
        kind=AuthorKind(kind),
        until=until_chosen(services().clock()) if restricts else None,
        reason_id=field("reason") or None,
        sentence=field("sentence") or None,
        note=field("note") or None,
    )


def _author_page(author_id: str, problem: Problem | None = None) -> Response:
    actor, now = person(), services().clock()
    configuration = services().configuration.current()
    before = known_id(argument("before")) if argument("before") else None
    with services().database.reading() as db:
        author = author_reached(db, actor, READ, known_id(author_id))
        record = record_of(db, author)
        reached = scopes(actor, READ, [author.site_id])
        found = comments_by(db, author.id, reached, before=before, limit=PAGE + 1)
        decisions = decisions_about(db, author.id)
        names = account_names(db)
        notes = notes_about(db, NoteAbout.AUTHOR, author.id)
        erasure = erasure_of(db, author.id)
        done = done_here(db, actor)
        blurs = blurs_for(db, actor, [comment.id for comment, _ in found])
    return desk_page(
        "desk/author.html",
        problem.status if problem else 200,
        here=QUEUE,
        author=author,
        here_path=f"{AUTHORS}/{author.id}",
        stands=record.stands(now),
        until=until_of(author, now),
        decision=record.decision,
        decisions=decisions,
        names=names,
        reasons=configuration.reasons,
        labels={reason.id: reason.label for reason in configuration.reasons},
        spans={value: gettext(words) for value, words in SPANS.items()},
        comments=found[:PAGE],
        blurs=blurs,
        next=found[PAGE - 1][0].id if len(found) > PAGE else None,
        notes=notes,
        may_decide=reachable(actor, MODERATE, whole(author.site_id)),
        may_remove=reachable(actor, SENIOR, whole(author.site_id)),
        may_erase=reachable(actor, ADMIN, whole(author.site_id)),
        erasure=erasure,
        may_note=reachable(actor, MODERATE, somewhere_on(author.site_id)),
        me_id=actor.account_id,
        problem=problem,
        typed=request.form,
        done=done,
    )
