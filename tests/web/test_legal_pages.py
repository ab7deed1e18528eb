"""The legal queue: what comes in has its time, raises an alarm, and is decided on the comment too."""

from __future__ import annotations

import pytest

from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment, newest_decision
from tests.web.pages import CALM, Pages, Visitor, published
from tests.web.site_rules import article_id, configure, events, post, sent, whole_chain

TEXT = "This comment accuses Mr Holm of theft, which no court has found."


def enter(pages: Pages, name: str = "admin", **fields: str) -> Visitor:
    form = {"kind": "notice", "explanation": TEXT, "sender": "Holm & Partners", "contact": "law@holm.example"}
    return pages.signed_in(name).open("/legal").send("/legal", **{**form, **fields})


def test_a_notice_is_entered_with_its_time_and_decided_on_the_comment(pages: Pages) -> None:
    comment = published(pages)
    desk = enter(pages, link=f"https://paper.example/lanes#comment-{comment}")
    assert desk.status == 200
    assert "Due in 1 day (due 15 January 2026, 09:01 UTC)" in desk.text
    assert CALM in desk.text
    pages.clock.move(hours=2)
    desk.send(
        desk.path.partition("?")[0] + "/decide",
        outcome="acted", verdict="reject", reason="private", decision="The accusation names a private person.",
    )  # fmt: skip
    assert "Decided and recorded." in desk.text
    assert "How it came up It came up through a notice." in " ".join(desk.texts("//dl//*"))
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == "rejected"
        decision = newest_decision(db, comment)
        assert decision is not None
        assert decision.statement is not None
        assert (decision.statement["prompted_by"], decision.reason_id) == ("a notice", "private")
        assert decision.statement["automated_detection"] is False
    (received,), (decided,) = events(pages, "legal.received"), events(pages, "legal.decided")
    assert received["comment"] == comment
    assert received["due"] == "2026-01-15T09:01:00+00:00"
    assert (decided["outcome"], decided["late"], decided["kind"]) == ("acted", False, "notice")
    for private in ("Holm", "law@", "theft", "private person"):
        assert private not in whole_chain(pages)
    desk.open("/legal")
    assert "decided in time" in desk.text
    assert "Nothing waits here." in desk.text


def test_an_order_says_so_to_the_comments_writer(pages: Pages) -> None:
    comment = published(pages)
    desk = enter(pages, kind="order", link=comment)
    desk.send(desk.path.partition("?")[0] + "/decide", outcome="acted", verdict="reject", reason="hate", decision="x")
    with pages.services.database.reading() as db:
        decision = newest_decision(db, comment)
        assert decision is not None
        assert decision.statement is not None
        assert decision.statement["prompted_by"] == "an order"


def test_a_grievance_can_bring_a_comment_back(pages: Pages) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.REJECT, "off-topic")
    desk = enter(pages, kind="grievance", link=f"/comments/{comment}?receipt=x", explanation="It was on topic.")
    assert "Due in 15 days" in desk.text
    desk.send(desk.path.partition("?")[0] + "/decide", outcome="acted", verdict="approve", decision="It was, indeed.")
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == "approved"


def test_what_is_refused_leaves_the_comment_alone_and_can_be_about_an_article(pages: Pages) -> None:
    desk = enter(pages, link="https://paper.example/lanes")
    assert "The lanes stay" in desk.text
    desk.send(desk.path.partition("?")[0] + "/decide", outcome="refused", decision="An article is no comment.")
    assert desk.texts("//h2[@id='decision']") == ["Refused"]


def test_configured_clocks_set_the_time_and_what_is_past_it_raises_an_alarm(pages: Pages) -> None:
    configure(pages, more="[legal]\nnotice_hours = 48\norder_hours = 2\ndue_soon_hours = 3\n")
    desk = enter(pages)
    assert "Due in 2 days" in desk.text
    assert not desk.page.xpath("//*[@class='alarm']")
    enter(pages, kind="order")
    assert desk.open("/review").texts("//*[contains(@class,'alarm')]") == ["1 legal case is due soon."]
    pages.clock.move(hours=2)
    assert desk.open("/review").texts("//*[contains(@class,'alarm')]") == ["1 legal case is overdue."]
    metrics = pages.app.test_client().get("/metrics").text
    assert 'moderation_legal_overdue{site="demo"} 1.0' in metrics
    desk.open("/legal")
    assert desk.texts("//ol[@class='legal-cases']/li[1]//strong") == ["overdue for under a minute"]
    (href,) = desk.page.xpath("//ol[@class='legal-cases']/li[1]//a/@href")
    desk.open(href).send(f"{href}/decide", outcome="refused", decision="The court has no say here.")
    assert 'moderation_legal_overdue{site="demo"} 0.0' in pages.app.test_client().get("/metrics").text
    assert not desk.open("/review").page.xpath("//*[contains(@class,'alarm')]")


def test_two_who_decide_one_case_overwrite_nothing(pages: Pages) -> None:
    comment = published(pages)
    desk = enter(pages, link=comment)
    path = desk.path.partition("?")[0]
    other = pages.signed_in().open(path)
    desk.send(f"{path}/decide", outcome="refused", decision="First.")
    other.send(f"{path}/decide", outcome="acted", verdict="reject", reason="hate", decision="Second.")
    assert other.status == 409
    assert "decided meanwhile" in other.text
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == "approved"
    assert len(events(pages, "legal.decided")) == 1


