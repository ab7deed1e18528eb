"""The score map and acts on many comments, as pages: what is shown before, what happens, what is told afterwards."""

from __future__ import annotations

import pytest
from pages_house import CALM, SiteRulesCache, Visitor
from sqlalchemy import select

from moderation.desk.bulk_runner import carry_on
from moderation.storage.accounts import Extra, Role
from moderation.storage.comments import Comment, DecisionRow

RUDE = "Only an idiot would believe what the council has told us about these lanes for years."
RUDEST = "Only an idiot would believe what that idiot on the council has told us about these lanes."


def rude(site_rules: SiteRulesCache, number: int, body: str = RUDE) -> list[str]:
    return [site_rules.say(f"{body} That is point {n}.", by=f"Reader {n}") for n in range(number)]


def boss(site_rules: SiteRulesCache) -> Visitor:
    """A senior moderator who may reject many together."""
    site_rules.account("boss", {"demo": Role.SENIOR}, extra=(Extra.BATCH_REJECT,))
    return site_rules.signed_in("boss")


def statuses(site_rules: SiteRulesCache, ids: list[str]) -> list[str]:
    with site_rules.services.database.reading() as session:
        return [session.get_one(Comment, comment_id).status for comment_id in ids]


def test_the_map_counts_what_waits_and_a_band_shows_how_many_and_a_sample(either_house: SiteRulesCache) -> None:
    rude(either_house, 3)
    either_house.say(CALM)
    page = either_house.signed_in().open("/review/map")
    assert "4 wait" in page.text
    assert page.texts("//tr[th='0.5 to 0.6']/td") == ["3"]
    page.open("/review/map?signal=toxicity&from=0.50&to=0.60")
    assert page.texts("//*[@id='count']") == ["3 comments"]
    assert len(page.texts("//ol[@class='sample']/li")) == 3
    assert page.texts("//ol[@class='sample']/li/span") == ["0.52"] * 3
    assert page.page.xpath("//button[@class='approve']")[0].text_content().strip() == "Approve 3 comments"


def test_a_band_is_approved_together_and_taken_back_with_one_undo(either_house: SiteRulesCache) -> None:
    ids = rude(either_house, 3)
    page = either_house.signed_in().open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert page.path.startswith("/review/acts/")
    assert "3 comments: Approved." in page.text
    assert "Toxicity from 0.50 to 0.60" in page.text
    assert statuses(either_house, ids) == ["approved"] * 3
    action = page.path.split("?")[0]
    page.send(f"{action}/undo")
    assert "3 comments stand as before." in page.text
    assert statuses(either_house, ids) == ["pending"] * 3
    page.open(action)
    assert "This was taken back" in page.text
    assert page.page.xpath("//button[@data-key='u']") == []


def test_a_band_is_rejected_together_with_a_reason_and_a_sentence_of_ones_own(either_house: SiteRulesCache) -> None:
    ids = rude(either_house, 2)
    page = boss(either_house).open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/reject")
    assert page.status == 422
    assert "reason" in page.text
    assert page.texts("//*[@id='count']") == ["2 comments"]
    page.send("/review/map/reject", reason="personal-attack", sentence="Please argue, don’t insult.")
    assert "2 comments: Rejected: Personal attack." in page.text
    assert statuses(either_house, ids) == ["rejected"] * 2
    with either_house.services.database.reading() as session:
        told = session.scalars(select(DecisionRow.reader_sentence).where(DecisionRow.status == "rejected"))
        sentences = set(told)
    assert sentences == {"Please argue, don’t insult."}


def test_rejecting_together_is_not_offered_or_done_without_the_right(site_rules: SiteRulesCache) -> None:
    ids = rude(site_rules, 2)
    site_rules.account("anna", {"demo": Role.MODERATOR})
    page = site_rules.signed_in("anna").open("/review/map?signal=toxicity&from=0.50&to=0.60")
    assert page.page.xpath("//form[@action='/review/map/reject']") == []
    assert "a right of its own" in page.text
    fields = {"csrf_token": page.page.xpath("//input[@name='csrf_token']/@value")[0], "reason": "spam"}
    score_range = {"signal": "toxicity", "from": "0.5", "to": "0.6"}
    assert page.post("/review/map/reject", fields | score_range).status == 403
    assert statuses(site_rules, ids) == ["pending"] * 2


