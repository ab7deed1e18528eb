"""Sections: an article takes its comments along when it changes its section, and whoever is limited to sections reaches
what is theirs by every way there is, and nothing else by any.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.accounts.accounts import add_token
from moderation.accounts.sign_in import account_at_work
from moderation.accounts.sites import add_site
from moderation.comments.articles import MOVED_AT_ONCE
from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.comment import Author, Submission
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.desk.flags import add_note, flag_comment
from moderation.storage.accounts import Role, account_named
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import FlagKind, Note, NoteAbout
from moderation.storage.queue_index import QueueIndex
from moderation.storage.site_rules import AuthorKind
from moderation.storage.sites import Right
from tests.web.pages import CALM, RUDE, SITE_KEY, Pages, Visitor
from tests.web.site_rules import article_id


def put(pages: Pages, section: str | None, *, external_id: str = "lanes") -> None:
    """The site says where its article stands."""
    body: dict[str, Any] = {"title": "The lanes stay", "text": "The council voted on Thursday."}
    if section is not None:
        body["section"] = section
    headers = {"Authorization": f"Bearer {SITE_KEY}"}
    answer = pages.app.test_client().put(f"/api/v1/articles/{external_id}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def token_of(pages: Pages, name: str, right: Right = Right.MODERATE) -> str:
    return add_token(pages.services, "test", name, right)


def call(pages: Pages, token: str, path: str, **more: Any) -> TestResponse:
    """A call of the API with this token; with ``json`` it sends that."""
    method = "POST" if "json" in more else "GET"
    return pages.app.test_client().open(
        f"/api/v1/comments/{path}", method=method, headers={"Authorization": f"Bearer {token}"}, **more
    )


def ways(pages: Pages, name: str, token: str, comment: str) -> dict[str, bool]:
    """By which ways this account finds a waiting, rude comment of ``Ann``."""
    desk = pages.signed_in(name).open("/review")
    csrf = str(desk.page.xpath("//input[@name='csrf_token']/@value")[0])
    scripts = {"Accept": "application/json"}
    news = desk.client.get(f"/review/news?since=0&ids={comment}").json or {}
    lock_comment = desk.client.post("/review/locks", data={"csrf_token": csrf, "open": comment}, headers=scripts)
    article = article_id(pages)

    def opens(path: str) -> bool:
        return desk.client.get(path).status_code == 200

    def shows(path: str, xpath: str, text: str) -> bool:
        return text in " ".join(desk.open(path).texts(xpath))

    lines = "//ol[@id='lines']//bdi[@class='name']"
    return {
        "list": "Ann" in desk.texts(lines),
        "count": "Waiting (1)" in desk.text,
        "further lines": "Ann" in desk.client.get("/review/list").text,
        "search": shows("/review?find=idiots", lines, "Ann"),
        "by article": shows(f"/review?article={article}", lines, "Ann"),
        "menu of articles": shows("/review", "//fieldset[.//input[@name='article']]", "The lanes stay"),
        "page": opens(f"/review/comments/{comment}"),
        "pane": opens(f"/review/comments/{comment}/pane"),
        "news": comment in news.get("standing", {}),
        "new": news.get("new") == 1,
        "opening it": lock_comment.status_code == 200,
        "map": shows("/review/map?signal=toxicity&from=0&to=1", "//*[@id='count']", "1 comment"),
        "article": opens(f"/review/articles/{article}"),
        "articles": shows("/review/articles", "//main", "The lanes stay"),
        "api": call(pages, token, comment).status_code == 200,
        "audit": call(pages, token, f"{comment}/audit").status_code == 200,
    }


def test_an_article_takes_its_comments_along_and_every_way_to_them_agrees(pages: Pages) -> None:
    pages.account("only sport", {"demo": Role.MODERATOR}, sections=("sport",))
    pages.account("only city", {"demo": Role.MODERATOR}, sections=("city",))
    tokens = {name: token_of(pages, name) for name in ("only sport", "only city")}
    comment = pages.say(RUDE, by="Ann")
    for section, whose in (("city", "only city"), ("sport", "only sport"), (None, None), ("city", "only city")):
        put(pages, section)
        pages.clock.move(minutes=1)  # menus are kept for some seconds
        for name, token in tokens.items():
            found = ways(pages, name, token, comment)
            assert set(found.values()) == {name == whose}, (section, name, found)


def test_what_was_decided_goes_along_too(pages: Pages) -> None:
    pages.account("only sport", {"demo": Role.MODERATOR}, sections=("sport",))
    comment = pages.say(by="Ann")
    pages.decide(comment, Verdict.APPROVE)
    desk = pages.signed_in("only sport")
    assert "Ann" not in desk.open("/review?status=approved").text
    put(pages, "sport")
    assert "Ann" in desk.open("/review?status=approved").text
    assert desk.open(f"/review/comments/{comment}").status == 200


def test_a_comment_that_comes_after_the_article_has_moved_is_where_the_article_is(pages: Pages) -> None:
    put(pages, "sport")
    pages.say(by="Ann")
    with pages.services.database.reading() as db:
        assert db.scalars(select(QueueIndex.section)).all() == ["sport"]


def test_a_comment_under_another_article_stays_where_it_is(pages: Pages) -> None:
    pages.article("cup", section="sport")
    pages.say(under="cup", by="Fan")
    put(pages, "opinion")
    with pages.services.database.reading() as db:
        assert db.scalars(select(QueueIndex.section)).all() == ["sport"]


def test_an_undo_stops_at_what_has_left_ones_sections(pages: Pages) -> None:
    pages.account("only city", {"demo": Role.SENIOR}, sections=("city",))
    comment = pages.say(RUDE)
    desk = pages.signed_in("only city").open(f"/review/comments/{comment}")
    desk.send(f"/review/comments/{comment}/reject", reason="personal-attack")
    put(pages, "sport")
    csrf = str(desk.page.xpath("//input[@name='csrf_token']/@value")[0])
    assert desk.client.post("/review/undo", data={"csrf_token": csrf}).status_code == 404
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == "rejected"


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_of_somebody_limited_to_sections_is_limited_to_them(pages: Pages) -> None:
    pages.article("cup", section="sport")
    pages.account("only sport", {"demo": Role.MODERATOR}, sections=("sport",))
    token = token_of(pages, "only sport")
    there, here = pages.say(by="City"), pages.say(f"{CALM} Two.", by="Fan", under="cup")
    for path in ("", "/audit"):
        hidden, nothing = call(pages, token, there + path), call(pages, token, "0" * 26 + path)
        assert (hidden.status_code, hidden.data) == (404, nothing.data)
        assert call(pages, token, here + path).status_code == 200
    decision = {"outcome": "reject"}
    hidden, nothing = (call(pages, token, f"{of}/decisions", json=decision) for of in (there, "0" * 26))
    assert (hidden.status_code, hidden.data) == (404, nothing.data)
    assert call(pages, token, f"{here}/decisions", json=decision).status_code == 200
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, there).status == "pending"


def test_a_moderators_token_gets_no_receipt_and_the_sites_key_does(pages: Pages) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    comment = pages.say()
    assert "receipt" not in (call(pages, token_of(pages, "berta"), comment).json or {})
    assert (call(pages, SITE_KEY, comment).json or {})["receipt"]


def test_a_comment_left_to_a_senior_is_not_decided_by_a_moderators_token_nor_by_an_undo(
    pages: Pages,
) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    pages.account("sen", {"demo": Role.SENIOR})
    comment = pages.say()
    with pages.services.database.reading() as db:
        ids = {name: account_named(db, name).id for name in ("berta", "sen")}  # type: ignore[union-attr]
    berta, senior = (account_at_work(pages.services, ids[name]) for name in ("berta", "sen"))
    assert berta is not None
    assert senior is not None
    decide_comment(pages.services, senior, comment, Ruling(verdict=Verdict.APPROVE))
    decide_comment(pages.services, berta, comment, Ruling(verdict=Verdict.REOPEN))
    flag_comment(pages.services, senior, comment, FlagKind.ESCALATED)
    token = token_of(pages, "berta")
    assert call(pages, token, comment).status_code == 200
    assert call(pages, token, f"{comment}/decisions", json={"outcome": "approve"}).status_code == 403
    desk = pages.signed_in("berta").open("/review")
    csrf = str(desk.page.xpath("//input[@name='csrf_token']/@value")[0])
    assert desk.client.post("/review/undo", data={"csrf_token": csrf}).status_code == 403
    with pages.services.database.reading() as db:
        assert db.get_one(Comment, comment).status == "pending"


# --- what isn't reached answers as what isn't there -------------------------------------------------------------------


def test_what_is_not_reached_and_what_is_not_there_answer_alike_on_every_page(pages: Pages) -> None:
    pages.account("only sport", {"demo": Role.SENIOR}, sections=("sport",))
    comment = pages.say()
    chief = account_at_work(pages.services, _account(pages, "admin"))
    assert chief is not None
    article = article_id(pages)
    add_note(pages.services, chief, NoteAbout.ARTICLE, article, "A note")
    note = _newest_note(pages)
    desk = pages.signed_in("only sport").open("/account")
    nothing = "0" * 26
    for path in (
        "/review/comments/{}", "/review/comments/{}/pane", "/review/articles/{}", "/review/articles/{}/remove",
    ):  # fmt: skip
        asked = article if "articles" in path else comment
        _alike(desk, path, asked, nothing, None)
    for path, asked, form in (
        ("/review/comments/{}/approve", comment, {"revision": "1"}),
        ("/review/comments/{}/reject", comment, {"revision": "1", "reason": "spam"}),
        ("/review/comments/{}/flags/featured", comment, {}),
        ("/review/comments/{}/notes", comment, {"note": "x"}),
        ("/review/notes/{}/remove", note, {}),
        ("/review/articles/{}/mode", article, {"mode": "closed"}),
        ("/review/articles/{}/lift", article, {}),
        ("/review/articles/{}/terms", article, {"terms": "one", "why": "two"}),
        ("/review/articles/{}/notes", article, {"note": "x"}),
        ("/review/articles/{}/remove", article, {"reason": "spam"}),
    ):
        _alike(desk, path, asked, nothing, form)


def _alike(desk: Visitor, path: str, asked: str, nothing: str, form: dict[str, str] | None) -> None:
    csrf = str(desk.page.xpath("//input[@name='csrf_token']/@value")[0])
    answers = [
        desk.client.get(path.format(of))
        if form is None
        else desk.client.post(path.format(of), data={"csrf_token": csrf, **form})
        for of in (asked, nothing)
    ]
    assert [answer.status_code for answer in answers] == [404, 404], path
    hidden, missing = (
        answer.get_data(as_text=True).replace(of, "") for answer, of in zip(answers, (asked, nothing), strict=True)
    )
    assert hidden == missing, path


def _account(pages: Pages, name: str) -> str:
    with pages.services.database.reading() as db:
        account = account_named(db, name)
        assert account is not None
        return account.id


def _newest_note(pages: Pages) -> str:
    with pages.services.database.reading() as db:
        return db.scalars(select(Note.id)).one()


ADDRESSES = (
    "/review?after={}", "/review?status=approved&after={}", "/review?order=oldest&after={}", "/review?at={}",
    "/review/list?after={}", "/review/list?order=article&after={}", "/review/list?status=rejected&after={}",
    "/review/news?ids={}", "/review?done={}", "/review?author={}", "/review?article={}", "/review/list?article={}",
    "/review/map?article={}", "/review/map?article={}&signal=toxicity&from=0&to=1", "/review/articles?before={}",
    "/review/articles/{article}?before={}", "/review/authors/{author}?before={}", "/legal?before={}",
    "/review/rules?site={}", "/audit?subject={}", "/audit?chain={}",
)  # fmt: skip


def test_what_is_not_reached_leaves_a_page_as_what_is_not_there_does(pages: Pages) -> None:
    """Whatever an address names: a comment, an article, an author or a site, of another section or site."""
    pages.account("only sport", {"demo": Role.SENIOR}, sections=("sport",))
    pages.article("cup", section="sport")
    add_site(pages.services, "test", "evening-post", "The Evening Post")
    pages.article("there", site="evening-post")
    for number, (text, verdict) in enumerate(((CALM, None), (RUDE, None), (CALM, Verdict.APPROVE))):
        shown = pages.say(f"{text} {number}", under="cup", by="Fan")
        if verdict:
            pages.decide(shown, verdict)
    hidden = [
        pages.say(f"{RUDE} {at} threat=0.{at + 1}", under=under, site=site, by=f"Ann {at}")
        for at, (under, site) in enumerate((("lanes", "demo"), ("there", "evening-post"), ("lanes", "demo")))
    ]
    pages.decide(hidden[2], Verdict.APPROVE)
    pages.say(f"{RUDE} 9", under="cup", by="Fan")
    with pages.services.database.reading() as db:
        rows = [db.get_one(Comment, comment) for comment in hidden]
        asked = {name for row in rows for name in (row.id, row.article_id, row.author_id)} | {"evening-post"}
        fan = db.get_one(Comment, shown)
    desk = pages.signed_in("only sport").open("/account")
    wrong = []
    for address, one in itertools.product(ADDRESSES, sorted(asked)):
        named = address.replace("{article}", fan.article_id).replace("{author}", fan.author_id)
        # As old as the hidden one, for what an id itself tells is not what is stored under it.
        nothing = f"{one[:-1]}{'1' if one[-1] != '1' else '2'}"
        if _told(desk, named, one) != _told(desk, named, nothing):
            wrong.append(f"{named} {one}")
    assert not wrong, "\n".join(wrong)


def _told(desk: Visitor, address: str, named: str) -> tuple[int, str]:
    answer = desk.client.get(address.replace("{}", named))
    return answer.status_code, answer.get_data(as_text=True).replace(named, "")


# --- saved views ------------------------------------------------------------------------------------------------------


def shared_with(pages: Pages, name: str) -> list[str]:
    return pages.signed_in(name).open("/review").texts("//ul[@class='saved']//a")


def share(pages: Pages, name: str, view: str, query: str = "") -> None:
    pages.signed_in(name).open(f"/review?{query}").send("/review/views", name=view, shared="1")


def test_a_shared_view_is_offered_to_those_who_reach_all_that_it_shows(pages: Pages) -> None:
    add_site(pages.services, "test", "second", "The Second")
    pages.account("here", {"demo": Role.MODERATOR})
    pages.account("there", {"second": Role.MODERATOR})
    pages.account("both", {"demo": Role.MODERATOR, "second": Role.MODERATOR})
    pages.account("sport", {"demo": Role.MODERATOR}, sections=("sport",))
    pages.account("city", {"demo": Role.MODERATOR}, sections=("city",))
    pages.account("nowhere", {})
    share(pages, "here", "Here", "find=secret")
    share(pages, "there", "There")
    share(pages, "both", "Both")
    share(pages, "both", "Second alone", "site=second")
    share(pages, "here", "Sport alone", "section=sport")
    share(pages, "sport", "Of sport")
    assert set(shared_with(pages, "admin")) == {"Here", "There", "Both", "Second alone", "Sport alone", "Of sport"}
    assert set(shared_with(pages, "both")) == {"Here", "There", "Both", "Second alone", "Sport alone", "Of sport"}
    assert set(shared_with(pages, "here")) == {"Here", "Sport alone", "Of sport"}
    assert set(shared_with(pages, "there")) == {"There", "Second alone"}
    assert set(shared_with(pages, "sport")) == {"Sport alone", "Of sport"}
    assert shared_with(pages, "city") == []
    assert shared_with(pages, "nowhere") == []


def test_a_view_that_shows_no_site_of_ones_own_is_not_shared(pages: Pages) -> None:
    pages.account("here", {"demo": Role.MODERATOR}, sections=("sport",))
    for query in ("site=another", "section=city"):
        desk = pages.signed_in("here").open(f"/review?{query}")
        desk.send("/review/views", name="Elsewhere", shared="1")
        assert desk.status == 422
        assert "Elsewhere" not in shared_with(pages, "admin")


@pytest.mark.parametrize("kind", list(AuthorKind))
def test_an_author_is_decided_about_by_whoever_has_the_whole_site(pages: Pages, kind: AuthorKind) -> None:
    pages.account("only city", {"demo": Role.SENIOR}, sections=("city",))
    comment = pages.say()
    with pages.services.database.reading() as db:
        author = db.get_one(Comment, comment).author_id
    desk = pages.signed_in("only city").open(f"/review/authors/{author}")
    assert desk.status == 200
    csrf = str(desk.page.xpath("//input[@name='csrf_token']/@value")[0])
    form = {"csrf_token": csrf, "kind": kind, "reason": "spam", "span": "1"}
    assert desk.client.post(f"/review/authors/{author}/decide", data=form).status_code == 403
    assert desk.client.post(f"/review/authors/{author}/remove", data=form).status_code == 403


def test_an_article_with_more_comments_than_one_transaction_moves_takes_all_of_them_along(
    pages: Pages,
) -> None:
    pages.say()
    many = 2 * MOVED_AT_ONCE + 20
    pages.services.database.writing(lambda session: _copied(session, many))
    put(pages, "sport")
    with pages.services.database.reading() as db:
        moved = db.execute(select(QueueIndex.section, func.count()).group_by(QueueIndex.section)).all()
    assert [tuple(row) for row in moved] == [("sport", many + 1)]


def _copied(session: Session, many: int) -> None:
    """As many further comments like the only one."""
    row = dict(session.execute(select(table_of(Comment))).one()._mapping)
    entry = dict(session.execute(select(table_of(QueueIndex))).one()._mapping)
    ids = [f"{row['id'][:-5]}{n:05}" for n in range(many)]
    session.execute(insert(table_of(Comment)), [row | {"id": comment, "fingerprint": comment} for comment in ids])
    more = [entry | {"number": entry["number"] + n, "comment_id": comment} for n, comment in enumerate(ids, 1)]
    session.execute(insert(table_of(QueueIndex)), more)


def test_a_comment_that_is_being_stored_while_its_article_moves_goes_along(pages: Pages) -> None:
    inside, moved = threading.Event(), threading.Event()

    def stored(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO comments ") and not inside.is_set():
            inside.set()
            moved.wait(1)  # whoever moves the article waits for us; who doesn't is done by now

    event.listen(pages.services.database.engine, "before_cursor_execute", stored)

    def say() -> str:
        sender = Sender(site_id="demo", key_id=None, reference="test", vouches=True)
        submission = Submission(article_id="lanes", author=Author(name="Ann", id="ann"), body=CALM)
        return submit(pages.services, sender, submission).comment_id

    with ThreadPoolExecutor(1) as other:
        comment = other.submit(say)
        assert inside.wait(20)
        put(pages, "sport")
        moved.set()
        comment_id = comment.result()
    event.remove(pages.services.database.engine, "before_cursor_execute", stored)
    with pages.services.database.reading() as db:
        assert db.scalars(select(QueueIndex.section).where(QueueIndex.comment_id == comment_id)).all() == ["sport"]
