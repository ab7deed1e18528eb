"""The table of a comment's statuses: every transition by everything that may bring it about, and what is written."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from moderation.comments.lifecycle import TRANSITIONS, Trigger, change_status, check_transition
from moderation.comments.rescoring import ATTEMPTS, score_late
from moderation.core.audit_chain import verify
from moderation.core.comment import WAITING, Status
from moderation.core.errors import CommentNotFound, DecidedMeanwhile, IllegalTransition, NotPossibleNow
from moderation.core.reach import Scope
from moderation.desk.bulk import decide_score_range, remove_everything
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.flags import flag_comment
from moderation.storage.actions import Everything
from moderation.storage.audit import events_about, events_of
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, decisions_of, find_comment
from moderation.storage.moderator_workspace import FlagKind
from moderation.storage.outbox import OutboxEvent
from moderation.storage.queue_index import QueueIndex
from moderation.storage.score_map import Area, ScoreRange
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.desk.desk import REASONS, Colleague, colleague
from tests.newsroom import Hall, Newsroom, detail
from tests.status_guard import StatusChangedElsewhere

POLICY = "[policy.approve]\ntoxicity_at_most = 0.2\n[policy.reject]\ntoxicity_at_least = 0.8\n"
WORKER = '[scoring]\nmode = "worker"\n'
SAYS = {Status.APPROVED: "toxicity=0.1", Status.PENDING: "toxicity=0.5", Status.REJECTED: "toxicity=0.9"}
VERDICT = {Status.APPROVED: Verdict.APPROVE, Status.REJECTED: Verdict.REJECT, Status.PENDING: Verdict.REOPEN}
ALL_RIGHTS = ("read", "moderate", "senior", "batch_approve", "batch_reject")


@dataclass(slots=True)
class Desk:
    """A newsroom, somebody with every right in it, and the comments' receipts."""

    newsroom: Newsroom
    who: Colleague
    receipts: dict[str, str]

    def arrives(self, words: str = "", configuration: str = "", **more: Any) -> str:
        self.newsroom.configure(REASONS + configuration)
        arrived = self.newsroom.accepted(words, author={"name": "Ada", "id": self.newsroom.text()}, **more)
        self.newsroom.configure(REASONS)
        self.receipts[arrived["id"]] = arrived["receipt"]
        return str(arrived["id"])

    def stands(self, status: Status) -> str:
        """A comment with this status."""
        if status is Status.RECEIVED:
            return self.arrives(configuration=WORKER)
        comment_id = self.arrives()
        if status in (Status.APPROVED, Status.REJECTED):
            self.decide(comment_id, status)
        elif status is Status.WITHDRAWN:
            self.withdraw(comment_id)
        elif status is not Status.PENDING:
            self.outside(comment_id, status)
        return comment_id

    def decide(self, comment_id: str, status: Status, reason: str = "spam") -> str:
        reason_id = reason if status is Status.REJECTED else None
        return self.who.action(comment_id, VERDICT[status], reason_id=reason_id)

    def withdraw(self, comment_id: str) -> Any:
        path = f"/api/v1/comments/{comment_id}/withdraw"
        return self.newsroom.client.post(path, query_string={"receipt": self.receipts[comment_id]})

    def edit(self, comment_id: str, words: str = "") -> Any:
        path, query = f"/api/v1/comments/{comment_id}", {"receipt": self.receipts[comment_id]}
        return self.newsroom.client.patch(path, query_string=query, json={"body": self.newsroom.text(words)})

    def outside(self, comment_id: str, status: Status) -> None:
        """What nobody's door leads to yet: a comment expires or is erased."""
        trigger = {Status.EXPIRED: Trigger.EXPIRY, Status.ERASED: Trigger.ERASURE}[status]

        def work(unit: UnitOfWork) -> None:
            comment = find_comment(unit.session, comment_id, lock=True)
            assert comment is not None
            change_status(unit, comment, status, trigger, actor="system", policy_version="1")

        run_in_unit_of_work(self.newsroom.services, work)


