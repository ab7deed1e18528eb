"""What the tests of authors, articles, site rules and the legal queue share."""

from __future__ import annotations

import json
from typing import Any

from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.storage.articles import Article, find_article
from moderation.storage.audit import EventRow
from moderation.storage.comments import Comment
from tests.web.pages import CALM, SITE_KEY, WITHOUT_LIMITS, Pages, Visitor, fields_of


def configure(pages: Pages, **tables: str) -> None:
    """Puts lines into tables that the shipped configuration has, such as ``policy_approve="trusted_at_least = 1"``;
    ``more`` is added at the end.
    """
    text = WITHOUT_LIMITS
    more = tables.pop("more", "")
    for name, lines in tables.items():
        head = f"\n[{name.replace('_', '.')}]"
        rest = text.partition(head)[2].partition("\n")[2]
        text = text.partition(head)[0] + f"{head}\n{lines}\n" + rest
    pages.configuration.set(f"{text}\n{more}")


def mode(pages: Pages, name: str) -> None:
    """The configuration's mode for every site."""
    text = WITHOUT_LIMITS.replace('mode = "pre"', f'mode = "{name}"', 1)
    pages.configuration.set(text)


def sent(pages: Pages, by: str = "Priya S", words: str = "", *, under: str = "lanes", **more: Any) -> TestResponse:
    """A comment by the site's server, a minute after the last thing, like no other."""
    pages.clock.move(minutes=1)
    return sent_now(pages, by, words, under=under, **more)


def sent_now(pages: Pages, by: str = "Priya S", words: str = "", *, under: str = "lanes", **more: Any) -> TestResponse:
    author = {"name": by, "id": by}
    body = {"author": author, "body": f"{CALM} {words}".strip()} | more
    headers = {"Authorization": f"Bearer {SITE_KEY}"}
    return pages.app.test_client().post(f"/api/v1/articles/{under}/comments", json=body, headers=headers)


def article_id(pages: Pages, external_id: str = "lanes") -> str:
    with pages.services.database.reading() as db:
        article = find_article(db, "demo", external_id)
        assert isinstance(article, Article)
        return article.id


def author_of(pages: Pages, comment: str) -> str:
    with pages.services.database.reading() as db:
        return db.get_one(Comment, comment).author_id


def events(pages: Pages, kind: str) -> list[dict[str, Any]]:
    """Audit events of this kind with their payload, oldest first."""
    with pages.services.database.reading() as db:
        rows = db.scalars(select(EventRow).where(EventRow.event == kind).order_by(EventRow.sequence)).all()
    return [{"subject": row.subject, "actor": row.actor, **json.loads(row.payload)} for row in rows]


def whole_chain(pages: Pages) -> str:
    """Everything that was ever hashed, to look for what must not be in it."""
    with pages.services.database.reading() as db:
        return " ".join(db.scalars(select(EventRow.text)))


def send_form(desk: Visitor, form: html.FormElement, **filled: str) -> Visitor:
    """Sends a form as a browser would, some fields filled in."""
    return desk.post(form.action, {**fields_of(form), **filled})


def post(desk: Visitor, path: str, **fields: str) -> Visitor:
    """Sends fields that no form of the page has, with the page's token."""
    token = next(str(form.fields["csrf_token"]) for form in desk.page.forms if "csrf_token" in form.fields)
    return desk.post(path, {"csrf_token": token, **fields})
