"""Figures and the policy in force, as administrators see them."""

from __future__ import annotations

from pages_house import CALM, House

from moderation.review import Verdict


def test_the_figures_count_what_waits_arrives_and_is_decided(either_house: House) -> None:
    first, second = either_house.say(by="A"), either_house.say(f"{CALM} 2", by="B")
    either_house.say(f"{CALM} 3", by="C")
    either_house.decide(first, Verdict.APPROVE)
    either_house.decide(second, Verdict.REJECT, "spam")
    either_house.clock.wait(hours=2)
    admin = either_house.signed_in().open("/admin/figures")
    assert admin.texts("//dl[@class='figures']//dd") == ["1", "2 h", "3", "2"]
    assert admin.texts("//section[@id='figures']//tbody/tr[last()]/*") == ["2026-01-14", "3", "1", "1"]
    assert "Spam or advertising" in admin.texts("//dl[@class='scores counts']")[0]


def test_the_policy_tells_where_each_value_comes_from(house: House) -> None:
    house.configure(
        "\n[policy.sections.opinion.flag]\ntoxicity_at_least = 0.7\nlinks_at_least = false\n"
        "[comments.sections.live]\nminimum_length = 20\n"
    )
    admin = house.signed_in().open("/admin/policy")
    rows = {tuple(row.text_content().split("\n")): row for row in admin.page.xpath("//section[@id='policy']//tbody/tr")}
    shown = [" | ".join(" ".join(cell.text_content().split()) for cell in row) for row in rows.values()]
    assert "everywhere | flagged for a closer look | toxicity is at or over 0.5 | policy.flag" in shown
    assert (
        "section opinion | flagged for a closer look | toxicity is at or over 0.7 | policy.sections.opinion.flag"
        in shown
    )
    assert any("links_at_least: taken away here" in row for row in shown)
    assert "section live | characters at least | 20 | comments.sections.live" in shown


def test_a_value_that_the_file_does_not_name_is_told_as_a_default(house: House) -> None:
    house.configuration.now = house.configuration.now.__class__(
        **{name: getattr(house.configuration.now, name) for name in house.configuration.now.__dataclass_fields__}
        | {"text": ""}
    )
    admin = house.signed_in().open("/admin/policy")
    assert set(admin.texts("//section[@id='policy']//tbody/tr/td[last()]")) == {"default"}