def test_a_comment_that_changed_meanwhile_leaves_the_case_open(pages: Pages) -> None:
    comment = published(pages)
    desk = enter(pages, link=comment)
    path = desk.path.partition("?")[0]
    pages.decide(comment, Verdict.REOPEN)
    desk.send(f"{path}/decide", outcome="acted", verdict="reject", reason="hate", decision="Gone.")
    assert desk.status == 409
    assert "changed meanwhile" in desk.text
    assert "Gone." in desk.text
    assert not events(pages, "legal.decided")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "letter"}, "The kind must be one of"),
        ({"explanation": ""}, "The explanation is missing"),
        ({"explanation": "x" * 10_001}, "at most 10000"),
        ({"received_at": "2026-01-15T00:00"}, "must lie in the past"),
        ({"received_at": "1990-01-15T00:00"}, "must lie in the past"),
        ({"received_at": "yesterday"}, "The time must be a date"),
        ({"received_at": "0001-01-01T00:00:00+23:59"}, "The time must be a date"),
        ({"received_at": "9999-12-31T23:59:59-23:59"}, "The time must be a date"),
        ({"sender": "a\x00b"}, "NUL"),
    ],
)
def test_what_cannot_be_entered_says_why_and_keeps_what_was_typed(
    pages: Pages, fields: dict[str, str], says: str
) -> None:
    desk = enter(pages, **fields)
    assert desk.status == 422
    assert says in desk.text
    assert desk.page.xpath("//input[@name='contact']/@value") == ["law@holm.example"]
    assert not events(pages, "legal.received")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"decision": "x"}, "The outcome is missing"),
        ({"outcome": "acted"}, "The decision is missing"),
        ({"outcome": "acted", "decision": "x", "verdict": "reject"}, "The reason is missing"),
        ({"outcome": "acted", "decision": "x", "verdict": "erase"}, "The comment must be one of"),
        ({"outcome": "acted", "decision": "x", "verdict": "reject", "reason": "no"}, "not a configured reason"),
    ],
)
def test_a_decision_that_is_not_whole_decides_nothing(pages: Pages, fields: dict[str, str], says: str) -> None:
    desk = enter(pages, link=published(pages))
    post(desk, desk.path.partition("?")[0] + "/decide", **fields)
    assert desk.status == 422
    assert says in desk.text
    assert not events(pages, "legal.decided")


def test_the_legal_queue_is_for_seniors_of_the_site_and_of_no_section_alone(pages: Pages) -> None:
    enter(pages)
    (path,) = pages.signed_in().open("/legal").page.xpath("//ol[@class='legal-cases']//a/@href")
    pages.account("mo", {"demo": Role.MODERATOR})
    pages.account("city", {"demo": Role.SENIOR}, sections=("city",))
    pages.account("sen", {"demo": Role.SENIOR})
    for name in ("mo", "city"):
        desk = pages.signed_in(name)
        assert desk.open("/legal").status == 403
        assert desk.open(path).status == desk.open("/legal/nothing").status == 403
        post(desk.open("/review"), "/legal", site="demo", kind="notice", explanation="x")
        assert desk.status == 403
        assert not desk.open("/review").page.xpath("//*[contains(@class,'alarm')]")
    assert pages.signed_in("sen").open(path).status == 200
    assert pages.signed_in("sen").open("/legal/nothing").status == 404
    assert "Legal" not in pages.signed_in("mo").open("/review").texts("//nav//a")


def test_decided_cases_are_listed_page_by_page(pages: Pages) -> None:
    for number in range(32):
        desk = enter(pages, explanation=f"Case {number}")
        pages.clock.move(minutes=1)
        desk.send(desk.path.partition("?")[0] + "/decide", outcome="refused", decision="No.")
    desk = pages.signed_in().open("/legal")
    assert len(desk.page.xpath("//section[@aria-labelledby='decided']//li")) == 30
    (further,) = desk.page.xpath("//a[.='Earlier ones']/@href")
    assert len(desk.open(further.partition("#")[0]).page.xpath("//section[@aria-labelledby='decided']//li")) == 2


def test_an_article_that_is_named_by_its_own_id_is_found(pages: Pages) -> None:
    enter(pages, link="lanes")
    assert events(pages, "legal.received")[0]["article"] == article_id(pages)
    assert sent(pages).status_code == 202


@pytest.mark.parametrize("kind", ["notice", "grievance", "order"])
@pytest.mark.parametrize("link", ["nonsense", "https://elsewhere.example/nothing", "0" * 26, "/articles/", "?", "#x"])
def test_what_names_nothing_here_is_refused_and_nothing_typed_is_lost(pages: Pages, kind: str, link: str) -> None:
    desk = enter(pages, kind=kind, link=link, explanation="Take down what is said there.")
    assert desk.status == 422
    assert "was not found on this site" in desk.text
    (form,) = (form for form in desk.page.forms if form.action == "/legal")
    assert form.fields["link"] == link
    assert form.fields["explanation"].strip() == "Take down what is said there."
    assert form.fields["kind"] == kind
    assert not events(pages, "legal.received")
    desk.send("/legal", link="")  # what is gone can be told of all the same
    assert desk.status == 200
    assert len(events(pages, "legal.received")) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://paper.example/lanes?utm_source=x",
        "http://paper.example/lanes/",
        "https://demo.example/articles/lanes?a=b",
    ],
)
def test_an_article_is_found_behind_its_address_however_it_was_copied(pages: Pages, link: str) -> None:
    assert enter(pages, link=link).status == 200
    assert events(pages, "legal.received")[0]["article"] == article_id(pages)
