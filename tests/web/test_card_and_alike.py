"""From the comment that is open: its author's card, and all that says nearly the same, refused together."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment
from tests.web.pages import CALM, Pages, Visitor
from tests.web.site_rules import author_of, events
from tests.web.test_review_pages import asked

COPY = "Earn four thousand a week from home with this one simple trick that the banks never tell you, visit us today"


def status_of(pages: Pages, *comments: str) -> list[str]:
    with pages.services.database.reading() as db:
        return [db.get_one(Comment, comment).status for comment in comments]


def copies(pages: Pages, number: int, under: str = "lanes") -> list[str]:
    return [pages.say(f"{COPY} {place}", by=f"Copier {under} {place}", under=under) for place in range(number)]


def batcher(pages: Pages, name: str = "berta", **more: tuple[str, ...]) -> Visitor:
    """A desk of somebody who may reject many together."""
    pages.account(name, {"demo": Role.MODERATOR}, extra=("batch_reject",), **more)
    return pages.signed_in(name).open("/review?order=oldest")


def test_all_that_says_nearly_the_same_is_counted_refused_and_taken_back_together(pages: Pages) -> None:
    one, *others = copies(pages, 4)
    half = pages.say(f"{COPY.rpartition(' that ')[0]}, and after that I went out to look at the lanes for a while.")
    other = pages.say()
    desk = batcher(pages)
    admin = pages.signed_in().open("/review")
    assert asked(admin, "/review/locks", open=others[0])[1]["mine"]
    (link,) = desk.page.xpath("//a[@data-key='l']/@href")
    assert link.startswith(f"/review/comments/{one}/alike?back=/review")
    desk.open(link)
    assert desk.texts("//*[@id='count']") == ["4 comments"]
    assert "1 comment is open with admin and left alone." in desk.text
    assert desk.texts("//button[@class='danger']") == ["Reject 3 comments"]
    desk.send(f"/review/comments/{one}/alike")
    assert (desk.status, status_of(pages, one)) == (422, ["pending"])
    desk.send(f"/review/comments/{one}/alike", reason="spam")
    assert status_of(pages, one, *others) == ["rejected", "pending", "rejected", "rejected"]
    assert status_of(pages, half, other) == ["pending", "pending"]
    assert "1 comment was left alone" in desk.text
    (action,) = {str(event["action_id"]) for event in events(pages, "comment.rejected")}
    desk.send(f"/review/actions/{action}/undo")
    assert status_of(pages, one, *others) == ["pending"] * 4


def test_the_comment_at_hand_is_among_those_refused_however_many_there_are(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.bulk.MAX_ALIKE", 2)
    *_, last = copies(pages, 5)
    desk = batcher(pages).open(f"/review/comments/{last}/alike")
    assert desk.texts("//*[@id='count']") == ["2 comments"]
    assert "the one that you had open" in desk.text
    desk.send(f"/review/comments/{last}/alike", reason="spam")
    assert status_of(pages, last) == ["rejected"]


def test_a_comment_that_waits_no_more_is_not_counted_among_them(pages: Pages) -> None:
    one, *others = copies(pages, 3)
    pages.decide(one, Verdict.APPROVE)
    desk = batcher(pages).open(f"/review/comments/{one}/alike")
    assert "2 comments of this site with the wording of the one that you had open" in desk.text
    assert "That one waits no more and is left alone." in desk.text
    desk.send(f"/review/comments/{one}/alike", reason="spam")
    assert status_of(pages, one, *others) == ["approved", "rejected", "rejected"]


def test_it_reaches_no_further_than_whoever_presses(pages: Pages) -> None:
    pages.article("sport", title="A match", section="sport")
    in_sport, here = copies(pages, 2, "sport"), copies(pages, 2)
    berta = batcher(pages, sections=("sport",))
    assert berta.open(f"/review/comments/{in_sport[0]}/alike").texts("//*[@id='count']") == ["2 comments"]
    berta.send(f"/review/comments/{in_sport[0]}/alike", reason="spam")
    assert status_of(pages, *in_sport, *here) == ["rejected", "rejected", "pending", "pending"]
    assert berta.open(f"/review/comments/{here[0]}/alike").status == 404
    pages.account("carl", {"demo": Role.MODERATOR})
    carl = pages.signed_in("carl").open("/review")
    assert not carl.page.xpath("//a[@data-key='l']")
    carl.open(f"/review/comments/{here[0]}/alike")
    assert "a right of its own" in carl.text
    assert asked(carl, f"/review/comments/{here[0]}/alike", reason="spam")[0] == 403
    assert status_of(pages, *here) == ["pending", "pending"]


def test_the_card_decides_about_the_author_and_leads_back(pages: Pages) -> None:
    comment = pages.say()
    author = author_of(pages, comment)
    action = f"/review/authors/{author}/decide"
    desk = pages.signed_in().open("/review")
    assert "0 published, 0 rejected. First seen on 14 January 2026" in desk.text
    desk.send(action)
    assert desk.path.partition("?")[0] == "/review"
    assert desk.texts("//*[@id='done']/p") == ["Author trusted."]
    assert desk.texts("//*[@class='who']//span[@class='chip trusted']") == ["trusted"]
    pages.clock.move(minutes=1)
    status, said = asked(desk, action, kind="banned", span="7", reason="spam", back="/review")
    assert (status, len(said["action_ids"])) == (200, 1)
    assert asked(desk, action, kind="muted", span="7", reason="")[0] == 422
    assert desk.open("/review").texts("//*[@class='who']//span[@class='chip banned']") == ["banned"]
    pages.clock.move(minutes=1)
    asked(desk, "/review/undo", action_id=said["action_ids"][0])
    assert desk.open("/review").texts("//*[@class='who']//span[@class='chip trusted']") == ["trusted"]


def test_of_an_author_somebody_of_one_section_is_shown_the_record_alone(pages: Pages) -> None:
    pages.say()
    pages.account("berta", {"demo": Role.MODERATOR}, sections=("city",))
    desk = pages.signed_in("berta").open("/review")
    assert "must be a moderator of the whole site" in desk.text
    assert not desk.page.xpath("//form[contains(@action, '/authors/')]")


@pytest.mark.browser
def test_both_are_a_key_away_and_the_queue_stays(pages: Pages, address: str, moderator: Page) -> None:
    first = pages.say(by="Ann")
    pages.say(f"{CALM} Two.", by="Bob")
    moderator.goto(f"{address}/review?order=oldest")
    moderator.evaluate("window.stays = true")
    moderator.keyboard.press("c")
    card = moderator.locator(".author-card")
    expect(card.get_by_role("button", name="Trust")).to_be_focused()
    card.get_by_label("Mute or ban because of").select_option("spam")
    card.get_by_role("button", name="Mute").focus()
    moderator.keyboard.press("Enter")
    expect(moderator.locator("#said")).to_have_text("Muted: Ann")
    expect(moderator.locator(".who .chip.muted")).to_be_visible()
    expect(moderator.locator("#pane-title bdi")).to_have_text("Ann")
    moderator.keyboard.press("u")
    expect(moderator.locator("#said")).to_contain_text("Undone")
    expect(moderator.locator(".who .chip.muted")).to_have_count(0)
    assert moderator.evaluate("window.stays")
    moderator.keyboard.press("?")
    expect(moderator.get_by_role("dialog")).to_contain_text("the author’s card")
    assert status_of(pages, first) == ["pending"]
