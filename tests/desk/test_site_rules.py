"""What the desk sets counts for comments that are scored late, too, and is kept in memory no longer than it holds."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from moderation.comments.rescoring import score_waiting
from moderation.core.comment import Mode
from moderation.core.errors import ArticleNotFound, AuthorNotFound, NotPossibleNow, RightMissing, SiteNotFound
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.desk.discussion_settings import ModeForm, Spot, set_mode
from moderation.desk.wordlists import add_terms, remove_term
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.queue_index import QueueIndex
from moderation.storage.site_rules import AuthorKind
from tests.desk.desk import REASONS, colleague
from tests.newsroom import Newsroom

WORKER = REASONS + '[scoring]\nmode = "worker"\n[policy.approve]\ntoxicity_at_most = 0.5\n'
RIGHTS = ("read", "moderate", "senior")


def article_of(newsroom: Newsroom) -> str:
    with newsroom.services.database.reading() as session:
        return session.scalars(select(Article.id).where(Article.site_id == newsroom.site)).one()


def author_of(newsroom: Newsroom, comment: str) -> str:
    with newsroom.services.database.reading() as session:
        return session.get_one(Comment, comment).author_id


def sweep(newsroom: Newsroom, comment: str) -> dict[str, Any]:
    score_waiting(newsroom.services)
    return newsroom.whole(comment)


def test_terms_hold_a_comment_that_is_scored_late(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER)
    score_waiting(newsroom.services)
    comment = newsroom.accepted("Lindqvist")["id"]
    actor = colleague(newsroom, *RIGHTS).actor
    add_terms(newsroom.services, actor, newsroom.site, ["Lindqvist"], "name of a victim")
    whole = sweep(newsroom, comment)
    assert whole["status"] == "pending"
    assert whole["reasons"] == ["holds a word on the wordlist of this site: name of a victim"]
    with newsroom.services.database.reading() as session:
        row = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment)).one()
    assert (row.terms, row.holds, row.flags) == (1, 1, 1)


def test_the_mode_that_counts_late_is_the_one_then(newsroom: Newsroom) -> None:
    newsroom.configure(WORKER)
    score_waiting(newsroom.services)
    comment = newsroom.accepted()["id"]
    actor = colleague(newsroom, *RIGHTS).actor
    set_mode(newsroom.services, actor, Spot(site_id=newsroom.site), ModeForm(mode=Mode.CLOSED))
    assert sweep(newsroom, comment)["reasons"] == ["the discussion has closed since it was written"]


def test_what_the_desk_set_is_what_later_replays_see(newsroom: Newsroom) -> None:
    actor = colleague(newsroom, *RIGHTS).actor
    set_mode(newsroom.services, actor, Spot(site_id=newsroom.site), ModeForm(mode=Mode.POST))
    comment = newsroom.accepted()
    assert comment["status"] == "approved"
    with newsroom.services.database.reading() as session:
        row = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment["id"])).one()
    assert row.article_mode == "post"


def test_a_term_that_another_process_lists_counts_at_once(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n")
    assert newsroom.accepted("Lindqvist")["status"] == "approved"  # now the empty lists are in this one's memory
    other = type(newsroom.services)(
        settings=newsroom.services.settings,
        configuration=newsroom.services.configuration,
        database=newsroom.services.database,
        scorer=newsroom.services.scorer,
        clock=newsroom.services.clock,
    )
    actor = colleague(newsroom, *RIGHTS).actor
    add_terms(other, actor, newsroom.site, ["Lindqvist"], "a name", article_id=article_of(newsroom))
    assert newsroom.accepted("Lindqvist again")["status"] == "pending"


@pytest.mark.parametrize(
    ("term", "held", "approved"),
    [
        ("*arsch*", "So ein Riesenarschloch, wirklich.", "So ein Riesenrad, wirklich."),
        ("kurw*", "Ach ty kurwo jedna.", "Ach ty moja droga."),
        ("철수", "어제 철수가 여기 왔다고 한다.", "어제 철수세미를 사러 갔다고 한다."),
        ("محمد", "رأيت ومحمد هناك أمس.", "رأيت أحمد هناك أمس."),
        ("傻逼", "你这个傻*逼真讨厌啊。", "你这个朋友真好啊。"),
        ("дурак", "Ну ты и дypaк, честно.", "Ну ты и молодец, честно."),
        ("カス", "このカスが何を言う。", "カスタマーの声を聞く。"),
        ("ışık", "IŞIK yine geldi.", "Yağmur yine geldi."),
    ],
)
def test_a_term_holds_a_comment_as_its_language_writes_it(
    newsroom: Newsroom, term: str, held: str, approved: str
) -> None:
    newsroom.configure('[comments]\nmode = "post"\nminimum_length = 5\n[policy.flag]\n')
    actor = colleague(newsroom, *RIGHTS).actor
    add_terms(newsroom.services, actor, newsroom.site, [term], "a word")
    waits = newsroom.accepted(held)
    assert waits["status"] == "pending"
    assert waits["reasons"] == ["holds a word on the wordlist of this site: a word"]
    assert newsroom.accepted(approved)["status"] == "approved"


def test_lists_and_modes_are_read_once_until_they_change(newsroom: Newsroom) -> None:
    actor = colleague(newsroom, *RIGHTS).actor
    add_terms(newsroom.services, actor, newsroom.site, ["Lindqvist"], "a name")
    newsroom.accepted()
    asked: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        if "mode_settings" in statement or "FROM terms" in statement:
            asked.append(statement)

    engine = newsroom.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        newsroom.accepted()
        newsroom.accepted("Lindqvist")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asked == []


def test_what_belongs_to_another_site_is_not_there(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    elsewhere = newsroom.hall.new_site()
    stranger = colleague(elsewhere, *RIGHTS).actor
    newsroom.configure(REASONS)
    services, article, author = newsroom.services, article_of(newsroom), author_of(newsroom, comment)
    with pytest.raises(AuthorNotFound):
        decide_author(services, stranger, author, AuthorRuling(kind=AuthorKind.TRUSTED))
    with pytest.raises(SiteNotFound):
        set_mode(services, stranger, Spot(site_id=newsroom.site), ModeForm(mode=Mode.CLOSED))
    for site in (newsroom.site, elsewhere.site):
        with pytest.raises(ArticleNotFound):
            set_mode(services, stranger, Spot(site_id=site, article_id=article), ModeForm(mode=Mode.CLOSED))
        with pytest.raises(ArticleNotFound):
            add_terms(services, stranger, site, ["Lindqvist"], "a name", article_id=article)
    with pytest.raises(SiteNotFound):
        add_terms(services, stranger, newsroom.site, ["Lindqvist"], "a name")


def test_whoever_may_only_read_decides_nothing(newsroom: Newsroom) -> None:
    author = author_of(newsroom, newsroom.accepted()["id"])
    reader = colleague(newsroom, "read").actor
    services, article = newsroom.services, article_of(newsroom)
    with pytest.raises(RightMissing):
        decide_author(services, reader, author, AuthorRuling(kind=AuthorKind.MUTED, reason_id="spam"))
    with pytest.raises(RightMissing):
        set_mode(services, reader, Spot(site_id=newsroom.site, article_id=article), ModeForm(mode=Mode.CLOSED))
    with pytest.raises(RightMissing):
        add_terms(services, reader, newsroom.site, ["Lindqvist"], "a name")


def test_a_term_is_removed_once_and_undone_no_more(newsroom: Newsroom) -> None:
    one = colleague(newsroom, *RIGHTS)
    action = add_terms(newsroom.services, one.actor, newsroom.site, ["Lindqvist"], "a name")
    with newsroom.services.database.reading() as session:
        (term,) = newsroom.services.site_rules.rules(
            session, session.scalars(select(Article).where(Article.site_id == newsroom.site)).one()
        ).site_terms.terms
    remove_term(newsroom.services, one.actor, term.id)
    remove_term(newsroom.services, one.actor, term.id)
    with pytest.raises(NotPossibleNow):
        one.undo(action)
