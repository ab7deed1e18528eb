"""Pages speak the language of whoever looks: seven for readers, four on the desk; what is not translated is English."""

from __future__ import annotations

import pytest

from moderation.config.configuration_file import parse_configuration
from moderation.core.errors import ConfigurationError
from moderation.core.messages import LANGUAGES
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.web.desk.words import action_words
from moderation.web.shared.signals import reason_told
from moderation.web.shared.wording import number
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


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/account", "Ihr Konto"),
        ("/audit", "Protokoll"),
        ("/legal", "Recht (0)"),
        ("/review/articles", "Artikel"),
        ("/review/map", "Wertekarte"),
    ],
)
def test_every_page_of_the_desk_speaks_the_moderators_language(pages: Pages, path: str, title: str) -> None:
    page = open_in(pages.signed_in(), path, "de-AT")
    assert (page.page.get("lang"), page.texts("//h1")) == ("de", [title])
    assert "Abmelden" in page.text


def test_an_account_chooses_its_language_over_site_and_browser(pages: Pages) -> None:
    pages.configure('[display]\ndesk_language = "fr"\n')
    desk = open_in(pages.signed_in(), "/account", "es")
    assert desk.texts("//h1") == ["Votre compte"]
    desk.send("/account/language", language="de")
    assert desk.page.get("lang") == "de"
    assert "Ihre Seiten sind von jetzt an in dieser Sprache." in desk.text
    assert desk.open("/review/articles").texts("//h1") == ["Artikel"]
    assert desk.open("/review/articles?lang=es").texts("//h1") == ["Artículos"]
    desk.open("/account").send("/account/language", language="")
    assert desk.open("/account").texts("//h1") == ["Votre compte"]


def test_a_site_has_the_language_of_its_desk(pages: Pages) -> None:
    pages.configure('[display]\ndesk_language = "fr"\n[display.sites.daily]\ndesk_language = "es"\n')
    pages.account("dora", {"daily": Role.MODERATOR})
    assert open_in(pages.visitor(), "/login", "de").page.get("lang") == "fr"
    assert open_in(pages.signed_in("dora"), "/review", "de").page.get("lang") == "es"


def test_a_language_that_the_desk_does_not_have_is_refused(pages: Pages) -> None:
    desk = pages.signed_in()
    desk.open("/account")
    desk.send("/account/language", language="tlh")
    assert desk.status == 422
    assert "The language must be one of en, de, fr, es." in desk.text
    with pytest.raises(ConfigurationError, match=r"display\.desk_language.*one of en, de, fr, es"):
        parse_configuration('[display]\ndesk_language = "tlh"\n')


