"""The page that ends letters about a comment. Every letter leads to it, and mail programs press its button by
themselves (RFC 8058): looking at it alone changes nothing.
"""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.comments.writers_mail import is_stop_signature, take_address_back
from moderation.core.errors import CommentNotFound
from moderation.web.shared.access import services
from moderation.web.shared.rendering import known_id, page

NAME = "mail_pages"


def blueprint() -> Blueprint:
    """The routes under ``/mail``. Their forms need no token: the address itself is what allows it."""
    pages = Blueprint(NAME, __name__, url_prefix="/mail")

    @pages.get("/stop/<comment_id>/<signature>")
    def ask(comment_id: str, signature: str) -> Response:
        _check(comment_id, signature)
        return page("reader/mail_stop.html", masthead=None, stopped=False)

    @pages.post("/stop/<comment_id>/<signature>")
    def stop(comment_id: str, signature: str) -> Response:
        _check(comment_id, signature)
        take_address_back(services(), known_id(comment_id))
        return page("reader/mail_stop.html", masthead=None, stopped=True)

    return pages


def _check(comment_id: str, signature: str) -> None:
    if not is_stop_signature(services().keys, comment_id, signature):
        raise CommentNotFound
