"""What is featured and what waits for the newsroom: each has its list, its filter, its place in the API; readers see
what is featured.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from moderation.desk.decide import Verdict
from moderation.storage.accounts import Account, Role
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.desk_lists import CANDIDATES
from moderation.storage.moderator_workspace import CommentFlag
from moderation.storage.queue_index import QueueIndex
from tests.web.pages import SITE_KEY, Pages, Visitor

SECOND = timedelta(seconds=1)
SITE = {"Authorization": f"Bearer {SITE_KEY}"}


def names(desk: Visitor, query: str) -> list[str]:
    return desk.open(f"/review?{query}").texts("//li[contains(@class, 'line')]//bdi[@class='name']")


def press(desk: Visitor, comment_id: str, kind: str, **filled: str) -> None:
    desk.open(f"/review/comments/{comment_id}").send(f"/review/comments/{comment_id}/flags/{kind}", **filled)
    assert desk.status == 200


def public(pages: Pages) -> dict[str, dict[str, object]]:
    answer = pages.app.test_client().get("/api/v1/articles/lanes/comments", headers=SITE)
    return {comment["author"]["name"]: comment for comment in (answer.json or {})["comments"]}


def test_flags_lead_to_lists_to_a_filter_to_readers_and_to_the_api(pages: Pages) -> None:
    desk = pages.signed_in()
    plain, featured, waiting = (pages.say(by=name) for name in ("Plain", "Featured", "Waiting"))
    rejected = pages.say(by="Rejected")
    pages.decide(plain, Verdict.APPROVE)
    pages.decide(rejected, Verdict.REJECT)
    press(desk, featured, "featured")  # approves it too
    press(desk, waiting, "newsroom")
    press(desk, rejected, "newsroom")
    press(desk, featured, "newsroom")

    assert names(desk, "status=featured") == ["Featured"]
    assert names(desk, "status=newsroom") == ["Rejected", "Waiting", "Featured"]  # the newest comment first
    assert desk.texts("//ul[@class='tabs']//a[@aria-current]") == ["For the newsroom 3"]
    chips = "//li[contains(@class, 'line')]//span[contains(@class, 'flag-chip')]"
    assert desk.texts(chips) == ["featured"]  # beside what the whole list is of
    assert names(desk, f"status=newsroom&after={waiting}") == ["Featured"]
    assert names(desk, "flag=newsroom") == ["Waiting"]
    assert names(desk, "marked=newsroom") == ["Waiting"], "as addresses named it before"
    assert "sent to the newsroom, take away" in desk.text.replace(" ×", "")
    assert sorted(names(desk, "status=approved")) == ["Featured", "Plain"]
    assert desk.texts(chips) == ["featured", "newsroom"]
    assert names(desk, "status=approved&flag=featured") == ["Featured"]
    assert names(desk, "status=newsroom&find=report&section=city") == ["Rejected", "Waiting", "Featured"]
    assert names(desk, "status=newsroom&section=sport") == []
    assert names(desk, "flag=newsroom&find=report") == ["Waiting"]

    assert {name: comment.get("featured") for name, comment in public(pages).items()} == {
        "Plain": None,
        "Featured": True,
    }
    page = pages.visitor().open("/articles/lanes")
    assert page.texts("//article[.//span[@class='featured']]//bdi") == ["Featured"]
    client = pages.app.test_client()
    assert (client.get(f"/api/v1/comments/{featured}", headers=SITE).json or {})["marks"] == ["featured", "newsroom"]
    (in_queue,) = (client.get("/api/v1/comments?status=pending", headers=SITE).json or {})["comments"]
    assert (in_queue["author"]["name"], in_queue["marks"]) == ("Waiting", ["newsroom"])

    press(desk, featured, "featured")  # and takes it off
    assert names(desk, "status=featured") == []
    assert "featured" not in public(pages)["Featured"]
    pages.decide(plain, Verdict.REJECT)
    assert pages.visitor().open("/articles/lanes").texts("//span[@class='featured']") == []


def test_what_is_featured_but_gone_is_featured_no_more(pages: Pages) -> None:
    desk, first = pages.signed_in(), pages.say(by="Ada")
    press(desk, first, "featured")
    pages.decide(
        pages.say("An answer that is long enough to stand here for itself, whatever becomes.", to=first),
        Verdict.APPROVE,
    )
    assert public(pages)["Ada"]["featured"] is True
    pages.decide(first, Verdict.REJECT)
    assert public(pages)[""]["removed"] is True
    assert "featured" not in public(pages)[""]
    assert pages.visitor().open(f"/articles/lanes?under={first}").texts("//span[@class='featured']") == []
    assert names(desk, "status=featured") == []


def test_somebody_of_another_section_sees_none_of_it(pages: Pages) -> None:
    pages.account("sporty", {"demo": Role.MODERATOR}, sections=("sport",))
    comment = pages.say()
    press(pages.signed_in(), comment, "newsroom")
    desk = pages.signed_in("sporty")
    assert names(desk, "status=newsroom") == []
    assert desk.texts("//ul[@class='tabs']//a[@aria-current]") == ["For the newsroom"]


def test_where_very_many_are_flagged_a_list_has_those_of_last(pages: Pages) -> None:
    comment = pages.say()
    database, now = pages.services.database, pages.clock()
    with database.reading() as session:
        account = session.scalar(select(Account.id))
        row = dict(session.execute(select(*table_of(Comment).c).where(Comment.id == comment)).one()._mapping)
        entry = dict(session.execute(select(*table_of(QueueIndex).c)).one()._mapping)
    many = [f"c{number:05}" for number in range(CANDIDATES + 20)]

    def fill(session: Session) -> None:
        session.execute(insert(table_of(Comment)), [{**row, "id": one, "external_id": one} for one in many])
        session.execute(
            insert(table_of(QueueIndex)),
            [{**entry, "comment_id": one, "number": 10 + place} for place, one in enumerate(many)],
        )
        flags = [
            {
                "comment_id": one,
                "kind": "newsroom",
                "account_id": account,
                "note": None,
                "made_at": now - place * SECOND,
            }
            for place, one in enumerate(many)
        ]
        session.execute(insert(table_of(CommentFlag)), flags)

    database.writing(fill)
    desk = pages.signed_in()
    assert len(names(desk, "status=newsroom")) == 30
    # The newest comments were flagged first.
    assert desk.page.xpath("//li[contains(@class, 'line')][1]/@id") == [f"l-{many[CANDIDATES]}"]
    assert desk.texts("//ul[@class='tabs']//a[@aria-current]") == ["For the newsroom 1,000+"]
