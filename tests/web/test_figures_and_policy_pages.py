"""Figures and the policy in force, as administrators see them."""

from __future__ import annotations

import csv

import pytest

from moderation.accounts.sites import add_site
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.policies import KeptConfiguration
from tests.web.pages import CALM, RUDE, Pages, Visitor

FIGURES = "/admin/figures"


def busy(pages: Pages) -> None:
    """Three comments today: one approved, one rejected, one waiting; and one yesterday."""
    pages.decide(pages.say(f"{CALM} Yesterday.", by="Y"), Verdict.APPROVE)
    pages.clock.move(days=1)
    pages.decide(pages.say(by="A"), Verdict.APPROVE)
    pages.decide(pages.say(RUDE, by="B"), Verdict.REJECT, "spam")
    pages.say(f"{CALM} 3", by="C")
    pages.clock.move(hours=2)


def cells(page: Visitor, table: str) -> list[list[str]]:
    """The rows of the table of this name."""
    rows = page.page.xpath(f"//div[@aria-label='{table}']//tbody/tr")
    return [[text for cell in row if (text := " ".join(cell.text_content().split()))] for row in rows]


def test_the_figures_count_what_waits_arrives_and_is_decided(pages: Pages) -> None:
    busy(pages)
    page = pages.signed_in().open(FIGURES)
    assert page.texts("//dl[@class='figures']//dd") == ["1", "2 h", "4", "3", "0"]
    assert cells(page, "Arrivals and decisions in numbers")[-2:] == [
        ["2026-01-14", "1", "1", "0", "0"],
        ["2026-01-15", "3", "1", "1", "0"],
    ]
    assert cells(page, "Refusals by reason") == [["Spam or advertising", "1", "too few to say"]]
    assert cells(page, "Sections") == [["city", "4", "2", "1", "too few to say"]]
    assert page.open(f"{FIGURES}?range=364").texts("//dl[@class='figures']//dd") == ["1", "2 h", "4", "3", "0"]
    assert len(cells(page, "Arrivals and decisions in numbers")) == 52


def test_what_the_policy_decides_alone_is_counted_apart(pages: Pages) -> None:
    pages.configuration.set("[policy.reject]\ntoxicity_at_least = 0.9\n")
    pages.say(RUDE)
    page = pages.signed_in().open(FIGURES)
    assert cells(page, "Arrivals and decisions in numbers")[-1] == ["2026-01-14", "1", "0", "0", "1"]
    assert cells(page, "Refusals by reason") == [["the policy, by itself", "1", "too few to say"]]


def test_a_decision_that_was_reversed_no_longer_counts(pages: Pages) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.REJECT, "spam")
    pages.clock.move(minutes=1)
    pages.decide(comment, Verdict.APPROVE)
    page = pages.signed_in().open(FIGURES)
    assert cells(page, "Arrivals and decisions in numbers")[-1] == ["2026-01-14", "1", "1", "0", "0"]
    assert "Nothing was refused in these days" in page.text


def test_figures_by_moderator_are_shown_only_where_they_are_switched_on(pages: Pages) -> None:
    pages.account("Berta", {"*": Role.MODERATOR})
    desk = pages.signed_in("Berta")
    comment = pages.say()
    token = desk.open("/account").page.xpath("//input[@name='csrf_token']/@value")[0]
    desk.post(f"/review/comments/{comment}/approve", {"csrf_token": token, "revision": "1"})
    admin = pages.signed_in()
    assert "Berta" not in admin.open(FIGURES).text
    assert admin.open(f"{FIGURES}/moderators.csv").status == 404
    pages.configure("[figures]\nby_moderator = true\n")
    assert cells(admin.open(FIGURES), "Decisions by moderator") == [["Berta", "1", "1", "0", "too few to say"]]
    assert "Berta,1,0" in admin.client.get(f"{FIGURES}/moderators.csv").text


def test_the_scores_are_compared_with_what_moderators_decided(pages: Pages) -> None:
    busy(pages)
    page = pages.signed_in().open(FIGURES)
    rows = {row[0]: row[1:] for row in cells(page, "Agreement by score")}
    assert rows["toxicity"] == ["–", "too few to say: 30 of each kind are needed"]
    shares = {row[0]: row[1:] for row in cells(page, "Rejected by score")}
    assert (shares["0.0 to 0.1"], shares["0.9 to 1.0"]) == (["2", "0", "too few to say"], ["1", "1", "too few to say"])
    assert "too few to say how this score and the moderators go together" in page.text