def test_many_run_in_the_background_and_the_page_says_how_far(either_house: SiteRulesCache) -> None:
    ids = rude(either_house, 55)
    page = either_house.signed_in().open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert "0 of 55 comments" in page.text
    assert page.page.xpath("//progress/@max") == ["55"]
    action = page.path.split("?")[0]
    carry_on(either_house.services)
    page.open(action)
    assert "55 comments: Approved." in page.text
    assert page.page.xpath("//progress") == []
    page.send(f"{action}/undo")
    assert "0 of 55 comments" in page.text
    carry_on(either_house.services)
    assert statuses(either_house, ids) == ["pending"] * 55


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
def test_an_address_that_makes_no_sense_shows_the_map_all_the_same(site_rules: SiteRulesCache, query: str) -> None:
    rude(site_rules, 1)
    assert site_rules.signed_in().open(f"/review/map?{query}").status == 200


@pytest.mark.parametrize(
    "band",
    [
        {"signal": "number", "from": "0.0", "to": "1.0"},
        {"signal": "toxicity", "from": "0.6", "to": "0.5"},
        {"signal": "toxicity"},
        {"signal": "toxicity", "from": "x", "to": "1"},
    ],
)
def test_a_form_that_names_no_band_changes_nothing(site_rules: SiteRulesCache, score_range: dict[str, str]) -> None:
    ids = rude(site_rules, 1)
    page = site_rules.signed_in().open("/review/map")
    token = page.page.xpath("//input[@name='csrf_token']/@value")[0]
    page.post("/review/map/approve", score_range | {"csrf_token": token})
    assert page.status == 422
    assert "Nothing was changed." in page.text
    assert statuses(site_rules, ids) == ["pending"]


def test_an_account_for_a_section_maps_and_decides_there_alone(site_rules: SiteRulesCache) -> None:
    site_rules.article("cup", section="sport")
    elsewhere = rude(site_rules, 1)
    mine = [site_rules.say(RUDE, under="cup", by="Fan")]
    site_rules.account("sporty", {"demo": Role.MODERATOR}, sections=("sport",))
    page = site_rules.signed_in("sporty").open("/review/map?signal=toxicity&from=0&to=1")
    assert page.texts("//*[@id='count']") == ["1 comment"]
    page.send("/review/map/approve")
    assert statuses(site_rules, [*mine, *elsewhere]) == ["approved", "pending"]


def test_everything_under_an_article_is_removed_by_a_senior_with_a_reason_and_comes_back(
    site_rules: SiteRulesCache,
) -> None:
    ids = rude(site_rules, 2)
    with site_rules.services.database.reading() as session:
        comment = session.get_one(Comment, ids[0])
    path = f"/review/articles/{comment.article_id}/remove"
    page = boss(site_rules).open(path)
    assert "2 comments wait or are published here" in page.text
    form = next(form for form in page.page.forms if form.xpath(".//select"))
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    assert page.post(path, {"csrf_token": token}).status == 422
    page.post(path, {"csrf_token": token, "reason": "personal-attack"})
    assert "Everything under this article" in page.text
    assert statuses(site_rules, ids) == ["rejected"] * 2
    page.send(f"{page.path.split('?')[0]}/undo")
    assert statuses(site_rules, ids) == ["pending"] * 2


def test_everything_by_an_author_is_removed_and_nobody_else_s(site_rules: SiteRulesCache) -> None:
    mine = [site_rules.say(f"{RUDE} Part {n}.", by="Mallory") for n in range(2)]
    other = site_rules.say(CALM)
    with site_rules.services.database.reading() as session:
        author_id = session.get_one(Comment, mine[0]).author_id
    path = f"/review/authors/{author_id}/remove"
    page = boss(site_rules).open(path)
    token = page.page.xpath("//main//input[@name='csrf_token']/@value")[0]
    page.post(path, {"csrf_token": token, "reason": "personal-attack"})
    assert statuses(site_rules, [*mine, other]) == ["rejected", "rejected", "pending"]


def test_removing_everything_is_for_seniors_and_for_what_there_is(site_rules: SiteRulesCache) -> None:
    ids = rude(site_rules, 1)
    with site_rules.services.database.reading() as session:
        comment = session.get_one(Comment, ids[0])
    site_rules.account("anna", {"demo": Role.MODERATOR})
    anna = site_rules.signed_in("anna")
    assert anna.open(f"/review/articles/{comment.article_id}/remove").status == 403
    assert anna.open(f"/review/authors/{comment.author_id}/remove").status == 403
    page = boss(site_rules)
    assert page.open("/review/articles/nosuch/remove").status == 404
    assert page.open("/review/authors/nosuch/remove").status == 404


def test_an_act_is_shown_to_whoever_did_it_alone(site_rules: SiteRulesCache) -> None:
    rude(site_rules, 1)
    page = boss(site_rules).open("/review/map?signal=toxicity&from=0.50&to=0.60")
    page.send("/review/map/approve")
    assert site_rules.signed_in().open(page.path).status == 404
