"""Whoever did something on the desk can take it back: all is as it was, and nobody else's decision is touched."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.core.errors import ActionNotFound, CommentNotFound, DecidedMeanwhile, NotPossibleNow
from tests.desk.desk import colleague, standing
from tests.newsroom import Hall, Newsroom


def test_undo_puts_a_comment_back_where_it_waited(newsroom: Newsroom) -> None:
    comment_id = newsroom.accepted("insult=0.9")["id"]
    before = standing(newsroom, comment_id)
    ada = colleague(newsroom)
    undone = ada.undo(ada.action(comment_id))
    assert (undone.words, undone.total, undone.done, undone.skipped, undone.running) == ("Approved", 1, 1, 0, False)
    assert standing(newsroom, comment_id) == before


def test_undo_publishes_again_what_was_published_before(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    ada.action(comment_id)
    before = standing(newsroom, comment_id)
    newsroom.clock.move(minutes=5)
    ada.undo(ada.action(comment_id, "reject", reason_id="spam"))
    assert standing(newsroom, comment_id) == before
    assert before["published_at"] is not None


@pytest.mark.parametrize("seen_before", [False, True])
def test_undo_of_a_publication_leaves_a_place_only_where_there_was_one(newsroom: Newsroom, seen_before: bool) -> None:
    ada = colleague(newsroom)
    parent = newsroom.accepted()["id"]
    reply = newsroom.accepted(parent_id=parent)["id"]
    ada.action(reply)
    if seen_before:
        ada.action(parent)
        ada.action(parent, "reject", reason_id="spam")
    before = standing(newsroom, parent)
    ada.undo(ada.action(parent))
    assert standing(newsroom, parent) == before
    shown = {c["id"]: (c["parent_id"], "removed" in c) for c in (newsroom.published().json or {})["comments"]}
    assert shown == ({parent: (None, True), reply: (parent, False)} if seen_before else {reply: (None, False)})


def test_undo_of_another_reason_tells_the_first_one_again(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    ada.action(comment_id, "reject", reason_id="off-topic", sentence="It is about something else.")
    before = standing(newsroom, comment_id)
    ada.undo(ada.action(comment_id, "reject", reason_id="spam"))
    assert standing(newsroom, comment_id) == before
    assert before["told"][:2] == ("off-topic", "It is about something else.")
    assert before["told"][2]["why"] == "It is about something else."


def test_undo_is_an_audit_event_like_any_other(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    action_id = ada.action(comment_id)
    ada.undo(action_id)
    event = newsroom.events(comment_id)[-1]
    assert (event["event"], event["actor"]) == ("comment.reopened", ada.actor.reference)
    assert (event["payload"]["undoes"], event["payload"]["to"]) == (action_id, "pending")


def test_undo_leaves_what_somebody_else_decided_since(newsroom: Newsroom) -> None:
    ada, grace = colleague(newsroom), colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    action_id = ada.action(comment_id)
    grace.action(comment_id, "reject", reason_id="spam")
    with pytest.raises(DecidedMeanwhile, match=grace.actor.name):
        ada.undo(action_id)
    assert newsroom.status(comment_id) == "rejected"


def test_what_is_undone_is_undone_once(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    action_id = ada.action(comment_id)
    undone = ada.undo(action_id)
    revision = newsroom.whole(comment_id)["revision"]
    for again in (action_id, undone.action_id):
        with pytest.raises(NotPossibleNow):
            ada.undo(again)
    assert newsroom.whole(comment_id)["revision"] == revision


def test_nobody_undoes_what_somebody_else_did(newsroom: Newsroom) -> None:
    ada, grace = colleague(newsroom), colleague(newsroom)
    action_id = ada.action(newsroom.accepted()["id"])
    for wrong in (action_id, "nosuchact", "../../etc"):
        with pytest.raises(ActionNotFound):
            grace.undo(wrong)


def test_deciding_the_same_again_is_no_action(newsroom: Newsroom) -> None:
    ada = colleague(newsroom)
    comment_id = newsroom.accepted()["id"]
    assert ada.decide(comment_id).action_id is not None
    assert ada.decide(comment_id).action_id is None
    assert newsroom.decide(comment_id, "reject").status_code == 200  # a key has no actions


def test_an_account_for_one_section_decides_in_no_other(newsroom: Newsroom) -> None:
    newsroom.put_article("budget", section="politics")
    comment_id = newsroom.accepted(article="budget")["id"]
    with pytest.raises(CommentNotFound):
        colleague(newsroom, sections=frozenset({"sport"})).decide(comment_id)
    assert colleague(newsroom, sections=frozenset({"politics"})).decide(comment_id).status == "approved"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verdicts=st.lists(st.sampled_from(["approve", "reject", "reopen"]), min_size=1, max_size=6),
    reasons=st.lists(st.sampled_from([None, "spam", "off-topic"]), min_size=6, max_size=6),
)
def test_undoing_everything_backwards_passes_every_step_again(
    sqlite_hall: Hall, front_door: Newsroom, verdicts: list[str], reasons: list[str | None]
) -> None:
    comment_id = front_door.accepted("insult=0.9")["id"]
    ada = colleague(front_door)
    seen = []
    for verdict, reason in zip(verdicts, reasons, strict=False):
        before = standing(front_door, comment_id)
        front_door.clock.move(minutes=1)
        action_id = ada.decide(comment_id, verdict, reason_id=reason if verdict == "reject" else None).action_id
        if action_id is not None:
            seen.append((action_id, before))
    for action_id, before in reversed(seen):
        front_door.clock.move(minutes=1)
        ada.undo(action_id)
        assert standing(front_door, comment_id) == before
