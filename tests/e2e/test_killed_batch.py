"""A server or a worker that is killed in the middle of a batch: the next one finishes it, each comment decided once."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, select, update

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.core.actor import Actor
from moderation.core.reach import Scope
from moderation.desk.bulk import decide_score_range
from moderation.desk.decide import Ruling, Verdict
from moderation.services import Services
from moderation.storage.accounts import account_named
from moderation.storage.actions import ModeratorAction
from moderation.storage.audit import EventRow
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.score_map import Area, ScoreRange
from tests.doubles import NO_LIMITS
from tests.e2e.forked import Forked
from tests.e2e.service import Service
from tests.waiting import until

T = TypeVar("T")
COMMENTS = 120
BODY = "Comment {}: the bridge will spare my children the detour along the main road every morning."
LONG_ONES, LONG = 20, " And there is more to be said about the bridge than would fit into one sentence." * 6
"""A worker is at a batch of these for so long that it can be caught in the middle."""


class Defaults:
    """The configuration that every key's default makes."""

    def current(self) -> Configuration:
        return parse_configuration("")


def test_a_batch_goes_on_after_its_server_was_killed(own_service: Service) -> None:
    service = own_service.start()
    say(service, COMMENTS)
    database = Database(f"sqlite:///{service.var / 'moderation.sqlite3'}")
    action_id = press_approve(database)
    wait_for(database, action_id, lambda action: action.done > 0)
    service.stop(signal.SIGKILL)
    killed_at = action_of(database, action_id)
    assert killed_at.finished_at is None, "the kill came too late to prove anything"
    service.start()
    wait_for(database, action_id, lambda action: action.finished_at is not None)
    action = action_of(database, action_id)
    assert (action.total, action.done, action.skipped) == (COMMENTS, COMMENTS, 0)
    with database.reading() as session:
        found = session.execute(select(Comment.status, Comment.revision)).all()
    assert set(found) == {("approved", 2)}
    assert service.command("audit", "verify").exit_code == 0
    print(f"SIGKILL: {killed_at.done} of {COMMENTS} decided by the one server, the rest by the next")
    database.close()


def test_what_a_killed_worker_had_is_scored_by_the_next_when_its_lease_has_ended(
    own_service: Service, database_url: str
) -> None:
    service = own_service
    configuration = service.var / "worker.toml"
    configuration.write_text(f"{NO_LIMITS}[scoring]\nmode = 'worker'\nruntime = 'onnxruntime-int8'\n")
    service.environment |= {"MODERATION_CONFIG": str(configuration), "MODERATION_DATABASE_URL": database_url}
    say(service.start(), LONG_ONES, LONG)
    service.stop()
    database = Database(database_url)
    worker = start_worker(service)
    has = stopped_amid(worker, database, lambda: claimed(database))
    worker.kill()
    worker.wait()
    assert set(claimed(database)) == set(has), "nobody but the dead worker has them"
    worker = start_worker(service)
    until(lambda: not set(unscored(database)) - set(has), seconds=300)
    assert set(unscored(database)) == set(has), "the lease has not ended"
    ended = update(Comment).values(scoring_leased_until=Comment.received_at).where(Comment.id.in_(has))
    database.writing(lambda session: session.execute(ended))
    until(lambda: not unscored(database), seconds=300)
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    with database.reading() as session:
        assert set(session.execute(select(Comment.status, Comment.scoring_leased_until))) == {("pending", None)}
        query = select(EventRow.event, EventRow.subject).where(EventRow.event.startswith("comment."))
        told = Counter((row.event, row.subject) for row in session.execute(query))
    assert set(told.values()) == {1}, "something was done twice"
    assert Counter(event for event, _ in told)["comment.scored"] == LONG_ONES
    assert service.command("audit", "verify").exit_code == 0
    database.close()


