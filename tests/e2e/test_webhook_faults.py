"""A site whose receiver hangs, errs or says yes too late while sixteen clients comment: no reader waits for it, and in
the end it has been told of every comment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock

import pytest
from sqlalchemy import text

from moderation.webhooks.sending import SECONDS
from tests.e2e.load import Load, account_for, asked, register_article
from tests.e2e.service import Service
from tests.waiting import until
from tests.webhooks.receiver import OK, Answer, Receiver, Request, receiving, slowly, status

COMMENTS = 40
FAILING = 3
"""So many events go wrong at their first try."""

COMMENTS_OF_LOAD = "(SELECT id FROM comments WHERE external_id LIKE :name)"
DELIVERED = text(
    "SELECT event_id, attempts FROM webhook_deliveries WHERE delivered_at IS NOT NULL AND dead_at IS NULL"
    f" AND subject IN {COMMENTS_OF_LOAD}"
)
FAILED = text(
    "SELECT coalesce(error, CAST(status AS TEXT)), milliseconds >= 1000 * :seconds FROM webhook_attempts AS attempts"
    " JOIN webhook_deliveries ON number = delivery"
    f" WHERE coalesce(status, 0) <> 200 AND subject IN {COMMENTS_OF_LOAD}"
)

TOO_LATE = f"no answer within {SECONDS:g} seconds"
FAILURES = {"hangs": TOO_LATE, "errs": "503", "late": TOO_LATE}
"""What the service has written down of the tries that failed."""


@dataclass(slots=True)
class Site:
    """Goes wrong with the first events that come, once with each, and writes down to which it has said yes."""

    wrong: Answer
    failed: set[str] = field(default_factory=set)
    yes: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        event = request.headers["webhook-id"]
        with self._lock:
            goes_wrong = event not in self.failed and len(self.failed) < FAILING
            if goes_wrong:
                self.failed.add(event)
        (self.wrong if goes_wrong else self.says_yes)(handler, request)

    def says_yes(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        with self._lock:
            self.yes[request.headers["webhook-id"]] += 1
        OK(handler, request)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture(scope="module")
def telling(
    receiver: Receiver, production: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that tells the receiver of what becomes of comments."""
    service = Service(tmp_path_factory.mktemp("var"), environment=production).start()
    register_article(service)
    added = service.command("webhooks", "add", "--site", "demo", receiver.url, "--allow-private",
                            "--event", "comment.accepted")  # fmt: skip
    assert added.exit_code == 0, added.stderr
    yield service
    assert service.stop() == 0


@pytest.mark.parametrize("fault", FAILURES)
def test_it_is_told_of_every_comment_in_the_end_and_again_only_of_what_it_did_not_confirm_in_time(
    telling: Service, receiver: Receiver, fault: str
) -> None:
    site = Site(receiver.hang)
    if fault == "errs":
        site.wrong = status(503)
    elif fault == "late":
        site.wrong = slowly(SECONDS + 2, site.says_yes)
    receiver.answer = site
    before = len(receiver.got)
    loads = [Load(telling, comments=COMMENTS // 2, name=f"{fault}-{when}") for when in ("before", "meanwhile")]
    for load in loads:
        load.start()
        load.join()
        assert load.outcomes == {"acknowledged": COMMENTS // 2}
        until(lambda: len(site.failed) == FAILING)
    acknowledged = {comment_id for load in loads for comment_id in load.acknowledged.values()}

    until(lambda: len(delivered(telling, fault)) == COMMENTS)
    if fault == "late":
        until(lambda: all(site.yes[event] == 2 for event in site.failed))
    came = [(request.headers["webhook-id"], request.comment["id"]) for request in receiver.got[before:]]
    tries = Counter(event for event, _ in came)
    comment_of = dict(came)
    lost = acknowledged - {comment_of[event] for event in site.yes}
    doubled = {event for event, times in site.yes.items() if times > 1}
    print(
        f"receiver {fault}: {len(comment_of)} events, {len(site.yes)} confirmed, {len(doubled)} of them twice "
        f"under the same id, {len(lost)} lost"
    )
    assert not lost
    assert len(comment_of) == len(set(comment_of.values())) == COMMENTS  # a comment's event never gets another id
    assert {event for event, times in tries.items() if times > 1} == site.failed
    assert doubled == (site.failed if fault == "late" else set())
    assert tries == delivered(telling, fault)
    failures = asked(telling, FAILED, name=f"{fault}-%", seconds=SECONDS)
    assert failures == [(FAILURES[fault], fault != "errs")] * FAILING  # nobody had less time than is promised
    for load in loads:
        account_for(load, f"webhook receiver {fault}")


def delivered(service: Service, fault: str) -> dict[str, int]:
    """The events that the service holds to have arrived, and how often it has tried."""
    return dict(asked(service, DELIVERED, name=f"{fault}-%"))
