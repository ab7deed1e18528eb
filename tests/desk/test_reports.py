"""Readers report comments: what that raises, what it can't do, and what moderators make of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from moderation.comments.lifecycle import Trigger, change_status
from moderation.comments.reports import forget_old_texts
from moderation.core.audit_chain import verify
from moderation.core.comment import Status
from moderation.core.errors import NotPossibleNow
from moderation.desk.reports import mute_reporter, set_reports_aside
from moderation.jobs.queue_order import bring_up_to_date
from moderation.storage.audit import events_of
from moderation.storage.comments import find_comment, newest_decision
from moderation.storage.outbox import OutboxEvent
from moderation.storage.queue_index import SLOTS, QueueIndex
from moderation.storage.replay import every_decided
from moderation.storage.reports import Report, ReportedComment, Reporter, report_figures
from moderation.storage.severity_order import serving_slot
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.desk.desk import colleague
from tests.newsroom import Newsroom, detail


def published(newsroom: Newsroom) -> str:
    comment = str(newsroom.accepted()["id"])
    newsroom.decide(comment)
    return comment


def send(newsroom: Newsroom, comment: str, address: str = "203.0.113.7", **more: Any) -> TestResponse:
    """A report by a reader's browser."""
    content = {"reason": "spam"} | more
    return newsroom.browser(
        "POST", f"/api/v1/comments/{comment}/reports", json=content, environ_base={"REMOTE_ADDR": address}
    )


def reported_by(newsroom: Newsroom, comment: str, *readers: str) -> None:
    for reader in readers:
        assert send(newsroom, comment, address=reader).status_code == 202


def row(newsroom: Newsroom, comment: str) -> QueueIndex:
    with newsroom.services.database.reading() as session:
        return session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment)).one()


def open_reports(newsroom: Newsroom, comment: str) -> int:
    with newsroom.services.database.reading() as session:
        found = session.get(ReportedComment, comment)
        return found.open_reports if found else 0


def reporters(newsroom: Newsroom) -> list[Reporter]:
    with newsroom.services.database.reading() as session:
        return list(session.scalars(select(Reporter).where(Reporter.site_id == newsroom.site).order_by(Reporter.id)))


def reports(newsroom: Newsroom, comment: str) -> list[Report]:
    with newsroom.services.database.reading() as session:
        return list(session.scalars(select(Report).where(Report.comment_id == comment)))


READERS = ("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4")


