"""The audit log on its page: read, filtered, verified."""

from __future__ import annotations

import pytest
from pages_house import CALM, House, Visitor
from sqlalchemy import text

from moderation.review import Verdict


def events(log: Visitor) -> list[str]:
    return log.texts("//tbody/tr/td[3]")


def test_the_log_tells_a_comment_s_story_newest_first(either_house: House) -> None:
    comment = either_house.say()
    either_house.decide(comment, Verdict.APPROVE)
    log = either_house.signed_in().open(f"/audit?subject={comment}")
    assert events(log) == ["comment.approved", "comment.decided", "comment.scored", "comment.submitted"]
    assert events(log.open("/audit?event=comment.appr")) == ["comment.approved"]
    assert events(log.open("/audit?actor=policy")) == ["comment.decided"]
    assert "No such event" in log.open("/audit?subject=nothing").text


def test_the_log_goes_back_page_by_page(house: House) -> None:
    for number in range(20):
        house.say(f"{CALM} {number}")
    log = house.signed_in().open("/audit?event=comment.")
    assert len(events(log)) == 50
    (older,) = log.page.xpath("//a[.='Older events']/@href")
    assert len(events(log.open(older))) == 10
    assert log.page.xpath("//a[.='Newest']")


def test_administrators_see_the_chain_of_the_service_too(house: House) -> None:
    log = house.signed_in().open("/audit?chain=system")
    assert {"account.created", "site.created"} <= set(events(log))


def test_verifying_says_that_the_chains_hold(house: House) -> None:
    house.say()
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "Every chain that you may see verifies." in log.text
    assert "demo: " in log.text
    assert "system: " in log.text


def test_verifying_names_the_event_that_was_changed_behind_its_back(house: House) -> None:
    house.say()
    with house.services.database.engine.execution_options(writes=True).begin() as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE audit_events SET actor = 'nobody' WHERE chain = 'demo' AND sequence = 3"))
    log = house.signed_in().open("/audit").send("/audit/verify")
    assert "A chain does not verify." in log.text
    assert "chain demo, event 3" in log.text


@pytest.mark.parametrize("query", ["chain=%00", "before=x", "before=9" + "9" * 11, "event=%25&actor=%00&subject=%ff"])
def test_odd_questions_to_the_log_are_no_5xx(house: House, query: str) -> None:
    assert house.signed_in().open(f"/audit?{query}").status == 200
