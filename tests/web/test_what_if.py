"""What if: thresholds are moved on a page, and tried on the comments that people have decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from moderation.cli import main
from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import CONDITION_KEYS, Comparison, ConditionKey
from moderation.core.intervals import TOO_FEW
from moderation.desk.decide import Verdict
from moderation.policy_lab.what_if import policy_toml, tried
from moderation.storage.accounts import Role
from tests.web.pages import CALM, RUDE, Pages, Visitor

WHAT_IF = "/admin/what-if"
STRAY = f"{CALM} And strawberries."


def decided(pages: Pages) -> dict[str, str]:
    """Comments of each kind, decided both ways; their ids by what they are."""
    said = {
        "calm approved": (CALM, Verdict.APPROVE),
        "calm rejected": (f"{CALM} Well.", Verdict.REJECT),
        "rude approved": (RUDE, Verdict.APPROVE),
        "rude rejected": (f"{RUDE} Yes.", Verdict.REJECT),
        "stray rejected": (STRAY, Verdict.REJECT),
    }
    found = {}
    for name, (text, verdict) in said.items():
        found[name] = pages.say(text, by=name)
        pages.decide(found[name], verdict, "other" if verdict is Verdict.REJECT else None)
    pages.say(f"{CALM} Nobody has decided this one.", by="waiting")
    return found


def outcomes(page: Visitor) -> dict[str, list[int]]:
    """Of each outcome: in force, tried, approved by moderators, rejected by them."""
    rows = page.page.xpath("//div[@aria-label='Outcomes']//tbody/tr")
    return {
        row.xpath("./th")[0].text_content().strip(): [
            int(cell.text_content().replace(",", "")) for cell in row.xpath("./td")
        ]
        for row in rows
    }


def toml(page: Visitor) -> str:
    return str(page.page.xpath("//textarea[@id='toml']")[0].text_content()).lstrip("\n")


SECTIONS = ("published", "refused")
MOVED = {"reject.toxicity_at_least": "0.9", "approve.toxicity_at_most": "0.1", "approve.relevance_at_least": "0.5"}


def test_the_page_says_what_moved_thresholds_would_have_done(pages: Pages) -> None:
    found = decided(pages)
    page = pages.signed_in().open(WHAT_IF).send(WHAT_IF, **MOVED)
    assert page.status == 200
    assert outcomes(page) == {
        "published at once": [0, 2, 1, 1],
        "rejected at once": [0, 2, 1, 1],
        "wait, flagged": [3, 1, 0, 1],
        "wait, not flagged": [2, 0, 0, 0],
    }
    published, refused = (page.texts(f"//section[@aria-labelledby='{name}-title']//li") for name in SECTIONS)
    assert len(published) == len(refused) == 1
    assert "calm rejected" in published[0]
    assert "Rejected because: toxicity 0.95, at or over 0.90" in refused[0]
    links = page.page.xpath("//section//li//a/@href")
    assert set(links) == {f"/review/comments/{found[name]}" for name in ("calm rejected", "rude approved")}
    shares = page.texts("//div[@aria-label='Agreement']//td")
    assert [shares[start : start + 2] for start in range(0, len(shares), 2)] == [
        ["–", TOO_FEW],
        [TOO_FEW, TOO_FEW],
        ["–", TOO_FEW],
        *[[TOO_FEW, TOO_FEW]] * 3,
    ]


def test_the_page_and_the_command_give_the_same_answer(pages: Pages, tmp_path: Path) -> None:
    decided(pages)
    page = pages.signed_in().open(WHAT_IF).send(WHAT_IF, **MOVED)
    other = tmp_path / "tried.toml"
    other.write_text(toml(page))
    environment = {"MODERATION_DATABASE_URL": pages.services.database.url, "MODERATION_VAR": str(tmp_path)}
    result = CliRunner().invoke(main, ["policy", "replay", str(other)], env=environment)
    assert result.exit_code == 0, result.output
    told = {words: [int(n) for n in re.findall(r"\d+", rest)][:2] for words, rest in _rows(result.output)}
    mine = {words: cells[2:] for words, cells in outcomes(page).items()}
    both = [a + b for a, b in zip(mine["wait, flagged"], mine["wait, not flagged"], strict=True)]
    assert told == {
        "would publish": mine["published at once"],
        "would wait": both,
        "flagged": mine["wait, flagged"],
        "would reject": mine["rejected at once"],
    }


def _rows(output: str) -> list[tuple[str, str]]:
    found = re.findall(r"^ *(would publish|would wait|flagged|would reject) +(.*)$", output, re.MULTILINE)
    return [(words, rest) for words, rest in found]


def test_it_begins_with_what_is_in_force(pages: Pages) -> None:
    decided(pages)
    pages.configure("[policy.sections.city.flag]\ntoxicity_at_least = 0.99\n")
    page = pages.signed_in().open(WHAT_IF)
    field = "//input[@name='flag.toxicity_at_least']/@value"
    assert page.page.xpath(field) == ["0.50"]
    assert all(cells[0] == cells[1] for cells in outcomes(page).values())
    assert parse_configuration(toml(page)).policy.version == pages.configuration.now.policy.version
    assert page.open(f"{WHAT_IF}?section=city").page.xpath(field) == ["0.99"]


def test_thresholds_moved_in_a_section_are_written_there_alone(pages: Pages) -> None:
    decided(pages)
    page = pages.signed_in().open(f"{WHAT_IF}?section=city")
    page.send(WHAT_IF, **{"flag.links_at_least": "", "flag.toxicity_at_least": "0.96"})
    assert "[policy.sections.city.flag]\ntoxicity_at_least = 0.96\nlinks_at_least = false\n" in toml(page)
    assert outcomes(page)["wait, flagged"][:2] == [3, 1]


@pytest.mark.parametrize("place", [(None, None), ("demo", None), (None, "a b.c"), ("demo", 'say "so"')])
def test_the_table_to_copy_makes_the_policy_that_was_tried(place: tuple[str | None, str | None]) -> None:
    before = parse_configuration(
        "[policy.flag]\ntoxicity_at_least = 0.1234567\nlinks_at_least = 3\n"
        "[policy.sites.demo.flag]\nlinks_at_least = false\n"
        "[policy.sites.demo.sections.opinion.reject]\nthreat_at_least = 0.9\n"
        "[policy.sections.sport.approve]\nrelevance_at_least = 0.5\n"
    )
    toxicity, links = CONDITION_KEYS["toxicity_at_most"], CONDITION_KEYS["links_at_least"]
    outside = ConditionKey("outside.clickbait", Comparison.AT_LEAST)
    effects = {"approve": {toxicity: 1e-7}, "reject": {}, "flag": {links: 2.0, outside: 0.7}}
    other = tried(before, *place, effects).policy
    known = '[scoring.outside]\nfunctions = ["f"]\nsignals = ["clickbait"]\n'
    read = parse_configuration(known + policy_toml(other)).policy
    assert read.version == other.version
    rules = read.rules_for(*place)
    assert [condition.key for condition in (*rules.approve, *rules.reject, *rules.flag)] == [toxicity, links, outside]
    assert read.rules_for("demo", "sport").approve


@pytest.mark.parametrize(
    "fields",
    [
        {"flag.toxicity_at_least": "1.2"},
        {"flag.toxicity_at_least": "nan"},
        {"flag.toxicity_at_least": "-0.1"},
        {"flag.toxicity_at_least": "much"},
        {"flag.links_at_least": "1e9"},
        {"seconds": "0"},
        {"seconds": "x"},
    ],
)
def test_what_is_no_threshold_is_said_in_a_sentence(pages: Pages, fields: dict[str, str]) -> None:
    page = pages.signed_in().open(WHAT_IF).send(WHAT_IF, **fields)
    assert page.status == 422
    assert page.texts("//*[@id='problem']")[0].startswith("The ")


@pytest.mark.parametrize("query", ["site=%00&section=%ff", "comments=-1&seconds=30", "tried=1&reject.threat_at_least="])
def test_odd_questions_are_no_5xx(pages: Pages, query: str) -> None:
    assert pages.signed_in().open(f"{WHAT_IF}?{query}").status == 200


def test_the_time_that_reading_takes_is_an_assumption_that_can_be_changed(pages: Pages) -> None:
    decided(pages)
    page = pages.signed_in().open(WHAT_IF).send(WHAT_IF, **MOVED, seconds="1800")
    assert "read 4 of them: 2.0 h of 2.5 h of reading saved, at 1800 seconds each" in page.text


def test_decisions_are_counted_after_two_minutes_at_most(pages: Pages) -> None:
    decided(pages)
    admin = pages.signed_in().open(WHAT_IF)
    total = "//h2[@id='outcome-title']"
    assert admin.texts(total) == ["5 comments that people decided"]
    pages.decide(pages.say(f"{CALM} More.", by="more"), Verdict.APPROVE)
    pages.clock.move(minutes=2)
    assert admin.open(WHAT_IF).texts(total) == ["6 comments that people decided"]


def test_an_administrator_of_one_site_tries_it_on_that_site_alone(pages: Pages) -> None:
    decided(pages)
    pages.signed_in().open("/admin/sites").send("/admin/sites", id="second", name="The Second")
    pages.account("local", {"second": Role.ADMIN})
    local = pages.signed_in("local").open(f"{WHAT_IF}?site=demo")
    assert "Nobody has decided a comment here yet" in local.text
    assert local.texts("//select[@id='site']/option") == ["every site", "second"]
