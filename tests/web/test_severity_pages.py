"""The queue's order: by severity, the same for pages and programs, brought up to date after a change of the policy."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from sqlalchemy import select, text

from moderation.comments.rescoring import score_late
from moderation.core.policy import FORM_FILLED, NAME_HOLDS, NAME_UNREAD, PART_UNREAD, Rules, Signals
from moderation.core.reach import Scope
from moderation.desk.decide import Verdict
from moderation.jobs.queue_order import bring_up_to_date, progress
from moderation.storage.accounts import Role
from moderation.storage.articles import Article
from moderation.storage.desk_lists import Wanted, page_of
from moderation.storage.queue_index import SLOTS, QueueIndex
from moderation.web.desk.severity_view import urgency_of
from tests.plans import plans_of
from tests.web.pages import CALM, RUDE, SITE_KEY, Pages, Visitor

KNIFE = f"{CALM} threat=0.85"
SMALL_TALK = "The strawberries are sweet this week, see https://a.example and https://b.example for the prices."
FLAGS = "\n[policy.sections.city.flag]\n"


def listed(desk: Visitor, path: str = "/review") -> list[str]:
    """The ids of a view's whole list, page by page as the page itself goes on."""
    found: list[str] = []
    while path:
        page = desk.open(path).page
        found += page.xpath("//li[contains(@class, 'line')]/@data-comment")
        path = next(iter(page.xpath("//li[@class='more']/a/@href")), "")
    return found


