"""What a classifier beside the pack says, on the desk, in the policy's pages, and to readers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from moderation.core.scores import ScoreRequest, Scores
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from tests.commands import moderation
from tests.web.machines import Machine
from tests.web.pages import CALM, WITHOUT_LIMITS, Pages, fields_of

OUTSIDE = '\n[scoring.outside]\nfunctions = ["f"]\nsignals = ["clickbait"]\n'
CONFIGURATION = WITHOUT_LIMITS + OUTSIDE
ASKED = "\ntoxicity_at_least = 0.50\n"
FLAGS = CONFIGURATION.replace(ASKED, f"{ASKED}outside.clickbait_at_least = 0.7\n", 1)


class Obedient:
    """Says what a text asks it to say: ``clickbait=0.8``, or nothing of one that says ``silence``."""

    def ask(
        self,
        asked: Sequence[tuple[ScoreRequest, Scores]],
        *,
        timeout_s: float | None = None,
    ) -> list[Mapping[str, float | None] | None]:
        return [self._said(request.text) for request, _ in asked]

    def _said(self, text: str) -> Mapping[str, float | None] | None:
        if "silence" in text:
            return {"clickbait": None}
        found = re.search(r"clickbait=([0-9.]+)", text)
        return {"clickbait": float(found[1])} if found else None


def furnish(pages: Pages, configuration: str) -> dict[str, str]:
    """Comments that it has said something about, that it was asked about in vain, and that it wasn't asked about."""
    pages.configuration.set(configuration)
    pages.hall.change(outside=Obedient())
    said = {"high": "clickbait=0.8", "low": "clickbait=0.1", "silent": "silence", "unasked": "before its time"}
    return {name: pages.say(f"{CALM} {words}", by=name) for name, words in said.items()}


def test_the_desk_shows_it_by_its_name(pages: Pages) -> None:
    found = furnish(pages, FLAGS)
    desk = pages.signed_in()
    high = desk.open(f"/review/comments/{found['high']}").text
    assert "outside: clickbait 0.80, at or over 0.70" in high
    silent = desk.open(f"/review/comments/{found['silent']}").text
    assert "outside: clickbait unknown: the classifier gave no answer" in silent
    assert "clickbait unknown" not in desk.open(f"/review/comments/{found['unasked']}").text
    assert "Outside: clickbait 0.80" in desk.open("/review").text


def test_the_desk_says_it_in_its_languages(pages: Pages) -> None:
    found = furnish(pages, FLAGS + '\n[display]\ndesk_language = "de"\n')
    desk = pages.signed_in()
    assert "extern: clickbait 0.80, mindestens 0.70" in desk.open(f"/review/comments/{found['high']}").text
    silent = desk.open(f"/review/comments/{found['silent']}").text
    assert "der Klassifikator hat nicht geantwortet" in silent


def outcomes(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^ *(would publish|would wait|flagged|would reject) +(.*)$", text, re.MULTILINE)


def test_another_threshold_is_tried_on_what_was_kept(pages: Pages, tmp_path: Path) -> None:
    found = furnish(pages, CONFIGURATION)
    for name, comment in found.items():
        pages.decide(
            comment, Verdict.REJECT if name == "high" else Verdict.APPROVE, "other" if name == "high" else None
        )
    page = pages.signed_in().open("/admin/what-if")
    page.send(
        "/admin/what-if", **{"reject.outside.clickbait_at_least": "0.7", "flag.outside.clickbait_at_least": "0.5"}
    )
    rows = page.page.xpath("//div[@aria-label='Outcomes']//tbody/tr")
    cells = {
        row.xpath("./th")[0].text_content().strip(): [int(one.text_content()) for one in row.xpath("./td")]
        for row in rows
    }
    assert cells["rejected at once"][1:] == [1, 0, 1], cells
    assert cells["wait, flagged"][1:] == [1, 1, 0], "what was asked in vain, not what was never asked"
    assert "outside.clickbait_at_least = 0.7" in page.page.xpath("//textarea[@id='toml']")[0].text_content()

    file = tmp_path / "other.toml"
    file.write_text(OUTSIDE + "[policy.reject]\noutside.clickbait_at_least = 0.7\n[policy.flag]\n")
    result = moderation(pages.hall, "policy", "replay", str(file), "--each")
    assert result.exit_code == 0, result.output
    (line,) = [json.loads(one) for one in result.output.splitlines()]
    assert (line["id"], line["after"]) == (found["high"], "rejected")
    assert line["reasons"] == ["outside: clickbait 0.80, at or over 0.70"]


def test_readers_are_told_that_another_program_is_asked(pages: Pages) -> None:
    furnish(pages, CONFIGURATION)
    assert "Another program that the newsroom has chosen" in pages.visitor().open("/rules").text
    assert "It refuses nothing by itself." in pages.visitor().open("/rules").text
    pages.configuration.set(CONFIGURATION + "[policy.sites.demo.reject]\noutside.clickbait_at_least = 0.9\n")
    assert "clearly against the rules it refuses by itself" in pages.visitor().open("/rules").text
    pages.configuration.set(WITHOUT_LIMITS)
    assert "Another program" not in pages.visitor().open("/rules").text


def test_its_threshold_is_put_in_force_on_the_page(database_url: str, tmp_path: Path) -> None:
    machine = Machine(database_url, tmp_path / "one")
    try:
        pages = machine.pages
        pages.account("Ada", {"*": Role.ADMIN})
        at_an_address = OUTSIDE.replace('functions = ["f"]', 'url = "https://classifier.example/ask"')
        machine.edit(WITHOUT_LIMITS + at_an_address)
        assert at_an_address in machine.text
        page = pages.signed_in("Ada").open("/admin/policy/change")
        field = "flag.outside.clickbait_at_least"
        assert len(page.page.xpath(f"//input[@name='{field}']")) == 1, page.text[:3000]
        page.post("/admin/policy/change", {**fields_of(page.page.get_element_by_id("change")), field: "0.6"})
        page.send("/admin/policy/force")
        assert "clickbait_at_least = 0.6" in machine.text
    finally:
        machine.stop()
