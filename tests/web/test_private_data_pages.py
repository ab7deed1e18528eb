"""Private data on the desk: marked in the text, named in the list, and what is built in told on the policy's page."""

from __future__ import annotations

from moderation.core.private_data import Kind, Place
from moderation.web.desk.shading import Span, with_private_data
from tests.web.pages import Pages
from tests.web.site_rules import sent


def test_the_place_is_marked_in_the_text_with_its_name(pages: Pages) -> None:
    comment = str((sent(pages, words="Ring him on 07700 900461 <b>.").json or {})["id"])
    page = pages.signed_in().open(f"/review/comments/{comment}").page
    (mark,) = page.xpath("//div[@id='pane-text']//mark[contains(@class, 'private')]")
    assert mark.get("title") == "telephone number"
    assert mark.text_content() == "telephone number: 07700 900461"
    assert "holds what looks like a telephone number" in page.xpath("string(//ul[contains(@class, 'reasons')])")


def test_the_list_says_why_it_waits(pages: Pages) -> None:
    sent(pages, words="Ring him on 07700 900461.")
    page = pages.signed_in().open("/review").page
    assert "Private data 1" in page.xpath("string(//li[contains(@class, 'line')]//span[@class='chip private'])")


def test_the_policys_page_says_that_it_is_built_in(pages: Pages) -> None:
    pages.configuration.set("[policy.flag]\ninsult_at_least = 0.9\n")
    rows = pages.signed_in().open("/admin/policy").texts("//section[@id='policy']//tbody/tr")
    (row,) = [row for row in rows if "places with private data at or over 1" in row]
    assert "built in" in row


def test_marks_cut_the_shaded_pieces_and_lose_nothing() -> None:
    spans = [Span(text="One ring ", heat=2), Span(text="0123 now.", heat=0)]
    places = [Place(4, 13, Kind.PHONE), Place(14, 18, Kind.EMAIL)]
    found = list(with_private_data(spans, places))
    assert [(span.text, span.heat, span.private) for span in found] == [
        ("One ", 2, None),
        ("ring ", 2, "telephone number"),
        ("0123", 0, "telephone number"),
        (" ", 0, None),
        ("now.", 0, "e-mail address"),
    ]