def api(pages: Pages, key: str = SITE_KEY, **query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = pages.visitor().client.get("/api/v1/comments", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def by_api(pages: Pages, **query: str) -> list[str]:
    """The ids of the whole list, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        page = api(pages, **query, **({"cursor": cursor} if cursor else {}))
        found += [comment["id"] for comment in page["comments"]]
        cursor = page["next"]
    return found


def entry(pages: Pages, comment_id: str) -> QueueIndex:
    with pages.services.database.reading() as db:
        return db.query(QueueIndex).filter_by(comment_id=comment_id).one()


def small_talk(pages: Pages, count: int) -> list[str]:
    return [pages.say(f"{SMALL_TALK} Number {number}.", by=f"Reader {number}") for number in range(count)]


def test_a_knife_stands_first_among_sixty_that_are_flagged_twice(pages: Pages) -> None:
    talk = small_talk(pages, 60)
    knife = pages.say(KNIFE, by="Knife")
    rude = pages.say(f"{RUDE} Really.", by="Rude")
    desk = pages.signed_in()
    order = [knife, rude, *talk]
    assert listed(desk) == order
    assert listed(desk, "/review?order=flagged") == order, "a view saved before is sorted by severity too"
    assert by_api(pages) == by_api(pages, order="severity", status="pending") == order
    assert by_api(pages, article="lanes", section="city") == order
    opened = desk.open("/review")
    assert opened.page.xpath("//article[contains(@class, 'pane')]/@data-comment")[:1] == [knife]
    following = desk.open(opened.page.xpath("//nav[@class='step']//a[@data-key='j']/@href")[0])
    assert following.page.xpath("//li[contains(@class, 'here')]/@data-comment") == [rude]
    assert [comment["severity"] for comment in api(pages)["comments"][:2]] == [
        entry(pages, knife).severity,
        entry(pages, rude).severity,
    ]


def test_the_strongest_reason_is_a_chip_and_hover_explains_the_number(pages: Pages) -> None:
    pages.say(f"{SMALL_TALK} threat=0.85", by="Knife")
    desk = pages.signed_in().open("/review")
    (chips,) = desk.page.xpath("//li[contains(@class, 'line')]//span[@class='chips']")
    assert [chip.text_content() for chip in chips.xpath(".//span[contains(@class, 'chip ')]")] == ["Threat 0.85"]
    assert not chips.xpath("ancestor::details")
    assert re.search(r"^Severity \d+ of 1000: threat 0.85, at or over 0.20: \d+; ", chips.get("title"))
    assert "links 2, at or over 2: 20" in chips.get("title")
    assert chips.xpath("string(.//span[@class='hidden'])").strip(" .") == chips.get("title").strip(" .")


def test_the_highest_label_is_never_in_a_fold(pages: Pages) -> None:
    pages.say(f"{CALM} insult=0.31", by="Nearly")
    pane = pages.signed_in().open("/review").page
    outside = pane.xpath("//dl[@class='scores'][not(ancestor::details)]//dt/text()")
    assert "insult" in outside
    assert "threat" in pane.xpath("//details//dl[@class='scores']//dt/text()")


def test_what_nobody_could_read_is_marked_and_never_last(pages: Pages) -> None:
    talk = small_talk(pages, 3)
    french = pages.say("Je ne sais pas ce que le conseil a voulu dire hier soir. unreadable=fr", by="Fr")
    danger = pages.say(KNIFE, by="Knife")
    desk = pages.signed_in()
    assert listed(desk) == [danger, french, *talk]
    chips = {
        c.get("id"): c.xpath(".//span[@class='chips']/span/text()") for c in desk.page.xpath("//li[@data-comment]")
    }
    assert "French, not read" in chips[f"l-{french}"]
    assert by_api(pages, language="fr") == [french]
    assert by_api(pages, language="de") == []


@pytest.mark.parametrize(
    ("hold", "chip"),
    [
        (FORM_FILLED, "Form filled by a program"),
        (NAME_UNREAD, "Name not scored"),
        (f"{NAME_HOLDS}a word on the wordlist of this site: a nickname", "Name: on the wordlist"),
        (f"{PART_UNREAD} (de)", "Partly German, not read"),
        ("its author is muted", "Its author is muted"),
    ],
)
def test_a_fact_that_holds_a_comment_is_a_chip_in_words(hold: str, chip: str) -> None:
    signals = Signals(values={}, holds=(hold,), language="de", readable=not hold.startswith(PART_UNREAD))
    assert [one.words for one in urgency_of(signals, Rules()).chips] == [chip]


# --- a changed policy -------------------------------------------------------------------------------------------------


def mixed(pages: Pages, count: int) -> list[str]:
    """Comments some of which one policy finds worse, some another."""
    chance = random.Random(7)
    return [
        pages.say(
            f"{CALM} insult={chance.random():.2f} obscene={chance.random():.2f} Number {number}.", by=f"Reader {number}"
        )
        for number in range(count)
    ]


def a_batch(pages: Pages, batch: int = 10) -> None:
    assert bring_up_to_date(pages.services, batch=batch, stopped=lambda: True)


def told(pages: Pages, desk: Visitor) -> str:
    return "".join(desk.open("/review").texts("//p[contains(@class, 'reordering')]"))


def test_a_changed_policy_brings_the_order_up_to_date_behind_the_old_one(pages: Pages) -> None:
    pages.configure(f"{FLAGS}insult_at_least = 0.1\n")
    comments = mixed(pages, 35)
    bring_up_to_date(pages.services)
    desk = pages.signed_in()
    before = listed(desk)
    assert sorted(before) == sorted(comments)
    assert told(pages, desk) == ""
    pages.configure(f"{FLAGS}obscene_at_least = 0.1\n")
    for done in (10, 20, 30, 35):
        a_batch(pages)
        assert told(pages, desk).endswith(f"{done} of 35")
        assert listed(desk) == by_api(pages) == before, "the old order stays until all are weighed"
    pages.account("lena", {"demo": Role.MODERATOR})
    assert told(pages, pages.signed_in("lena")).endswith("100%"), "nothing of other sites' queues"
    assert bring_up_to_date(pages.services)
    after = listed(desk)
    severities = {comment["id"]: comment["severity"] for comment in api(pages)["comments"]}
    assert after != before
    assert after == sorted(comments, key=lambda one: (-severities[one], comments.index(one)))
    assert severities[after[0]] > severities[after[-1]]
    assert told(pages, desk) == ""
    assert not bring_up_to_date(pages.services), "nothing is left to do"


def test_no_page_has_gaps_or_doubles_while_the_order_changes(pages: Pages) -> None:
    pages.configure(f"{FLAGS}insult_at_least = 0.1\n")
    comments = mixed(pages, 120)
    bring_up_to_date(pages.services)
    before = by_api(pages)
    pages.configure(f"{FLAGS}obscene_at_least = 0.1\n")
    first = api(pages)
    a_batch(pages, 50)
    second = api(pages, cursor=first["next"])
    bring_up_to_date(pages.services)
    third = api(pages, cursor=second["next"])
    seen = [comment["id"] for page in (first, second, third) for comment in page["comments"]]
    assert seen == before
    assert third["next"] is None
    assert sorted(by_api(pages)) == sorted(comments)
    assert by_api(pages) != before


def test_what_arrives_meanwhile_stands_in_both_orders(pages: Pages) -> None:
    mixed(pages, 15)
    bring_up_to_date(pages.services)
    pages.configure(f"{FLAGS}obscene_at_least = 0.1\n")
    a_batch(pages)
    knife = pages.say(KNIFE, by="Knife")
    assert by_api(pages)[0] == knife
    bring_up_to_date(pages.services)
    assert by_api(pages)[0] == knife


def test_a_policy_that_changes_back_before_the_end_leaves_the_order_alone(pages: Pages) -> None:
    mixed(pages, 15)
    bring_up_to_date(pages.services)
    before = by_api(pages)
    pages.configure(f"{FLAGS}obscene_at_least = 0.1\n")
    a_batch(pages)
    pages.configure("")
    bring_up_to_date(pages.services)
    assert by_api(pages) == before
    with pages.services.database.reading() as db:
        assert progress(db, pages.services.configuration.current()) is None


def test_what_comes_back_into_the_queue_is_weighed_by_the_policy_of_now(pages: Pages) -> None:
    one = pages.say(f"{CALM} obscene=0.90", by="Obscene")
    other = pages.say(f"{CALM} insult=0.10", by="Calm")
    pages.decide(one, Verdict.APPROVE)
    pages.configure(f"{FLAGS}obscene_at_least = 0.1\n")
    bring_up_to_date(pages.services)
    assert by_api(pages) == [other]
    pages.decide(one, Verdict.REOPEN)
    bring_up_to_date(pages.services)
    assert by_api(pages) == [one, other]
    assert entry(pages, one).severity == entry(pages, one).severity_2 > 400


def test_a_late_score_moves_a_comment_also_where_a_person_has_put_it_back(pages: Pages) -> None:
    other = pages.say(f"{RUDE} Really.", by="Rude")
    scorer: Any = pages.services.scorer
    scorer.fails = 2
    ids = [pages.say(f"{KNIFE} Again and again.", by="A"), pages.say(f"{KNIFE} And over again.", by="B")]
    assert by_api(pages) == [other, *ids]
    pages.decide(ids[1], Verdict.APPROVE)
    pages.decide(ids[1], Verdict.REOPEN)
    for comment in ids:
        assert score_late(pages.services, comment)
    bring_up_to_date(pages.services)
    assert by_api(pages) == [*ids, other]


def test_the_order_is_read_from_an_index(pages: Pages) -> None:
    small_talk(pages, 3)
    with pages.services.database.reading() as db:
        article = db.scalars(select(Article.id)).one()
        if not pages.services.database.is_sqlite:
            db.execute(text("SET LOCAL enable_seqscan = off"))
            db.execute(text("SET LOCAL enable_sort = off"))
        scopes = (Scope(site_id="demo"),)
        for slot, name in enumerate(SLOTS):
            for articles, index in (((), f"ix_queue_index_{name}"), ((article,), f"ix_queue_index_article_{name}")):
                with plans_of(db.connection(), "queue_index", "ORDER BY") as plans:
                    assert len(page_of(db, Wanted(scopes=scopes, articles=articles, slot=slot), limit=31)) == 3
                assert plans
                assert [plan for plan in plans if f"{index} " not in plan + " "] == []