@pytest.fixture
def desk(newsroom: Newsroom) -> Desk:
    return Desk(newsroom, colleague(newsroom, *ALL_RIGHTS, granted=True), {})


# --- the ways ---------------------------------------------------------------------------------------------------------

Bring = Callable[[], object]
Way = tuple[str, str, Bring]
"""A way's name, a comment that stands where it begins, and what brings that to where it ends."""


def ways(desk: Desk, comment_id: str, before: Status, after: Status, trigger: Trigger) -> Iterator[tuple[str, Bring]]:
    """What brings a comment that stands at ``before`` to ``after``, where any such comment will do."""
    newsroom, spam = desk.newsroom, "off-topic" if before is Status.REJECTED else "spam"
    if trigger is Trigger.MODERATOR:
        ruling = Ruling(verdict=VERDICT[after], reason_id=spam if after is Status.REJECTED else None)
        yield "desk", lambda: desk.decide(comment_id, after, spam)
        if after is not Status.PENDING:
            yield "api", lambda: newsroom.decide(comment_id, VERDICT[after].value, reason=spam)
        if before is Status.PENDING:
            area = Area(scopes=(Scope(site_id=newsroom.site, escalated=False),))
            everything = ScoreRange(signal="toxicity", low=0, high=100)
            yield "score range", lambda: decide_score_range(newsroom.services, desk.who.actor, area, everything, ruling)
        if before in (*WAITING, Status.APPROVED) and after is Status.REJECTED:
            what = Everything(site_id=newsroom.site, author_id=written(newsroom, comment_id).comment.author_id)
            yield "everything", lambda: remove_everything(newsroom.services, desk.who.actor, what, ruling)
    elif trigger is Trigger.WITHDRAWAL:
        yield "receipt", lambda: desk.withdraw(comment_id)
    elif trigger in (Trigger.EXPIRY, Trigger.ERASURE):
        yield trigger, lambda: desk.outside(comment_id, after)


def late(desk: Desk, before: Status, after: Status) -> Iterator[Way]:
    """Late scores, each with a comment of its own that waits for them."""
    newsroom = desk.newsroom

    def scored(comment_id: str, times: int = 1) -> None:
        newsroom.configure(REASONS + POLICY)
        for _ in range(times):
            score_late(newsroom.services, comment_id)
        newsroom.scorer.fails = 0
        newsroom.configure(REASONS)

    if before is Status.RECEIVED:
        comment_id = desk.arrives(SAYS[after], WORKER + POLICY)
    else:
        newsroom.scorer.fails = 1
        comment_id = desk.arrives(SAYS[after], POLICY)
    yield "scored", comment_id, lambda: scored(comment_id)
    if (before, after) == (Status.RECEIVED, Status.PENDING):
        never = desk.arrives(configuration=WORKER)
        newsroom.scorer.fails = ATTEMPTS
        yield "never scored", never, lambda: scored(never, ATTEMPTS)


def edited(desk: Desk, before: Status, after: Status) -> Iterator[Way]:
    """Its writer edits it."""
    comment_id = desk.stands(before)

    def bring() -> None:
        desk.newsroom.configure(REASONS + (WORKER if after is Status.RECEIVED else POLICY))
        desk.edit(comment_id, SAYS.get(after, ""))
        desk.newsroom.configure(REASONS)

    yield "edited", comment_id, bring


def undone(desk: Desk, before: Status, after: Status) -> Iterator[Way]:
    """What somebody has decided is taken back: what it found is where the comment stands again."""
    comment_id = desk.stands(after)
    action_id = desk.decide(comment_id, before, "off-topic" if after is Status.REJECTED else "spam")
    yield "undo", comment_id, lambda: desk.who.undo(action_id)


