"""The reader's pages: an article, its discussion, and where a comment stands."""

from __future__ import annotations

import pytest

from moderation.accounts.sites import add_site
from moderation.desk.decide import Verdict
from tests.web.pages import (
    CALM,
    CLOSED,
    HIDDEN,
    Pages,
    published,
)
from tests.web.test_comment_form import write


def test_the_front_page_is_the_newest_article_with_key_points_and_reading_time(pages: Pages) -> None:
    reader = pages.visitor().open("/")
    assert reader.texts("//h1") == ["The lanes stay"]
    assert reader.texts("//section[@class='key-points']//li") == ["Buses are faster", "Shops complain"]
    assert reader.texts("//div[@class='prose']/p") == ["The council voted on Thursday.", "Line 4 now takes 17 minutes."]
    for shown in ("city", "Jo Ashdown", "The Courier", "13 January 2026, 06:00 UTC", "1 min read"):
        assert shown in reader.text


def test_without_an_article_the_front_page_says_so(empty_pages: Pages) -> None:
    assert "Nothing to read here yet" in empty_pages.visitor().open("/").text


def test_readers_stand_there_with_their_initials_and_answers_beneath(pages: Pages) -> None:
    first = published(pages, by="Priya S")
    published(
        pages,
        "I would add that the shops on Quay Street have a point about the deliveries.",
        by="vikram",
        to=first,
    )
    reader = pages.visitor().open("/")
    assert reader.texts("//ol[@class='talk']//span[contains(@class, 'avatar')]") == ["P", "V"]
    assert reader.texts("//ol[@class='replies']//div[@class='who']/bdi") == ["vikram"]
    assert "Reader comments 2" in reader.text


def test_a_reply_to_a_reply_stands_under_the_comment_that_began_it(pages: Pages) -> None:
    first = published(pages)
    answer = published(pages, "The second one speaks, at some length, to the first one.", by="B", to=first)
    published(pages, "The third one speaks, at just as much length, to the second.", by="C", to=answer)
    assert pages.visitor().open("/").texts("//ol[@class='replies']//div[@class='who']/bdi") == ["B", "C"]


def test_only_what_is_published_is_shown(pages: Pages) -> None:
    pages.say("This one still waits for somebody to read it, and nobody should see it yet.")
    refused = pages.say("This one was refused, for whatever reason that was, and stays unseen.", by="Other")
    pages.decide(refused, Verdict.REJECT, "other")
    reader = pages.visitor().open("/")
    assert "No comment is published here yet. Yours can be the first." in reader.text
    assert "still waits for somebody" not in reader.text
    assert "stays unseen" not in reader.text


def test_a_removed_comment_with_answers_leaves_a_line_in_its_place(pages: Pages) -> None:
    first = published(pages)
    published(pages, "An answer to it that remains, whatever becomes of the first.", by="B", to=first)
    pages.decide(first, Verdict.REJECT, "other")
    reader = pages.visitor().open("/")
    assert "It is no longer published" in reader.text
    assert CALM not in reader.text
    assert "An answer to it that remains" in reader.text


def test_an_answer_deep_down_keeps_the_places_above_it(pages: Pages) -> None:
    first = published(pages)
    second = published(pages, "An answer that will be gone as well, as soon as somebody decides so.", by="B", to=first)
    published(pages, "The answer to the answer, which remains whatever becomes of those above it.", by="C", to=second)
    alone = published(pages, "An answer that goes and leaves nothing behind, for nobody answered it.", by="D", to=first)
    for comment in (first, second, alone):
        pages.decide(comment, Verdict.REJECT, "other")
    reader = pages.visitor().open("/")
    assert reader.text.count("It is no longer published") == 2
    assert "The answer to the answer, which remains whatever becomes of those above it." in reader.text
    assert "gone as well" not in reader.text
    assert "leaves nothing" not in reader.text


def test_a_long_discussion_goes_on_another_page(pages: Pages) -> None:
    for number in range(101):
        published(pages, f"Comment number {number} of a discussion that nobody is going to read whole.")
    reader = pages.visitor().open("/")
    assert len(reader.page.xpath("//ol[@class='talk']/li")) == 100
    (more,) = reader.page.xpath("//a[.='More comments']/@href")
    assert "Comment number 100" in reader.open("/articles/lanes" + more).text
    assert len(reader.page.xpath("//ol[@class='talk']/li")) == 1


