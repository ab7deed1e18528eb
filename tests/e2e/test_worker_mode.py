"""Workers score what web processes take in, woken through a real broker: RabbitMQ, and Redis. Whatever becomes of the
broker, of its queues and of a worker, each comment is scored and decided once.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select, text, update

from moderation.config.settings import read_environment
from moderation.jobs import broker as messages
from moderation.services import Piece, Services
from moderation.storage.audit import EventRow
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.workers import Worker
from tests.e2e.brokers import Broker, a_broker, purge, remove, waiting
from tests.e2e.forked import Forked
from tests.e2e.service import Service
from tests.fresh_postgres import drop, new_database, url_of
from tests.waiting import until
from tests.webhooks.receiver import Receiver, receiving

BODY = "Comment {} of {}: the bridge will spare my children the detour along the main road every morning."
LONG = " And there is more to be said about the bridge than would fit into one sentence." * 6
ARTICLE = {"title": "The bridge", "text": "The council builds a bridge over the river."}
CONFIGURATION = '[scoring]\nmode = "worker"\nruntime = "onnxruntime-int8"\n[rate_limits]\nenabled = false\n'
SECONDS = 300


def is_stopped(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@dataclass(slots=True)
class Deployment:
    """A web process in worker mode, and workers, over one database and one broker."""

    service: Service
    broker: Broker
    database: Database
    secret: str
    receiver: Receiver
    workers: list[subprocess.Popen[str] | Forked] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """What was acknowledged: a comment's id, and its text."""

    def start_worker(self) -> subprocess.Popen[str] | Forked:
        before = self.living()
        worker = self.service.begin("worker", log="worker.log")
        self.workers.append(worker)
        until(lambda: self.living() > before, seconds=SECONDS)
        return worker

    def end(self, worker: subprocess.Popen[str] | Forked, number: int) -> int:
        worker.send_signal(number)
        self.workers.remove(worker)
        return worker.wait(timeout=60)

    def living(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Worker)) or 0

    def say(self, name: str, number: int, longer: str = "") -> list[str]:
        """So many readers comment, eight at once; each is acknowledged and waits for a worker."""
        numbers, answered = iter(range(number)), list[str]()
        lock = threading.Lock()

        def client() -> None:
            while True:
                with lock:
                    one = next(numbers, None)
                if one is None:
                    return
                body = BODY.format(one, name) + longer
                comment = {"author": {"name": f"Reader {one}", "id": f"{name}-{one}"}, "body": body}
                answer = self.service.ask("POST", "/api/v1/articles/bridge/comments", comment)
                assert (answer.status, answer.json["status"]) == (202, "received"), answer
                with lock:
                    answered.append(answer.json["id"])
                    self.said[answer.json["id"]] = body

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answered) == number
        return answered

    def unscored(self) -> set[str]:
        with self.database.reading() as session:
            return set(session.scalars(select(Comment.id).where(Comment.scored.is_(False))))

    def wait_for_scores(self) -> None:
        until(lambda: not self.unscored(), seconds=SECONDS)

    def wait_for_messages(self) -> None:
        """Until workers have taken all that wake them."""
        until(lambda: waiting(self.broker.url, self.secret, Piece.SCORING) == 0, seconds=SECONDS)

    def claimed(self) -> set[str]:
        """What waits for its scores and some worker has."""
        with self.database.reading() as session:
            query = select(Comment.id).where(Comment.scored.is_(False), Comment.scoring_leased_until.is_not(None))
            return set(session.scalars(query))

    def halt(self, worker: subprocess.Popen[str] | Forked) -> None:
        """Stops a worker where it stands in nobody's way: in no transaction."""
        until(lambda: self._is_halted(worker), seconds=SECONDS)

    def caught(self, worker: subprocess.Popen[str] | Forked, name: str) -> set[str]:
        """Stops a worker in the middle of a batch of long comments, but in no transaction; what it has."""
        for time_ in range(10):  # on a busy machine it may be through before it is stopped
            self.say(f"{name} {time_}", 24, LONG)
            while self.unscored():
                if self._is_halted(worker):
                    if has := self.claimed():
                        return has
                    worker.send_signal(signal.SIGCONT)
                time.sleep(0.01)
        raise AssertionError("it is never in the middle of a batch")

    def _is_halted(self, worker: subprocess.Popen[str] | Forked) -> bool:
        """Stops it, and has it go on where anybody is in a transaction: it might be the one, and hold others up."""
        worker.send_signal(signal.SIGSTOP)
        until(lambda: is_stopped(worker.pid), seconds=SECONDS)
        if self.transactions():
            worker.send_signal(signal.SIGCONT)
            return False
        return True

    def transactions(self) -> int:
        """How many are under way, this one aside."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state IN ('active', 'idle in transaction')"
        )
        with self.database.reading() as session:
            return session.scalar(text(query)) or 0

    def end_leases(self, of: set[str]) -> None:
        ended = update(Comment).values(scoring_leased_until=Comment.received_at).where(Comment.id.in_(of))
        self.database.writing(lambda session: session.execute(ended))

    def count(self, what: str) -> None:
        """Everything that was ever acknowledged is there once, scored and decided once, and the chain holds."""
        with self.database.reading() as session:
            stored = {row.id: row for row in session.execute(select(Comment.id, Comment.body, Comment.status))}
            query = select(EventRow.event, EventRow.subject).where(EventRow.event.startswith("comment."))
            events = Counter((row.event, row.subject) for row in session.execute(query))
        doubled = sum(times > 1 for times in events.values())
        doubled += len(stored) - len({row.body for row in stored.values()})
        lost = self.said.keys() - stored.keys()
        print(f"{what}: {len(self.said)} acknowledged, {len(stored)} stored, {doubled} doubled, {len(lost)} lost")
        assert (doubled, lost) == (0, set())
        assert {row.status for row in stored.values()} <= {"approved", "pending"}, "decided by the policy"
        for event in ("submitted", "scored", "decided"):
            assert {subject for each, subject in events if each == f"comment.{event}"} == self.said.keys()
        verified = self.service.command("audit", "verify")
        assert verified.exit_code == 0, verified.stdout

    def log(self) -> str:
        return (self.service.var / "worker.log").read_text()


@contextmanager
def a_deployment(kind: str, folder: Path, url: str) -> Iterator[Deployment]:
    with a_broker(kind, str(folder)) as broker, receiving() as receiver:
        (folder / "worker.toml").write_text(CONFIGURATION)
        service = Service(folder)
        service.environment |= {
            "MODERATION_ENV": "production",
            "MODERATION_SECRET_KEY": "a secret key of the tests' own",
            "MODERATION_CONFIG": str(folder / "worker.toml"),
            "MODERATION_DATABASE_URL": url,
            "MODERATION_BROKER_URL": broker.url,
        }
        service.start()
        added = service.command("webhooks", "add", "--site", "demo", receiver.url, "--allow-private")
        assert added.exit_code == 0, added.stderr
        assert service.ask("PUT", "/api/v1/articles/bridge", ARTICLE).status == 201
        database = Database(url)
        settings = read_environment(service.whole_environment)
        nothing = cast("Any", None)
        services = Services(settings=settings, configuration=nothing, database=database, scorer=nothing)
        secret = services.keys.identity.oldest.secret
        deployment = Deployment(service=service, broker=broker, database=database, secret=secret, receiver=receiver)
        try:
            yield deployment
        finally:
            for worker in deployment.workers:
                worker.kill()
                worker.wait()
            service.stop(signal.SIGKILL)
            database.close()
            remove(broker.url, secret)


@pytest.fixture(
    scope="module",
    params=[pytest.param("rabbitmq", marks=pytest.mark.postgres), pytest.param("redis", marks=pytest.mark.postgres)],
)
def deployment(
    request: pytest.FixtureRequest, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Every test leaves two workers, and nothing that waits."""
    name = new_database(postgres_template)
    with a_deployment(request.param, tmp_path_factory.mktemp("var"), url_of(name)) as deployment:
        for _ in range(2):
            deployment.start_worker()
        yield deployment
    drop(name)


