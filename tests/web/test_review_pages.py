"""Reviewing: what a view of the queue can be, who has what open, what is hidden, flags and notes, undo, saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cachetools import TTLCache
from sqlalchemy import event

from moderation.core.cache import Cached
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment
from tests.web.pages import CALM, RUDE, Pages, Visitor, fields_of, names, on_both_databases

FACTS = {"Accept": "application/json"}
OFF = "My grandmother's strawberries never needed any sugar, and I shall not be told otherwise."


def asked(desk: Visitor, path: str, **fields: str) -> tuple[int, dict[str, Any]]:
    """What a script of the desk gets: the status and the facts."""
    token = desk.page.xpath("//input[@name='csrf_token']/@value")[0]
    answer = desk.client.post(path, data={"csrf_token": token, **fields}, headers=FACTS)
    return answer.status_code, dict(answer.json or {})


def news(desk: Visitor, **query: str) -> dict[str, Any]:
    return dict(desk.client.get(f"/review/news?{urlencode(query)}").json or {})


# --- views ------------------------------------------------------------------------------------------------------------


def test_the_order_is_chosen_and_pages_go_on_in_it(pages: Pages) -> None:
    pages.article("newer", title="A newer story", published_at=pages.clock())
    pages.say(by="calm, old")
    pages.say(f"{RUDE} One.", by="rude")
    pages.say(f"{CALM} Two.", by="under the newer", under="newer")
    pages.say(f"{RUDE} And the strawberries too.", by="rude twice")
    desk = pages.signed_in().open("/review")
    assert names(desk) == ["rude twice", "rude", "calm, old", "under the newer"]
    assert names(desk.open("/review?order=oldest")) == ["calm, old", "rude", "under the newer", "rude twice"]
    assert names(desk.open("/review?order=article")) == ["under the newer", "calm, old", "rude", "rude twice"]
    for order in ("flagged", "oldest", "article"):
        whole = desk.open(f"/review?order={order}").page.xpath("//li[contains(@class, 'line')]/@data-comment")
        for place, comment in enumerate(whole):
            rest = desk.open(f"/review?order={order}&after={comment}")
            assert rest.page.xpath("//li[contains(@class, 'line')]/@data-comment") == whole[place + 1 :]


def test_a_view_is_narrowed_by_section_article_score_range_author_and_waiting_time(pages: Pages) -> None:
    pages.article("sport", title="A match", section="sport")
    pages.say(by="Ann")
    pages.say(f"{RUDE} One.", by="Bob")
    pages.say(f"{CALM} Two.", by="Cat", under="sport")
    pages.clock.move(hours=5)
    pages.say(f"{CALM} Three.", by="Ann")
    desk = pages.signed_in().open("/review")
    assert names(desk.open("/review?section=sport")) == ["Cat"]
    assert sorted(names(desk.open("/review?section=sport&section=city"))) == ["Ann", "Ann", "Bob", "Cat"]
    assert names(desk.open("/review?signal=toxicity&from=0.9")) == ["Bob"]
    assert names(desk.open("/review?signal=toxicity&to=0.5&order=oldest")) == ["Ann", "Cat", "Ann"]
    assert names(desk.open("/review?signal=toxicity&from=0&to=1&section=sport")) == ["Cat"]
    assert sorted(names(desk.open("/review?waited=4"))) == ["Ann", "Bob", "Cat"]
    (author,) = {a for a in desk.open("/review?find=Three").page.xpath("//a/@href") if "author=" in a}
    assert names(desk.open(author)) == ["Ann", "Ann"]
    articles = desk.open("/review").page.xpath("//input[@name='article']/@value")
    assert len(articles) == 2
    both = urlencode([("article", article) for article in articles])
    assert sorted(names(desk.open(f"/review?{both}&order=oldest"))) == ["Ann", "Ann", "Bob", "Cat"]
    assert "A match" in desk.texts("//ul[@aria-label='Narrowed to']")[0]


@on_both_databases
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("report", ["Ann", "Bob"]),
        ("REPORT twice", ["Ann", "Bob"]),
        ('"read this report"', ["Ann", "Bob"]),
        ('"report this read"', []),
        ("Bob", ["Bob"]),
        ("counc*", ["Ann", "Bob"]),
        ("counc", []),
        ('"', []),
        ("AND OR NOT ( ) : ^ * - + \\ '", []),
        ('x" OR "report', []),
        ("&|!:*", []),
        ("report AND nothing", []),
    ],
)
def test_a_search_is_for_words_and_phrases_and_never_an_error(pages: Pages, typed: str, found: list[str]) -> None:
    pages.say(by="Ann")
    pages.say(f"{CALM} Again.", by="Bob")
    desk = pages.signed_in().open(f"/review?order=oldest&find={quote(typed)}")
    assert desk.status == 200
    assert names(desk) == found


def test_a_search_goes_over_what_was_decided_too(pages: Pages) -> None:
    comment = pages.say(by="Ann")
    pages.say(f"{CALM} Again.", by="Bob")
    pages.decide(comment, Verdict.APPROVE)
    desk = pages.signed_in().open("/review?status=approved&find=report")
    assert names(desk) == ["Ann"]
    assert names(desk.open("/review?find=report")) == ["Bob"]


def test_a_saved_view_is_the_address_under_a_name_one_s_own_or_for_everybody(pages: Pages) -> None:
    pages.say(by="Ann")
    pages.account("berta", {"*": Role.MODERATOR})
    desk, berta = pages.signed_in(), pages.signed_in("berta")
    desk.open("/review?find=report&order=oldest").send("/review/views", name="Reports", shared="1")
    assert desk.path == "/review?order=oldest&find=report"
    assert berta.open("/review").page.xpath("//ul[@class='saved']//a[.='Reports']/@href") == [desk.path]
    assert not berta.page.xpath("//form[contains(@action, '/remove')]")
    berta.open("/review?section=city").send("/review/views", name="Mine alone")
    assert "Mine alone" not in desk.open("/review").text
    (remove,) = desk.page.xpath("//form[starts-with(@action, '/review/views/')]")
    desk.post(remove.action, fields_of(remove))
    assert "Reports" not in berta.open("/review").text


# --- who has what open ------------------------------------------------------------------------------------------------


def test_a_comment_that_somebody_has_open_is_theirs_for_a_few_minutes(pages: Pages) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    pages.account("berta", {"*": Role.MODERATOR})
    desk, berta = pages.signed_in().open("/review"), pages.signed_in("berta").open("/review")
    assert asked(desk, "/review/locks", open=first)[1]["mine"]
    assert asked(berta, "/review/locks", open=first)[1] | {"mine": False} == {
        "mine": False,
        "by": "admin",
        "status": "pending",
        "revision": 1,
    }
    # The others see by whom, and are given the next.
    assert "admin has it open" in berta.open("/review").text
    assert berta.texts("//article//h2//bdi") == ["Second"]
    assert news(berta, since="0", ids=f"{first},{second}")["taken"] == {first: "admin"}
    assert "admin has this comment open." in berta.open(f"/review/comments/{first}").text
    # It ends when it is left, and by itself.
    assert asked(desk, "/review/locks", open=second, leave=first)[1]["mine"]
    assert asked(berta, "/review/locks", open=first)[1]["mine"]
    assert not asked(berta, "/review/locks", open=second)[1]["mine"]
    pages.clock.move(minutes=10)
    assert asked(berta, "/review/locks", open=second)[1]["mine"]


def test_what_arrives_is_counted_for_the_view_that_is_open(pages: Pages) -> None:
    shown = pages.say(by="There")
    desk = pages.signed_in().open("/review")
    (newest,) = desk.page.xpath("//*[@id='workbench']/@data-newest")
    assert news(desk, since=newest)["new"] == 0
    pages.say(f"{CALM} Two.")
    pages.say(RUDE)
    assert news(desk, since=newest)["new"] == 2
    assert news(desk, since=newest, signal="toxicity", **{"from": "0.9"})["new"] == 1
    assert news(desk, since=newest, find="idiot")["new"] == 1
    pages.decide(shown, Verdict.APPROVE)
    assert news(desk, since=newest, ids=shown)["standing"] == {
        shown: {"status": "approved", "revision": 2, "words": "Published by test"}
    }


# --- doing and taking back --------------------------------------------------------------------------------------------


def test_a_script_is_told_where_the_comment_stands_and_what_undoes_it(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    status, said = asked(desk, f"/review/comments/{comment}/reject", revision="1", reason="off-topic")
    assert (status, said["status"], said["revision"]) == (200, "rejected", 2)
    status, undone = asked(desk, "/review/undo", action_id=said["action_id"])
    assert status == 200
    assert undone["words"] == "Rejected: Off-topic"
    assert undone["comments"] == [{"id": comment, "status": "pending", "revision": 3, "words": "waiting"}]
    status, said = asked(desk, f"/review/comments/{comment}/approve", revision="1")
    assert status == 409
    assert said["current"]["by"] == "admin"
    assert asked(desk, f"/review/comments/{comment}/reject", revision="3")[0] == 422
    assert asked(desk, "/review/comments/none/approve", revision="3")[0] == 404


def test_undo_goes_backwards_through_one_s_own_actions(pages: Pages) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    desk = pages.signed_in().open(f"/review?at={first}")
    desk.send(f"/review/comments/{first}/approve")
    pages.clock.move(seconds=1)
    desk.send(f"/review/comments/{second}/approve")
    assert names(desk) == []
    assert names(desk.send("/review/undo", action_id="")) == ["Second"]
    assert names(desk.send("/review/undo", action_id="")) == ["First", "Second"]
    desk.send("/review/undo", action_id="")
    assert desk.status == 404
    assert desk.texts("//ol[@class='did']//span[@class='chip']") == ["undone", "undone"]


def test_the_list_of_one_s_last_actions_takes_any_of_them_back(pages: Pages) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    desk = pages.signed_in().open(f"/review?at={first}")
    desk.send(f"/review/comments/{first}/approve")
    pages.clock.move(seconds=1)
    desk.send(f"/review/comments/{second}/approve").open("/review/actions")
    assert desk.texts("//ol[@class='did']//strong") == ["Approved", "Approved"]
    earlier = desk.page.xpath("//ol[@class='did']//form")[1]
    desk.post(earlier.action, fields_of(earlier))
    assert names(desk.open("/review")) == ["First"]


def test_a_comment_is_left_to_a_senior_who_alone_decides_it(pages: Pages) -> None:
    comment = pages.say(by="Hard")
    pages.account("berta", {"*": Role.MODERATOR})
    pages.account("sen", {"*": Role.SENIOR})
    berta = pages.signed_in("berta").open("/review")
    token = berta.page.xpath("//input[@name='csrf_token']/@value")[0]
    berta.send(f"/review/comments/{comment}/flags/escalated")
    assert "Left to a senior moderator." in berta.texts("//*[@id='done']")[0]
    assert names(berta) == []
    assert names(berta.open("/review?status=escalated")) == ["Hard"]
    assert not berta.page.xpath("//form[contains(@action, '/approve')]")
    berta.post(f"/review/comments/{comment}/approve", {"csrf_token": token, "revision": "1"})
    assert berta.status == 403
    senior = pages.signed_in("sen").open("/review?status=escalated")
    assert "Left to a senior by berta" in senior.text
    senior.send(f"/review/comments/{comment}/approve")
    assert names(senior.open("/review?status=approved")) == ["Hard"]


def test_featuring_a_waiting_comment_publishes_it_and_both_can_be_taken_back(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    status, said = asked(desk, f"/review/comments/{comment}/flags/featured", revision="1", approve="1")
    assert (status, said["status"], len(said["action_ids"])) == (200, "approved", 2)
    for action in reversed(said["action_ids"]):
        assert asked(desk, "/review/undo", action_id=action)[0] == 200
    assert names(desk.open("/review")) == ["Priya S"]
    assert asked(desk, f"/review/comments/{comment}/flags/featured", revision="3")[0] == 409


def test_a_note_is_kept_beside_the_comment_and_goes_when_its_writer_says_so(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in().open("/review")
    desk.send(f"/review/comments/{comment}/notes", note="Third this week.\nWatch him.")
    desk.open(f"/review/comments/{comment}")
    assert "Third this week." in desk.texts("//ul[@class='left']/li")[0]
    (remove,) = desk.page.xpath("//form[contains(@action, '/review/notes/')]")
    desk.post(remove.action, fields_of(remove))
    assert not desk.open(f"/review/comments/{comment}").texts("//ul[@class='left']/li")
    assert asked(desk, f"/review/comments/{comment}/notes", note=" ")[0] == 422


def test_notes_about_a_comment_its_author_and_its_article_are_asked_for_at_once_and_stand_apart(pages: Pages) -> None:
    comment = pages.say()
    with pages.services.database.reading() as db:
        of = db.get_one(Comment, comment)
    desk = pages.signed_in().open(f"/review/comments/{comment}")
    for words in ("First about it.", "Then about it."):
        desk.send(f"/review/comments/{comment}/notes", note=words)
        desk.open(f"/review/comments/{comment}")
        pages.clock.move(minutes=1)
    author, article = f"/review/authors/{of.author_id}", f"/review/articles/{of.article_id}"
    desk.open(author).send(f"{author}/notes", note="About her.")
    desk.open(article).send(f"{article}/notes", note="Among the article's others.")
    desk.open(article).send(f"{article}/notes", note="On top of the article.", pinned="1")
    questions: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        questions.append(statement)

    event.listen(pages.services.database.engine, "before_cursor_execute", note)
    desk.open(f"/review/comments/{comment}")
    event.remove(pages.services.database.engine, "before_cursor_execute", note)
    about = {
        name: desk.texts(f"//section[@aria-labelledby='{name}']//bdi") for name in ("author-notes-title", "left-title")
    }
    assert about == {
        "author-notes-title": ["admin", "About her."],
        "left-title": ["admin", "Then about it.", "admin", "First about it."],
    }
    assert desk.texts("//section[@class='pinned']//bdi") == ["admin", "On top of the article."]
    assert [sum(f"FROM {table}" in question for question in questions) for table in ("notes", "decisions")] == [1, 1]


def test_a_waiting_sibling_is_decided_in_the_thread(pages: Pages) -> None:
    first = pages.say("The first one speaks of the lanes, at a length that is just sufficient.", by="Ann")
    pages.decide(first, Verdict.APPROVE)
    reply = pages.say("The reply says something about the first one, and waits.", by="Bob", to=first)
    other = pages.say("Another reply, that waits as well, and is shown beside it.", by="Cat", to=first)
    desk = pages.signed_in().open(f"/review?at={reply}")
    desk.send(f"/review/comments/{other}/approve")
    assert desk.texts("//article//h2//bdi") == ["Bob"]
    assert names(desk) == ["Bob"]


def test_what_is_much_alike_stands_beside_it(pages: Pages) -> None:
    pages.say(f"{RUDE} Buy cheap magnets now.", by="Spam one")
    pages.say(f"{RUDE} Buy cheap magnets today.", by="Spam two")
    desk = pages.signed_in().open("/review")
    assert "Spam two" in desk.texts("//ul[@class='alike']/li")[0]


# --- blur, sections, odd addresses ------------------------------------------------------------------------------------


def test_a_text_at_or_over_one_s_level_is_hidden_until_it_is_asked_for(pages: Pages) -> None:
    pages.say(RUDE)
    desk = pages.signed_in().open("/review/preferences")
    desk.send("/review/preferences", toxicity="0.95", threat="")
    assert "Kept." in desk.text
    desk.open("/review")
    assert desk.texts("//details[@class='blur']/summary") == ["Hidden: toxicity 0.95. Show the text v"]
    assert desk.texts("//span[@class='excerpt blurred']") == ["Hidden: toxicity 0.95"]
    pages.account("berta", {"*": Role.MODERATOR})
    assert not pages.signed_in("berta").open("/review").page.xpath("//details[@class='blur']")
    desk.open("/review/preferences").send("/review/preferences", toxicity="high")
    assert desk.status == 422
    assert "between 0 and 1" in desk.text


def test_whoever_notes_something_stays_with_the_comment_and_whoever_decides_goes_on(pages: Pages) -> None:
    first, second = pages.say(CALM), pages.say(f"{CALM} Twice.")
    desk = pages.signed_in().open(f"/review?order=oldest&at={first}")
    desk.send(f"/review/comments/{first}/notes", note="Wrote to us before.")
    assert f"at={first}" in desk.path
    desk.send(f"/review/comments/{first}/flags/newsroom")
    assert f"at={first}" in desk.path
    assert desk.texts("//div[@id='done']//strong") == ["Sent to the newsroom."]
    desk.send(f"/review/comments/{first}/approve")
    assert f"at={second}" in desk.path


def test_the_news_tell_how_much_waits(pages: Pages) -> None:
    pages.app.extensions["recent counts"] = Cached(TTLCache(9, 0))  # else a count is told again for a moment
    pages.say()
    desk = pages.signed_in().open("/review")
    assert news(desk)["total"] == "1"
    pages.say(OFF)
    assert news(desk)["total"] == "2"


def test_what_is_hidden_is_quoted_nowhere_on_the_desk(pages: Pages) -> None:
    rude = pages.say(RUDE)
    calm = pages.say(CALM)
    likely = pages.say(RUDE.replace("telling them", "saying to them"), by="Somebody else")
    desk = pages.signed_in()
    desk.open(f"/review/comments/{rude}").send(f"/review/comments/{rude}/reject", reason="personal-attack")
    article = desk.open(f"/review/comments/{calm}").page.xpath("//a[text()='its mode and terms']/@href")[0]
    author = desk.page.xpath("//h1/a/@href")[0]
    paths = (
        f"/review/comments/{calm}",
        "/review/actions",
        author,
        article,
        f"{article}?status=rejected",
        "/review/map?signal=toxicity&from=0.9&to=1",
    )
    shown = [page for page in paths if "idiot" in desk.open(page).text]
    assert shown == list(paths)
    desk.open("/review/preferences").send("/review/preferences", toxicity="0.9")
    for page in paths[:-1]:
        desk.open(page)
        assert "idiot" not in desk.text, page
        assert "idden: toxicity 0.95" in desk.text, page
    desk.open(paths[-1])
    assert desk.texts("//details[@class='blur']/summary") == ["Hidden: toxicity 0.95. Show the text v"]
    desk.open(f"/review/comments/{likely}")
    assert desk.texts("//details[@class='blur']/summary") == ["Hidden: toxicity 0.95. Show the text v"]


def test_what_is_left_to_a_senior_is_not_offered_to_others_in_a_thread(pages: Pages) -> None:
    pages.account("mo", {"*": Role.MODERATOR})
    pages.account("sen", {"*": Role.SENIOR})
    first = pages.say(CALM)
    answer = pages.say(RUDE, by="Somebody else", to=first)
    desk = pages.signed_in("mo")
    desk.open(f"/review/comments/{answer}").send(f"/review/comments/{answer}/flags/escalated")
    offered = f"//form[@action='/review/comments/{answer}/approve']"
    assert not desk.open(f"/review/comments/{first}").page.xpath(offered)
    assert pages.signed_in("sen").open(f"/review/comments/{first}").page.xpath(offered)


def test_an_author_s_last_comments_are_those_within_one_s_sections(pages: Pages) -> None:
    pages.article("sport", title="A match", section="sport")
    pages.account("only", {"demo": Role.MODERATOR}, sections=("sport",))
    pages.say(CALM + " It is about buses.")
    seen = pages.say(CALM + " It is about goals.", under="sport")
    latest = "//section[@aria-labelledby='author-title']"
    assert (
        "Nothing else that you can see here"
        in pages.signed_in("only").open(f"/review/comments/{seen}").texts(latest)[0]
    )
    assert "understood" in pages.signed_in().open(f"/review/comments/{seen}").texts(latest)[0]


def test_an_account_of_some_sections_sees_and_decides_nothing_of_the_others(pages: Pages) -> None:
    pages.article("sport", title="A match", section="sport")
    pages.account("only", {"demo": Role.MODERATOR}, sections=("sport",))
    here, there = pages.say(by="Sport", under="sport"), pages.say(f"{CALM} Two.", by="City")
    desk = pages.signed_in("only").open("/review")
    assert names(desk) == ["Sport"]
    assert "Waiting (1)" in desk.text
    assert names(desk.open("/review?section=city")) == []
    assert names(desk.open("/review?find=report")) == ["Sport"]
    for path in (f"/review/comments/{there}", f"/review/comments/{there}/pane"):
        assert desk.client.get(path).status_code == 404
    assert asked(desk.open("/review"), "/review/locks", open=there)[0] == 404
    assert asked(desk, f"/review/comments/{there}/approve", revision="1")[0] == 404
    assert news(desk, since="0", ids=f"{here},{there}")["standing"].keys() == {here}
    assert desk.open(f"/review?at={there}").texts("//article") == []


@pytest.mark.parametrize(
    "query",
    [
        "signal=toxicity&from=nan&to=1e9",
        "signal=x&from=0&to=1",
        "signal=threat&from=0.9&to=0.1",
        "waited=99999999999",
        "order=sideways&status=escalated",
        "section=%00&section=&article=..&article=%ff",
        "author=%27&at=%00",
        "&".join(f"article=a{number}" for number in range(300)),
    ],
)
def test_odd_addresses_are_ordinary_views(pages: Pages, query: str) -> None:
    pages.say()
    desk = pages.signed_in().open(f"/review?{query}")
    assert desk.status == 200
    assert desk.client.get(f"/review/news?{query}&since=x&ids=%00,..").status_code == 200
    assert desk.client.get(f"/review/list?{query}").status_code == 200