def every_way(desk: Desk, before: Status, after: Status, trigger: Trigger) -> Iterator[Way]:
    """Each way's name, a comment that stands at ``before``, and what brings it to ``after``."""
    if trigger is Trigger.LATE_SCORE:
        yield from late(desk, before, after)
    elif trigger is Trigger.EDIT:
        yield from edited(desk, before, after)
    elif trigger is Trigger.UNDO:
        yield from undone(desk, before, after)
    else:
        names = [name for name, _ in ways(desk, desk.stands(before), before, after, trigger)]
        for name in names:
            comment_id = desk.stands(before)
            yield name, comment_id, dict(ways(desk, comment_id, before, after, trigger))[name]


# --- what is written --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Written:
    """All that a transition may have written about a comment."""

    comment: Comment
    entry: QueueIndex
    author: Author
    decisions: list[Any]
    audit: list[Any]
    outbox: list[tuple[str, Any]]


def written(newsroom: Newsroom, comment_id: str) -> Written:
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        sent = select(OutboxEvent).where(OutboxEvent.subject == comment_id).order_by(OutboxEvent.id)
        return Written(
            comment=comment,
            entry=session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment_id)).one(),
            author=session.get_one(Author, comment.author_id),
            decisions=list(decisions_of(session, comment_id)),
            audit=list(events_about(session, newsroom.site, comment_id)),
            outbox=[(row.kind, row.payload) for row in session.scalars(sent)],
        )


TOLD = {
    Status.PENDING: "reopened",
    Status.APPROVED: "published",
    Status.REJECTED: "rejected",
    Status.WITHDRAWN: "withdrawn",
    Status.EXPIRED: "expired",
    Status.ERASED: "erased",
}


def assert_stands(newsroom: Newsroom, now: Written, status: Status) -> None:
    """What is true of a comment with this status, however it came to it. Its author has written no other."""
    comment, entry, waits = now.comment, now.entry, status in WAITING
    assert (comment.status, entry.status, entry.waiting) == (status, status, waits)
    assert comment.decided_at == entry.decided_at == (None if waits else newsroom.clock.now)
    assert (now.author.approved, now.author.rejected) == (status is Status.APPROVED, status is Status.REJECTED)
    assert (comment.shown, comment.opening) == (status is Status.APPROVED,) * 2
    seen = {shown["id"] for shown in (newsroom.published().json or {})["comments"]}
    assert (comment.id in seen) == (status is Status.APPROVED)
    if status is not Status.RECEIVED:
        newest = now.decisions[-1]
        assert (newest.status, newest.revision, newest.decided_at) == (status, comment.revision, newsroom.clock.now)
        assert (newest.statement is not None) == (newest.reader_sentence is not None) == (status is Status.REJECTED)


def test_every_transition_writes_the_same_whatever_brings_it_about(desk: Desk) -> None:
    newsroom = desk.newsroom
    steps = ((*step, trigger) for step, triggers in TRANSITIONS.items() for trigger in sorted(triggers))
    for before, after, trigger in steps:
        if before is None:
            continue
        for name, comment_id, bring in every_way(desk, before, after, trigger):
            was = written(newsroom, comment_id)
            assert was.comment.status == before, (before, after, trigger, name)
            newsroom.clock.move(minutes=1)
            bring()
            now = written(newsroom, comment_id)
            assert_stands(newsroom, now, after)
            edited, late = trigger is Trigger.EDIT, trigger is Trigger.LATE_SCORE
            unmoved = late and after is Status.PENDING
            undecided = after is Status.RECEIVED
            assert now.comment.revision == was.comment.revision + (not unmoved)
            assert len(now.decisions) == len(was.decisions) + (not undecided)
            if trigger is not Trigger.UNDO:
                at = newsroom.clock.now if after is Status.APPROVED else was.comment.published_at
                assert now.comment.published_at == at
                by_policy: str | None = after if late or edited else was.entry.by_policy
                by_person: str | None = None if late or edited else after
                by_policy = None if undecided else by_policy
                if trigger is Trigger.EXPIRY:
                    by_person = was.entry.by_person
                assert (now.entry.by_policy, now.entry.by_person) == (by_policy, by_person)
            events = [event.event for event in now.audit[len(was.audit) :]]
            if late:
                assert events == [*(["comment.scored"] if now.comment.scored else []), "comment.decided"]
            elif edited:
                assert events == ["comment.edited", *([] if undecided else ["comment.scored", "comment.decided"])]
            else:
                assert events == [f"comment.{'reopened' if after is Status.PENDING else after}"]
                payload = json.loads(now.audit[-1].payload)
                assert (payload["from"], payload["to"], payload["revision"]) == (before, after, now.comment.revision)
            told = now.outbox[len(was.outbox) :]
            of_edit = [("comment.edited", {"status": after})] if edited else []
            waits_on = unmoved or (edited and after in WAITING)
            of_status = [] if waits_on else [(f"comment.{TOLD[after]}", {"status": after})]
            assert told == of_edit + of_status, (before, after, name)


