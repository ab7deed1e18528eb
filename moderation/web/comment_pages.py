"""One comment on the desk: everything that a decision needs, and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.core.errors import CommentNotFound, DecidedMeanwhile, InvalidField, ModerationError, NotPossibleNow
from moderation.review import Ruling, Verdict, decide_comment
from moderation.storage.audit import events_about
from moderation.storage.comments import decisions_of
from moderation.storage.desk import account_names, latest_by, one_listed, thread_of
from moderation.web.access import person, services
from moderation.web.desk_cards import quoted
from moderation.web.desk_frame import QUEUE, READ, card_for, desk_page, sites_with
from moderation.web.desk_history import history
from moderation.web.errors import CODES
from moderation.web.rendering import argument, known_id, path_within


def blueprint() -> Blueprint:
    """The routes under ``/review/comments``."""
    pages = Blueprint("comment_pages", __name__, url_prefix=f"{QUEUE}/comments")

    @pages.get("/<comment_id>")
    def comment(comment_id: str) -> Response:
        return _comment_page(comment_id)

    @pages.post("/<comment_id>/approve")
    def approve(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.APPROVE)

    @pages.post("/<comment_id>/reject")
    def reject(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.REJECT)

    @pages.post("/<comment_id>/reopen")
    def reopen(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.REOPEN)

    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """A decision that wasn't taken, with what was typed for it."""

    status: int
    conflict: str | None = None
    problem: str | None = None
    reason: str = ""
    sentence: str = ""
    note: str = ""


def _comment_page(comment_id: str, refused: _Refused | None = None) -> Response:
    actor = person()
    reasons = services().configuration.current().reasons
    with services().database.reading() as db:
        item = one_listed(db, known_id(comment_id), [site.id for site in sites_with(actor, READ, db)])
        if item is None:
            raise CommentNotFound
        comment, names = item.comment, account_names(db)
        context = {
            "thread": [quoted(other) for other in thread_of(db, comment)],
            "earlier": [quoted(other) for other in latest_by(db, item.author.id, but=comment.id)],
            "history": history(
                events_about(db, comment.site_id, comment.id),
                decisions_of(db, comment.id),
                names=names,
                reasons=reasons,
            ),
        }
    back = path_within(argument("back", 500), QUEUE, QUEUE)
    return desk_page(
        "desk/comment.html",
        refused.status if refused else 200,
        here=QUEUE,
        item=card_for(actor, item, names, back=back),
        here_path=f"{QUEUE}/comments/{comment.id}",
        reasons=reasons,
        refused=refused or _Refused(status=200),
        **context,
    )


# --- decisions --------------------------------------------------------------------------------------------------------


def _decide(comment_id: str, verdict: Verdict) -> Response:
    form = request.form
    typed = {name: form.get(name, "")[:5000] for name in ("reason", "sentence", "note")}
    try:
        if verdict is Verdict.REJECT and not typed["reason"]:
            raise InvalidField("reason", "is missing: choose why the comment is refused.")
        ruling = Ruling(
            verdict=verdict,
            reason_id=typed["reason"] or None,
            sentence=typed["sentence"] or None,
            note=typed["note"] or None,
            revision=_revision(form.get("revision", "")),
        )
        decide_comment(services(), person(), known_id(comment_id), ruling)
    except (DecidedMeanwhile, NotPossibleNow, InvalidField) as error:
        return _comment_page(comment_id, _refusal(error, typed))
    return redirect(_with_done(path_within(form.get("back", ""), QUEUE, QUEUE), comment_id), 303)


def _refusal(error: ModerationError, typed: dict[str, str]) -> _Refused:
    conflict = isinstance(error, DecidedMeanwhile)
    status = next(code for kind, code in CODES.items() if isinstance(error, kind))
    return _Refused(
        status=status,
        conflict=error.detail if conflict else None,
        problem=None if conflict else error.detail,
        **typed,
    )


def _revision(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidField("revision", "is missing: reload the page and decide again.")
    return int(text)


def _with_done(path: str, comment_id: str) -> str:
    """The address with the comment that was just decided in it."""
    parts = urlsplit(path)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "done"]
    return parts._replace(query=urlencode([*query, ("done", comment_id)])).geturl()
