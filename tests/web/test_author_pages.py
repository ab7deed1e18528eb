"""An author on the desk: trusted, muted, banned, and what follows for what they write."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.storage.accounts import Role
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.site_rules import AuthorDecision
from tests.newsroom import detail
from tests.web.pages import CALM, SITE_KEY, Pages, Visitor
from tests.web.site_rules import author_of, configure, events, post, send_form, sent, whole_chain


def page_of(pages: Pages, comment: str, name: str = "admin") -> tuple[Visitor, str]:
    path = f"/review/authors/{author_of(pages, comment)}"
    return pages.signed_in(name).open(path), path


def decide(pages: Pages, desk: Visitor, path: str, kind: str, **fields: str) -> Visitor:
    """Sends the page's form for this decision, as a browser would, a minute after the last thing."""
    pages.clock.move(minutes=1)
    forms = [form for form in desk.page.forms if form.action == f"{path}/decide"]
    fitting = [form for form in forms if form.fields.get("kind") == kind]
    form = fitting[0] if fitting else next(form for form in forms if "reason" in form.fields)
    return send_form(desk, form, kind=kind, **fields)


def test_a_banned_author_is_told_until_when_and_why_and_nothing_is_stored(pages: Pages) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "banned", span="7", reason="personal-attack", sentence="You went after other readers.")
    assert "Author banned until 21 January 2026, 09:02 UTC." in desk.text
    answer = sent(pages, words=str(pages.clock.now))
    assert answer.status_code == 403
    told = detail(answer)
    assert "until 21 January 2026, 09:02 UTC" in told
    assert "You went after other readers." in told
    assert (answer.json or {})["until"] == "2026-01-21T09:02:00Z"
    statement = (answer.json or {})["statement"]
    assert (statement["rule"], statement["automated_decision"]) == ("Personal attack", False)
    assert statement["duration"] == "Until 21 January 2026, 09:02 UTC."
    with pages.services.database.reading() as db:
        assert len(db.scalars(select(Comment.id)).all()) == 1
        reference = db.scalars(select(AuthorDecision.id)).one()
    assert reference in told
    pages.clock.move(days=7)
    assert sent(pages, words=str(pages.clock.now)).status_code == 202


def test_the_readers_page_says_it_too(pages: Pages) -> None:
    reader = pages.visitor().open("/articles/lanes")
    reader.send("/articles/lanes/comments", name="Tom", body=CALM)
    with pages.services.database.reading() as db:
        comment = db.scalars(select(Comment.id)).one()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "banned", span="", reason="spam")
    reader.open("/articles/lanes").send("/articles/lanes/comments", name="Tom", body=f"{CALM} Really.")
    assert reader.status == 403
    assert "can’t comment here at the moment" in reader.text
    assert "It advertises something." in reader.text
    assert f"{CALM} Really." in reader.text


def test_a_muted_authors_comments_wait_and_say_so(pages: Pages) -> None:
    configure(pages, policy_approve="toxicity_at_most = 0.9")
    assert (sent(pages, words=str(pages.clock.now)).json or {})["status"] == "approved"
    with pages.services.database.reading() as db:
        comment = db.scalars(select(Comment.id)).one()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "muted", span="1", reason="rude")
    answer = sent(pages, words=str(pages.clock.now))
    assert (answer.json or {})["status"] == "pending"
    assert (answer.json or {})["reasons"] == ["its author is muted: a moderator reads everything they write"]
    pages.clock.move(days=1)
    assert (sent(pages, words=str(pages.clock.now)).json or {})["status"] == "approved"


def test_a_trusted_author_can_be_published_by_the_policy(pages: Pages) -> None:
    configure(pages, policy_approve="trusted_at_least = 1")
    comment = (sent(pages, words=str(pages.clock.now)).json or {})["id"]
    desk, path = page_of(pages, comment)
    assert "no decision" in desk.text
    decide(pages, desk, path, "trusted")
    assert desk.texts("//p/span[@class='chip trusted']") == ["trusted"]
    assert (sent(pages, words=str(pages.clock.now)).json or {})["status"] == "approved"
    decide(pages, desk, path, "lifted")
    assert (sent(pages, words=str(pages.clock.now)).json or {})["status"] == "pending"


def test_nobody_can_be_trusted_by_a_name_alone(pages: Pages) -> None:
    configure(pages, policy_approve="trusted_at_least = 1")
    body = {"author": {"name": "Anybody"}, "body": CALM}
    client = pages.app.test_client()
    answer = client.post("/api/v1/articles/lanes/comments", json=body, headers={"Authorization": f"Bearer {SITE_KEY}"})
    desk, path = page_of(pages, (answer.json or {})["id"])
    assert "Known by this name alone" in desk.text
    assert not desk.page.xpath("//input[@name='kind'][@value='trusted']")
    post(desk, f"{path}/decide", kind="trusted")
    assert desk.status == 409
    assert "by a name alone" in desk.text


