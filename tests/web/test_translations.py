"""Pages speak the language of whoever looks: seven for readers, four on the desk; what is not translated is English."""

from __future__ import annotations

import pytest

from moderation.core.messages import LANGUAGES
from tests.web.pages import Pages, Visitor


def open_in(visitor: Visitor, path: str, language: str) -> Visitor:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return visitor.open(path)


@pytest.mark.parametrize("language", LANGUAGES["reader"])
def test_a_reader_reads_the_page_in_their_language(pages: Pages, language: str) -> None:
    pages.article()
    page = open_in(pages.visitor(), "/articles/lanes", language)
    assert page.status == 200
    assert page.page.get("lang") == language
    assert page.page.get("dir") == ("rtl" if language == "ar" else "ltr")
    assert page.answer.headers["Content-Language"] == language
    assert ("Send comment" in page.text) == (language == "en")


def test_a_refused_comment_is_refused_in_the_pages_language(pages: Pages) -> None:
    pages.article()
    reader = open_in(pages.visitor(), "/articles/lanes", "de")
    reader.send("/articles/lanes/comments", name="", body="Zu kurz")
    (problem,) = reader.texts("//div[@id='problem']")
    assert "Ihr Kommentar wurde nicht gesendet." in problem
    assert "Der Name fehlt." in problem


def test_the_address_chooses_the_language(pages: Pages) -> None:
    pages.article()
    page = open_in(pages.visitor(), "/articles/lanes?lang=hi", "de")
    assert page.page.get("lang") == "hi"


def test_times_are_told_in_the_language(pages: Pages) -> None:
    pages.article()
    assert "13. Januar 2026" in open_in(pages.visitor(), "/articles/lanes", "de").text
    assert "13 janvier 2026" in open_in(pages.visitor(), "/articles/lanes", "fr").text


def test_an_error_is_a_page_in_the_readers_language(pages: Pages) -> None:
    page = open_in(pages.visitor(), "/nothing/here", "es")
    assert (page.status, page.texts("//h1")) == (404, ["Aquí no hay nada"])


def test_a_name_within_a_sentence_is_never_markup(pages: Pages) -> None:
    pages.article()
    comment = pages.say(by="<b>Eve</b> %(name)s")
    page = open_in(pages.signed_in(), f"/review/comments/{comment}", "de")
    assert page.status == 200
    assert "<b>Eve</b> %(name)s" in page.text


@pytest.mark.parametrize(
    ("language", "approve", "waiting"),
    [("en", "Approve", "Waiting"), ("de", "Freigeben", "Wartend"), ("fr", "Approuver", "En attente")],
)
def test_the_desk_speaks_the_moderators_language(pages: Pages, language: str, approve: str, waiting: str) -> None:
    pages.article()
    pages.say("You are an idiot and a fool, and everybody in this town knows it well.")
    desk = open_in(pages.signed_in(), "/review", language)
    assert desk.page.get("lang") == language
    assert desk.texts("//form[@data-action='approve']//button") == [f"{approve} a"]
    assert desk.texts("//ul[@class='tabs']//a")[0].startswith(waiting)


def test_reasons_that_are_kept_in_english_are_told_in_the_moderators_language(pages: Pages) -> None:
    pages.article()
    pages.say("You are an idiot and a fool, and everybody in this town knows it well.")
    (first, *_) = open_in(pages.signed_in(), "/review", "de").texts("//ul[contains(@class, 'reasons')]/li")
    assert first.startswith("Toxizität 0.52, mindestens ") or first.startswith("jeder Kommentar wird hier")


@pytest.mark.parametrize("path", ["/admin", "/audit", "/account"])
def test_a_page_that_is_not_translated_is_english_as_a_whole(pages: Pages, path: str) -> None:
    page = open_in(pages.signed_in(), path, "de")
    assert page.page.get("lang") == "en"
    assert "Sign out" in page.text


def test_the_desk_is_english_for_languages_that_it_does_not_have(pages: Pages) -> None:
    pages.article()
    desk = open_in(pages.signed_in(), "/review", "ar")
    assert (desk.page.get("lang"), desk.page.get("dir")) == ("en", "ltr")
