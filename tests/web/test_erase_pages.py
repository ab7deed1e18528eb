"""An administrator has a reader erased from the author's page; holds are seen beside a comment."""

from __future__ import annotations

from moderation.comments.erasing import carry_on
from moderation.desk.holds import put_hold
from moderation.storage.comments import Comment
from moderation.storage.holds import HoldAbout
from tests.web.pages import Pages, Visitor
from tests.web.site_rules import events, send_form


def erase_page(pages: Pages, comment: str) -> tuple[Visitor, str]:
    with pages.services.database.reading() as db:
        author = db.get_one(Comment, comment).author_id
    return pages.signed_in("admin").open(f"/review/authors/{author}/erase"), author


def confirm(desk: Visitor, name: str) -> Visitor:
    form = next(form for form in desk.page.forms if "name" in form.fields)
    return send_form(desk, form, name=name)


def test_a_reader_is_erased_once_their_name_is_typed(pages: Pages) -> None:
    comment = pages.say()
    desk, author = erase_page(pages, comment)
    with pages.services.database.reading() as db:
        name = db.get_one(Comment, comment).author_name
    confirm(desk, "somebody else")
    assert desk.status == 422
    assert "Nothing was erased." in desk.text
    assert carry_on(pages.services) is None
    confirm(desk, name)
    assert "is being erased" in desk.text
    assert carry_on(pages.services) is not None
    desk.open(f"/review/authors/{author}")
    assert "An erased reader" in desk.text
    assert name not in desk.text
    desk.open(f"/review/comments/{comment}")
    assert desk.status == 200
    assert name not in desk.text
    assert [event["subject"] for event in events(pages, "author.erased")] == [author]


def test_a_hold_is_seen_beside_the_comment_and_stands_in_the_way(pages: Pages) -> None:
    comment = pages.say()
    put_hold(pages.services, "command-line", "demo", HoldAbout.COMMENT, comment, "Court order 12/26")
    desk, author = erase_page(pages, comment)
    assert "Court order 12/26" in desk.text
    assert not [form for form in desk.page.forms if "name" in form.fields]
    desk.open(f"/review/comments/{comment}")
    assert "Court order 12/26" in desk.text
    assert "Put under a legal hold" in desk.text
    desk.open(f"/review/authors/{author}")
    assert "Erase all that is known of them…" in desk.text
