"""Killed or stopped under sixteen clients: what was acknowledged is there, once, and the chain holds."""

from __future__ import annotations

import http.client
import json
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from tests.e2e.service import SITE_KEY, Service

CLIENTS = 16
COMMENTS = 200
ARTICLE = "a-bridge-for-cyclists"


@dataclass(slots=True)
class Load:
    """Sixteen clients that post numbered comments until they are through or nobody answers any more."""

    service: Service
    keep_alive: bool = True
    acknowledged: dict[int, str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        numbers = iter(range(COMMENTS))
        self._threads = [threading.Thread(target=self._client, args=(numbers,)) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, answers: int) -> None:
        while len(self.acknowledged) < answers:
            time.sleep(0.005)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _client(self, numbers: Iterator[int]) -> None:
        address = urlsplit(self.service.address)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        while True:
            with self._lock:
                number = next(numbers, None)
            if number is None or not self._connected(connection):
                break
            outcome = self._post(connection, number)
            with self._lock:
                self.outcomes[outcome] += 1
            if outcome != "acknowledged":
                break
        connection.close()

    def _connected(self, connection: http.client.HTTPConnection) -> bool:
        if connection.sock is None:
            try:
                connection.connect()
            except OSError:
                with self._lock:
                    self.outcomes["refused"] += 1
                return False
        return True

    def _post(self, connection: http.client.HTTPConnection, number: int) -> str:
        body = f"Comment {number}: the bridge will spare my children the detour along the main road every morning."
        comment = {"author": {"name": f"Reader {number}"}, "body": body, "external_id": f"load-{number}"}
        headers = {"Authorization": f"Bearer {SITE_KEY}", "Content-Type": "application/json"}
        if not self.keep_alive:
            headers["Connection"] = "close"
        try:
            connection.request("POST", f"/api/v1/articles/{ARTICLE}/comments", json.dumps(comment), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            if answer.will_close:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"lost: {error!r}"
        if answer.status not in (201, 202):
            return f"status {answer.status}: {told}"
        with self._lock:
            self.acknowledged[number] = told["id"]
        return "acknowledged"


def register_article(service: Service) -> None:
    text = "The city council has decided to build a bridge for cyclists over the river. It will open in two years."
    assert (
        service.ask("PUT", f"/api/v1/articles/{ARTICLE}", {"title": "A bridge for cyclists", "text": text}).status
        == 201
    )


def stored(service: Service) -> dict[int, list[str]]:
    """The load's comments by number, with their ids, as they lie in the database."""
    with sqlite3.connect(service.var / "moderation.sqlite3") as connection:
        rows = connection.execute("SELECT external_id, id FROM comments WHERE external_id LIKE 'load-%'").fetchall()
    connection.close()
    found: dict[int, list[str]] = {}
    for external_id, comment_id in rows:
        found.setdefault(int(external_id.removeprefix("load-")), []).append(comment_id)
    return found


def test_killed_under_load_it_keeps_every_acknowledged_comment_once(own_service: Service) -> None:
    service = own_service.start()
    register_article(service)
    load = Load(service)
    load.start()
    load.wait_for(COMMENTS // 3)
    service.stop(signal.SIGKILL)
    load.join()
    assert len(load.acknowledged) < COMMENTS, "the kill came too late to prove anything"

    service.start()
    found = stored(service)
    assert {number: [comment_id] for number, comment_id in load.acknowledged.items()}.items() <= found.items()
    assert all(len(ids) == 1 for ids in found.values())
    for [comment_id] in found.values():
        events = [event["event"] for event in service.ask("GET", f"/api/v1/comments/{comment_id}/audit").json["events"]]
        assert events == ["comment.submitted", "comment.scored", "comment.decided"]
    verified = service.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout
    print(
        f"SIGKILL: {len(load.acknowledged)} acknowledged, {len(found)} stored, "
        f"{sum(len(ids) > 1 for ids in found.values())} doubled, "
        f"{len(load.acknowledged.keys() - found.keys())} lost"
    )


@pytest.mark.parametrize(
    ("number", "keep_alive"),
    [(signal.SIGTERM, True), (signal.SIGINT, False)],
    ids=["SIGTERM, kept connections", "Ctrl-C, new connections"],
)
def test_stopped_under_load_it_loses_no_request(own_service: Service, number: int, keep_alive: bool) -> None:
    service = own_service.start()
    register_article(service)
    load = Load(service, keep_alive=keep_alive)
    load.start()
    load.wait_for(COMMENTS // 3)
    assert service.stop(number) == 0
    load.join()
    assert set(load.outcomes) == {"acknowledged", "refused"}
    found = stored(service)
    assert found == {number: [comment_id] for number, comment_id in load.acknowledged.items()}
    assert service.command("audit", "verify").returncode == 0
    print(f"stop: {len(load.acknowledged)} acknowledged, {len(found)} stored, {load.outcomes['refused']} refused")