def test_who_was_answered_too_often_for_one_page_has_a_page_of_answers(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.storage.discussion.REPLIES", 3)
    quiet, busy = (
        published(pages, by="Ann"),
        published(pages, "One that many people answer, one after the other, all day.", by="Bo"),
    )
    published(pages, "The only answer to the first, which has its place here all the same.", by="C", to=quiet)
    for number in range(4):
        published(pages, f"Answer number {number}, about as long as all of the others are.", by=f"D{number}", to=busy)
    reader = pages.visitor().open("/")
    assert reader.texts("//ol[@class='replies']//div[@class='who']/bdi") == ["C", "D0", "D1"]
    assert len(reader.page.xpath("//a[starts-with(., 'All replies')]")) == 1
    (link,) = reader.page.xpath("//a[starts-with(., 'All replies')]/@href")
    reader.open("/articles/lanes" + link)
    assert reader.texts("//section[@class='discussion']//div[@class='who']/bdi") == ["Bo", "D0", "D1", "D2", "D3"]


def test_a_reply_to_a_reply_says_whom_it_answers(pages: Pages) -> None:
    first = published(pages)
    answer = published(pages, "The second one speaks, at some length, to the first one.", by="Bo", to=first)
    published(pages, "The third one speaks, at just as much length, to the second.", by="Cy", to=answer)
    assert pages.visitor().open("/").texts("//span[@class='hint'][starts-with(., 'to')]") == ["to Bo"]


@pytest.mark.parametrize("parameter", ["after", "under", "reply"])
def test_an_address_tells_nothing_of_a_waiting_comment(pages: Pages, parameter: str) -> None:
    published(pages)
    waiting = pages.say("This one still waits for somebody to read it, and nobody should see it yet.")

    def discussion(comment: str) -> str:
        page = pages.visitor().open(f"/articles/lanes?{parameter}={comment}")
        return "".join(page.texts("//section")).replace(comment, "")

    assert discussion(waiting) == discussion("019b0000-0000-7000-8000-000000000000")


def test_the_link_later_tells_of_the_refusal_with_its_statement_of_reasons(pages: Pages) -> None:
    (link,) = write(pages).page.xpath("//a[.='this link']/@href")
    comment_id = link.split("/")[2].split("?")[0]
    pages.decide(comment_id, Verdict.REJECT, "off-topic")
    reader = pages.visitor().open(link)
    for told in (
        "Rejected",
        "It is not about the article.",
        "Off-topic",
        "It came up in our own checks.",
        "A person noticed it",
        "a person decided",
    ):
        assert told in reader.text
    assert "admin" not in reader.text


def test_a_writer_can_take_a_comment_back_and_no_one_else_can(pages: Pages) -> None:
    (link,) = write(pages).page.xpath("//a[.='this link']/@href")
    comment_id = link.split("/")[2].split("?")[0]
    stranger = pages.visitor().open("/")
    token = stranger.page.xpath("//input[@name='csrf_token']/@value")[0]
    stranger.post(f"/comments/{comment_id}/withdraw", {"csrf_token": token, "receipt": "0" * 32})
    assert stranger.status == 404
    reader = pages.visitor().open(link)
    reader.send(f"/comments/{comment_id}/withdraw")
    assert "You have withdrawn this comment" in reader.text
    assert not reader.page.xpath("//form")


def test_a_wrong_receipt_opens_nothing(pages: Pages) -> None:
    comment = pages.say()
    assert pages.visitor().open(f"/comments/{comment}?receipt={'0' * 32}").status == 404
    assert pages.visitor().open(f"/comments/{comment}").status == 404
    assert "this link" not in pages.visitor().open(f"/articles/lanes?comment={comment}&receipt=x").text


def test_a_closed_discussion_says_so_and_offers_no_form(pages: Pages) -> None:
    published(pages)
    pages.article(mode=CLOSED)
    reader = pages.visitor().open("/")
    assert CALM in reader.text
    assert "is closed" in reader.text
    assert not reader.page.forms


def test_a_hidden_discussion_is_not_there(pages: Pages) -> None:
    published(pages)
    pages.article(mode=HIDDEN)
    reader = pages.visitor().open("/")
    assert CALM not in reader.text
    assert not reader.page.forms


def test_an_article_that_closes_after_days_says_that(pages: Pages) -> None:
    pages.configure("\n[comments.sections.city]\nclose_after_days = 2\n")
    assert pages.visitor().open("/").page.forms
    pages.clock.move(days=2)
    assert "closed 2 days after its publication" in pages.visitor().open("/").text


def test_what_strangers_write_is_text_and_never_markup(pages: Pages) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    pages.article(
        "evil/../<b>", title=evil, summary=evil, key_points=(evil,), paragraphs=(evil,), section=evil, byline=evil
    )
    comment = pages.say(
        f"{evil} </textarea><script>alert(1)</script> {CALM}", by="<script>alert(1)</script>", under="evil/../<b>"
    )
    pages.decide(comment, Verdict.APPROVE)
    desk = pages.signed_in()
    for page in ("/articles/evil/..%2F<b>", "/review?status=approved", f"/review/comments/{comment}"):
        answer = desk.client.get(page)
        assert answer.status_code == 200, page
        desk._see(answer)
        assert not desk.page.xpath("//img"), page
        assert all(script.get("src", "").startswith("/static/") for script in desk.page.xpath("//script")), page
        assert "<script>alert(1)</script>" in desk.text, page
        assert evil in desk.text, page


def test_names_and_texts_that_turn_the_page_around_stay_in_their_boxes(pages: Pages) -> None:
    published(pages, "\u202eright to left, and not turned back at the end of the text, which is long.", by="\u202eevil")
    reader = pages.visitor().open("/")
    (name,) = [found for found in reader.page.xpath("//bdi") if "evil" in found.text_content()]
    (text,) = [found for found in reader.page.xpath("//div[@class='written']") if "turned" in found.text_content()]
    assert text.get("dir") == "auto"
    assert "\u202e" not in "".join(reader.page.xpath("//*[not(self::bdi) and not(self::div)]/text()"))
    assert name is not None


@pytest.mark.parametrize(
    "path",
    [
        "/articles/none",
        "/articles/%00",
        "/articles/..%2f..%2fetc%2fpasswd",
        "/articles/" + "x" * 3000,
        "/articles/lanes?after=%00&reply=%ff%fe",
        "/articles/lanes?after='--",
        "/articles/lanes?comment=%00&receipt=%ed%a0%80",
        "/comments/%00?receipt=x",
        "/comments/..?receipt=" + "%F0" * 40,
        "/nothing",
    ],
)
def test_odd_addresses_get_a_plain_page_and_never_a_5xx(pages: Pages, path: str) -> None:
    reader = pages.visitor().open(path)
    assert reader.status in (200, 404)
    assert reader.texts("//h1")


def test_the_link_shows_the_comment_as_written_its_article_and_the_date(pages: Pages) -> None:
    body = f"{CALM}\n\n<b>नमस्ते</b>, and a second paragraph."
    (link,) = write(pages, body).page.xpath("//a[.='this link']/@href")
    reader = pages.visitor().open(link)
    assert reader.page.xpath("//div[@class='written']")[0].text_content() == body
    assert reader.texts("//section[@class='own']/p") == ["Ravi K, 14 January 2026, 09:00 UTC, under The lanes stay"]
    assert set(reader.page.xpath("//section[@class='own']//a/@href")) == {"/articles/lanes"}
    assert "no-store" in reader.answer.headers["Cache-Control"]
    stranger = pages.visitor().open(link.split("?")[0])
    assert stranger.status == 404
    assert "second paragraph" not in stranger.text


def test_the_link_of_another_site_s_comment_leads_to_the_article_there(pages: Pages) -> None:
    add_site(pages.services, "test", "daily", "The Daily")
    pages.article("mine", site="daily", url="https://daily.example/mine")
    pages.article("no-address", site="daily", url=None)
    for article, href in (("mine", ["https://daily.example/mine"] * 2), ("no-address", [])):
        comment = pages.say(f"{CALM} Under {article}.", under=article, site="daily")
        reader = pages.visitor().open(f"/comments/{comment}?receipt={pages.services.keys.receipt(comment)}")
        assert reader.page.xpath("//main//a/@href") == href
        assert "The lanes stay" in reader.text


@pytest.mark.parametrize(
    ("configured", "follows", "decides"),
    [
        ("", "A moderator reads comments before they appear.", "decided by people"),
        ("[policy.sites.demo.approve]\ntoxicity_at_most = 0.9\n", "Some comments appear at once;", "by our rules"),
        (
            "[policy.sites.demo.reject]\ntoxicity_at_least = 0.9\n",
            "A moderator reads comments before",
            "by our rules",
        ),
        ('[comments.sites.demo]\nmode = "post"\n', "Comments appear at once unless", "by our rules"),
        ("[policy.sections.city.approve]\nthreat_at_most = 0.5\n", "Some comments appear at once;", "by our rules"),
    ],
)
def test_what_readers_are_told_is_true_of_mode_and_policy(
    pages: Pages, configured: str, follows: str, decides: str
) -> None:
    pages.configure(configured)
    (link,) = write(pages).page.xpath("//a[.='this link']/@href")
    reader = pages.visitor().open("/")
    assert follows in reader.text
    assert decides in reader.texts("//footer")[0]
    assert decides in pages.visitor().open(link).texts("//footer")[0]


def test_nobody_is_invited_to_be_first_where_none_can_write_or_told_that_all_can_read_what_is_hidden(
    pages: Pages,
) -> None:
    (link,) = write(pages).page.xpath("//a[.='this link']/@href")
    pages.configure('[comments.sites.demo]\nmode = "closed"\n')
    assert "Yours can be the first" not in pages.visitor().open("/").text
    pages.decide(link.split("/")[2].split("?")[0], Verdict.APPROVE)
    assert "not shown at the moment" not in pages.visitor().open(link).text
    pages.configure('[comments.sites.demo]\nmode = "hidden"\n')
    assert "comments under this article are not shown at the moment" in pages.visitor().open(link).text