def test_the_desk_is_english_for_languages_that_it_does_not_have(pages: Pages) -> None:
    pages.article()
    desk = open_in(pages.signed_in(), "/review", "ar")
    assert (desk.page.get("lang"), desk.page.get("dir")) == ("en", "ltr")


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("insult 0.83, at or over 0.50", "Beleidigung 0.83, mindestens 0.50"),
        ("name: threat 0.61, at or over 0.50", "Name: Drohung 0.61, mindestens 0.50"),
        (
            "spam 0.93, at or over 0.50: reads like advertising (0.91); 3 links; 4 other authors sent nearly the same "
            "text",
            "Spam 0.93, mindestens 0.50: liest sich wie Werbung (0.91); 3 Links; 4 andere sandten fast denselben Text",
        ),
        (
            "not published at once: relevance 0.31, under 0.50; toxicity 0.40, over 0.20",
            "nicht sofort veröffentlicht: Bezug zum Artikel 0.31, unter 0.50; Toxizität 0.40, über 0.20",
        ),
        (
            "holds what looks like an e-mail address and a telephone number (places with private data 2, at or over 1)",
            "enthält, was aussieht wie: E-Mail-Adresse, Telefonnummer (Stellen mit privaten Angaben 2, mindestens 1)",
        ),
        (
            "relevance unknown: the article has no text to compare with",
            "Bezug zum Artikel unbekannt: der Artikel hat keinen Text zum Vergleichen",
        ),
        (
            "toxicity 0.98, at or over 0.95; what the pack can't read is never rejected unread",
            "Toxizität 0.98, mindestens 0.95; was das Paket nicht lesen kann, wird nie ungelesen abgelehnt",
        ),
        (
            "holds a word on the wordlist of this site: name; of a victim",
            "enthält ein Wort von der Wortliste dieser Website: name; of a victim",
        ),
        (
            "300 comments arrived here within an hour, so comments are not published first for now",
            "Binnen einer Stunde kamen hier 300 Kommentare an; deshalb wird vorerst nicht zuerst veröffentlicht",
        ),
        (
            "reports 3, at or over 3; reports alone never reject",
            "Meldungen 3, mindestens 3; Meldungen allein lehnen nie ab",
        ),
        (
            "rejected share of the last comments of this author 0.50, at or over 0.50; days since the first comment of "
            "this author 0, at or under 6",
            "abgelehnter Anteil der letzten Kommentare dieser Person 0.50, mindestens 0.50; Tage seit dem ersten "
            "Kommentar dieser Person 0, höchstens 6",
        ),
        ("the discussion has closed since it was written", "die Diskussion wurde seither geschlossen"),
        ("nobody has ever seen this reason", "nobody has ever seen this reason"),
    ],
)
def test_every_shape_of_a_kept_reason_is_told_in_the_language(pages: Pages, kept: str, told: str) -> None:
    with pages.app.test_request_context("/review", headers={"Accept-Language": "de"}):
        assert reason_told(kept) == told
    with pages.app.test_request_context("/review"):
        assert reason_told(kept) == kept


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("Rejected: Off-topic", "Abgelehnt: Nicht zum Thema"),
        ("Undone: Rejected: Off-topic", "Rückgängig gemacht: Abgelehnt: Nicht zum Thema"),
        ("Author banned until 3 March 2026, 09:00 UTC", "Person gesperrt, bis 3. März 2026, 09:00 UTC"),
        ("Statement corrected: Off-topic", "Begründung berichtigt: Nicht zum Thema"),
        ("3 words added to the wordlist", "3 Wörter zur Wortliste hinzugefügt"),
        ("Article set: read first", "Artikel eingestellt: zuerst gelesen"),
        ("Something: of our own", "Something: of our own"),
    ],
)
def test_every_shape_of_a_kept_action_is_told_in_the_language(pages: Pages, kept: str, told: str) -> None:
    with pages.app.test_request_context("/review", headers={"Accept-Language": "de"}):
        assert action_words(kept) == told
    with pages.app.test_request_context("/review"):
        assert action_words(kept) == kept


def test_numbers_are_written_as_the_language_writes_them(pages: Pages) -> None:
    for language, written in (("en", "12,345"), ("de", "12.345"), ("fr", "12\u202f345"), ("es", "12.345")):
        with pages.app.test_request_context("/review", headers={"Accept-Language": language}):
            assert number(12_345) == written


def test_what_chains_and_forms_say_is_in_the_language(pages: Pages) -> None:
    desk = open_in(pages.signed_in(), "/review/rules", "de")
    desk.send("/review/rules/demo/terms", terms="x", why="Name eines Opfers")
    assert "„x“ hat 1 Zeichen; ein Eintrag hat 2 bis" in desk.text
    assert "Nichts wurde geändert." in desk.text


def test_why_an_endpoint_is_refused_is_in_the_language(pages: Pages) -> None:
    admin = open_in(pages.signed_in(), "/admin/webhooks", "de")
    admin.send("/admin/webhooks", site="demo", url="http://cms.example/events")
    assert "Die Adresse beginnt mit http://: Kommentare wären unterwegs für alle lesbar." in admin.text
    admin.send("/admin/webhooks", site="demo", url="https://10.0.0.1/events")
    assert "Die Adresse führt zu 10.0.0.1, außerhalb des öffentlichen Internets." in admin.text


def test_a_comments_history_tells_every_step_in_words(pages: Pages) -> None:
    pages.article()
    comment = pages.say()
    here = f"/review/comments/{comment}"
    desk = pages.signed_in()
    for step in ("newsroom", "escalated"):
        for _ in ("set", "taken back"):
            desk.open(here).send(f"{here}/flags/{step}")
    pages.decide(comment, Verdict.APPROVE)
    for _ in ("set", "taken back"):
        desk.open(here).send(f"{here}/flags/featured")
    assert desk.open(here).texts("//ol[@class='trail']/li/strong")[3:] == [
        *("Sent to the newsroom", "Taken back from the newsroom"),
        *("Left to a senior moderator", "No longer left to a senior moderator"),
        *("Approved", "Featured", "No longer featured"),
    ]
    assert "Hervorgehoben" in open_in(desk, here, "de").texts("//ol[@class='trail']/li/strong")
