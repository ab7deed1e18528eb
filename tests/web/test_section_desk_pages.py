"""The desk's page of an article: what stands above its discussion, an unverified one, and joining it with another."""

from __future__ import annotations

from sqlalchemy import update

from moderation.storage.articles import Article, find_article
from tests.web.pages import Pages


def article_path(pages: Pages, name: str = "lanes") -> str:
    with pages.services.database.reading() as session:
        article = find_article(session, "demo", name)
        assert article is not None
        return f"/review/articles/{article.id}"


def test_a_notice_is_set_seen_and_undone(pages: Pages) -> None:
    pages.article()
    admin, path = pages.signed_in(), article_path(pages)
    admin.open(path)
    admin.send(f"{path}/notice", kind="question", text="Which <lane> is yours?", until="2026-01-15T09:00")
    assert admin.status == 200
    assert "Which <lane> is yours?" in admin.text
    admin.send(f"{path}/notice", kind="question", text="x" * 501)
    assert admin.status == 422
    admin.open(path)
    admin.send(f"{path}/notice", text="")
    assert "Which <lane> is yours?" not in admin.text


def test_joining_asks_first_and_is_taken_back(pages: Pages) -> None:
    pages.article()
    pages.article("buses", title="The buses stay", url="https://paper.example/buses")
    comment = pages.say(under="buses")
    admin, path = pages.signed_in(), article_path(pages, "buses")
    admin.open(f"{path}/join")
    assert "paper.example/buses" in admin.text
    admin.send(f"{path}/join", article="nothing")
    assert admin.status == 422
    admin.send(f"{path}/join", article="https://paper.example/lanes/")
    assert "can be parted again" in admin.text
    admin.send(f"{path}/join", article="https://paper.example/lanes/", sure=article_path(pages).rsplit("/", 1)[1])
    assert admin.path == f"{article_path(pages)}?said=joined"
    assert "Joined." in admin.text
    assert admin.open(f"/review/comments/{comment}").status == 200
    assert article_path(pages, "buses") == article_path(pages)
    (form,) = (form for form in admin.open(article_path(pages)).page.forms if (form.action or "").endswith("/part"))
    admin.send(form.action)
    assert admin.path == form.action.replace("/part", "?said=parted")
    assert "Parted." in admin.text
    assert article_path(pages, "buses") == path
    assert not [form for form in admin.page.forms if (form.action or "").endswith("/part")]


def test_an_unverified_article_is_shown_as_such(pages: Pages) -> None:
    pages.article()
    path = article_path(pages)
    admin = pages.signed_in()
    assert "has not sent this article" not in admin.open(path).text
    pages.services.database.writing(lambda session: session.execute(update(Article).values(verified=False)))
    assert "has not sent this article" in admin.open(path).text
