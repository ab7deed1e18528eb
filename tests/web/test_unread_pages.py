"""Comments in languages that no pack reads, on the pages: named, listed by themselves, never offered as harmless; and
what lies in other sections than somebody's own.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment
from tests.web.pages import CALM, Pages, statuses

GERMAN = "Ich weiß genau, wo du wohnst, und morgen Nacht komme ich vorbei und bringe dich um."
FRENCH = "Je sais très bien où tu habites, et demain soir je viendrai chez toi pour te tuer."
HARMLESS = "/review/map?signal=toxicity&from=0.00&to=0.05"
BESIDE = "//section[@aria-labelledby='no-range']"


def threats(pages: Pages) -> list[str]:
    return [pages.say(body, by=f"Reader {n}") for n, body in enumerate((GERMAN, f"{GERMAN} Warte nur.", FRENCH))]


def test_the_map_names_what_it_does_not_read_and_approves_none_of_it(pages: Pages) -> None:
    ids, calm = threats(pages), pages.say(CALM)
    page = pages.signed_in().open(HARMLESS)
    assert "4 wait" in page.text
    assert page.texts(f"{BESIDE}//p[a]") == ["Not read 3"]
    assert page.texts(f"{BESIDE}//li") == ["Not read: German 2", "Not read: French 1"]
    assert page.page.xpath(f"{BESIDE}//button | {BESIDE}//form") == []
    assert page.texts("//*[@id='count']") == ["1 comment"]
    page.send("/review/map/approve")
    assert statuses(pages, [*ids, calm]) == ["pending"] * 3 + ["approved"]


def test_each_language_has_its_list(pages: Pages) -> None:
    ids = threats(pages)
    calm = pages.say(CALM)
    page = pages.signed_in().open("/review/map")
    lists = page.page.xpath(f"{BESIDE}//a/@href")
    shown = [set(page.open(href).page.xpath("//li[@data-comment]/@data-comment")) for href in lists]
    assert shown == [set(ids), set(ids[:2]), {ids[2]}]
    assert calm not in set().union(*shown)
    assert "not read: German" in page.open(lists[1]).text


def test_the_lists_keep_to_the_map_s_article(pages: Pages) -> None:
    pages.article("cup", section="sport")
    threats(pages)
    there = pages.say(GERMAN, by="Fan", under="cup")
    with pages.services.database.reading() as session:
        article_id = session.get_one(Comment, there).article_id
    page = pages.signed_in().open(f"/review/map?article={article_id}")
    assert page.texts(f"{BESIDE}//li") == ["Not read: German 1"]
    page.open(page.page.xpath(f"{BESIDE}//li/a/@href")[0])
    assert page.page.xpath("//li[@data-comment]/@data-comment") == [there]


def test_a_map_without_such_comments_says_nothing_of_them(pages: Pages) -> None:
    pages.say(CALM)
    assert pages.signed_in().open("/review/map").page.xpath(BESIDE) == []


def test_a_sample_shows_flags_language_and_strongest_label(pages: Pages) -> None:
    pages.say("Only an idiot would believe what the council has told us about these lanes. Strawberries? strawberries!")
    page = pages.signed_in().open("/review/map?signal=insult&from=0.00&to=0.05")
    signs = page.texts("//ol[@class='sample']//p[@class='signs']/span")
    assert signs == ["Toxicity 0.52", "relevance 0.05", "strongest: toxicity 0.52", "English"]


def test_a_sample_of_few_hundredths_shows_each_of_them(pages: Pages) -> None:
    for n in range(12):
        pages.say(f"{CALM} Point {n}.", by=f"Reader {n}")
    pages.say("Only an idiot would believe what the council has told us about these lanes for years.")
    page = pages.signed_in().open("/review/map?signal=toxicity&from=0.00&to=1.00")
    assert page.texts("//ol[@class='sample']/li/span") == ["0.52", *["0.02"] * 7]


def test_many_unread_languages_are_named_as_far_as_there_is_room(pages: Pages) -> None:
    texts = {
        "Spanish": "Sé perfectamente dónde vives, y mañana por la noche voy a ir a tu casa para matarte.",
        "Russian": "Я прекрасно знаю, где ты живёшь, и завтра ночью я приду к тебе домой и убью тебя.",
        "Arabic": "أعرف جيدا أين تسكن وسوف آتي إليك غدا في الليل وأقتلك أنت وعائلتك كلها",
        "Hindi": "मुझे अच्छी तरह पता है कि तुम कहाँ रहते हो, कल रात मैं आकर तुम्हें जान से मार दूँगा।",
        "Dutch": "Ik weet precies waar je woont, en morgennacht kom ik langs om je te vermoorden.",
    }
    threats(pages)
    for name, body in texts.items():
        pages.say(body, by=name)
    page = pages.signed_in().open("/review/map")
    named = page.texts(f"{BESIDE}//li")
    assert (named[0], len(named), named[-1]) == ("Not read: German 2", 6, "2 other languages 2")


def test_a_list_by_score_leaves_out_what_is_not_read(pages: Pages) -> None:
    threats(pages)
    calm = pages.say(CALM)
    page = pages.signed_in().open("/review?signal=toxicity&from=0&to=1")
    assert page.page.xpath("//li[@data-comment]/@data-comment") == [calm]


@pytest.mark.parametrize(
    "query", ["scores=nosuch", "scores=unread&language=%00", "language=" + "x" * 300, "scores=unscored"]
)
def test_an_address_that_makes_no_sense_shows_the_queue_all_the_same(pages: Pages, query: str) -> None:
    threats(pages)
    assert pages.signed_in().open(f"/review?{query}").status == 200


def test_an_unread_comment_is_marked_and_its_scores_point_at_nothing(pages: Pages) -> None:
    comment = pages.say(f"{GERMAN} Du idiot! Ihr seid alle idioten und das wisst ihr selbst ganz genau.")
    page = pages.signed_in().open(f"/review/comments/{comment}")
    assert page.page.xpath("//mark | //*[@class='notch']") == []
    assert (
        page.text.count("in German, which the scoring pack can't read") == 2
    )  # the reason, and what makes its severity
    assert page.texts("//article//*[@class='who']//span[@class='chip unread']") == ["German, not read"]
    assert "German, which the pack can't read" in page.text
    assert "Closest in the article" not in page.text
    page.open("/review")
    assert page.texts(f"//li[@data-comment='{comment}']//span[@class='chip unread']") == ["German, not read"]
    pages.decide(comment, Verdict.APPROVE)  # and what was read by a person is still nothing that the pack read
    page.open(f"/review/comments/{comment}")
    assert page.texts("//article//*[@class='who']//span[@class='chip unread']") == ["German, not read"]


def test_what_if_counts_no_unread_comment_as_published_and_says_how_many_there_are(pages: Pages) -> None:
    for comment_id in threats(pages):
        pages.decide(comment_id, Verdict.REJECT, "other")
    calm = pages.say(CALM)
    pages.decide(calm, Verdict.APPROVE)
    page = pages.signed_in().open("/admin/what-if").send("/admin/what-if", **{"approve.toxicity_at_most": "1"})
    published = page.page.xpath("//div[@aria-label='Outcomes']//tbody/tr[1]/td")
    assert [cell.text_content() for cell in published] == ["0", "1", "1", "0"]
    assert page.texts("//*[@id='undecidable']") == [
        "3 of them are in a language that no pack reads: no threshold publishes those."
    ]


# --- what lies beyond somebody's sections -----------------------------------------------------------------------------

UNKNOWN = "0" * 26
BEYOND = [
    "/review/map?article={article}",
    "/review/map?article={article}&from=0&to=1",
    "/review?article={article}",
    "/review?author={author}",
    "/review?find=council&author={author}",
    "/review?at={comment}",
    "/review/list?article={article}",
    "/review/news?ids={comment}",
    "/review/comments/{comment}",
    "/review/comments/{comment}/pane",
    "/review/articles/{article}",
    "/review/articles/{article}/remove",
]


@pytest.mark.parametrize("path", BEYOND)
def test_what_lies_in_another_section_is_as_unknown_as_what_never_was(pages: Pages, path: str) -> None:
    pages.article("cup", section="sport", title="The cup is ours")
    pages.say(CALM, under="cup", by="Fan")
    comment = pages.say(CALM, by="Zebulon Quill")
    with pages.services.database.reading() as session:
        row = session.execute(select(Comment.article_id, Comment.author_id).where(Comment.id == comment)).one()
    pages.account("berta", {"demo": Role.SENIOR})
    berta = pages.signed_in("berta").open("/review")
    token = berta.page.xpath("//input[@name='csrf_token']/@value")[0]
    berta.post("/review/locks", {"csrf_token": token, "open": comment})
    pages.account("sporty", {"demo": Role.SENIOR}, sections=("sport",))
    sporty = pages.signed_in("sporty")
    known = {"article": row.article_id, "author": row.author_id, "comment": comment}
    answers = []
    for ids in (known, dict.fromkeys(known, UNKNOWN)):
        answer = sporty.client.get(path.format(**ids))
        said = answer.get_data(as_text=True)
        assert "The lanes stay" not in said
        assert "Zebulon" not in said
        assert "berta" not in said
        for one in ids.values():
            said = said.replace(one, "-")
        answers.append((answer.status, said))
    assert answers[0] == answers[1]


def test_a_colleague_s_view_of_what_is_not_reached_is_not_shown(pages: Pages) -> None:
    pages.article("cup", section="sport")
    pages.say(CALM, under="cup", by="Fan")
    comment = pages.say(CALM, by="Zebulon Quill")
    with pages.services.database.reading() as session:
        row = session.execute(select(Comment.article_id, Comment.author_id).where(Comment.id == comment)).one()
    admin = pages.signed_in().open("/review")
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    views = {
        "Lane watch": f"article={row.article_id}",
        "Zebulon": f"author={row.author_id}",
        "City hall": "section=city",
        "Elsewhere": "site=elsewhere",
        "All threats": "signal=threat&from=0.5",
        "Sports": "section=sport",
    }
    for name, query in views.items():
        admin.post("/review/views", {"csrf_token": token, "name": name, "shared": "1", "back": f"/review?{query}"})
    pages.account("sporty", {"demo": Role.MODERATOR}, sections=("sport",))
    said = pages.signed_in("sporty").open("/review").text
    assert [name for name in views if name in said] == ["Sports"]
    own = admin.open("/review").text
    assert [name for name in views if name not in own] == ["Elsewhere"]  # what shows no site is shared with nobody
