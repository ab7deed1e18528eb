"""Articles on the desk: the list, and one with its comments, its mode, its terms and the shift's handover."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import article_reached, sites_reached
from moderation.comments.discussion_state import standing, surge_holds
from moderation.core.comment import WAITING, Notice, Status
from moderation.core.messages import noted
from moderation.core.reach import MODERATE, READ, SENIOR, reachable, scopes, somewhere_on
from moderation.desk.discussion_settings import Spot, lift_surge, set_mode
from moderation.desk.flags import add_note
from moderation.desk.notices import LONGEST
from moderation.desk.wordlists import add_terms, remove_term
from moderation.storage.articles_desk import article_lines, comments_under, how_many_under
from moderation.storage.comments import find_comment
from moderation.storage.desk import account_names
from moderation.storage.discussions import Discussion
from moderation.storage.joining import parts_of
from moderation.storage.moderator_workspace import NoteAbout, notes_about
from moderation.storage.site_rules import live_terms
from moderation.web.desk.blur import blurs_for
from moderation.web.desk.discussion_settings_view import MODE_HINTS, MODE_WORDS, form_shown, steps_shown, terms_shown
from moderation.web.desk.forms import Problem, counted, done_here, field, form_response, mode_chosen
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import argument, known_id
from moderation.web.shared.signals import reason_told

ARTICLES = f"{QUEUE}/articles"
PAGE = 20
SHOWN = 40
TABS = {
    "waiting": (noted("Waiting"), WAITING),
    "published": (noted("Published"), (Status.APPROVED,)),
    "rejected": (noted("Rejected"), (Status.REJECTED,)),
    "gone": (noted("Withdrawn, expired"), (Status.WITHDRAWN, Status.EXPIRED)),
}

NOTICE_WORDS = {Notice.QUESTION: noted("Question"), Notice.ANNOUNCEMENT: noted("Announcement")}
"""What can stand above a discussion, as the desk calls it."""


def blueprint() -> Blueprint:
    """The routes under ``/review/articles``."""
    pages = Blueprint("article_pages", __name__, url_prefix=ARTICLES)

    @pages.get("")
    def articles() -> Response:
        return _list_page()

    @pages.get("/<article_id>")
    def article(article_id: str) -> Response:
        return article_page(article_id)

    @pages.post("/<article_id>/mode")
    def mode(article_id: str) -> Response:
        return _response(article_id, "mode", lambda: set_mode(services(), person(), _spot(article_id), mode_chosen()))

    @pages.post("/<article_id>/lift")
    def lift(article_id: str) -> Response:
        return _response(article_id, "lifted", lambda: lift_surge(services(), person(), known_id(article_id)))

    @pages.post("/<article_id>/terms")
    def terms(article_id: str) -> Response:
        return _response(article_id, "there", lambda: _add(_spot(article_id)))

    @pages.post("/<article_id>/terms/<term_id>/remove")
    def off(article_id: str, term_id: str) -> Response:
        return _response(article_id, "removed", lambda: remove_term(services(), person(), known_id(term_id)))

    @pages.post("/<article_id>/notes")
    def note(article_id: str) -> Response:
        pinned = bool(request.form.get("pinned"))
        return form_response(
            lambda: add_note(
                services(), person(), NoteAbout.ARTICLE, known_id(article_id), field("note"), pinned=pinned
            ),
            lambda problem: article_page(article_id, problem),
            f"{ARTICLES}/{known_id(article_id)}",
        )

    return pages


def _response(article_id: str, said: str, work: Callable[[], str | None]) -> Response:
    return form_response(
        work,
        lambda problem: article_page(article_id, problem),
        f"{ARTICLES}/{known_id(article_id)}",
        said,
    )


def _add(spot: Spot) -> str | None:
    texts, why = field("terms", 500_000).splitlines(), field("why", 1000)
    return add_terms(services(), person(), spot.site_id, texts, why, article_id=spot.article_id)


def _spot(article_id: str) -> Spot:
    with services().database.reading() as db:
        article = article_reached(db, person(), READ, known_id(article_id))
    return Spot(site_id=article.site_id, article_id=article.id)


def _list_page() -> Response:
    actor, find = person(), argument("find")
    before = known_id(argument("before")) if argument("before") else None
    with services().database.reading() as db:
        sites = sites_reached(db, actor, READ)
        chosen = [site for site in sites if argument("site") in ("", site.id)]
        found = article_lines(
            db, scopes(actor, READ, [site.id for site in chosen]), find=find, before=before, limit=SHOWN + 1
        )
    return desk_page(
        "desk/articles.html",
        here=ARTICLES,
        lines=[(line.article, counted(line.waiting), line.waiting) for line in found[:SHOWN]],
        next=found[SHOWN - 1].article.id if len(found) > SHOWN else None,
        find=find,
        site=argument("site"),
        sites=sites,
        mode_words=MODE_WORDS,
    )


def article_page(article_id: str, problem: Problem | None = None) -> Response:
    """An article on the desk, with what is wrong with a form that it came back from."""
    actor, now = person(), services().clock()
    comments = services().configuration.current().comments
    tab = argument("status") if argument("status") in TABS else "waiting"
    with services().database.reading() as db:
        article = article_reached(db, actor, READ, known_id(article_id))
        rules = services().site_rules.rules(db, article)
        stands = standing(comments, article, rules.settings, now=now)
        last = find_comment(db, known_id(argument("before"))) if argument("before") else None
        last = last if last is not None and last.article_id == article.id else None
        found = comments_under(db, article.id, TABS[tab][1], before=last, limit=PAGE + 1)
        counts = {name: counted(how_many_under(db, article.id, statuses)) for name, (_, statuses) in TABS.items()}
        names = account_names(db)
        pinned = notes_about(db, NoteAbout.ARTICLE, article.id, pinned=True)
        notes = notes_about(db, NoteAbout.ARTICLE, article.id, pinned=False)
        terms = list(live_terms(db, article.site_id, article.id))
        done = done_here(db, actor)
        blurs = blurs_for(db, actor, [comment.id for comment in found])
        discussion = db.get(Discussion, article.id)
        parts = parts_of(db, article.id)
    form = request.form
    surge = rules.settings.surge if surge_holds(comments, rules.settings.surge, now) else None
    return desk_page(
        "desk/article.html",
        problem.status if problem else 200,
        here=ARTICLES,
        here_path=f"{ARTICLES}/{article.id}",
        article=article,
        parts=parts,
        stands=stands,
        mode=MODE_WORDS[stands.rules.mode],
        mode_hint=MODE_HINTS[stands.rules.mode],
        steps=steps_shown(stands, names),
        surge=surge,
        surge_why=reason_told(surge.why) if surge and surge.why else None,
        notice_words=NOTICE_WORDS,
        form=form_shown(rules.settings.article, typed=problem is not None and "mode" in form),
        mode_words=MODE_WORDS,
        mode_hints=MODE_HINTS,
        wider=gettext("as the section or site says"),
        terms=terms_shown(terms, names),
        site_terms=len(rules.site_terms.terms),
        tabs=[(name, gettext(words), counts[name], name == tab) for name, (words, _) in TABS.items()],
        tab=tab,
        comments=found[:PAGE],
        blurs=blurs,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        pinned=pinned,
        notes=notes,
        notice=discussion if discussion is not None and discussion.notice else None,
        notice_over=bool(discussion and discussion.notice_until and discussion.notice_until <= now),
        notice_longest=LONGEST,
        may=reachable(actor, MODERATE, somewhere_on(article.site_id)),
        may_remove=reachable(actor, SENIOR, somewhere_on(article.site_id)),
        me_id=actor.account_id,
        problem=problem,
        typed=form,
        done=done,
    )
