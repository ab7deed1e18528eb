"""A server that is killed in the middle of a batch: the next one finishes it, each comment decided once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import select

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.core.actor import Actor
from moderation.desk.bulk import decide_score_range
from moderation.desk.decide import Ruling, Verdict
from moderation.services import Services
from moderation.storage.accounts import account_named
from moderation.storage.actions import ModeratorAction
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.score_map import Area, Ground, ScoreRange
from tests.e2e.service import Service

COMMENTS = 120


class Defaults:
    """The configuration that every key's default makes."""

    def current(self) -> Configuration:
        return parse_configuration("")


def test_a_batch_goes_on_after_its_server_was_killed(own_service: Service) -> None:
    service = own_service.start()
    service.ask("PUT", "/api/v1/articles/bridge", {"title": "A bridge", "text": "The council builds a bridge."})
    for number in range(COMMENTS):
        body = f"Comment {number}: the bridge will spare my children the detour along the main road every morning."
        comment = {"author": {"name": f"Reader {number}"}, "body": body}
        assert service.ask("POST", "/api/v1/articles/bridge/comments", comment).status == 202
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
    assert service.command("audit", "verify").returncode == 0
    print(f"SIGKILL: {killed_at.done} of {COMMENTS} decided by the one server, the rest by the next")
    database.close()


def press_approve(database: Database) -> str:
    """What a moderator's press on the map's button does; the server finds the action and goes on with it."""
    with database.reading() as session:
        account = account_named(session, "admin")
    assert account is not None
    rights = {"*": frozenset({"read", "moderate", "batch_approve"})}
    actor = Actor(reference=f"account:{account.id}", name="admin", account_id=account.id, rights=rights)
    nothing = cast(Any, None)
    services = Services(settings=nothing, configuration=Defaults(), database=database, scorer=nothing)
    area, score_range = Area(grounds=(Ground(site_id="demo"),)), ScoreRange(signal="toxicity", low=0, high=100)
    return decide_score_range(services, actor, area, score_range, Ruling(verdict=Verdict.APPROVE)).action_id


def action_of(database: Database, action_id: str) -> ModeratorAction:
    with database.reading() as session:
        return session.get_one(ModeratorAction, action_id)


def wait_for(database: Database, action_id: str, reached: Callable[[ModeratorAction], bool]) -> None:
    """Until the server has come so far, or far too much time has passed."""
    deadline = time.monotonic() + 120
    while not reached(action_of(database, action_id)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
