"""What is answered about one thing by its id, and what lists hold, is the same, whatever rights somebody has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from moderation.accounts.reachable import (
    article_reached,
    author_reached,
    comment_reached,
    scopes_reached,
    sites_reached,
)
from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.errors import NotFound, RightMissing
from moderation.core.reach import DECIDE, MODERATE, READ, SENIOR, Scope
from moderation.desk.flags import flag_comment
from moderation.storage import list_statements
from moderation.storage.articles import Article
from moderation.storage.articles_desk import article_lines
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.desk import desk_comment, standing_of
from moderation.storage.desk_lists import Wanted, how_many, page_of
from moderation.storage.moderator_workspace import FlagKind
from tests.desk.desk import colleague
from tests.newsroom import Hall, Newsroom

SECTIONS = (None, "city", "sport")


@pytest.fixture(scope="module")
def newsrooms(sqlite_hall: Hall) -> list[Newsroom]:
    """Two sites, each with a comment, and one that is left to a senior, in every section."""
    found = []
    for _ in range(2):
        newsroom = sqlite_hall.new_site()
        for section in SECTIONS:
            newsroom.put_article(f"about {section}", **({} if section is None else {"section": section}))
            newsroom.accepted(article=f"about {section}")
            escalated = newsroom.accepted(article=f"about {section}")["id"]
            flag_comment(newsroom.services, colleague(newsroom).actor, escalated, FlagKind.ESCALATED)
        found.append(newsroom)
    return found


def test_one_thing_and_a_list_are_answered_alike(newsrooms: list[Newsroom]) -> None:
    sites = [newsroom.site for newsroom in newsrooms]
    database = newsrooms[0].services.database
    with database.reading() as session:
        comments = set(session.scalars(select(Comment.id).where(Comment.site_id.in_(sites))))
        articles = set(session.scalars(select(Article.id).where(Article.site_id.in_(sites))))
        authors = {author.id: author.site_id for author in session.scalars(select(Author)) if author.site_id in sites}
    rights = st.frozensets(st.sampled_from((READ, MODERATE, SENIOR)))
    actors = st.builds(
        Actor,
        reference=st.just("x"),
        name=st.just("x"),
        account_id=st.sampled_from((None, "a")),
        rights=st.dictionaries(st.sampled_from((*sites, EVERYWHERE)), rights),
        sections=st.dictionaries(st.sampled_from(sites), st.frozensets(st.sampled_from(SECTIONS[1:]), min_size=1)),
    )

    @given(actors, st.sampled_from((READ, MODERATE, SENIOR, DECIDE)))
    @settings(max_examples=30)
    def alike(actor: Actor, right: str) -> None:
        with database.reading() as session:

            def reached(of: set[str], find: Callable[..., object]) -> set[str]:
                return {one for one in of if _is_reached(find, session, actor, right, one)}

            scopes = scopes_reached(session, actor, right)
            one_by_one = reached(comments, comment_reached)
            assert set(page_of(session, Wanted(scopes=scopes, escalated=None), limit=10_000)) & comments == one_by_one
            if right != DECIDE:  # for the rest nothing is left to a senior
                assert set(standing_of(session, sorted(comments), scopes)) == one_by_one
                assert {one for one in comments if desk_comment(session, one, scopes) is not None} == one_by_one
                lines = article_lines(session, scopes, limit=10_000)
                assert {line.article.id for line in lines} & articles == reached(articles, article_reached)
            on = {site.id for site in sites_reached(session, actor, right)}
            assert {one for one, site in authors.items() if site in on} == reached(set(authors), author_reached)

    alike()


def _is_reached(find: Callable[..., object], *asked: object) -> bool:
    try:
        find(*asked)
    except (NotFound, RightMissing):
        return False
    return True


def test_a_site_is_listed_by_the_same_statements_whatever_other_sites_are_listed_with_it(
    newsrooms: list[Newsroom],
) -> None:
    both = tuple(Scope(site_id=newsroom.site) for newsroom in newsrooms)

    def listed(scopes: tuple[Scope, ...]) -> tuple[int, int]:
        """How many wait, and how many are listed."""
        with newsrooms[0].services.database.reading() as session:
            wanted = Wanted(scopes=scopes)
            return how_many(session, wanted), len(page_of(session, wanted, limit=100))

    together = listed(both)
    built = [statements.cache_info().misses for statements in (list_statements.walking, list_statements.counting)]
    alone = [listed((scope,)) for scope in both]
    assert together == (sum(count for count, _ in alone), sum(count for _, count in alone))
    assert min(together) > 0
    assert built == [
        statements.cache_info().misses for statements in (list_statements.walking, list_statements.counting)
    ]
