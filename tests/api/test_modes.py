"""Where a discussion is open, closed or hidden, and publishes first: by article, section, site and time."""

from __future__ import annotations

import pytest

from tests.newsroom import Newsroom, detail


@pytest.mark.parametrize("mode", ["closed", "hidden"])
def test_a_closed_discussion_takes_nothing(newsroom: Newsroom, mode: str) -> None:
    newsroom.put_article(mode=mode)
    answer = newsroom.comment()
    assert answer.status_code == 403
    assert "closed" in detail(answer)
    assert newsroom.stored() == 0


def test_closed_shows_what_is_published_and_hidden_does_not(newsroom: Newsroom) -> None:
    newsroom.decide(newsroom.accepted()["id"])
    newsroom.put_article(mode="closed")
    assert len((newsroom.published().json or {})["comments"]) == 1
    newsroom.put_article(mode="hidden")
    assert (newsroom.published().json or {})["comments"] == []


def test_post_publishes_what_nothing_speaks_against(newsroom: Newsroom) -> None:
    newsroom.put_article(mode="post")
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.9\n")
    assert newsroom.comment().status_code == 201
    assert newsroom.accepted("toxicity=0.6")["status"] == "pending"
    assert newsroom.accepted("threat=0.95")["status"] == "rejected"


def test_article_beats_section_beats_site_beats_the_rest(newsroom: Newsroom) -> None:
    newsroom.configure(
        f'[comments]\nmode = "closed"\n[comments.sites.{newsroom.site}]\nmode = "hidden"\n'
        '[comments.sections.live]\nmode = "post"\n'
    )
    assert newsroom.comment().status_code == 403
    newsroom.put_article("live", section="live")
    assert newsroom.comment(article="live").status_code == 201
    newsroom.put_article("live", section="live", mode="pre")
    assert newsroom.accepted(article="live")["status"] == "pending"
    newsroom.put_article(mode="pre")
    assert newsroom.comment().status_code == 202


def test_replies_have_rules_of_their_own(newsroom: Newsroom) -> None:
    newsroom.configure("[comments.replies]\nminimum_length = 5\nmaximum_length = 20\n")
    parent = newsroom.accepted()["id"]
    assert newsroom.comment(body="I do agree", parent_id=parent).status_code == 202
    assert "at most 20" in detail(newsroom.comment(parent_id=parent))
    assert "at least 50" in detail(newsroom.comment(body="I agree"))


def test_a_section_has_lengths_of_its_own(newsroom: Newsroom) -> None:
    newsroom.configure("[comments.sections.live]\nminimum_length = 20\n")
    newsroom.put_article("live", section="live")
    assert newsroom.comment(article="live", body="x" * 20).status_code == 202
    assert "at least 20" in detail(newsroom.comment(article="live", body="y" * 19))


def test_a_discussion_closes_days_after_publication(newsroom: Newsroom) -> None:
    newsroom.configure("[comments]\nclose_after_days = 2\n")
    newsroom.put_article(published_at="2026-03-01T12:00:00Z")
    newsroom.clock.move(days=1)
    assert newsroom.comment().status_code == 202
    newsroom.clock.move(seconds=1)
    assert "2 days" in detail(newsroom.comment())