ARRIVING = [after for (before, after), by in TRANSITIONS.items() if before is None and Trigger.ARRIVAL in by]


@pytest.mark.parametrize("status", ARRIVING)
def test_a_comment_that_arrives_is_written_like_one_that_is_decided_later(desk: Desk, status: Status) -> None:
    received = status is Status.RECEIVED
    comment_id = desk.arrives(SAYS.get(status, ""), POLICY + (WORKER if received else ""))
    now = written(desk.newsroom, comment_id)
    assert_stands(desk.newsroom, now, status)
    assert (now.comment.revision, now.entry.by_policy, now.entry.by_person) == (1, None if received else status, None)
    assert now.comment.published_at == (desk.newsroom.clock.now if status is Status.APPROVED else None)
    events = ["comment.submitted"] if received else ["comment.submitted", "comment.scored", "comment.decided"]
    assert [event.event for event in now.audit] == events
    told = [("comment.accepted", {"status": status})]
    assert now.outbox == told + ([] if status in WAITING else [(f"comment.{TOLD[status]}", {"status": status})])


def test_what_the_table_does_not_hold_is_refused_and_changes_nothing(desk: Desk) -> None:
    newsroom = desk.newsroom
    for before, after, trigger in product((None, *Status), Status, Trigger):
        if trigger not in TRANSITIONS.get((before, after), ()):
            with pytest.raises(IllegalTransition, match=f"is {before or 'new'}"):
                check_transition(before, after, trigger)
    assert issubclass(IllegalTransition, NotPossibleNow)
    for status in (Status.WITHDRAWN, Status.EXPIRED, Status.ERASED):
        comment_id = desk.stands(status)
        was = written(newsroom, comment_id)
        for outcome in ("approve", "reject"):
            answer = newsroom.decide(comment_id, outcome)
            assert answer.status_code == 409
            assert detail(answer) == f"This comment is {status}; nothing can be decided about it any more."
        now = written(newsroom, comment_id)
        assert (len(now.audit), now.outbox, now.comment.revision) == (len(was.audit), was.outbox, was.comment.revision)
    for status in (Status.REJECTED, Status.EXPIRED):
        answer = desk.withdraw(desk.stands(status))
        assert answer.status_code == 409
        assert detail(answer) == f"This comment is {status}; it can't be withdrawn any more."
    with pytest.raises(IllegalTransition, match="only what waits"):
        desk.outside(desk.stands(Status.APPROVED), Status.EXPIRED)


# --- what some ways forgot --------------------------------------------------------------------------------------------


