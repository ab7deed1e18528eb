"""The score map and bulk actions, as pages: what is shown before, what happens, what is told afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.desk.bulk_runner import carry_on
from moderation.storage.accounts import Extra, Role
from moderation.storage.comments import Comment, DecisionRow
from tests.web.pages import CALM, Pages, Visitor, statuses

RUDE = "Only an idiot would believe what the council has told us about these lanes for years."
RUDEST = "Only an idiot would believe what that idiot on the council has told us about these lanes."


def rude(pages: Pages, number: int, body: str = RUDE) -> list[str]:
    return [pages.say(f"{body} That is point {n}.", by=f"Reader {n}") for n in range(number)]


def boss(pages: Pages) -> Visitor:
    """A senior moderator who may reject many together."""
    pages.account("boss", {"demo": Role.SENIOR}, extra=(Extra.BATCH_REJECT,))
    return pages.signed_in("boss")


def test_the_map_counts_what_waits_and_a_score_range_shows_how_many_and_a_sample(pages: Pages) -> None:
    rude(pages, 3)
    pages.say(CALM)
    page = pages.signed_in().open("/review/map")
    assert "4 wait" in page.text
    assert page.texts("//tr[th='0.5 to 0.6']/td") == ["3"]
    page.open("/review/map?signal=toxicity&from=0.50&to=0.60")
    assert page.texts("//*[@id='count']") == ["3 comments"]
    assert len(page.texts("//ol[@class='sample']/li")) == 3
    assert page.texts("//ol[@class='sample']/li/span") == ["0.52"] * 3
    assert page.page.xpath("//button[@class='approve']")[0].text_content().strip() == "Approve 3 comments"


def test_a_score_range_is_approved_together_and_taken_back_with_one_undo(pages: Pages) -> None:
    ids = rude(pages, 3)
    page = pages.signed_in().open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert page.path.startswith("/review/actions/")
    assert "3 comments: Approved." in page.text
    assert "Toxicity from 0.50 to 0.60" in page.text
    assert statuses(pages, ids) == ["approved"] * 3
    action = page.path.split("?")[0]
    page.send(f"{action}/undo")
    assert "3 comments stand as before." in page.text
    assert statuses(pages, ids) == ["pending"] * 3
    page.open(action)
    assert "This was taken back" in page.text
    assert page.page.xpath("//button[@data-key='u']") == []


def test_a_score_range_is_rejected_together_with_a_reason_and_a_sentence_of_ones_own(pages: Pages) -> None:
    ids = rude(pages, 2)
    page = boss(pages).open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/reject")
    assert page.status == 422
    assert "reason" in page.text
    assert page.texts("//*[@id='count']") == ["2 comments"]
    page.send("/review/map/reject", reason="personal-attack", sentence="Please argue, don’t insult.")
    assert "2 comments: Rejected: Personal attack." in page.text
    assert statuses(pages, ids) == ["rejected"] * 2
    with pages.services.database.reading() as session:
        told = session.scalars(select(DecisionRow.reader_sentence).where(DecisionRow.status == "rejected"))
        sentences = set(told)
    assert sentences == {"Please argue, don’t insult."}


def test_rejecting_together_is_not_offered_or_done_without_the_right(pages: Pages) -> None:
    ids = rude(pages, 2)
    pages.account("anna", {"demo": Role.MODERATOR})
    page = pages.signed_in("anna").open("/review/map?signal=toxicity&from=0.50&to=0.60")
    assert page.page.xpath("//form[@action='/review/map/reject']") == []
    assert "a right of its own" in page.text
    fields = {"csrf_token": page.page.xpath("//input[@name='csrf_token']/@value")[0], "reason": "spam"}
    score_range = {"signal": "toxicity", "from": "0.5", "to": "0.6"}
    assert page.post("/review/map/reject", fields | score_range).status == 403
    assert statuses(pages, ids) == ["pending"] * 2


def test_many_run_in_the_background_and_the_page_says_how_far(pages: Pages) -> None:
    ids = rude(pages, 55)
    page = pages.signed_in().open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert "0 of 55 comments" in page.text
    assert page.page.xpath("//progress/@max") == ["55"]
    action = page.path.split("?")[0]
    carry_on(pages.services)
    page.open(action)
    assert "55 comments: Approved." in page.text
    assert page.page.xpath("//progress") == []
    page.send(f"{action}/undo")
    assert "0 of 55 comments" in page.text
    carry_on(pages.services)
    assert statuses(pages, ids) == ["pending"] * 55


@pytest.mark.parametrize(
    "query",
    [
        "signal=nosuch&from=0&to=1",
        "signal=toxicity&from=0.6&to=0.5",
        "signal=toxicity&from=-1&to=2",
        "signal=toxicity&from=nan&to=inf",
        "signal=toxicity&from=0.5",
        "article=../../etc&section=%00&site=nosuch&from=0&to=1",
        "from=" + "9" * 400 + "&to=1e9",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_map_all_the_same(pages: Pages, query: str) -> None:
    rude(pages, 1)
    assert pages.signed_in().open(f"/review/map?{query}").status == 200


@pytest.mark.parametrize(
    "score_range",
    [
        {"signal": "number", "from": "0.0", "to": "1.0"},
        {"signal": "toxicity", "from": "0.6", "to": "0.5"},
        {"signal": "toxicity"},
        {"signal": "toxicity", "from": "x", "to": "1"},
    ],
)
def test_a_form_that_names_no_score_range_changes_nothing(pages: Pages, score_range: dict[str, str]) -> None:
    ids = rude(pages, 1)
    page = pages.signed_in().open("/review/map")
    token = page.page.xpath("//input[@name='csrf_token']/@value")[0]
    page.post("/review/map/approve", score_range | {"csrf_token": token})
    assert page.status == 422
    assert "Nothing was changed." in page.text
    assert statuses(pages, ids) == ["pending"]


def test_an_account_for_a_section_maps_and_decides_there_alone(pages: Pages) -> None:
    pages.article("cup", section="sport")
    elsewhere = rude(pages, 1)
    mine = [pages.say(RUDE, under="cup", by="Fan")]
    pages.account("sporty", {"demo": Role.MODERATOR}, sections=("sport",))
    page = pages.signed_in("sporty").open("/review/map?signal=toxicity&from=0&to=1")
    assert page.texts("//*[@id='count']") == ["1 comment"]
    page.send("/review/map/approve")
    assert statuses(pages, [*mine, *elsewhere]) == ["approved", "pending"]


def test_everything_under_an_article_is_removed_by_a_senior_with_a_reason_and_comes_back(
    pages: Pages,
) -> None:
    ids = rude(pages, 2)
    with pages.services.database.reading() as session:
        comment = session.get_one(Comment, ids[0])
    path = f"/review/articles/{comment.article_id}/remove"
    page = boss(pages).open(path)
    assert "2 comments wait or are published here" in page.text
    form = next(form for form in page.page.forms if form.xpath(".//select"))
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    assert page.post(path, {"csrf_token": token}).status == 422
    page.post(path, {"csrf_token": token, "reason": "personal-attack"})
    assert "Everything under one article" in page.text
    assert statuses(pages, ids) == ["rejected"] * 2
    page.send(f"{page.path.split('?')[0]}/undo")
    assert statuses(pages, ids) == ["pending"] * 2


def test_everything_by_an_author_is_removed_and_nobody_else_s(pages: Pages) -> None:
    mine = [pages.say(f"{RUDE} Part {n}.", by="Mallory") for n in range(2)]
    other = pages.say(CALM)
    with pages.services.database.reading() as session:
        author_id = session.get_one(Comment, mine[0]).author_id
    path = f"/review/authors/{author_id}/remove"
    page = boss(pages).open(path)
    token = page.page.xpath("//main//input[@name='csrf_token']/@value")[0]
    page.post(path, {"csrf_token": token, "reason": "personal-attack"})
    assert statuses(pages, [*mine, other]) == ["rejected", "rejected", "pending"]


def test_removing_everything_is_for_seniors_and_for_what_there_is(pages: Pages) -> None:
    ids = rude(pages, 1)
    with pages.services.database.reading() as session:
        comment = session.get_one(Comment, ids[0])
    pages.account("anna", {"demo": Role.MODERATOR})
    anna = pages.signed_in("anna")
    assert anna.open(f"/review/articles/{comment.article_id}/remove").status == 403
    assert anna.open(f"/review/authors/{comment.author_id}/remove").status == 403
    page = boss(pages)
    assert page.open("/review/articles/nosuch/remove").status == 404
    assert page.open("/review/authors/nosuch/remove").status == 404


def test_an_action_is_shown_to_whoever_did_it_alone(pages: Pages) -> None:
    rude(pages, 1)
    page = boss(pages).open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert pages.signed_in().open(page.path).status == 404