def test_figures_say_how_sure_they_are_where_there_are_enough(pages: Pages) -> None:
    for number in range(35):
        pages.decide(pages.say(f"{CALM} Number {number}.", by=f"Calm {number}"), Verdict.APPROVE)
        verdict = Verdict.APPROVE if number < 3 else Verdict.REJECT
        pages.decide(
            pages.say(f"{RUDE} Number {number}.", by=f"Rude {number}"), verdict, "spam" if number > 2 else None
        )
    admin = pages.signed_in()
    page = admin.open(FIGURES)
    assert cells(page, "Refusals by reason") == [["Spam or advertising", "32", "100% (89 to 100%)"]]
    assert cells(page, "Sections") == [["city", "70", "38", "32", "46% (34 to 58%)"]]
    rows = {row[0]: row[1:] for row in cells(page, "Agreement by score")}
    assert rows["toxicity"] == ["96 (88 to 99)", "agrees very well"]
    assert rows["threat"] == ["50 (37 to 63)", "tells nothing"]
    shares = {row[0]: row[1:] for row in cells(page, "Rejected by score")}
    assert shares["0.9 to 1.0"] == ["35", "32", "91% (77 to 98%)"]
    assert "rejected 0% (0 to 10%); of those from 0.9 to 1.0, 91% (77 to 98%)." in page.text
    bars = "//section[@aria-labelledby='agreement-title']//svg[@class='area']/rect/@class"
    assert set(page.page.xpath(bars)) == {"rejected"}
    lines = admin.client.get(f"{FIGURES}/agreement.csv").text.splitlines()
    assert "toxicity,0.9,1.0,35,32,96.1,77.6,97.0,87.7,98.7" in lines
    measures = admin.open("/admin/what-if?tried=1&reject.toxicity_at_least=0.9").texts(
        "//div[@aria-label='Agreement']//td"
    )
    assert measures[4:6] == ["–", "91.4% (77.6 to 97.1%)"]
    assert measures[6:8] == ["0.0% (0.0 to 10.8%)", "100.0% (89.2 to 100.0%)"]


@pytest.mark.parametrize("name", ["time", "reasons", "sections", "agreement"])
def test_every_plot_has_its_table_and_a_file(pages: Pages, name: str) -> None:
    busy(pages)
    admin = pages.signed_in()
    page = admin.open(FIGURES)
    (link,) = [href for href in page.page.xpath("//main//a/@href") if f"/{name}.csv" in href]
    answer = admin.client.get(link)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}-')
    rows = list(csv.reader(answer.text.splitlines()))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_section_named_like_a_formula_is_none_in_the_file(pages: Pages) -> None:
    pages.article("odd", section="=1+1")
    pages.say(under="odd")
    assert "'=1+1,1,0,0" in pages.signed_in().client.get(f"{FIGURES}/sections.csv").text


@pytest.mark.parametrize("query", ["range=x&site=%00&label=%ff", "range=999999", "site=nowhere"])
def test_odd_questions_about_figures_are_no_5xx(pages: Pages, query: str) -> None:
    admin = pages.signed_in()
    assert admin.open(f"{FIGURES}?{query}").status == 200
    assert admin.client.get(f"{FIGURES}/time.csv?{query}").status_code == 200
    assert admin.client.get(f"{FIGURES}/nothing.csv").status_code == 404


def test_figures_are_those_of_the_sites_that_one_administers(pages: Pages) -> None:
    busy(pages)
    pages.signed_in().open("/admin/sites").send("/admin/sites", id="second", name="The Second")
    pages.account("local", {"second": Role.ADMIN})
    local = pages.signed_in("local").open(f"{FIGURES}?site=demo")
    assert local.texts("//dl[@class='figures']//dd") == ["0", "–", "0", "0", "0"]
    assert "Nobody has decided a scored comment yet" in local.text


