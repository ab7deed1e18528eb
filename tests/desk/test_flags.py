"""Flags and notes: what each does to a comment, who may leave it, and that it can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.core.errors import (
    ArticleNotFound,
    AuthorNotFound,
    CommentNotFound,
    InvalidField,
    NotPossibleNow,
    RightMissing,
)
from moderation.desk.flags import add_note, flag_comment, remove_note, unflag_comment
from moderation.storage.articles import Article
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import FlagKind, NoteAbout, flags_on, notes_about
from tests.desk.desk import colleague, notices, standing
from tests.newsroom import Newsroom


def flags(newsroom: Newsroom, comment_id: str) -> list[tuple[str, str | None]]:
    with newsroom.services.database.reading() as session:
        return [(found.kind.value, found.note) for found in flags_on(session, [comment_id]).get(comment_id, [])]


def notes(newsroom: Newsroom, about: NoteAbout, subject: str) -> list[tuple[str, str, bool]]:
    with newsroom.services.database.reading() as session:
        return [(note.text, note.by, note.pinned) for note in notes_about(session, about, subject)]


def kinds(newsroom: Newsroom, comment_id: str) -> list[str]:
    return [event["event"] for event in newsroom.events(comment_id)]


def test_an_escalated_comment_is_flagged_in_the_queue_index_until_that_is_taken_back(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    action_id = flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED, "Is this a threat?")
    assert flags(newsroom, comment_id) == [("escalated", "Is this a threat?")]
    assert standing(newsroom, comment_id)["queue_index"][-1] is True
    ada.undo(action_id)
    assert flags(newsroom, comment_id) == []
    assert standing(newsroom, comment_id)["queue_index"][-1] is False
    assert kinds(newsroom, comment_id)[-2:] == ["comment.escalated", "comment.escalation_ended"]


def test_only_what_is_published_is_featured_and_the_site_is_told(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    with pytest.raises(NotPossibleNow, match="published"):
        flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.FEATURED)
    ada.action(comment_id)
    flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.FEATURED)
    assert "comment.featured" in notices(newsroom, comment_id)
    unflag_comment(newsroom.services, ada.actor, comment_id, FlagKind.FEATURED)
    assert "comment.unfeatured" in notices(newsroom, comment_id)


def test_what_goes_to_the_newsroom_goes_without_its_text(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.NEWSROOM, "The year in paragraph two is wrong.")
    assert "comment.newsroom" in notices(newsroom, comment_id)
    event = newsroom.events(comment_id)[-1]
    assert (event["event"], event["payload"]) == ("comment.sent_to_newsroom", {})


def test_a_flag_taken_off_comes_back_whole(newsroom: Newsroom) -> None:
    ada, grace, comment_id = colleague(newsroom), colleague(newsroom), newsroom.accepted()["id"]
    flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.NEWSROOM, "A tip.")
    newsroom.clock.move(minutes=1)
    action_id = unflag_comment(newsroom.services, grace.actor, comment_id, FlagKind.NEWSROOM)
    assert flags(newsroom, comment_id) == []
    grace.undo(action_id)
    assert flags(newsroom, comment_id) == [("newsroom", "A tip.")]


def test_a_flag_is_made_once_and_taken_off_once(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    assert flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is not None
    assert flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is None
    assert unflag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is not None
    assert unflag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is None


def test_a_flag_that_somebody_else_has_set_again_stays(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    grace = colleague(newsroom, "read", "moderate", "senior")
    action_id = flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED)
    unflag_comment(newsroom.services, grace.actor, comment_id, FlagKind.ESCALATED)
    flag_comment(newsroom.services, grace.actor, comment_id, FlagKind.ESCALATED)
    with pytest.raises(NotPossibleNow, match="since"):
        ada.undo(action_id)
    assert len(flags(newsroom, comment_id)) == 1


def test_what_a_colleague_left_to_a_senior_is_a_senior_s_to_take_back(newsroom: Newsroom) -> None:
    ada, grace, comment_id = colleague(newsroom), colleague(newsroom), newsroom.accepted()["id"]
    senior = colleague(newsroom, "read", "moderate", "senior")
    flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED)
    with pytest.raises(RightMissing, match="senior"):
        unflag_comment(newsroom.services, grace.actor, comment_id, FlagKind.ESCALATED)
    assert unflag_comment(newsroom.services, senior.actor, comment_id, FlagKind.ESCALATED) is not None
    assert flag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is not None
    assert unflag_comment(newsroom.services, ada.actor, comment_id, FlagKind.ESCALATED) is not None


def test_flags_and_notes_need_the_right_and_an_account(newsroom: Newsroom) -> None:
    comment_id = newsroom.accepted()["id"]
    reader, stranger = colleague(newsroom, "read"), colleague(newsroom, sections=frozenset({"sport"}))
    for actor, wrong in ((reader.actor, RightMissing), (stranger.actor, CommentNotFound)):
        with pytest.raises(wrong):
            flag_comment(newsroom.services, actor, comment_id, FlagKind.ESCALATED)
        with pytest.raises(wrong):
            add_note(newsroom.services, actor, NoteAbout.COMMENT, comment_id, "A note")


def test_a_note_is_kept_for_moderators_and_the_audit_log_has_none_of_it(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    action_id = add_note(newsroom.services, ada.actor, NoteAbout.COMMENT, comment_id, "  Writes from the same office. ")
    assert notes(newsroom, NoteAbout.COMMENT, comment_id) == [("Writes from the same office.", ada.actor.name, False)]
    assert kinds(newsroom, comment_id)[-1] == "comment.note_added"
    assert "office" not in str(newsroom.events(comment_id))
    ada.undo(action_id)
    assert notes(newsroom, NoteAbout.COMMENT, comment_id) == []


def test_notes_about_authors_and_articles(newsroom: Newsroom) -> None:
    ada, comment_id = colleague(newsroom), newsroom.accepted()["id"]
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        article = session.scalars(select(Article).where(Article.site_id == newsroom.site)).one()
    add_note(newsroom.services, ada.actor, NoteAbout.AUTHOR, comment.author_id, "Often right.")
    add_note(newsroom.services, ada.actor, NoteAbout.ARTICLE, article.id, "No names of the injured.", pinned=True)
    assert notes(newsroom, NoteAbout.AUTHOR, comment.author_id) == [("Often right.", ada.actor.name, False)]
    assert notes(newsroom, NoteAbout.ARTICLE, article.id) == [("No names of the injured.", ada.actor.name, True)]
    with pytest.raises(ArticleNotFound):
        add_note(newsroom.services, ada.actor, NoteAbout.ARTICLE, "nosuch", "Lost")
    with pytest.raises(AuthorNotFound):
        add_note(newsroom.services, ada.actor, NoteAbout.AUTHOR, "nosuch", "Lost")
    with pytest.raises(InvalidField, match="empty"):
        add_note(newsroom.services, ada.actor, NoteAbout.ARTICLE, article.id, "  ")


def test_a_colleagues_note_is_removed_by_a_senior_alone_and_comes_back(newsroom: Newsroom) -> None:
    ada, grace, comment_id = colleague(newsroom), colleague(newsroom), newsroom.accepted()["id"]
    senior = colleague(newsroom, "read", "moderate", "senior")
    add_note(newsroom.services, ada.actor, NoteAbout.COMMENT, comment_id, "Mine.")
    with newsroom.services.database.reading() as session:
        note = notes_about(session, NoteAbout.COMMENT, comment_id)[0]
    with pytest.raises(RightMissing):
        remove_note(newsroom.services, grace.actor, note.id)
    action_id = remove_note(newsroom.services, senior.actor, note.id)
    assert notes(newsroom, NoteAbout.COMMENT, comment_id) == []
    assert remove_note(newsroom.services, senior.actor, note.id) is None
    senior.undo(action_id)
    assert notes(newsroom, NoteAbout.COMMENT, comment_id) == [("Mine.", ada.actor.name, False)]
