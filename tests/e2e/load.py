"""Sixteen clients that comment while something goes wrong, and what became of their comments."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from moderation.config.settings import read_environment
from moderation.storage.database import Database
from tests.e2e.service import ROOT, SITE_KEY, Service

CLIENTS = 16
COMMENTS = 200
ARTICLE = "a-bridge-for-cyclists"
AGAIN_SECONDS = 0.1
PATIENCE_SECONDS = 300
"""Nobody insists for longer: then something never goes on again."""


@dataclass(slots=True)
class Load:
    """Clients that post numbered comments until they are through or nobody answers any more.

    With ``insist`` a client sends what was refused or lost again, as a site's server would, until it is acknowledged:
    a comment that had arrived all the same is answered with 409 and its id.
    """

    service: Service
    keep_alive: bool = True
    insist: bool = False
    comments: int = COMMENTS
    name: str = "load"
    beside: tuple[Service, ...] = ()
    """Who is called where nobody takes a call, as a proxy in front does."""
    acknowledged: dict[int, str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _insists_until: float = 0.0

    def start(self) -> None:
        self._insists_until = time.monotonic() + PATIENCE_SECONDS
        numbers = iter(range(self.comments))
        self._threads = [threading.Thread(target=self._client, args=(numbers,)) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, answers: int) -> None:
        while len(self.acknowledged) < answers:
            assert self._alive, self.outcomes
            time.sleep(0.005)

    def wait_for_outcome(self, beginning: str) -> None:
        """Waits until somebody was answered so."""
        while not any(outcome.startswith(beginning) for outcome in list(self.outcomes)):
            assert self._alive, self.outcomes
            time.sleep(0.005)

    def cut_short(self, kill: Callable[[], object]) -> None:
        """Begins, and kills what serves it in the middle. Fails where that came too late to prove anything."""
        self.start()
        self.wait_for(self.comments // 3)
        kill()
        self.join()
        assert len(self.acknowledged) < self.comments, "the kill came too late to prove anything"

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def _alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _client(self, numbers: Iterator[int]) -> None:
        address = urlsplit(self.service.address)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        while True:
            with self._lock:
                number = next(numbers, None)
            if number is None or not self._brought(connection, number):
                break
        connection.close()

    def _brought(self, connection: http.client.HTTPConnection, number: int) -> bool:
        """Sends one comment, once or until it is acknowledged; says whether it was."""
        while True:
            outcome = self._post(connection, number) if self._connected(connection) else "refused"
            with self._lock:
                self.outcomes[outcome] += 1
            if outcome == "acknowledged":
                return True
            if not self.insist or time.monotonic() > self._insists_until:
                return False
            time.sleep(AGAIN_SECONDS)

    def _connected(self, connection: http.client.HTTPConnection) -> bool:
        for service in (self.service, *self.beside):
            if connection.sock is not None:
                break
            address = urlsplit(service.address)
            connection.host, connection.port = str(address.hostname), int(address.port or 80)
            with suppress(OSError):
                connection.connect()
        return connection.sock is not None

    def _post(self, connection: http.client.HTTPConnection, number: int) -> str:
        body = f"Comment {number}: the bridge will spare my children the detour along the main road every morning."
        comment = {
            "author": {"name": f"Reader {number}", "id": f"{self.name}-{number}"},
            "body": body,
            "external_id": f"{self.name}-{number}",
        }
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
            connection.close()
            return f"lost: {error!r}"
        arrived = answer.status in (201, 202)
        if not arrived and not (self.insist and answer.status == 409):
            come_again = "" if "Retry-After" in answer.headers else " without Retry-After"
            return f"status {answer.status}{come_again if answer.status == 503 else ''}: {told['detail']}"
        with self._lock:
            self.acknowledged[number] = told["id"] if arrived else told["comment_id"]
        return "acknowledged"


def register_article(service: Service) -> None:
    text = "The city council has decided to build a bridge for cyclists over the river. It will open in two years."
    answer = service.ask("PUT", f"/api/v1/articles/{ARTICLE}", {"title": "A bridge for cyclists", "text": text})
    assert answer.status in (200, 201)


def stored(service: Service, name: str = "load") -> dict[int, list[str]]:
    """The load's comments by number, with their ids, as they lie in the database."""
    found: dict[int, list[str]] = {}
    query = text("SELECT external_id, id FROM comments WHERE external_id LIKE :name")
    for external_id, comment_id in asked(service, query, name=f"{name}-%"):
        found.setdefault(int(external_id.rpartition("-")[2]), []).append(comment_id)
    return found


_UNDECIDED = text(
    "SELECT id FROM comments WHERE status = 'approved' AND NOT EXISTS"
    " (SELECT 1 FROM decisions WHERE decisions.comment_id = comments.id AND decisions.status = 'approved')"
)


def account_for(load: Load, what: str) -> None:
    """Prints what became of the load's comments. What was acknowledged is there, once; nothing is published that nobody
    approved; every chain verifies.
    """
    found = stored(load.service, load.name)
    doubled = sum(len(ids) > 1 for ids in found.values())
    lost = load.acknowledged.keys() - found.keys()
    print(
        f"{what}: {len(load.acknowledged)} acknowledged, {len(found)} stored, {doubled} doubled, {len(lost)} lost; "
        f"{dict(load.outcomes)}"
    )
    assert not lost
    assert not doubled
    assert {number: [comment_id] for number, comment_id in load.acknowledged.items()}.items() <= found.items()
    assert not any(outcome.startswith("status 5") for outcome in load.outcomes if "503" not in outcome), load.outcomes
    assert not any("without Retry-After" in outcome for outcome in load.outcomes), load.outcomes
    assert asked(load.service, _UNDECIDED) == []
    verified = load.service.command("audit", "verify")
    assert verified.exit_code == 0, verified.output


def asked(service: Service, query: object, **values: object) -> list[tuple[Any, ...]]:
    """What the service's database answers, whether or not the service runs."""
    database = Database(read_environment(service.whole_environment, root=ROOT).database_url)
    try:
        with database.asking() as connection:
            return [tuple(row) for row in connection.execute(query, values)]  # type: ignore[call-overload]
    finally:
        database.close()
