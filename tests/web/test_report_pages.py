"""Reporting, and giving notice, on pages without scripts; and what moderators see and do of it on the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from moderation.desk.decide import Verdict
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase
from moderation.storage.reports import Report, ReportedComment, Reporter
from moderation.storage.sites import keys_of
from tests.web.pages import (
    CALM,
    CONFIGURATION,
    RUDE,
    WITHOUT_LIMITS,
    Pages,
    Visitor,
    fields_of,
    published,
)
from tests.web.site_rules import post


def reported(pages: Pages, comment: str, **form: str) -> Visitor:
    visitor = pages.visitor().open(f"/comments/{comment}/report")
    return visitor.send(f"/comments/{comment}/report", **({"reason": "threat", "text": "Third line."} | form))


def reports(pages: Pages) -> list[Report]:
    with pages.services.database.reading() as db:
        return list(db.scalars(select(Report)))


def test_a_reader_reports_from_the_comments_own_page_without_scripts(pages: Pages) -> None:
    comment = published(pages)
    visitor = pages.visitor().open(f"/comments/{comment}")
    assert f"/comments/{comment}/report" in "".join(visitor.page.xpath("//a/@href"))
    answer = reported(pages, comment)
    assert answer.status == 200
    assert "Your report was taken." in answer.text
    (kept,) = reports(pages)
    assert (kept.comment_id, kept.reason_id, kept.text) == (comment, "threat", "Third line.")
    assert f"/comments/{comment}/report" in "".join(pages.visitor().open("/articles/lanes").page.xpath("//a/@href"))


def test_own_words_are_a_reason_and_none_are_asked_for(pages: Pages) -> None:
    comment = published(pages)
    answer = reported(pages, comment, reason="-", text="")
    assert answer.status == 422
    assert "say in a few words what is wrong" in answer.text
    answer = reported(pages, comment, reason="-", text="It copies my article.")
    assert answer.status == 200
    assert [(one.reason_id, one.text) for one in reports(pages)] == [(None, "It copies my article.")]


def test_a_comment_that_is_not_published_has_no_page_to_report_it(pages: Pages) -> None:
    waiting = pages.say()
    assert pages.visitor().open(f"/comments/{waiting}/report").status == 404
    assert pages.visitor().open("/comments/nosuch/report").status == 404


def test_a_report_that_comes_from_another_page_is_not_taken(pages: Pages) -> None:
    comment = published(pages)
    answer = pages.app.test_client().post(
        f"/comments/{comment}/report", data={"reason": "threat"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 400
    assert reports(pages) == []


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de", "Einen Kommentar melden"),
        ("fr", "Signaler un commentaire"),
        ("es", "Denunciar un comentario"),
        ("pt", "Denunciar um comentário"),
        ("hi", "टिप्पणी की शिकायत करें"),
        ("ar", "الإبلاغ عن تعليق"),
    ],
)
def test_the_page_speaks_the_readers_language(pages: Pages, language: str, says: str) -> None:
    comment = published(pages)
    assert says in pages.visitor().open(f"/comments/{comment}/report?lang={language}").text


NOTICE = {
    "explanation": "It accuses me of theft.",
    "name": "Ada Holm",
    "email": "ada@holm.example",
    "good_faith": "1",
    "kind": "",
    "law": "",
}


def test_a_notice_is_sent_without_an_account_and_its_receipt_shows_the_decision(pages: Pages) -> None:
    comment = published(pages)
    visitor = pages.visitor().open(f"/notice?comment={comment}")
    assert visitor.page.xpath("//input[@id='where']/@value") == [f"http://localhost/comments/{comment}"]
    visitor.send("/notice", **NOTICE)
    assert visitor.status == 200
    assert "Your notice has arrived." in visitor.text
    receipt = visitor.path
    assert "receipt=" in receipt
    desk = pages.signed_in().open("/legal")
    assert "Ada Holm" in desk.text
    with pages.services.database.reading() as db:
        case = db.scalars(select(LegalCase)).one()
    desk.open(f"/legal/{case.id}")
    assert "its sender, on the page for notices" in desk.text
    desk.send(f"/legal/{case.id}/decide", outcome="refused", verdict="keep", decision="It quotes a verdict.")
    assert "not yet" in desk.text
    visitor.open(receipt)
    assert "It quotes a verdict." in visitor.text
    assert "A person decided" in visitor.text
    assert "court" in visitor.text
    desk.open(f"/legal/{case.id}")
    assert "Sender told" in desk.text
    assert "not yet" not in desk.text
    desk.send(f"/legal/{case.id}/forget-sender")
    assert "Ada Holm" not in desk.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"where": "https://elsewhere.example/x"}, "another site"),
        ({"where": "http://localhost/comments/00000000000000000000000000"}, "There is no such comment here."),
        ({"where": ""}, "say which comment"),
        ({"name": ""}, "needs your name"),
        ({"email": "ada"}, "ada@example.com"),
        ({"explanation": ""}, "say why"),
        ({"good_faith": ""}, "good faith"),
    ],
)
def test_a_notice_that_lacks_something_comes_back_with_what_was_written(
    pages: Pages, change: dict[str, str], says: str
) -> None:
    comment = published(pages)
    form = NOTICE | {"law": "Section 187", "where": f"http://localhost/comments/{comment}"} | change
    visitor = pages.visitor().open("/notice").send("/notice", **form)
    assert visitor.status in (404, 422)
    assert says in visitor.text
    assert visitor.page.xpath("//input[@id='law']/@value") == ["Section 187"]


def test_a_receipt_of_another_notice_opens_nothing(pages: Pages) -> None:
    comment = published(pages)
    visitor = pages.visitor().open(f"/notice?comment={comment}").send("/notice", **NOTICE)
    path = visitor.path.partition("?")[0]
    assert pages.visitor().open(f"{path}?receipt={'0' * 32}").status == 404


def test_a_threat_to_life_is_marked_urgent_on_the_desk(pages: Pages) -> None:
    comment = published(pages)
    pages.visitor().open(f"/notice?comment={comment}").send("/notice", **(NOTICE | {"kind": "threat_to_life"}))
    desk = pages.signed_in().open("/legal")
    assert "urgent" in desk.text
    assert "a threat to somebody’s life" in desk.text


def test_the_desk_lists_what_is_reported_until_somebody_decides(pages: Pages) -> None:
    comment, other = published(pages), published(pages, by="Mira")
    reported(pages, comment)
    desk = pages.signed_in().open("/review?status=reported")
    assert desk.page.xpath("//ol[@id='lines']/li/@data-comment") == [comment]
    assert "Reported 1" in " ".join(desk.texts("//ul[@class='tabs']//a"))
    assert "Third line." in desk.text
    assert "1 report" in desk.text
    desk.send(f"/review/comments/{comment}/approve")
    desk.open("/review?status=reported")
    assert desk.page.xpath("//ol[@id='lines']/li") == []
    assert "Nothing is reported" in desk.text
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == db.get_one(Comment, other).status == "approved"
        assert db.scalars(select(Reporter)).one().wrongly == 1


def test_reports_are_set_aside_and_that_is_undone(pages: Pages) -> None:
    comment = published(pages)
    reported(pages, comment)
    desk = pages.signed_in().open("/review?status=reported")
    desk.send(f"/review/comments/{comment}/reports")
    assert "Reports set aside" in desk.text
    desk.send("/review/undo")
    with pages.services.database.reading() as db:
        assert db.get_one(ReportedComment, comment).open_reports == 1


def test_who_reports_is_seen_and_muted_and_heard_again(pages: Pages) -> None:
    comment = published(pages)
    reported(pages, comment)
    with pages.services.database.reading() as db:
        reporter = db.scalars(select(Reporter)).one().id
    desk = pages.signed_in().open("/review/reporters")
    assert f"/review/reporters/{reporter}" in desk.page.xpath("//main//a/@href")
    desk.open(f"/review/reporters/{reporter}")
    assert "Third line." in desk.text
    desk.send(f"/review/reporters/{reporter}/mute")
    assert "Reporter muted." in desk.text
    desk.open("/review/reporters")
    assert "muted" in desk.text
    desk.open(f"/review/reporters/{reporter}").send(f"/review/reporters/{reporter}/unmute")
    with pages.services.database.reading() as db:
        assert db.get_one(Reporter, reporter).muted is False


@pytest.mark.parametrize(("language", "says"), [("de", "Wer meldet"), ("fr", "Qui signale"), ("es", "Quién denuncia")])
def test_the_desks_pages_speak_the_moderators_language(pages: Pages, language: str, says: str) -> None:
    assert says in pages.signed_in().open(f"/review/reporters?lang={language}").text


def test_the_figures_tell_what_was_reported(pages: Pages) -> None:
    comment = published(pages)
    reported(pages, comment)
    desk = pages.signed_in().open("/admin/figures")
    assert "Reports: 1. Right: 0, wrong: 0, open: 1." in desk.text
    assert "Threat,1,0" in desk.open("/admin/figures/reports.csv").text


def test_the_rules_page_is_made_from_the_configuration_and_the_figures(pages: Pages) -> None:
    visitor = pages.visitor().open("/rules")
    assert visitor.status == 200
    assert "Personal attack: It attacks a person rather than what they say." in visitor.text
    assert "It refuses nothing by itself." in visitor.text
    assert "It publishes nothing by itself." in visitor.text
    assert "How often software was right" not in visitor.text
    assert pages.visitor().open("/rules?site=demo").status == 200
    assert pages.visitor().open("/rules?site=nosuch").status == 404


def test_the_rules_page_says_how_often_software_was_right_once_enough_is_decided(pages: Pages) -> None:
    for number in range(30):
        comment = pages.say(f"A calm word, number {number}, about the lanes that the council voted on last night.")
        pages.decide(comment, Verdict.APPROVE if number else Verdict.REJECT)
    pages.configuration.set(WITHOUT_LIMITS.replace("[policy.reject]", "[policy.reject]\ntoxicity_at_least = 0.9\n"))
    text = pages.visitor().open("/rules").text
    assert "Of 100 comments in which it found nothing, people published 97." in text
    assert "in which software found something" not in text
    assert "What is clearly against the rules it refuses by itself" in text


def test_the_rules_page_tells_what_the_desk_and_the_configuration_say_of_a_site_and_of_its_sections(
    pages: Pages,
) -> None:
    pages.article()
    pages.article(external_id="ferry", section="harbour")
    pages.configuration.set(WITHOUT_LIMITS + "[comments.sections.harbour]\nminimum_length = 7\n")
    text = pages.visitor().open("/rules").text
    assert "It publishes nothing by itself." in text
    desk = pages.signed_in().open("/review/rules")
    desk.send("/review/rules/demo/mode", mode="post")
    page = pages.visitor().open("/rules")
    assert "What it finds nothing in is published at once." in page.text
    assert page.texts("//section[h2='In other sections']//li") == ["harbour"]
    post(desk, "/review/rules/demo/mode", section="city", mode="closed", sentence="The city is asleep.")
    page = pages.visitor().open("/rules?site=demo&section=city")
    assert "These rules hold in the section city." in page.text
    assert "The city is asleep." in page.text
    assert list(page.page.xpath("//section[h2='In other sections']//a/@href")) == [
        "/rules?site=demo",
        "/rules?site=demo&section=harbour",
    ]
    harbour = pages.visitor().open("/rules?site=demo&section=harbour").text
    assert "A comment has 7 characters at least." in harbour
    assert "What it finds nothing in is published at once." in harbour
    desk.send("/review/rules/demo/read-only", sentence="Back on Monday.")
    assert "Back on Monday." in pages.visitor().open("/rules").text


def test_a_section_without_rules_of_its_own_has_those_of_the_site(pages: Pages) -> None:
    page = pages.visitor().open("/rules?section=" + "x" * 3000)
    assert page.status == 200
    assert "xxx" not in page.text


def send_rude(pages: Pages, visitor: Visitor, **more: str) -> Visitor:
    return visitor.open("/articles/lanes").send(
        "/articles/lanes/comments", name="Ann", body=f"The lanes are fine. {RUDE}", **more
    )


def comments(pages: Pages) -> int:
    with pages.services.database.reading() as db:
        return db.scalar(select(func.count()).select_from(Comment)) or 0


def test_a_reader_is_asked_once_about_a_sentence_and_may_send_it_as_it_is(pages: Pages) -> None:
    pages.configuration.set(WITHOUT_LIMITS.replace("nudge = false", "nudge = true"))
    visitor = send_rude(pages, pages.visitor())
    assert visitor.status == 200
    assert visitor.texts("//*[@id='sentence']//q") == [RUDE.partition(". ")[2]]
    assert comments(pages) == 0
    assert "0." not in " ".join(visitor.texts("//*[@id='sentence']"))
    visitor.send("/articles/lanes/comments")
    assert "sentence" not in visitor.page.xpath("//@id")
    assert comments(pages) == 1


def test_nobody_is_asked_about_a_calm_comment_or_where_that_is_off(pages: Pages) -> None:
    send_rude(pages, pages.visitor())
    assert comments(pages) == 1
    pages.configuration.set(WITHOUT_LIMITS.replace("nudge = false", "nudge = true"))
    pages.visitor().open("/articles/lanes").send("/articles/lanes/comments", name="Bea", body=CALM)
    assert comments(pages) == 2


def test_to_be_asked_counts_like_a_comment(pages: Pages) -> None:
    limited = CONFIGURATION.replace("nudge = false", "nudge = true")
    pages.configuration.set(limited.replace('["6 per minute", "60 per hour"]', '["2 per minute"]'))
    visitor = pages.visitor()
    assert [send_rude(pages, visitor).status for _ in range(3)] == [200, 200, 429]
    assert comments(pages) == 0


def test_a_site_that_renders_its_own_pages_asks_too(pages: Pages) -> None:
    pages.configuration.set(WITHOUT_LIMITS.replace("nudge = false", "nudge = true"))
    with pages.services.database.reading() as db:
        key = next(one.public for one in keys_of(db, "demo") if one.public)
    form = {"site": key, "name": "Ann", "body": RUDE}
    visitor = pages.visitor().post("/embed/lanes", form, headers={"Origin": "http://localhost"})
    assert visitor.status == 200
    assert "This sentence may hurt somebody" in visitor.text
    assert comments(pages) == 0
    visitor.post("/embed/lanes", fields_of(visitor.page.forms[0]), headers={"Origin": "http://localhost"})
    assert comments(pages) == 1