def test_two_workers_score_each_comment_once_and_deliver_its_events(deployment: Deployment) -> None:
    deployment.say("two", 32)
    deployment.wait_for_scores()
    until(lambda: deployment.receiver.kinds.count("comment.accepted") >= len(deployment.said), seconds=SECONDS)
    deployment.count("two workers")
    told = Counter(one.comment["id"] for one in deployment.receiver.got if one.kind == "comment.accepted")
    assert told == Counter(deployment.said.keys())


def test_a_broker_that_hangs_holds_up_no_reader_and_loses_nothing(deployment: Deployment) -> None:
    deployment.broker.hang()
    try:
        deployment.say("hung", 20)  # answered while it hangs, or never
        deployment.wait_for_scores()
    finally:
        deployment.broker.go_on()
    deployment.count("broker hung")


def test_a_broker_that_goes_and_comes_back_costs_nothing(deployment: Deployment) -> None:
    deployment.broker.go()
    deployment.say("gone", 20)
    deployment.wait_for_scores()
    deployment.broker.come_back()
    deployment.say("back", 20)
    deployment.wait_for_scores()
    deployment.wait_for_messages()  # whoever was at one when the broker went takes others again
    deployment.count("broker gone, and started again")


def test_what_a_purged_queue_would_have_told_is_found(deployment: Deployment) -> None:
    done = threading.Event()

    def purging() -> None:
        while not done.wait(0.02):
            purge(deployment.broker.url, deployment.secret)

    thread = threading.Thread(target=purging)
    thread.start()
    try:
        deployment.say("purged", 20)
        deployment.wait_for_scores()
    finally:
        done.set()
        thread.join()
    deployment.count("queue purged")


