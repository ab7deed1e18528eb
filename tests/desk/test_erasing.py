"""A reader's data are erased everywhere, the chain still verifies, and nobody else's data change."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from moderation.cli import main
from moderation.comments import erasing
from moderation.comments.erasing import Asker, ask_to_erase, carry_on
from moderation.comments.expiry import expire_waiting
from moderation.comments.reports import forget_old_texts
from moderation.comments.retention import erase_refused
from moderation.core.errors import DecidedMeanwhile, ErasureStopped, NotPossibleNow
from moderation.desk.flags import flag_comment
from moderation.desk.holds import lift_hold, put_hold
from moderation.desk.legal import CaseForm, CaseRuling, decide_case, receive
from moderation.storage.audit import events_of
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.holds import Hold, HoldAbout
from moderation.storage.legal import LegalKind, LegalOutcome
from moderation.storage.moderator_workspace import FlagKind
from moderation.storage.queue_index import QueueIndex
from moderation.storage.reports import Report
from tests.commands import moderation
from tests.desk.desk import REASONS, colleague, notices
from tests.desk.traces import (
    MARK,
    OTHER,
    PLAIN,
    READER,
    chain_holds,
    erase,
    everything_about_a_reader,
    identifiers,
    others,
    traces,
)
from tests.newsroom import SECRET, Newsroom


def hold(newsroom: Newsroom, *arguments: str) -> Any:
    return moderation(newsroom.hall, "hold", "--site", newsroom.site, *arguments)


# --- the whole of it --------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_an_erased_reader_in_any_table(newsroom: Newsroom) -> None:
    senior = colleague(newsroom, "read", "moderate", "senior", "batch_reject", granted=True)
    ids = everything_about_a_reader(newsroom, senior)
    sought = identifiers(newsroom, ids)
    before, chained = others(newsroom, ids), chain_holds(newsroom)
    assert {table for table, _ in traces(newsroom, MARK)} >= {
        "action_items", "appeals", "author_decisions", "authors", "comment_flags", "comments", "decisions",
        "legal_cases", "marked_names", "moderator_actions", "notes", "reports", "suggested_labels",
        "webhook_attempts",
    }  # fmt: skip
    kept_answer = ("idempotency_keys", ids["published"])
    assert kept_answer in traces(newsroom, ids["published"])

    answer = erase(newsroom, "--author-id", READER["id"])

    assert answer.exit_code == 0, answer.output
    assert "comments                                  4" in answer.output
    assert moderation(newsroom.hall, "db", "vacuum").exit_code == 0
    assert traces(newsroom, *sought) == set()
    assert kept_answer not in traces(newsroom, ids["published"])
    assert others(newsroom, ids) == before
    assert chain_holds(newsroom) > chained
    _no_bytes_left(newsroom)


def _no_bytes_left(newsroom: Newsroom) -> None:
    """On SQLite the file itself, its log included, holds nothing of the reader either."""
    if not newsroom.services.database.is_sqlite:
        return
    file = Path(str(make_url(newsroom.services.database.url).database))
    for one in (file, file.with_name(f"{file.name}-wal")):
        if one.exists():
            assert MARK.encode() not in one.read_bytes().lower(), one


def test_an_erased_comment_leaves_its_place_and_the_site_is_told(newsroom: Newsroom) -> None:
    senior = colleague(newsroom, "read", "moderate", "senior", "batch_reject", granted=True)
    ids = everything_about_a_reader(newsroom, senior)
    erase(newsroom, "--author-id", READER["id"])
    assert {newsroom.status(ids[name]) for name in ("published", "refused", "waiting", "removed")} == {"erased"}
    shown = (newsroom.published().json or {})["comments"]
    place = next(one for one in shown if one["id"] == ids["published"])
    assert MARK not in json.dumps(shown)
    assert not place.get("body")
    assert next(one for one in shown if one["id"] == ids["answer"])["parent_id"] == ids["published"]
    assert "comment.erased" in notices(newsroom, ids["published"])
    told = [event["event"] for event in newsroom.events(ids["published"])]
    assert "comment.erased" in told
    with newsroom.services.database.reading() as session:
        author = session.get_one(Author, ids["author"])
        assert (author.approved, author.rejected, author.name, author.external_id) == (0, 0, "", None)
        row = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == ids["waiting"])).one()
        assert (row.status, row.waiting, row.escalated, row.bucket_0, row.toxicity) == (
            "erased",
            False,
            False,
            None,
            None,
        )
        events = [event for event in events_of(session, newsroom.site) if event.subject == ids["author"]]
        assert [event.event for event in events][-2:] == ["author.erasure_asked", "author.erased"]


def test_an_erased_reader_who_comes_back_is_somebody_new(newsroom: Newsroom) -> None:
    old = newsroom.accepted(author=PLAIN)["id"]
    erase(newsroom, "--author-id", PLAIN["id"])
    new = newsroom.accepted(author=PLAIN)["id"]
    with newsroom.services.database.reading() as session:
        assert session.get_one(Comment, new).author_id != session.get_one(Comment, old).author_id
    assert erase(newsroom, "--author-id", PLAIN["id"]).exit_code == 0
    assert newsroom.status(new) == "erased"


def test_erasing_twice_changes_nothing_more(newsroom: Newsroom) -> None:
    newsroom.accepted(author=PLAIN)
    erase(newsroom, "--author-id", PLAIN["id"])
    head = chain_holds(newsroom)
    again = erase(newsroom, "--author-id", PLAIN["id"])
    assert (again.exit_code, chain_holds(newsroom)) == (0, head)
    assert "was erased before" in again.output


def test_nobody_of_that_name_is_told_apart_from_one_who_was_erased(newsroom: Newsroom) -> None:
    answer = erase(newsroom, "--author-id", "nobody")
    assert answer.exit_code == 1
    assert "Nothing is known of a reader 'nobody'" in answer.output


def test_a_reader_who_only_reported_is_erased_too(newsroom: Newsroom) -> None:
    comment = newsroom.accepted(author=OTHER)["id"]
    newsroom.decide(comment)
    by_them = {"reason": "spam", "text": "says zyxreport", "reporter": {"id": PLAIN["id"]}}
    assert newsroom.server("POST", f"/api/v1/comments/{comment}/reports", json=by_them).status_code == 202
    key = erasing.keys_as_reporter(newsroom.services, newsroom.site, PLAIN["id"])[0]
    assert erase(newsroom, "--author-id", PLAIN["id"]).exit_code == 0
    assert {name for name, _ in traces(newsroom, "zyxreport", key)} == set()
    with newsroom.services.database.reading() as session:
        assert session.scalar(select(func.count()).where(Report.comment_id == comment)) == 1


def test_many_comments_go_in_batches_and_one_that_was_stopped_goes_on(newsroom: Newsroom) -> None:
    newsroom.put_article()
    ids = [newsroom.accepted(author=PLAIN)["id"] for _ in range(2 * erasing.AT_ONCE + 5)]
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, ids[0]).author_id
    services, turns = newsroom.services, iter([False, True])
    ask_to_erase(services, Asker(actor="test"), author)
    carry_on(services, author_id=author, stopped=lambda: next(turns))
    assert Counter(map(newsroom.status, ids)) == {"erased": erasing.AT_ONCE, "pending": erasing.AT_ONCE + 5}
    late = newsroom.accepted(author=PLAIN)["id"]  # still theirs: they are not through
    while carry_on(services) is not None:
        pass
    assert {newsroom.status(id_) for id_ in (*ids, late)} == {"erased"}
    with services.database.reading() as session:
        assert session.get_one(Author, author).name == ""


def test_a_single_comment_is_erased_and_its_writers_others_stay(newsroom: Newsroom) -> None:
    one, other = (newsroom.accepted(author=PLAIN)["id"] for _ in range(2))
    assert erase(newsroom, "--comment", one).exit_code == 0
    assert (newsroom.status(one), newsroom.status(other)) == ("erased", "pending")
    with newsroom.services.database.reading() as session:
        assert session.get_one(Author, session.get_one(Comment, other).author_id).name == PLAIN["name"]
    assert erase(newsroom, "--comment", "nothing").exit_code == 1


def test_a_guest_goes_with_their_only_comment(newsroom: Newsroom) -> None:
    comment = newsroom.accepted(author={"name": "Guest zyxguest", "address": "203.0.113.99"})["id"]
    assert erase(newsroom, "--comment", comment).exit_code == 0
    assert moderation(newsroom.hall, "db", "vacuum").exit_code == 0
    assert traces(newsroom, "zyxguest") == set()


def test_what_was_erased_can_not_be_undone(newsroom: Newsroom) -> None:
    senior = colleague(newsroom, granted=True)
    comment = newsroom.accepted(author=PLAIN)["id"]
    rejected = senior.action(comment, "reject", reason_id="spam")
    flagged = flag_comment(newsroom.services, senior.actor, comment, FlagKind.NEWSROOM, "zyxsecond")
    erase(newsroom, "--author-id", PLAIN["id"])
    for action in (rejected, flagged):
        with pytest.raises((NotPossibleNow, DecidedMeanwhile)):
            senior.undo(action)
    assert newsroom.status(comment) == "erased"


@pytest.mark.parametrize("command", ["erase", "hold", "export-reader"])
@pytest.mark.parametrize("typed", ["\x00", "\ud800", "x" * 300])
def test_an_id_that_can_not_be_kept_is_told_as_such(
    newsroom: Newsroom, command: str, typed: str, tmp_path: Path
) -> None:
    more = {"erase": ["--yes"], "hold": ["--reason", "x"], "export-reader": [str(tmp_path / "file")]}[command]
    answer = moderation(newsroom.hall, command, "--site", newsroom.site, "--author-id", typed, *more)
    assert answer.exit_code == 2
    assert "Invalid value for '--author-id'" in answer.output


def test_the_same_id_in_another_spelling_is_the_same_reader(newsroom: Newsroom) -> None:
    comment = newsroom.accepted(author={"name": "Zoë", "id": "zo\u00eb"})["id"]
    assert erase(newsroom, "--author-id", "zoe\u0308").exit_code == 0
    assert newsroom.status(comment) == "erased"


def test_a_site_with_erased_comments_goes_out_and_comes_back(
    newsroom: Newsroom, tmp_path: Path, sqlite_url: str
) -> None:
    newsroom.accepted(author=PLAIN)
    kept = newsroom.accepted(author=OTHER)["id"]
    hold(newsroom, "--comment", kept, "--reason", "Court order 12/26")
    erase(newsroom, "--author-id", PLAIN["id"])
    file = tmp_path / "site.jsonl"
    assert moderation(newsroom.hall, "export", "--site", newsroom.site, str(file)).exit_code == 0
    environment = {
        "MODERATION_DATABASE_URL": sqlite_url,
        "MODERATION_VAR": str(tmp_path),
        "MODERATION_SECRET_KEY": SECRET,
    }
    for command in (["import", "moderation", str(file), "--site", newsroom.site], ["audit", "verify"]):
        answer = CliRunner().invoke(main, command, env=environment)
        assert answer.exit_code == 0, answer.output
    database = Database(sqlite_url)
    with database.reading() as session:
        statuses = sorted(session.scalars(select(Comment.status)))
        assert statuses == ["erased", "pending"]
        assert session.scalars(select(Hold.reason)).all() == ["Court order 12/26"]
    database.close()


def test_a_running_service_goes_on_while_a_reader_is_erased_twice_at_once(newsroom: Newsroom) -> None:
    """Two processes erase the same reader, who goes on writing, while moderators decide about their comments."""
    ids = [newsroom.accepted(author=PLAIN)["id"] for _ in range(3 * erasing.AT_ONCE)]
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, ids[0]).author_id
    services = newsroom.services
    ask_to_erase(services, Asker(actor="test"), author)
    written: list[str] = []

    def write() -> None:
        for _ in range(10):
            client = newsroom.hall.app.test_client()
            content = {"author": PLAIN, "body": newsroom.text()}
            path = "/api/v1/articles/trams/comments"
            answer = client.post(path, json=content, headers={"Authorization": f"Bearer {newsroom.secret}"})
            written.append((answer.json or {})["id"])

    def decide() -> None:
        client = newsroom.hall.app.test_client()
        for comment in reversed(ids):
            path = f"/api/v1/comments/{comment}/decisions"
            headers = {"Authorization": f"Bearer {newsroom.secret}"}
            status = client.post(path, json={"outcome": "approve"}, headers=headers).status_code
            assert status in (200, 409)

    def erase_all() -> None:
        while carry_on(services) is not None:
            pass

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(work) for work in (erase_all, write, decide, erase_all)]:
            done.result(timeout=60)
    erase_all()
    with services.database.reading() as session:
        found = {one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_([*ids, *written])))}
        assert len(found) == len(ids) + 10
        theirs = [one for one in found.values() if one.author_id == author]
        assert {one.status for one in theirs} == {"erased"}
        assert not any(one.body or one.author_name or one.salt for one in theirs)
        gone = session.get_one(Author, author)
        assert (gone.name, gone.approved, gone.rejected) == ("", 0, 0)
        assert all(one.body for one in found.values() if one.author_id != author)
    chain_holds(newsroom)


# --- legal holds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("about", ["--comment", "--author-id", "--article"])
def test_a_hold_stops_an_erasure_until_it_is_lifted(newsroom: Newsroom, about: str) -> None:
    comments = [newsroom.accepted(author=PLAIN)["id"] for _ in range(2)]
    subject = {"--comment": comments[1], "--author-id": PLAIN["id"], "--article": "trams"}[about]
    put = hold(newsroom, about, subject, "--reason", "Court order 12/26")
    assert put.exit_code == 0, put.output
    for what in (("--author-id", PLAIN["id"]), ("--comment", comments[1])):
        answer = erase(newsroom, *what)
        assert answer.exit_code == 1
        assert "Court order 12/26" in answer.output
    assert {newsroom.status(id_) for id_ in comments} == {"pending"}
    assert hold(newsroom, about, subject, "--reason", "once more").exit_code == 1
    assert hold(newsroom, about, subject, "--lift", "--reason", "The case is closed").exit_code == 0
    assert hold(newsroom, about, subject, "--lift", "--reason", "The case is closed").exit_code == 1
    assert erase(newsroom, "--author-id", PLAIN["id"]).exit_code == 0
    assert {newsroom.status(id_) for id_ in comments} == {"erased"}
    with newsroom.services.database.reading() as session:
        told = [event.event for event in events_of(session, newsroom.site)]
    kind = {"--comment": "comment", "--author-id": "author", "--article": "article"}[about]
    assert f"{kind}.held" in told
    assert f"{kind}.hold_lifted" in told


def test_an_open_legal_case_stops_an_erasure_until_it_is_decided(newsroom: Newsroom) -> None:
    senior = colleague(newsroom, "read", "moderate", "senior", granted=True)
    comment = newsroom.accepted(author=PLAIN)["id"]
    form = CaseForm(kind=LegalKind.ORDER, explanation="Hand it over.", received_at=newsroom.clock.now, link=comment)
    case = receive(newsroom.services, senior.actor, newsroom.site, form)
    answer = erase(newsroom, "--author-id", PLAIN["id"])
    assert (answer.exit_code, case in answer.output) == (1, True)
    decide_case(newsroom.services, senior.actor, case, CaseRuling(outcome=LegalOutcome.REFUSED, decision="No."))
    assert erase(newsroom, "--author-id", PLAIN["id"]).exit_code == 0


def test_a_hold_that_comes_in_the_middle_stops_what_is_left(newsroom: Newsroom) -> None:
    ids = [newsroom.accepted(author=PLAIN)["id"] for _ in range(erasing.AT_ONCE + 1)]
    with newsroom.services.database.reading() as session:
        author = session.get_one(Comment, ids[0]).author_id
    services, turns = newsroom.services, iter([False, True])
    ask_to_erase(services, Asker(actor="test"), author)
    carry_on(services, author_id=author, stopped=lambda: next(turns))
    put_hold(services, "test", newsroom.site, HoldAbout.AUTHOR, author, "A case")
    with pytest.raises(ErasureStopped):
        carry_on(services)
    assert carry_on(services) is None  # nobody knocks again and again
    lift_hold(services, "test", newsroom.site, HoldAbout.AUTHOR, author, "It is over")
    newsroom.clock.now += erasing.STOPPED_FOR + timedelta(seconds=1)
    assert carry_on(services) is not None
    assert set(map(newsroom.status, ids)) == {"erased"}


def test_what_is_held_does_not_expire_and_the_words_of_its_reports_stay(newsroom: Newsroom) -> None:
    newsroom.configure(
        REASONS + "[comments]\nclose_after_days = 1\nexpire_after_days = 1\n[reports]\nkeep_texts_days = 1\n"
    )
    held, free = (newsroom.accepted(author=PLAIN)["id"] for _ in range(2))
    shown = newsroom.accepted(author=OTHER)["id"]
    newsroom.decide(shown)
    reported = {"reason": "spam", "text": "the words"}
    newsroom.browser("POST", f"/api/v1/comments/{shown}/reports", json=reported)
    for comment in (held, shown):
        put_hold(newsroom.services, "test", newsroom.site, HoldAbout.COMMENT, comment, "A case")
    newsroom.clock.now += timedelta(days=10)
    expire_waiting(newsroom.services)
    forget_old_texts(newsroom.services)
    assert (newsroom.status(held), newsroom.status(free)) == ("pending", "expired")

    def words() -> str | None:
        with newsroom.services.database.reading() as session:
            return session.scalars(select(Report.text).where(Report.comment_id == shown)).one()

    assert words() == "the words"
    lift_hold(newsroom.services, "test", newsroom.site, HoldAbout.COMMENT, shown, "It is over")
    forget_old_texts(newsroom.services)
    assert words() is None


def test_what_was_refused_is_erased_after_its_days_and_nothing_else(newsroom: Newsroom) -> None:
    newsroom.configure(REASONS + "[comments]\nerase_refused_after_days = 30\n")
    senior = colleague(newsroom, "read", "moderate", "senior", granted=True)
    refused, published, waits, held, in_a_case, appealed = (newsroom.accepted() for _ in range(6))
    newsroom.decide(published["id"])
    for one in (refused, held, in_a_case, appealed):
        assert newsroom.decide(one["id"], "reject", reason="off-topic").status_code == 200
    put_hold(newsroom.services, "test", newsroom.site, HoldAbout.COMMENT, held["id"], "A case")
    form = CaseForm(
        kind=LegalKind.ORDER, explanation="Hand it over.", received_at=newsroom.clock.now, link=in_a_case["id"]
    )
    case = receive(newsroom.services, senior.actor, newsroom.site, form)
    path, query = f"/api/v1/comments/{appealed['id']}/appeal", {"receipt": appealed["receipt"]}
    assert newsroom.client.post(path, query_string=query, json={"text": "Please."}).status_code == 202
    ours = (refused, published, waits, held, in_a_case, appealed)

    def erased() -> list[str]:
        """Which of ours are, after another look at all sites."""
        erase_refused(newsroom.services)
        return [one["id"] for one in ours if newsroom.status(one["id"]) == "erased"]

    newsroom.clock.move(days=29)
    assert erased() == []
    newsroom.clock.move(days=2)
    assert erased() == erased() == [refused["id"]]
    kept = ours[1:]
    assert [newsroom.status(one["id"]) for one in kept] == ["approved", "pending", "rejected", "rejected", "rejected"]
    found = [event for event in newsroom.events(refused["id"]) if event["event"] == "comment.erased"]
    assert [event["actor"] for event in found] == ["system"]
    chain_holds(newsroom)
    lift_hold(newsroom.services, "test", newsroom.site, HoldAbout.COMMENT, held["id"], "It is over")
    decide_case(newsroom.services, senior.actor, case, CaseRuling(outcome=LegalOutcome.REFUSED, decision="No."))
    assert erased() == [refused["id"], held["id"], in_a_case["id"]]
    newsroom.decide(published["id"], "reject", reason="off-topic")
    newsroom.configure(REASONS)
    newsroom.clock.move(days=365)
    assert erased() == [refused["id"], held["id"], in_a_case["id"]]


# --- what is held about a reader --------------------------------------------------------------------------------------


def test_a_reader_gets_what_is_held_about_them_and_no_name_of_a_moderator(newsroom: Newsroom, tmp_path: Path) -> None:
    senior = colleague(newsroom, "read", "moderate", "senior", "batch_reject", granted=True)
    ids = everything_about_a_reader(newsroom, senior)
    file = tmp_path / "reader.json"
    answer = moderation(newsroom.hall, "export-reader", "--site", newsroom.site, "--author-id", READER["id"], str(file))
    assert answer.exit_code == 0, answer.output
    written = file.read_text()
    whole = json.loads(written)
    comments = {comment["id"]: comment for comment in whole["comments"]}
    assert set(comments) == {ids[name] for name in ("published", "refused", "waiting", "removed")}
    refused = comments[ids["refused"]]
    assert refused["appeal"]["text"] == f"I am {MARK}."
    assert refused["decisions"][-1]["note"] == f"{MARK} again"
    assert refused["decisions"][-1]["statement"]["why"] == f"You said {MARK}."
    assert refused["scores"]["toxicity"] is not None
    assert comments[ids["published"]]["reports"][0]["text"] == f"{MARK} lies"
    assert comments[ids["published"]]["notes"][0]["text"] == f"they wrote {MARK}"
    assert whole["reports_by_reader"][0]["text"] == f"says {MARK}"
    (author,) = whole["known_as"]
    assert (author["name"], author["decisions"][0]["kind"]) == (READER["name"], "muted")
    assert senior.actor.name not in written
    assert str(senior.actor.account_id) not in written
    assert OTHER["name"] not in written
    erase(newsroom, "--author-id", READER["id"])


def test_nothing_known_writes_no_file(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "reader.json"
    answer = moderation(newsroom.hall, "export-reader", "--site", newsroom.site, "--author-id", "nobody", str(file))
    assert (answer.exit_code, file.exists()) == (1, False)
