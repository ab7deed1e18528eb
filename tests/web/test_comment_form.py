"""The comment form: what is sent by it, refused in it, and told apart from what a program fills in."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import select

from moderation.core.text.written import visible_length
from moderation.storage.comments import Comment, newest_decision
from tests.web.pages import (
    CALM,
    CONFIGURATION,
    SITE_KEY,
    WITHOUT_LIMITS,
    Pages,
    Visitor,
    fields_of,
    published,
)

FORM = "/articles/lanes/comments"


def write(pages: Pages, body: str = CALM, *, name: str = "Ravi K") -> Visitor:
    reader = pages.visitor().open("/")
    pages.clock.move(seconds=30)
    return reader.send(FORM, name=name, body=body)


def test_a_comment_by_the_form_is_in_the_figures_as_one_by_the_api(pages: Pages) -> None:
    def counted() -> float:
        told = pages.app.test_client().get("/metrics").text
        found = re.search(r'^moderation_comments_total\{site="demo",status="pending"\} (.*)$', told, re.MULTILINE)
        return float(found[1]) if found else 0.0

    before = counted()
    write(pages)
    write(pages)  # the same again is refused, and counts as that alone
    assert counted() == before + 1
    content = {"author": {"name": "Ada"}, "body": f"{CALM} By the API."}
    headers = {"Authorization": f"Bearer {SITE_KEY}"}
    pages.app.test_client().post("/api/v1/articles/lanes/comments", json=content, headers=headers)
    assert counted() == before + 2


def test_a_comment_is_sent_and_its_writer_told_where_it_stands(pages: Pages) -> None:
    reader = write(pages)
    assert reader.status == 200
    assert reader.path.startswith("/articles/lanes?comment=")
    assert "waits for a moderator" in reader.text
    (link,) = reader.page.xpath("//a[.='this link']/@href")
    assert "Waiting" in pages.visitor().open(link).texts("//p[@class='status-word']")[0]
    assert CALM not in pages.visitor().open("/").text


@pytest.mark.parametrize(
    "article",
    [
        "/news/lanes/",
        "lanes?page=2",
        "lanes#top",
        "a%2Fb",
        "100%",
        "a b",
        "می\u200cخواهم",
        "https://a.example/b",
        "//evil.example",
    ],
)
def test_a_comment_is_sent_under_an_article_of_any_name(pages: Pages, article: str) -> None:
    pages.article(article)
    path = "/articles/" + quote(article)
    reader = pages.visitor().open(path)
    reader.send(path + "/comments", name="Ravi K", body=CALM)
    assert (reader.status, reader.answer.request.path) == (200, "/articles/" + article)
    assert "waits for a moderator" in reader.text
    (link,) = reader.page.xpath("//a[.='this link']/@href")
    (back,) = reader.open(link).page.xpath("//a[.='Back to the article']/@href")
    assert reader.open(back).texts("//h1") == ["The lanes stay"]


def test_too_short_a_comment_is_refused_with_its_length_and_nothing_typed_is_lost(pages: Pages) -> None:
    reader = write(pages, "Twelve chars", name="Ravi K")
    assert reader.status == 422
    assert "has 12 characters; at least 50 are needed" in reader.text
    assert "12/50" in reader.text
    assert reader.page.forms[0].fields["name"] == "Ravi K"
    assert reader.page.forms[0].fields["body"].strip() == "Twelve chars"
    assert reader.page.xpath("//textarea/@aria-invalid") == ["true"]


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("", CALM, "The name is empty"),
        ("\u200b\u200d", CALM, "The name is empty"),
        ("N" * 200, CALM, "at most 80"),
        ("Ravi", " " * 60, "has 0 characters"),
        ("Ravi", "a" + "\u0301" * 60, "has 1 character;"),
        ("Ravi", "\u200d" * 40_000, "has 0 characters"),
        ("Ravi", "\u200d" * 100_000, "has 0 characters"),
        ("Ravi", "n\u0303\u0325" * 30_000, "at most 50000 are possible"),
        ("Ravi", "long " * 1001, "at most 5000"),
        ("Ravi", "a NUL \x00 in the middle of an otherwise quite harmless comment", "NUL"),
    ],
)
def test_what_cannot_be_taken_is_named_kindly(pages: Pages, name: str, body: str, told: str) -> None:
    reader = write(pages, body, name=name)
    assert reader.status == 422
    assert told in reader.text
    assert "Nothing you wrote is lost" in reader.text


def test_the_same_comment_twice_is_told_apart_from_a_new_one(pages: Pages) -> None:
    write(pages)
    reader = write(pages)
    assert reader.status == 409
    assert "already arrived" in reader.text


def test_a_form_that_was_open_too_long_comes_back_with_what_was_typed_and_then_works(
    pages: Pages,
) -> None:
    reader = pages.visitor().open("/")
    reader.post(FORM, {"name": "Ravi K", "body": CALM, "csrf_token": "old"})
    assert "open for long" in reader.text
    assert reader.status == 400
    assert reader.page.forms[0].fields["body"].strip() == CALM
    reader.send(FORM)
    assert "waits for a moderator" in reader.text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {"Origin": "https://localhost"}]
)
def test_a_comment_is_sent_and_taken_back_without_any_cookie(pages: Pages, headers: dict[str, str]) -> None:
    reader = pages.visitor()
    reader.client = pages.visitor().client.application.test_client(use_cookies=False)
    reader.open("/")
    pages.clock.move(seconds=30)
    (form,) = (form for form in reader.page.forms if form.action == FORM)
    reader.post(FORM, {**fields_of(form), "name": "Ravi K", "body": CALM}, headers=headers)
    assert "waits for a moderator" in reader.text
    (link,) = reader.page.xpath("//a[.='this link']/@href")
    (form,) = (form for form in reader.open(link).page.forms if form.action.endswith("/withdraw"))
    reader.post(form.action, fields_of(form), headers=headers)
    assert "Withdrawn" in reader.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_from_elsewhere_is_refused_and_told_of_cookies(pages: Pages, headers: dict[str, str]) -> None:
    reader = pages.visitor()
    reader.post(FORM, {"name": "Ravi K", "body": CALM, "csrf_token": "guessed"}, headers=headers)
    assert reader.status == 400
    assert "allow cookies for this site" in reader.text
    assert "open for long" not in reader.text
    assert reader.page.forms[0].fields["body"].strip() == CALM


def test_too_many_comments_are_slowed_down_without_losing_one(pages: Pages) -> None:
    pages.configuration.set(CONFIGURATION.replace('"6 per minute"', '"2 per minute"'))
    statuses = [write(pages, f"{CALM} This is number {number}.").status for number in range(3)]
    assert statuses == [200, 200, 429]
    reader = write(pages, f"{CALM} This is the fourth.")
    assert reader.page.forms[0].fields["body"].strip() == f"{CALM} This is the fourth."
    assert int(reader.answer.headers["Retry-After"]) > 0


def test_a_reply_quotes_what_it_answers_and_arrives_as_one(pages: Pages) -> None:
    first = published(pages)
    reader = pages.visitor().open(f"/articles/lanes?reply={first}")
    assert "In reply to Priya S" in reader.text
    reader.send(FORM, name="Ravi K", body="That is well put, and I would like to add a word about the timetable.")
    assert "waits for a moderator" in reader.text
    desk = pages.signed_in().open("/review")
    assert "reply" in desk.texts("//ol[@id='lines']//span[@class='chip']")


def test_one_cannot_reply_to_what_is_not_published(pages: Pages) -> None:
    waiting = pages.say()
    assert "In reply to" not in pages.visitor().open(f"/articles/lanes?reply={waiting}").text


def test_the_counter_starts_at_what_the_server_counts(pages: Pages) -> None:
    body = "  नमस्ते \u200b\u200b👩‍👩‍👧  "
    assert f"{visible_length(body)}/50" in write(pages, body).text


def reasons_of_last(pages: Pages) -> tuple[str, list[str]]:
    with pages.services.database.reading() as session:
        comment = session.scalars(select(Comment).order_by(Comment.received_at.desc(), Comment.id.desc())).first()
        assert comment is not None
        decision = newest_decision(session, comment.id)
    assert decision is not None
    return comment.status, [reason["code"] for reason in decision.reasons]


def publishes_first(pages: Pages) -> None:
    pages.configuration.set(WITHOUT_LIMITS.replace('mode = "pre" ', 'mode = "post"'))


def test_a_comment_that_took_its_time_is_published(pages: Pages) -> None:
    publishes_first(pages)
    reader = pages.visitor().open("/")
    pages.clock.move(seconds=30)
    assert "Your comment is published" in reader.send(FORM, name="Ravi K", body=CALM).text
    # Gone back to: the page is old, and so is its form.
    pages.clock.move(days=2)
    assert reasons_of_last(pages)[0] == "approved"


def test_a_form_that_a_program_filled_in_is_kept_and_never_published(pages: Pages) -> None:
    publishes_first(pages)
    for seconds, more in (
        (1, {}),
        (30, {"homepage": "https://x.example"}),
        (30, {"opened": ""}),
        (30, {"opened": "1.x"}),
    ):
        reader = pages.visitor().open("/")
        pages.clock.move(seconds=seconds)
        sent = reader.send(FORM, name="Ravi K", body=f"{CALM} {seconds} {more}", **more)
        assert "waits for a moderator" in sent.text, sent.text
        assert reasons_of_last(pages) == ("pending", ["spam"])


def test_mending_a_comment_quickly_is_no_sign_of_a_program(pages: Pages) -> None:
    publishes_first(pages)
    reader = pages.visitor().open("/")
    pages.clock.move(seconds=30)
    reader.send(FORM, name="Ravi K", body="Too short.")
    assert reader.status == 422
    assert "Your comment is published" in reader.send(FORM, name="Ravi K", body=CALM).text


def test_the_field_for_programs_is_hidden_from_everybody_else(pages: Pages) -> None:
    (field,) = pages.visitor().open("/").page.xpath("//input[@name='homepage']")
    assert (field.get("tabindex"), field.get("autocomplete"), field.get("value")) == ("-1", "off", None)
    assert field.getparent().get("aria-hidden") == "true"