def test_messages_of_others_are_refused_and_the_worker_goes_on(deployment: Deployment) -> None:
    before = len(deployment.log())
    app = messages.sender(deployment.broker.url)
    queue = messages.queue_of(Piece.SCORING, deployment.secret)
    secret = "nobody's business"
    ours = {"task": messages.TASK, "id": "one"}
    with app.connection_for_write() as connection:
        queue(connection.default_channel).queue_declare()
        sent: dict[str, Any] = {"queue": queue, "connection": connection}
        app.send_task("another.task", args=[secret], **sent)
        app.send_task(messages.TASK, args=[secret], **sent)
        app.send_task(messages.TASK, kwargs={"piece": secret}, **sent)
        app.send_task(messages.TASK, kwargs={"piece": Piece.SCORING.value}, countdown=9999, **sent)
        producer = connection.Producer(routing_key=queue.name)
        producer.publish({"no task": secret})
        producer.publish({"pickled": secret}, serializer="pickle", headers=ours)
        producer.publish("{cut off", content_type="application/json", content_encoding="utf-8", headers=ours)
        for body in (5, [1], [[], {}, {"callbacks": 1}], [[], {"piece": [secret]}, {}]):
            producer.publish(body, headers=ours)
    refused = "a message was refused"
    until(lambda: deployment.log().count(refused) >= 11, seconds=SECONDS)
    assert secret not in deployment.log()
    assert "Traceback" not in "".join(
        line for line in deployment.log()[before:].splitlines() if "celery.worker" in line
    )
    deployment.say("after poison", 8)
    deployment.wait_for_scores()
    deployment.wait_for_messages()
    assert all(worker.poll() is None for worker in deployment.workers)
    deployment.count("messages of others")


def test_what_a_killed_worker_had_another_does_once(deployment: Deployment) -> None:
    first, second = deployment.workers
    deployment.halt(second)
    had = deployment.caught(first, "killed")
    deployment.end(first, signal.SIGKILL)
    second.send_signal(signal.SIGCONT)
    until(lambda: deployment.unscored() <= had, seconds=SECONDS)
    assert deployment.unscored() == had, "the lease has not ended"
    deployment.end_leases(had)
    deployment.wait_for_scores()
    deployment.start_worker()
    deployment.count("worker killed under load")


def test_a_worker_that_hangs_loses_its_batch_to_another_and_changes_nothing_when_it_wakes(
    deployment: Deployment,
) -> None:
    first, second = deployment.workers
    deployment.halt(second)
    had = deployment.caught(first, "stopped")
    second.send_signal(signal.SIGCONT)
    until(lambda: deployment.unscored() <= had, seconds=SECONDS)
    deployment.end_leases(had)
    deployment.wait_for_scores()
    first.send_signal(signal.SIGCONT)
    deployment.say("awake", 8)
    deployment.wait_for_scores()
    deployment.count("worker hung in the middle of a batch")


def test_workers_stop_when_told_and_the_web_process_then_delivers_by_itself(deployment: Deployment) -> None:
    silent = deployment.living() - 2  # of those that were killed
    for worker in list(deployment.workers):
        assert deployment.end(worker, signal.SIGTERM) == 0
    assert deployment.living() == silent
    said = set(deployment.say("no worker", 30))
    until(
        lambda: said <= {one.comment["id"] for one in deployment.receiver.got if one.kind == "comment.accepted"},
        seconds=SECONDS,
    )
    assert 0 < waiting(deployment.broker.url, deployment.secret, Piece.SCORING) <= messages.MOST
    assert len(deployment.unscored()) == 30, "nobody scores in worker mode but a worker"
    for _ in range(2):
        deployment.start_worker()
    deployment.wait_for_scores()
    deployment.count("no worker for a while")


def test_a_queue_that_nobody_reads_takes_no_more(deployment: Deployment) -> None:
    for worker in list(deployment.workers):
        assert deployment.end(worker, signal.SIGTERM) == 0
    app = messages.sender(deployment.broker.url)
    queue = messages.queue_of(Piece.SCORING, deployment.secret)
    with app.connection_for_write() as connection:
        queue(connection.default_channel).queue_declare()
        for _ in range(messages.MOST):  # beside what nobody has read yet
            app.send_task(messages.TASK, kwargs={"piece": "scoring"}, queue=queue, connection=connection)
    full = waiting(deployment.broker.url, deployment.secret, Piece.SCORING)
    assert full >= messages.MOST
    deployment.say("full", 20)
    assert waiting(deployment.broker.url, deployment.secret, Piece.SCORING) <= full
    for _ in range(2):
        deployment.start_worker()
    deployment.wait_for_scores()
    deployment.count("queue full")
