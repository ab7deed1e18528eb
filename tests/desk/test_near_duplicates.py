"""Waiting comments that say much the same are found, and nothing else."""

from __future__ import annotations

from moderation.core.reach import Scope
from moderation.storage.comments import Comment
from moderation.storage.near_duplicates import similar_waiting
from tests.newsroom import Newsroom

ADVERTISEMENT = "Earn four thousand a week from home with this one simple trick that the banks never tell you, visit us"
OTHER = "Why did nobody ask the people who live beside the new line before the first rails were laid in the street?"


def alike(newsroom: Newsroom, comment_id: str, sections: frozenset[str] | None = None) -> list[str]:
    with newsroom.services.database.reading() as session:
        scopes = [Scope(site_id=newsroom.site, sections=sections)]
        found = similar_waiting(session, session.get_one(Comment, comment_id), scopes)
        assert all(0.5 <= one.likeness <= 1 for one in found)
        return [one.comment.id for one in found]


def said(newsroom: Newsroom, body: str, **more: str) -> str:
    comment_id: str = newsroom.accepted(author={"name": f"Reader {next(newsroom.texts)}"}, body=body, **more)["id"]
    newsroom.clock.move(minutes=1)
    return comment_id


def test_what_waits_and_says_the_same_is_found_the_most_alike_first(newsroom: Newsroom) -> None:
    first = said(newsroom, ADVERTISEMENT)
    changed = said(newsroom, ADVERTISEMENT.replace("four thousand", "nine thousand"))
    shouted = said(newsroom, ADVERTISEMENT.upper())
    said(newsroom, OTHER)
    assert alike(newsroom, first) == [shouted, changed]


def test_what_is_decided_or_on_another_site_is_not_like_it(newsroom: Newsroom) -> None:
    first, decided = said(newsroom, ADVERTISEMENT), said(newsroom, ADVERTISEMENT.upper())
    newsroom.decide(decided, "reject")
    other = newsroom.hall.new_site()
    other.put_article()
    said(other, ADVERTISEMENT)
    assert alike(newsroom, first) == []


def test_an_account_for_some_sections_sees_what_is_alike_in_those(newsroom: Newsroom) -> None:
    newsroom.put_article("cup", section="sport")
    first, in_sport = said(newsroom, ADVERTISEMENT), said(newsroom, ADVERTISEMENT, article="cup")
    assert alike(newsroom, first, sections=frozenset({"sport"})) == [in_sport]
    assert alike(newsroom, first, sections=frozenset({"city"})) == []


def test_a_text_without_words_is_like_no_other(newsroom: Newsroom) -> None:
    newsroom.configure("[comments]\nminimum_length = 1\n")
    said(newsroom, "!!! ??? !!!")
    assert alike(newsroom, said(newsroom, "??? !!!")) == []