def test_a_refusal_says_that_the_comment_was_removed_if_it_was_ever_published(desk: Desk) -> None:
    comment_id = desk.stands(Status.APPROVED)
    desk.decide(comment_id, Status.PENDING)
    for reason in ("spam", "off-topic"):
        desk.decide(comment_id, Status.REJECTED, reason)
        statement = desk.newsroom.whole(comment_id)["decision"]["statement"]
        assert statement["restriction"] == "The comment was removed."
    never = desk.stands(Status.PENDING)
    desk.who.undo(desk.decide(never, Status.APPROVED))
    desk.decide(never, Status.REJECTED)
    statement = desk.newsroom.whole(never)["decision"]["statement"]
    assert statement["restriction"] == "The comment was not published."


@pytest.mark.parametrize("says", [SAYS[Status.APPROVED], SAYS[Status.REJECTED]])
@pytest.mark.parametrize("fails", [0, ATTEMPTS])
def test_what_was_left_to_a_senior_moderator_is_not_decided_by_a_late_score(desk: Desk, says: str, fails: int) -> None:
    newsroom = desk.newsroom
    comment_id = desk.arrives(says, WORKER)
    flag_comment(newsroom.services, desk.who.actor, comment_id, FlagKind.ESCALATED)
    newsroom.configure(REASONS + POLICY)
    newsroom.scorer.fails = fails
    for _ in range(ATTEMPTS):
        score_late(newsroom.services, comment_id)
    now = written(newsroom, comment_id)
    assert (now.comment.status, now.entry.escalated, now.comment.scored) == ("received", True, not fails)
    assert now.decisions == []


def test_putting_back_what_waits_changes_nothing(desk: Desk) -> None:
    for status in WAITING:
        comment_id = desk.stands(status)
        was = written(desk.newsroom, comment_id)
        assert desk.who.decide(comment_id, "reopen").action_id is None
        now = written(desk.newsroom, comment_id)
        assert (now.comment.status, now.comment.revision, now.outbox) == (status, was.comment.revision, was.outbox)


def test_two_who_decide_comments_of_one_author_do_not_wait_for_each_other_in_a_circle(desk: Desk) -> None:
    newsroom = desk.newsroom
    if newsroom.services.database.is_sqlite:
        return  # there one writes at a time
    ada = {"name": "Ada", "id": "ada"}
    first, second = (newsroom.accepted(author=ada)["id"] for _ in range(2))
    first_decided, second_locked, tries = threading.Event(), threading.Event(), []

    def locked(unit: UnitOfWork, comment_id: str) -> Comment:
        comment = find_comment(unit.session, comment_id, lock=True)
        assert comment is not None
        return comment

    def approve(unit: UnitOfWork, comment: Comment) -> None:
        change_status(unit, comment, Status.APPROVED, Trigger.MODERATOR, actor="test", policy_version="1")

    def one(unit: UnitOfWork) -> None:
        tries.append("one")
        comment = locked(unit, second)
        second_locked.set()
        assert first_decided.wait(20)
        approve(unit, comment)

    def many(unit: UnitOfWork) -> None:
        tries.append("many")
        assert second_locked.wait(20)
        approve(unit, locked(unit, first))
        first_decided.set()
        locked(unit, second)

    other = threading.Thread(target=run_in_unit_of_work, args=(newsroom.services, one))
    other.start()
    run_in_unit_of_work(newsroom.services, many)
    other.join()
    assert sorted(tries) == ["many", "one"]
    author = written(newsroom, first).author
    assert (author.approved, author.rejected) == (2, 0)


# --- nobody else ------------------------------------------------------------------------------------------------------

ELSEWHERE = """
from sqlalchemy import update
from moderation.storage.comments import Comment

def by_the_mapper(unit, comment_id):
    unit.session.get(Comment, comment_id).status = "approved"

def past_it(unit, comment_id):
    unit.session.execute(update(Comment).where(Comment.id == comment_id).values(status="approved", flags=0))

def something_else(unit, comment_id):
    unit.session.execute(update(Comment).where(Comment.status == "pending").values(flags=0))
"""