def test_the_policy_tells_where_each_value_comes_from(pages: Pages) -> None:
    pages.configure(
        "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.7\nlinks_at_least = false\n"
        "[comments.sections.live]\nminimum_length = 20\n"
    )
    admin = pages.signed_in().open("/admin/policy")
    rows = {tuple(row.text_content().split("\n")): row for row in admin.page.xpath("//section[@id='policy']//tbody/tr")}
    shown = [" | ".join(" ".join(cell.text_content().split()) for cell in row) for row in rows.values()]
    assert "everywhere | flagged for a closer look | toxicity at or over 0.5 | policy.flag | –" in shown
    assert (
        "section opinion | flagged for a closer look | toxicity at or over 0.7 | policy.sections.opinion.flag | –"
        in shown
    )
    assert any("links at or over: taken away here" in row for row in shown)
    assert "section live | characters at least | 20 | comments.sections.live" in shown


def test_what_another_site_changes_of_the_policy_is_not_shown(pages: Pages) -> None:
    add_site(pages.services, "test", "second", "The Second")
    pages.account("local", {"demo": Role.ADMIN})
    tables = (
        "\n[policy.sites.demo.flag]\nthreat_at_least = 0.11\n[policy.sites.second.flag]\nthreat_at_least = 0.22\n"
        "[policy.sites.second.sections.sport.flag]\nthreat_at_least = 0.22\n"
        "[comments.sites.second]\nminimum_length = 22\n[comments.sites.demo]\nminimum_length = 11\n"
    )
    keep(pages, tables.replace("0.22", "0.33"))
    pages.clock.move(minutes=1)
    keep(pages, tables)
    for path in ("/admin", "/admin/policy", "/admin/what-if?tried=1"):
        shown, whole = (pages.signed_in(name).open(path).text for name in ("local", "admin"))
        assert not [told for told in ("site second", "sites.second", "0.22", "0.33") if told in shown], path
        assert ("sites.demo" in shown) == ("sites.demo" in whole), path
    assert "policy.sites.second.sections.sport" in pages.signed_in().open("/admin/policy").text


def test_a_value_that_the_file_does_not_name_is_told_as_a_default(pages: Pages) -> None:
    pages.configuration.now = pages.configuration.now.model_copy(update={"text": ""})
    admin = pages.signed_in().open("/admin/policy")
    assert set(admin.texts("//section[@id='policy']//tbody/tr/td[4]")) == {"default", "built in"}


def keep(pages: Pages, addition: str) -> str:
    """A configuration takes effect; its hash."""
    pages.configure(addition)
    new = pages.configuration.now
    row = {"hash": new.hash, "policy_version": new.policy.version, "text": new.text, "effective_at": pages.clock()}
    pages.services.database.writing(lambda session: session.add(KeptConfiguration(**row)))
    return new.hash


def test_each_threshold_tells_since_when_and_by_which_file_it_holds(pages: Pages) -> None:
    first = keep(pages, "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.7\n")
    pages.clock.move(days=1)
    keep(pages, "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.8\n")
    pages.clock.move(days=1)
    third = keep(pages, "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.7\nlinks_at_least = false\n")
    admin = pages.signed_in().open("/admin/policy")
    rows = {tuple(row[:3]): row[4] for row in cells(admin, "Conditions in force")}
    flagged = "flagged for a closer look"
    assert first[:12] in rows["everywhere", flagged, "toxicity at or over 0.5"]
    assert third[:12] in rows["section opinion", flagged, "toxicity at or over 0.7"], "it was another meanwhile"
    newest, older = admin.texts("//ol[@class='trail']/li")
    assert "section opinion, flag: links at or over not asked → taken away" in newest
    assert "section opinion, flag: toxicity at or over 0.8 → 0.7" in newest
    assert third in newest
    assert "toxicity at or over 0.7 → 0.8" in older


def test_a_danger_that_the_file_does_not_name_is_told_as_built_in(pages: Pages) -> None:
    pages.configuration.set("[policy.flag]\nlinks_at_least = 3\nthreat_at_least = 0.3\n")
    rows = {row[2]: row[3] for row in cells(pages.signed_in().open("/admin/policy"), "Conditions in force")}
    assert rows["identity attack at or over 0.45"] == rows["severe toxicity at or over 0.015"] == "built in"
    assert rows["threat at or over 0.3"] == rows["links at or over 3"] == "policy.flag"
