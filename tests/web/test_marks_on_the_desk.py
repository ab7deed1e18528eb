"""What the site vouches for of an author, as moderators see it."""

from __future__ import annotations

from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.comment import Author, Submission
from tests.web.pages import CALM, Pages


def marked(pages: Pages, *marks: str) -> str:
    pages.clock.move(minutes=1)
    sender = Sender(site_id="demo", key_id=None, reference="test", vouches=True)
    author = Author(name="Maria Lopez", id="staff-1", marks=marks)
    return submit(pages.services, sender, Submission(article_id="lanes", author=author, body=CALM)).comment_id


def test_marks_stand_beside_the_name_in_the_queue_and_on_the_comment(pages: Pages) -> None:
    comment = marked(pages, "staff", "verified", "<b>Gardener</b>")
    words = ["Newsroom", "Verified", "<b>Gardener</b>"]
    desk = pages.signed_in("admin")
    desk.open("/review")
    assert desk.texts(f"//li[@id='l-{comment}']//span[@class='chip mark']") == words
    desk.open(f"/review/comments/{comment}")
    said = desk.texts("//*[@class='who']//span[@class='chip mark']")
    assert said == [f"marked by the site as {word}" for word in words]


def test_an_author_without_marks_has_none(pages: Pages) -> None:
    comment = pages.say()
    desk = pages.signed_in("admin")
    desk.open(f"/review/comments/{comment}")
    assert desk.texts("//span[@class='chip mark']") == []