def test_a_text_over_which_three_workers_are_killed_waits_for_a_moderator_and_its_neighbours_get_their_scores(
    own_service: Service, database_url: str
) -> None:
    service = own_service
    configuration = service.var / "worker.toml"
    configuration.write_text('[scoring]\nmode = "worker"\n[rate_limits]\nenabled = false\n')
    service.environment |= {"MODERATION_CONFIG": str(configuration), "MODERATION_DATABASE_URL": database_url}
    say(service.start(), 24, LONG)
    service.stop()
    database = Database(database_url)
    deadly = sorted(unscored(database))[3]
    for _ in range(3):
        worker = start_worker(service)
        stopped_amid(
            worker,
            database,
            lambda: deadly in claimed(database, Comment.scoring_leased_until > Comment.received_at),
        )
        worker.kill()
        worker.wait()
        ended = (
            update(Comment).values(scoring_leased_until=Comment.received_at).where(Comment.id.in_(claimed(database)))
        )
        database.writing(lambda session, ended=ended: session.execute(ended))  # type: ignore[misc]
    worker = start_worker(service)
    until(lambda: not claimed(database) and len(unscored(database)) == 1, seconds=300)
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    with database.reading() as session:
        told = session.execute(select(Comment.id, Comment.scored, Comment.status, Comment.scoring_attempts)).all()
    assert [tuple(row) for row in told if not row.scored] == [(deadly, False, "pending", 3)]
    assert {row.status for row in told} == {"pending"}
    assert service.command("audit", "verify").exit_code == 0
    database.close()


def stopped_amid(worker: subprocess.Popen[str] | Forked, database: Database, amid: Callable[[], T]) -> T:
    """Stops a worker where it stands until it is seen to be in the middle of something, so that no kill comes too late;
    what is seen then.
    """
    while not (seen := amid()):
        worker.send_signal(signal.SIGCONT)
        assert unscored(database), "it was through before it could be stopped"
        time.sleep(0.005)
        worker.send_signal(signal.SIGSTOP)
    return seen


def start_worker(service: Service) -> subprocess.Popen[str] | Forked:
    return service.begin("worker", log="log")


def say(service: Service, number: int, longer: str = "") -> None:
    """So many readers comment on one article."""
    service.ask("PUT", "/api/v1/articles/bridge", {"title": "A bridge", "text": "The council builds a bridge."})
    for one in range(number):
        comment = {"author": {"name": f"Reader {one}"}, "body": BODY.format(one) + longer}
        assert service.ask("POST", "/api/v1/articles/bridge/comments", comment).status == 202


def unscored(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Comment.id).where(Comment.scored.is_(False))))


def claimed(database: Database, *where: ColumnElement[bool]) -> list[str]:
    """What waits for its scores and some worker has, or had."""
    with database.reading() as session:
        query = select(Comment.id).where(Comment.scored.is_(False), Comment.scoring_leased_until.is_not(None), *where)
        return list(session.scalars(query))


def press_approve(database: Database) -> str:
    """What a moderator's press on the map's button does; the server finds the action and goes on with it."""
    with database.reading() as session:
        account = account_named(session, "admin")
    assert account is not None
    rights = {"*": frozenset({"read", "moderate", "batch_approve"})}
    actor = Actor(reference=f"account:{account.id}", name="admin", account_id=account.id, rights=rights)
    nothing = cast(Any, None)
    services = Services(settings=nothing, configuration=Defaults(), database=database, scorer=nothing)
    area = Area(scopes=(Scope(site_id="demo", escalated=False),))
    score_range = ScoreRange(signal="toxicity", low=0, high=100)
    return decide_score_range(services, actor, area, score_range, Ruling(verdict=Verdict.APPROVE)).action_id


def action_of(database: Database, action_id: str) -> ModeratorAction:
    with database.reading() as session:
        return session.get_one(ModeratorAction, action_id)


def wait_for(database: Database, action_id: str, reached: Callable[[ModeratorAction], bool]) -> None:
    """Until the server has come so far, or far too much time has passed."""
    until(lambda: reached(action_of(database, action_id)), seconds=300)