def test_a_decision_is_undone_and_the_author_stands_where_they_stood(pages: Pages) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "muted", span="28", reason="rude")
    decide(pages, desk, path, "banned", span="", reason="hate")
    assert desk.texts("//p/span[@class='chip banned']") == ["banned"]
    desk.send("/review/undo")
    assert desk.path.startswith(path)
    desk.open(path)
    assert desk.texts("//p/span[@class='chip muted']") == ["muted"]
    assert sent(pages, words=str(pages.clock.now)).status_code == 202
    with pages.services.database.reading() as db:
        author = db.scalars(select(Author)).one()
        assert author.banned_until is None
        assert author.muted_until is not None


def test_a_decision_that_somebody_else_followed_up_is_not_undone(pages: Pages) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    comment = pages.say()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "muted", span="28", reason="rude")
    other = pages.signed_in("berta").open(path)
    decide(pages, other, path, "banned", span="", reason="hate")
    desk.send("/review/undo")
    assert "Somebody has changed this since" in desk.text
    assert other.open(path).texts("//p/span[@class='chip banned']") == ["banned"]


def test_the_chain_names_the_author_by_a_random_reference_alone(pages: Pages) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "banned", span="3", reason="spam", sentence="A sentence", note="A note about Priya")
    decide(pages, desk, path, "lifted")
    (banned,) = events(pages, "author.banned")
    assert banned["subject"] == author_of(pages, comment)
    assert banned["reason"] == "spam"
    assert banned["until"].startswith("2026-01-17T09:02")
    assert [event["subject"] for event in events(pages, "author.lifted")] == [banned["subject"]]
    for private in ("Priya", "A sentence", "A note"):
        assert private not in whole_chain(pages)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "banned", "span": "7"}, "The reason is missing"),
        ({"kind": "banned", "span": "7", "reason": "nonsense"}, "not a configured reason"),
        ({"kind": "banned", "span": "8", "reason": "spam"}, "The duration must be one of those offered"),
        ({"kind": "banned", "span": "date", "reason": "spam"}, "The date must be a date"),
        ({"kind": "banned", "span": "date", "until": "2026-01-13", "reason": "spam"}, "must lie in the future"),
        ({"kind": "banned", "span": "date", "until": "9999-99-99", "reason": "spam"}, "The date must be a date"),
        (
            {"kind": "banned", "span": "date", "until": "9999-12-31T23:59:59-23:59", "reason": "spam"},
            "The date must be a date",
        ),
        ({"kind": "muted", "span": "date", "until": "2999-01-01", "reason": "spam"}, "between the years"),
        ({"kind": "adored"}, "The decision must be one of"),
        ({}, "The decision must be one of"),
        ({"kind": "lifted"}, "nothing to lift"),
        ({"kind": "muted", "span": "1", "reason": "spam", "sentence": "x" * 3000}, "at most 2000"),
        ({"kind": "muted", "span": "1", "reason": "spam", "note": "a\x00b"}, "NUL"),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing_and_says_why(
    pages: Pages, fields: dict[str, str], says: str
) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    post(desk, f"{path}/decide", **fields)
    assert desk.status in (409, 422)
    assert "Nothing was changed." in desk.text
    assert says in desk.text
    assert "no decision" in desk.open(path).text


def test_who_sees_an_author_and_who_decides(pages: Pages) -> None:
    comment = pages.say()
    _, path = page_of(pages, comment)
    assert pages.visitor().open(path).texts("//h1") == ["Sign in"]
    assert pages.signed_in().open("/review/authors/nobody").status == 404
    pages.account("limited", {"demo": Role.MODERATOR}, sections=("sports",))
    limited = pages.signed_in("limited").open(path)
    assert limited.status == 200
    assert "Nothing here that you can see" in limited.text
    assert "Decide about this author" not in limited.text
    post(limited, f"{path}/decide", kind="trusted")
    assert limited.status == 403


def test_what_an_author_wrote_is_listed_page_by_page(pages: Pages) -> None:
    comments = [pages.say(f"Comment number {number} of a reader who writes a lot, and kindly.") for number in range(23)]
    desk, _ = page_of(pages, comments[0])
    assert len(desk.page.xpath("//section[@aria-labelledby='written']//li")) == 20
    (further,) = desk.page.xpath("//a[.='Earlier comments']/@href")
    desk.open(further.partition("#")[0])
    assert len(desk.page.xpath("//section[@aria-labelledby='written']//li")) == 3


def test_a_note_stays_among_moderators(pages: Pages) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    desk.send(f"{path}/notes", note="Writes from a hospital bed; be kind.")
    assert "be kind" in desk.open(path).text
    assert "be kind" not in pages.visitor().open("/articles/lanes").text


def test_the_pane_of_a_comment_says_what_was_decided_and_noted_about_its_author(pages: Pages) -> None:
    comment = pages.say()
    desk, path = page_of(pages, comment)
    decide(pages, desk, path, "muted", span="28", reason="rude")
    desk.send(f"{path}/notes", note="Asked us by mail to stay anonymous.")
    desk.open(f"/review/comments/{comment}")
    assert "muted" in desk.texts("//article//span[contains(@class, 'chip')]")
    assert "Asked us by mail to stay anonymous." in desk.text
    assert desk.page.xpath(f"//a[@href='{path}']")