def test_a_report_raises_the_comments_place_and_leaves_it_where_it_is(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    before = row(newsroom, comment)
    answer = send(newsroom, comment, reason="spam", text="It sells watches.")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["id"] == comment
    after = row(newsroom, comment)
    assert (before.reports, after.reports) == (0, 1)
    assert after.severity > before.severity
    assert newsroom.status(comment) == "approved"
    assert [one["id"] for one in (newsroom.published().json or {})["comments"]] == [comment]
    (kept,) = reports(newsroom, comment)
    assert (kept.reason_id, kept.text, kept.outcome) == ("spam", "It sells watches.", None)


def test_more_readers_raise_it_further_and_one_counts_once(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    severities = []
    for reader in READERS[:3]:
        reported_by(newsroom, comment, reader, reader)
        severities.append(row(newsroom, comment).severity)
    assert row(newsroom, comment).reports == 3
    assert severities == sorted(set(severities))
    assert open_reports(newsroom, comment) == 3


def test_a_reason_in_own_words_is_kept_as_words(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    assert send(newsroom, comment, reason="It names my daughter", text="In the third line.").status_code == 202
    (kept,) = reports(newsroom, comment)
    assert (kept.reason_id, kept.text) == (None, "It names my daughter\n\nIn the third line.")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": None}, "reason is missing"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"reason": "spam", "text": "x" * 1001}, "at most 1000"),
        ({"reason": "spam", "why": "?"}, "why is not known"),
        ({"reason": 7}, "reason must be a text"),
    ],
)
def test_a_report_that_cant_be_read_says_what_is_wrong(front_door: Newsroom, content: Any, says: str) -> None:
    comment = published(front_door)
    answer = send(front_door, comment, **content)
    assert answer.status_code == 422
    assert says in detail(answer)
    assert open_reports(front_door, comment) == 0


@pytest.mark.parametrize("becomes", ["waiting", "reject", "unknown", "hidden", "another site's"])
def test_what_is_not_published_cannot_be_reported(newsroom: Newsroom, becomes: str) -> None:
    comment = str(newsroom.accepted()["id"])
    if becomes == "reject":
        newsroom.decide(comment, "reject", reason="spam")
    elif becomes == "unknown":
        comment = "nosuchcomment"
    elif becomes == "hidden":
        newsroom.decide(comment)
        newsroom.put_article(mode="hidden")
    elif becomes == "another site's":
        newsroom.decide(comment)
        other = newsroom.hall.new_site()
        assert send(other, comment).status_code == 404
        return
    assert send(newsroom, comment).status_code == 404
    assert open_reports(newsroom, comment) == 0


def test_a_page_of_another_origin_and_no_key_at_all_are_refused(front_door: Newsroom) -> None:
    comment = published(front_door)
    path = f"/api/v1/comments/{comment}/reports"
    assert front_door.browser("POST", path, origin="https://other.example", json={"reason": "spam"}).status_code == 403
    assert front_door.client.post(path, json={"reason": "spam"}).status_code == 401


def test_a_sites_server_names_whom_it_knows_and_a_browser_cannot(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    for reader in ("reader-1", "reader-2", "reader-2"):
        answer = newsroom.server(
            "POST", f"/api/v1/comments/{comment}/reports", json={"reason": "spam", "reporter": {"id": reader}}
        )
        assert answer.status_code == 202
    assert row(newsroom, comment).reports == 2
    send(newsroom, comment, reporter={"id": "reader-3"})
    send(newsroom, comment, reporter={"id": "reader-4"})
    assert row(newsroom, comment).reports == 3  # one network, whatever it calls itself


def test_reports_alone_never_reject_whatever_the_policy_says(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.reject]\nreports_at_least = 1\nreports_at_most = 1000\n")
    comment = newsroom.accepted()
    assert comment["status"] == "pending"
    newsroom.decide(str(comment["id"]))
    reported_by(newsroom, str(comment["id"]), *READERS)
    assert newsroom.status(str(comment["id"])) == "approved"


def test_what_is_removed_was_reported_rightly_and_what_is_kept_wrongly(newsroom: Newsroom) -> None:
    moderator, bad, good = colleague(newsroom), published(newsroom), published(newsroom)
    reported_by(newsroom, bad, READERS[0])
    newsroom.clock.move(minutes=1)
    reported_by(newsroom, good, READERS[1])
    moderator.decide(bad, "reject", reason_id="spam")
    moderator.decide(good, "approve")
    right, wrong = reporters(newsroom)
    assert (right.rightly, right.wrongly, wrong.rightly, wrong.wrongly) == (1, 0, 0, 1)
    assert (open_reports(newsroom, bad), open_reports(newsroom, good)) == (0, 0)
    assert (row(newsroom, bad).reports, row(newsroom, good).reports) == (1, 0)
    assert newsroom.status(good) == "approved"


def test_whoever_was_wrong_again_and_again_weighs_less(newsroom: Newsroom) -> None:
    moderator = colleague(newsroom)
    for _ in range(4):
        comment = published(newsroom)
        reported_by(newsroom, comment, READERS[0])
        moderator.decide(comment, "approve")
    comment = published(newsroom)
    reported_by(newsroom, comment, READERS[0])
    assert row(newsroom, comment).reports == 0
    assert open_reports(newsroom, comment) == 1  # it is still looked at
    reported_by(newsroom, comment, READERS[1])
    assert row(newsroom, comment).reports == 1


@pytest.mark.parametrize("verdict", ["reject", "approve"])
def test_undoing_a_decision_opens_its_reports_again(newsroom: Newsroom, verdict: str) -> None:
    moderator, comment = colleague(newsroom), published(newsroom)
    reported_by(newsroom, comment, *READERS[:2])
    action = moderator.action(comment, verdict, reason_id="spam" if verdict == "reject" else None)
    assert open_reports(newsroom, comment) == 0
    moderator.undo(action)
    assert open_reports(newsroom, comment) == 2
    assert row(newsroom, comment).reports == 2
    assert newsroom.status(comment) == "approved"
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(0, 0)}


def test_reports_that_are_set_aside_count_against_nobody_and_come_back_undone(newsroom: Newsroom) -> None:
    moderator, comment = colleague(newsroom), published(newsroom)
    reported_by(newsroom, comment, READERS[0])
    newsroom.clock.move(minutes=1)
    action = set_reports_aside(newsroom.services, moderator.actor, comment)
    assert (open_reports(newsroom, comment), row(newsroom, comment).reports) == (0, 0)
    (reporter,) = reporters(newsroom)
    assert (reporter.rightly, reporter.wrongly) == (0, 0)
    moderator.undo(action)
    assert open_reports(newsroom, comment) == 1
    assert set_reports_aside(newsroom.services, moderator.actor, published(newsroom)) is None
    newsroom.decide(comment, "reject", reason="spam")
    with pytest.raises(NotPossibleNow):
        set_reports_aside(newsroom.services, moderator.actor, comment)


def test_a_comment_put_back_into_the_queue_keeps_its_reports_there(newsroom: Newsroom) -> None:
    moderator, comment = colleague(newsroom), published(newsroom)
    reported_by(newsroom, comment, *READERS[:2])
    moderator.decide(comment, "reopen")
    assert (open_reports(newsroom, comment), row(newsroom, comment).reports) == (2, 2)
    moderator.decide(comment, "approve")
    assert {one.wrongly for one in reporters(newsroom)} == {1}


def test_a_withdrawn_comments_reports_count_for_nobody(newsroom: Newsroom) -> None:
    sent = newsroom.accepted()
    newsroom.decide(str(sent["id"]))
    reported_by(newsroom, str(sent["id"]), READERS[0])
    assert newsroom.client.post(f"/api/v1/comments/{sent['id']}/withdraw?receipt={sent['receipt']}").status_code == 200
    assert open_reports(newsroom, str(sent["id"])) == 0
    (reporter,) = reporters(newsroom)
    assert (reporter.rightly, reporter.wrongly) == (0, 0)


def test_a_muted_reporter_is_answered_like_anybody_and_heard_no_more(newsroom: Newsroom) -> None:
    moderator, first, second = colleague(newsroom), published(newsroom), published(newsroom)
    reported_by(newsroom, first, READERS[0])
    (reporter,) = reporters(newsroom)
    action = mute_reporter(newsroom.services, moderator.actor, reporter.id, muted=True)
    assert mute_reporter(newsroom.services, moderator.actor, reporter.id, muted=True) is None
    answer = send(newsroom, second, address=READERS[0])
    assert (answer.status_code, open_reports(newsroom, second)) == (202, 0)
    moderator.undo(action)
    reported_by(newsroom, second, READERS[0])
    assert open_reports(newsroom, second) == 1


def test_ten_thousand_reports_cost_little_and_change_nothing_more(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    for number in range(130):
        reported_by(newsroom, comment, f"198.51.{number // 100}.{number % 100 + 1}")
    with newsroom.services.database.reading() as session:
        kept = session.scalar(select(func.count()).select_from(Report).where(Report.comment_id == comment))
        told = session.scalar(
            select(func.count())
            .select_from(OutboxEvent)
            .where(OutboxEvent.subject == comment, OutboxEvent.kind == "comment.reported")
        )
    assert (kept, told, len(reporters(newsroom))) == (100, 100, 100)
    assert row(newsroom, comment).reports == 100
    assert newsroom.status(comment) == "approved"


def test_one_reader_reports_so_many_comments_an_hour_and_no_more(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nreports = ["2 per hour"]\n', limits=True)
    comments = [published(newsroom) for _ in range(3)]
    codes = [send(newsroom, comment, address="192.0.2.77").status_code for comment in comments]
    assert codes == [202, 202, 429]
    answer = send(newsroom, comments[2], address="192.0.2.77")
    assert answer.headers["Retry-After"]
    assert send(newsroom, comments[2], address="192.0.2.78").status_code == 202


def test_every_step_is_in_the_chain_which_names_nobody_and_quotes_nothing(newsroom: Newsroom) -> None:
    moderator, comment = colleague(newsroom), published(newsroom)
    send(newsroom, comment, address=READERS[0], reason="spam", text="He sells watches in Elm Street.")
    moderator.undo(moderator.action(comment, "reject", reason_id="spam"))
    events = newsroom.events(comment)
    assert [one["event"] for one in events][-5:] == [
        *("comment.reported", "comment.rejected", "comment.reports_settled"),
        *("comment.approved", "comment.reports_reopened"),
    ]
    (reported,) = (one for one in events if one["event"] == "comment.reported")
    (reporter,) = reporters(newsroom)
    assert reported["actor"] == "reader"
    assert reported["payload"] == {"reporter": reporter.id, "reason": "spam", "reports": 1}
    assert "watches" not in str(events)
    assert READERS[0] not in str(events)
    with newsroom.services.database.reading() as session:
        assert verify(newsroom.site, events_of(session, newsroom.site)).sequence > 0


def test_a_site_is_told_of_each_report_by_references_alone(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    send(newsroom, comment, text="He sells watches.")
    with newsroom.services.database.reading() as session:
        query = select(OutboxEvent.payload).where(
            OutboxEvent.subject == comment, OutboxEvent.kind == "comment.reported"
        )
        (payload,) = session.scalars(query)
    assert payload == {"status": "approved", "reason": "spam", "reports": 1}


def test_another_policy_is_tried_on_the_reports_that_came(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    reported_by(newsroom, comment, *READERS[:3])
    number = row(newsroom, comment).number
    with newsroom.services.database.reading() as session:
        values = {
            int(n): float(value)
            for past in every_decided(session)
            for n, value in zip(past.number, past.values["reports"], strict=True)
        }
    assert values[number] == 3.0


def test_figures_count_what_was_reported_and_how_rightly(newsroom: Newsroom) -> None:
    moderator, comments = colleague(newsroom), [published(newsroom) for _ in range(3)]
    for comment in comments:
        reported_by(newsroom, comment, READERS[0])
    moderator.decide(comments[0], "reject", reason_id="spam")
    moderator.decide(comments[1], "approve")
    since = newsroom.clock.now.replace(hour=0)
    with newsroom.services.database.reading() as session:
        found = report_figures(session, [newsroom.site], since)
    assert (found.reports, found.right, found.wrong, found.open) == (3, 1, 1, 1)
    assert found.reasons == (("spam", 3, 1),)


def test_an_erased_comment_takes_along_what_was_written_of_it(newsroom: Newsroom) -> None:
    comment = published(newsroom)
    send(newsroom, comment, text="He lives in Elm Street.")

    def erase(unit: UnitOfWork) -> None:
        found = find_comment(unit.session, comment, lock=True)
        assert found is not None
        change_status(unit, found, Status.ERASED, Trigger.ERASURE, actor="system", policy_version="x")

    run_in_unit_of_work(newsroom.services, erase)
    (kept,) = reports(newsroom, comment)
    assert (kept.text, kept.outcome) == (None, "set aside")
    assert send(newsroom, comment).status_code == 404
    (reporter,) = reporters(newsroom)
    assert (reporter.rightly, reporter.wrongly) == (0, 0)


def test_a_sites_server_that_names_nobody_counts_once_and_is_limited_by_its_site_alone(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nreports = ["1 per hour"]\n', limits=True)
    comments = [published(newsroom) for _ in range(3)]
    for comment in (*comments, *comments):
        path = f"/api/v1/comments/{comment}/reports"
        assert newsroom.server("POST", path, json={"reason": "It is rude."}).status_code == 202
    assert [row(newsroom, comment).reports for comment in comments] == [1, 1, 1]


def test_reports_of_what_was_put_back_unpublished_are_decided_and_erased_like_any(newsroom: Newsroom) -> None:
    moderator = colleague(newsroom)
    first, second = (str(newsroom.accepted()["id"]) for _ in range(2))
    for comment in (first, second):
        action = moderator.action(comment)
        send(newsroom, comment, address=READERS[0], text="He lives in Elm Street.")
        moderator.undo(action)
        assert (newsroom.status(comment), open_reports(newsroom, comment)) == ("pending", 1)
    moderator.decide(first, "reject", reason_id="spam")
    assert [one.outcome for one in reports(newsroom, first)] == ["right"]

    def erase(unit: UnitOfWork) -> None:
        found = find_comment(unit.session, second, lock=True)
        assert found is not None
        change_status(unit, found, Status.ERASED, Trigger.ERASURE, actor="system", policy_version="x")

    run_in_unit_of_work(newsroom.services, erase)
    assert [(one.text, one.outcome) for one in reports(newsroom, second)] == [(None, "set aside")]


def test_reports_of_what_is_published_again_count_for_nobody_and_right_again_once_that_is_undone(
    newsroom: Newsroom,
) -> None:
    ada, berta, comment = colleague(newsroom), colleague(newsroom), published(newsroom)
    reported_by(newsroom, comment, *READERS[:2])
    refusal = ada.action(comment, "reject", reason_id="spam")
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(1, 0)}
    action = berta.action(comment, "approve")
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(0, 0)}
    assert (open_reports(newsroom, comment), row(newsroom, comment).reports) == (0, 0)
    reported_by(newsroom, comment, READERS[2])
    berta.undo(action)
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(1, 0)}
    assert (open_reports(newsroom, comment), row(newsroom, comment).reports) == (0, 3)
    ada.undo(refusal)
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(0, 0)}
    assert (newsroom.status(comment), open_reports(newsroom, comment)) == ("approved", 3)


def test_an_edit_leaves_reports_where_they_are_and_wrong_is_nobody_who_reported_the_text_of_before(
    newsroom: Newsroom,
) -> None:
    moderator, sent = colleague(newsroom), newsroom.accepted()
    comment = str(sent["id"])
    moderator.decide(comment)
    reported_by(newsroom, comment, *READERS[:2])
    moderator.decide(comment, "reopen")
    newsroom.clock.move(minutes=1)
    answer = newsroom.client.patch(
        f"/api/v1/comments/{comment}", query_string={"receipt": sent["receipt"]}, json={"body": newsroom.text("mild")}
    )
    assert answer.json is not None
    assert (answer.json["status"], row(newsroom, comment).reports, open_reports(newsroom, comment)) == ("pending", 2, 2)
    moderator.decide(comment)
    assert {one.outcome for one in reports(newsroom, comment)} == {"set aside"}
    assert {(one.rightly, one.wrongly) for one in reporters(newsroom)} == {(0, 0)}


def test_whoever_is_refused_what_was_reported_is_told_so(newsroom: Newsroom) -> None:
    comment, other = published(newsroom), published(newsroom)
    reported_by(newsroom, comment, READERS[0])
    for one, prompted_by in ((comment, "a reader's report"), (other, "own check")):
        newsroom.decide(one, "reject", reason="spam")
        with newsroom.services.database.reading() as session:
            decision = newest_decision(session, one)
        assert decision is not None
        assert decision.statement is not None
        assert decision.statement["prompted_by"] == prompted_by


def test_what_reporters_wrote_is_forgotten_after_its_days_and_what_they_reported_stays(newsroom: Newsroom) -> None:
    newsroom.configure("[reports]\nkeep_texts_days = 30\n")
    old, settled = published(newsroom), published(newsroom)
    for comment in (old, settled):
        send(newsroom, comment, reason="She lives next door.")
    newsroom.decide(settled, "reject")
    newsroom.clock.move(days=29)
    young = published(newsroom)
    send(newsroom, young, reason="He copies my article.")
    forget_old_texts(newsroom.services)
    assert texts(newsroom, old, settled, young) == ["She lives next door."] * 2 + ["He copies my article."]
    newsroom.clock.move(days=2)
    assert forget_old_texts(newsroom.services) >= 2
    assert texts(newsroom, old, settled, young) == [None, None, "He copies my article."]
    assert (open_reports(newsroom, old), row(newsroom, old).reports) == (1, 1)
    assert forget_old_texts(newsroom.services) == 0
    with newsroom.services.database.reading() as session:
        verify(newsroom.site, events_of(session, newsroom.site))


def texts(newsroom: Newsroom, *comments: str) -> list[str | None]:
    with newsroom.services.database.reading() as session:
        found = {one.comment_id: one.text for one in session.scalars(select(Report))}
    return [found[comment] for comment in comments]


def test_a_changed_policy_weighs_what_is_reported_anew(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.flag]\nreports_at_least = 9\n")
    reported, quiet = published(newsroom), published(newsroom)
    reported_by(newsroom, reported, "203.0.113.7", "198.51.100.4")
    bring_up_to_date(newsroom.services)
    before, flags = row(newsroom, reported), row(newsroom, quiet).flags
    unreported = row(newsroom, quiet).severity_policy
    newsroom.configure("[policy.flag]\nreports_at_least = 1\n")
    bring_up_to_date(newsroom.services)
    after = row(newsroom, reported)
    assert after.severity_policy != before.severity_policy
    assert serving(newsroom, after) > serving(newsroom, before)
    assert after.flags == flags, "what was found in it when it was decided stays"
    assert row(newsroom, quiet).severity_policy == unreported
    newsroom.decide(reported, "approve")
    newsroom.configure("[policy.flag]\nreports_at_least = 3\n")
    bring_up_to_date(newsroom.services)
    assert row(newsroom, reported).severity_policy is None, "nothing of it is open"


def serving(newsroom: Newsroom, of: QueueIndex) -> int:
    with newsroom.services.database.reading() as session:
        return int(getattr(of, SLOTS[serving_slot(session)]))
