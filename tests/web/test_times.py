"""Times are told by the clock of the site, UTC on hover; days that somebody chooses are that clock's."""

from __future__ import annotations

import pytest

from moderation.accounts.sites import add_site
from moderation.config.configuration_file import parse_configuration
from moderation.core.errors import ConfigurationError
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from tests.web.pages import Pages

BERLIN = '[display]\ntime_zone = "Europe/Berlin"\n[display.sites.daily]\ntime_zone = "Asia/Kolkata"\n'


@pytest.fixture
def berlin(pages: Pages) -> Pages:
    """It is 09:00 in London, 10:00 in Berlin and 14:30 in Kolkata."""
    pages.configure(BERLIN)
    return pages


def test_every_time_is_the_sites_with_utc_on_hover(berlin: Pages) -> None:
    comment = berlin.say()
    berlin.decide(comment, Verdict.APPROVE)
    told = "14 January 2026, 10:01 CET"
    reader = berlin.visitor().open("/articles/lanes")
    link = f"/comments/{comment}?receipt={berlin.services.keys.receipt(comment)}"
    desk = berlin.signed_in()
    for page in (
        reader,
        berlin.visitor().open(link),
        desk.open(f"/review/comments/{comment}"),
        desk.open("/audit?chain=demo"),
    ):
        found = page.page.xpath("//time[@data-told='moment'][@datetime='2026-01-14T09:01:00Z']")
        assert {(time.text_content(), time.get("title")) for time in found} == {(told, "14 January 2026, 09:01 UTC")}
    assert "UTC" not in reader.text
    assert reader.texts("//div[@class='dateline']/time") == ["13 January 2026, 07:00 CET"]
    assert desk.open(f"/review/comments/{comment}").page.xpath("//time[@data-told='age']/@title") == [
        f"{told} · 14 January 2026, 09:01 UTC"
    ]


def test_no_page_tells_a_time_but_as_an_element_that_knows_its_zone(berlin: Pages) -> None:
    """In summer too, and whatever the page: what stands as plain text would stay the site's in every browser."""
    berlin.clock.move(days=180)
    comment = berlin.say()
    desk = berlin.signed_in()
    desk.open("/review/rules").send("/review/rules/demo/mode", mode="pre", days="3")
    (article,) = {
        href for href in desk.open("/review/articles").page.xpath("//main//a/@href") if "/review/articles/" in href
    }
    assert "set by admin, 13 July 2026, 11:01 CEST" in desk.open(article).text
    paths = (
        article,
        "/review/rules",
        "/admin",
        "/admin/policy",
        "/admin/figures",
        "/admin/sites",
        "/admin/accounts",
        "/account",
        "/review",
    )
    for path in (*paths, f"/review/comments/{comment}", "/review/articles", "/audit", "/legal", "/review/actions"):
        page = desk.open(path)
        assert page.status == 200
        assert not [text for text in page.page.xpath("//main//text()[not(ancestor::time)]") if " 2026, " in text], path
    assert desk.open("/audit").texts("//tbody//time")[0].endswith("CEST")


def test_somebody_of_one_site_has_its_clock_and_its_readers_too(berlin: Pages) -> None:
    add_site(berlin.services, "test", "daily", "The Daily")
    berlin.article("mine", site="daily")
    comment = berlin.say(under="mine", site="daily")
    berlin.account("indira", {"daily": Role.MODERATOR})
    berlin.account("both", {"daily": Role.MODERATOR, "demo": Role.MODERATOR})
    times = "//ol[@class='trail']//time"
    path = f"/review/comments/{comment}"
    assert berlin.signed_in("indira").open(path).texts(times)[0] == "14 January 2026, 14:31 IST"
    assert berlin.signed_in("both").open(path).texts(times)[0] == "14 January 2026, 10:01 CET"
    reader = berlin.visitor().open(f"/comments/{comment}?receipt={berlin.services.keys.receipt(comment)}")
    assert "14 January 2026, 14:31 IST" in reader.text


def test_days_and_times_that_are_typed_are_those_of_the_clock_that_is_shown(berlin: Pages) -> None:
    berlin.clock.move(hours=14, minutes=30)  # 23:30 of the 14th in UTC, half past midnight of the 15th in Berlin
    comment = berlin.say()
    desk = berlin.signed_in()
    assert "From (Europe/Berlin)" in desk.open("/audit").text
    submitted = f"//tr[.//a[contains(@href, '{comment}')]]"
    assert desk.open("/audit?chain=demo&from=2026-01-15&to=2026-01-15&event=comment.submitted").page.xpath(submitted)
    assert not desk.open("/audit?chain=demo&to=2026-01-14&event=comment.submitted").page.xpath(submitted)
    for edge in ("from=0001-01-01", "to=9999-12-31", "from=9999-12-31", "to=0001-01-01"):
        assert desk.open(f"/audit?chain=demo&{edge}").status == 200

    figures = desk.open("/admin/figures?range=7")
    assert "Days are those of Europe/Berlin." in figures.text
    rows = figures.page.xpath("//tr[th='2026-01-15' or th='2026-01-14']")
    assert [[cell.text_content() for cell in row][:2] for row in rows] == [["2026-01-14", "0"], ["2026-01-15", "1"]]

    (author,) = {href for href in desk.open("/review").page.xpath("//a/@href") if "/review/authors/" in href}
    desk.open(author).send(f"{author}/decide", kind="banned", span="date", until="2026-03-31", reason="other")
    until = desk.page.xpath("//time[@datetime='2026-03-31T21:59:00Z']")
    assert {time.text_content() for time in until} == {"31 March 2026, 23:59 CEST"}
    desk.open("/legal").send(
        "/legal",
        kind="order",
        received_at="2026-01-15T00:15",
        explanation="A court asks for it.",
        link=f"/review/comments/{comment}",
        sender="The court",
    )
    assert "15 January 2026, 01:15 CET" in desk.text, desk.text  # an hour later it is due


@pytest.mark.parametrize("name", ["Berlin", "", "../etc/passwd", "x" * 300, "Europe"])
def test_a_zone_that_there_is_not_is_refused_with_the_keys_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"display\.time_zone.*such as \"Europe/Berlin\""):
        parse_configuration(f'[display]\ntime_zone = "{name}"\n')
    with pytest.raises(ConfigurationError, match=r"display\.sites\.daily\.time_zone"):
        parse_configuration(f'[display.sites.daily]\ntime_zone = "{name}"\n')
