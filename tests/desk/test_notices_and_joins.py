"""The newsroom's word above a discussion, and two articles that are one."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.comments import articles, joining
from moderation.core.actor import Actor
from moderation.core.comment import Mode, Notice
from moderation.core.errors import ArticleNotFound, InvalidField, RightMissing
from moderation.desk.discussion_settings import ModeForm, Spot, set_mode
from moderation.desk.join import join_articles, part_articles
from moderation.desk.notices import LONGEST, NoticeForm, say
from moderation.desk.undo import undo
from moderation.storage.approved_subjects import revision_of
from moderation.storage.articles import find_article
from moderation.storage.audit import events_about
from tests.api.test_article_addresses import article_of, post
from tests.api.test_section import APPROVE, ids, section, somebody, write
from tests.newsroom import ORIGIN, Newsroom, detail

QUESTION = {"kind": "question", "text": "Which stop do you miss?"}
PATH = "/api/v1/articles/trams/announcement"


def article_id(newsroom: Newsroom, name: str = "trams") -> str:
    with newsroom.services.database.reading() as session:
        article = find_article(session, newsroom.site, name)
        assert article is not None
        return article.id


def audited(newsroom: Newsroom, subject: str) -> list[str]:
    with newsroom.services.database.reading() as session:
        return [event.event for event in events_about(session, newsroom.site, subject)]


def test_a_question_stands_above_the_discussion_until_it_ends(newsroom: Newsroom) -> None:
    assert newsroom.server("POST", PATH, json=QUESTION | {"until": "2026-03-02T13:00:00Z"}).status_code == 200
    shown = section(newsroom)["announcement"]
    assert shown == {"kind": "question", "text": "Which stop do you miss?", "until": "2026-03-02T13:00:00Z"}
    newsroom.clock.move(minutes=61)
    assert section(newsroom)["announcement"] is None
    assert newsroom.server("POST", PATH, json=QUESTION | {"kind": "announcement"}).status_code == 200
    assert section(newsroom)["announcement"]["until"] is None
    assert newsroom.server("DELETE", PATH).status_code == 204
    assert section(newsroom)["announcement"] is None
    assert audited(newsroom, article_id(newsroom))[1:] == ["article.notice_set"] * 2 + ["article.notice_ended"]


def test_what_cannot_stand_there_is_refused(newsroom: Newsroom) -> None:
    for wrong, field in (
        ({"kind": "shout"}, "kind"),
        ({"text": ""}, "text"),
        ({"text": "x" * (LONGEST + 1)}, "text"),
        ({"text": "\u200b" * 100}, "text"),
        ({"until": "2026-03-02T11:00:00Z"}, "until"),
        ({"until": "tomorrow"}, "until"),
    ):
        answer = newsroom.server("POST", PATH, json=QUESTION | wrong)
        assert answer.status_code == 422, wrong
        assert (answer.json or {})["errors"][0]["field"] == field
    assert newsroom.server("POST", "/api/v1/articles/none/announcement", json=QUESTION).status_code == 404
    assert newsroom.browser("POST", PATH, json=QUESTION).status_code == 403
    other = newsroom.hall.new_site()
    assert other.server("POST", PATH, json=QUESTION).status_code == 404
    assert section(newsroom)["announcement"] is None


def test_a_moderator_sets_it_and_takes_it_back(newsroom: Newsroom) -> None:
    actor, article = somebody(newsroom), article_id(newsroom)
    first = say(newsroom.services, actor, article, NoticeForm(kind=Notice.QUESTION, text="Why?"))
    second = say(newsroom.services, actor, article, NoticeForm(kind=Notice.ANNOUNCEMENT, text="<b>Closed</b> at noon"))
    assert first is not None
    assert second is not None
    assert section(newsroom)["announcement"]["text"] == "<b>Closed</b> at noon"
    undo(newsroom.services, actor, second)
    assert section(newsroom)["announcement"] == {"kind": "question", "text": "Why?", "until": None}
    assert say(newsroom.services, actor, article, NoticeForm(kind=Notice.QUESTION, text="Why?")) is None
    reader = Actor(reference="x", name="x", rights={newsroom.site: frozenset({"read"})})
    with pytest.raises(RightMissing):
        say(newsroom.services, reader, article, None)
    with pytest.raises(ArticleNotFound):
        say(newsroom.services, Actor(reference="x", name="x"), article, None)


def test_two_articles_become_one(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOVED_AT_ONCE", 2)
    newsroom.put_article("old", url=f"{ORIGIN}/old", section="city")
    newsroom.put_article("new", url=f"{ORIGIN}/new", section="sport")
    old = write(newsroom, 5, article="old")
    (reply,) = write(newsroom, article="old", parent_id=old[0])
    (new,) = write(newsroom, article="new")
    source = article_id(newsroom, "old")
    join_articles(newsroom.services, somebody(newsroom), source, f"{ORIGIN}/new?utm_source=x")
    for name in ("old", "new"):
        shown = section(newsroom, article=name)
        assert (shown["article"]["id"], shown["article"]["count"]) == ("new", 7)
        assert ids(shown["comments"]) == [new, *old[::-1]]
    assert ids(shown["comments"][-1]["replies"]["comments"]) == [reply]
    asked = {"site": newsroom.publishable, "url": f"{ORIGIN}/old"}
    assert (newsroom.client.get("/api/v1/section", query_string=asked).json or {})["article"]["id"] == "new"
    fresh = newsroom.accepted(article="old")["id"]  # its name means the other from now on
    assert article_of(newsroom, fresh) == "new"
    assert (newsroom.put_article("old", title="Sent again").json or {})["id"] == "new"
    queued = newsroom.server("GET", "/api/v1/comments?section=sport").json or {}
    assert queued["comments"] == []
    assert audited(newsroom, article_id(newsroom, "new"))[-1] == "article.joined"


def test_two_articles_are_parted_again(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOVED_AT_ONCE", 2)
    for name in ("old", "older", "new"):
        newsroom.put_article(name, url=f"{ORIGIN}/{name}", section=name)
    actor, source, oldest = somebody(newsroom), article_id(newsroom, "old"), article_id(newsroom, "older")
    old, older = write(newsroom, 5, article="old"), write(newsroom, article="older")
    (new,) = write(newsroom, article="new")
    join_articles(newsroom.services, actor, oldest, "old")
    join_articles(newsroom.services, actor, source, "new")
    (answer,) = write(newsroom, article="new", parent_id=old[0])
    (below,) = write(newsroom, article="new", parent_id=answer)
    (since,) = write(newsroom, article="old")
    part_articles(newsroom.services, actor, source)
    first, second = section(newsroom, article="old"), section(newsroom, article="new")
    assert (first["article"]["id"], ids(first["comments"])) == ("old", old[::-1])
    assert ids(first["comments"][-1]["replies"]["comments"]) == [answer, below]
    assert (second["article"]["id"], ids(second["comments"])) == ("new", [since, new, *older])
    asked = {"site": newsroom.publishable, "url": f"{ORIGIN}/old"}
    assert (newsroom.client.get("/api/v1/section", query_string=asked).json or {})["article"]["id"] == "old"
    assert article_of(newsroom, newsroom.accepted(article="old")["id"]) == "old"
    part_articles(newsroom.services, actor, source)  # a second press does nothing
    assert audited(newsroom, article_id(newsroom, "new")).count("article.parted") == 1
    limited: dict[str, Any] = {newsroom.site: frozenset({"read", "moderate"})}
    with pytest.raises(RightMissing):
        part_articles(newsroom.services, Actor(reference="x", name="x", rights=limited), oldest)
    part_articles(newsroom.services, actor, oldest)
    assert ids(section(newsroom, article="older")["comments"]) == older


def test_both_discussions_count_up_with_each_part_that_goes_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOVED_AT_ONCE", 2)
    for name in ("old", "new"):
        newsroom.put_article(name, url=f"{ORIGIN}/{name}")
    source, target = article_id(newsroom, "old"), article_id(newsroom, "new")
    write(newsroom, 5, article="old")
    join_articles(newsroom.services, somebody(newsroom), source, "new")
    with newsroom.services.database.asking() as connection:
        before = revision_of(connection, target)
    part_articles(newsroom.services, somebody(newsroom), source)
    with newsroom.services.database.asking() as connection:
        assert revision_of(connection, target) == before + 3  # two, two, one


def test_a_join_that_was_cut_short_goes_on_with_the_sites_next_word(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(APPROVE)
    monkeypatch.setattr(joining, "MOVED_AT_ONCE", 2)
    url = f"{ORIGIN}/trams"
    page = {"url": url, "title": "Trams", "text": "They return."}
    comments = [(post(newsroom, url, page, words=str(number)).json or {})["id"] for number in range(5)]
    with monkeypatch.context() as killed:
        killed.setattr(articles, "finish_joining", lambda *_: None)
        newsroom.put_article("sent", url=url)
    assert {article_of(newsroom, comment) for comment in comments} != {"sent"}
    newsroom.put_article("sent", url=url)
    assert {article_of(newsroom, comment) for comment in comments} == {"sent"}


@pytest.mark.parametrize("mode", [Mode.HIDDEN, Mode.CLOSED])
def test_what_the_desk_has_closed_or_hidden_is_joined_by_nobody_but_a_person(newsroom: Newsroom, mode: Mode) -> None:
    url = f"{ORIGIN}/trams"
    page = {"url": url, "title": "Trams", "text": "They return."}
    comment = (post(newsroom, url, page).json or {})["id"]
    name = article_of(newsroom, comment)
    spot = Spot(site_id=newsroom.site, article_id=article_id(newsroom, name))
    set_mode(newsroom.services, somebody(newsroom), spot, ModeForm(mode=mode))
    newsroom.put_article("sent", url=url)
    assert article_of(newsroom, comment) == name
    assert section(newsroom, article=name)["article"]["state"] == mode.value
    assert section(newsroom, article="sent")["article"]["state"] == "open"
    assert "article.joined" not in audited(newsroom, article_id(newsroom, "sent"))
    join_articles(newsroom.services, somebody(newsroom), article_id(newsroom, name), "sent")
    assert article_of(newsroom, comment) == "sent"


def test_only_a_senior_joins_articles_of_one_site(newsroom: Newsroom) -> None:
    newsroom.put_article("old")
    source = article_id(newsroom, "old")
    limited: dict[str, Any] = {newsroom.site: frozenset({"read", "moderate"})}
    with pytest.raises(RightMissing):
        join_articles(newsroom.services, Actor(reference="x", name="x", rights=limited), source, "trams")
    actor = somebody(newsroom)
    for typed in ("", "old", "nothing", "https://", "https://nowhere.example/", "x" * 5000, "\x00"):
        with pytest.raises(InvalidField):
            join_articles(newsroom.services, actor, source, typed)
    other = newsroom.hall.new_site()
    other.put_article("theirs")
    with pytest.raises(InvalidField):
        join_articles(newsroom.services, actor, source, "theirs")
    assert detail(newsroom.comment(article="theirs"))