def test_no_other_module_changes_a_status(sqlite_hall: Hall, front_door: Newsroom) -> None:
    comment_id = front_door.accepted()["id"]
    module: dict[str, Any] = {"__name__": "moderation.desk.elsewhere"}
    exec(ELSEWHERE, module)

    def run(way: str) -> None:
        run_in_unit_of_work(front_door.services, lambda unit: module[way](unit, comment_id))

    for way in ("by_the_mapper", "past_it"):
        with pytest.raises(StatusChangedElsewhere):
            run(way)
    run("something_else")
    assert front_door.status(comment_id) == "pending"


# --- whatever happens -------------------------------------------------------------------------------------------------

STEPS = ("approve", "reject", "reopen", "undo", "withdraw", "edit", "score", "expire", "erase", "answer")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), min_size=4, max_size=20))
def test_whatever_happens_everything_that_is_kept_agrees(
    sqlite_hall: Hall, front_door: Newsroom, happens: list[tuple[str, int]]
) -> None:
    front_door.configure(REASONS)
    desk = Desk(front_door, colleague(front_door), {})
    comments = [desk.stands(Status.RECEIVED)]
    actions: list[str | None] = []
    for step, which in happens:
        front_door.clock.move(minutes=1)
        comment_id = comments[which % len(comments)]
        try:
            if step in ("approve", "reject", "reopen"):
                reason_id = ("spam", "off-topic")[which % 2] if step == "reject" else None
                actions.append(desk.who.decide(comment_id, step, reason_id=reason_id).action_id)
            elif step == "undo":
                desk.who.undo(next(action for action in reversed(actions) if action))
            elif step == "withdraw":
                desk.withdraw(comment_id)
            elif step == "edit":
                desk.edit(comment_id, SAYS[Status.APPROVED])
            elif step == "score":
                front_door.configure(REASONS + POLICY)
                score_late(front_door.services, comment_id)
            elif step == "answer":
                words, ada = SAYS[Status.APPROVED], {"name": "Ada", "id": "ada"}
                front_door.configure(REASONS + (POLICY if which else WORKER))
                answer = front_door.comment(words, parent_id=comment_id, author=ada)
                if answer.status_code in (201, 202):
                    comments.append(str((answer.json or {})["id"]))
                    desk.receipts[comments[-1]] = (answer.json or {})["receipt"]
            else:
                desk.outside(comment_id, Status.EXPIRED if step == "expire" else Status.ERASED)
        except (NotPossibleNow, DecidedMeanwhile, CommentNotFound, StopIteration):
            pass
    assert_all_agrees(front_door)


def assert_all_agrees(newsroom: Newsroom) -> None:
    with newsroom.services.database.reading() as session:
        rows = session.scalars(select(Comment).where(Comment.site_id == newsroom.site)).all()
        by_id = {comment.id: comment for comment in rows}
        for entry in session.scalars(select(QueueIndex).where(QueueIndex.site_id == newsroom.site)):
            comment = by_id[entry.comment_id]
            waits = comment.status in WAITING
            assert (entry.status, entry.waiting, entry.decided_at) == (comment.status, waits, comment.decided_at)
        for author in session.scalars(select(Author).where(Author.site_id == newsroom.site)):
            have = [comment.status for comment in rows if comment.author_id == author.id]
            assert (author.approved, author.rejected) == (have.count("approved"), have.count("rejected"))
        answer = aliased(Comment)
        shown = select(answer.parent_id, func.count().label("number")).where(answer.shown).group_by(answer.parent_id)
        counted = {row.parent_id: row.number for row in session.execute(shown)}
        for comment in rows:
            assert comment.replies_shown == counted.get(comment.id, 0)
            was_published = comment.published_at is not None and comment.replies_shown > 0
            assert comment.shown == (comment.status == "approved" or was_published)
            parent_shown = comment.parent_id is not None and by_id[comment.parent_id].shown
            assert comment.opening == (comment.shown and not parent_shown)
        verify(newsroom.site, events_of(session, newsroom.site))
