"""A steady mixed load for a long time: readers write and read, moderators look at the desk. What grows?"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from scripts.benchmarks.common import Row, percentile, say
from scripts.benchmarks.load_parts.inline import CLIENTS, postgres, sqlite
from scripts.benchmarks.service_parts.clients import Answer, ask, request
from scripts.benchmarks.service_parts.posting import HEADERS, first_article, posted, reader, register, seeds_texts
from scripts.benchmarks.service_parts.service import Service, running_service

READS = 5
"""Lists of comments read for each comment written."""
DESK = 4
"""One page of the desk for so many comments."""
SETTLED = 60.0
"""Seconds until caches and pools are as full as they get: what grows is counted from here."""
SAMPLED = 5.0
PASSWORD = "a password for the benchmark alone"  # noqa: S105 - of a database that is gone with it
PUBLISHED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The service at one moment: seconds since the load began, MB in memory, file descriptors, threads, and the MB of
    SQLite's log of changes.
    """

    at: float
    resident_mb: float
    files: float
    threads: float
    wal_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    samples: list[Sample]
    answers: list[Answer]
    per_second: float
    database: str

    def growth(self, of: Callable[[Sample], float]) -> tuple[float, float, float]:
        """What it was once settled, what it is at the end, and how much more that is (%)."""
        last = self.samples[-1].at
        settled = min(SETTLED, last / 4)
        quarter = max(30.0, last / 10)
        first = median(of(one) for one in self.samples if settled <= one.at <= settled + quarter)
        end = median(of(one) for one in self.samples if one.at >= last - quarter)
        return first, end, (end / first - 1) * 100 if first else 0.0


def measure(minutes: float, per_second: float, *, on_postgres: bool = False) -> Soaked:
    """So many comments a second, with what else goes on beside them, for so many minutes."""
    with TemporaryDirectory() as folder:
        var = Path(folder)
        with (postgres if on_postgres else sqlite)(var) as store:
            env = store.env | {"MODERATION_ADMIN_PASSWORD": PASSWORD}
            with running_service(var, env) as service:
                register(service, first_article())
                _publish_some(service)
                cookie = _sign_in(service)
                requests = list(_mixed(int(minutes * 60 * per_second), cookie))
                rate = len(requests) / (minutes * 60)
                say(f"{rate:.0f} requests a second, {per_second:g} of them comments, for {minutes:g} minutes ...")
                with _sampled(service, var / "moderation.sqlite3-wal") as samples:
                    answers = ask(service.port, requests, clients=CLIENTS, per_second=rate)
    return Soaked(
        samples=samples,
        answers=answers,
        per_second=rate,
        database="PostgreSQL" if on_postgres else "SQLite",
    )


def _publish_some(service: Service) -> None:
    """So that readers find something."""
    answers = posted(service, seeds_texts(PUBLISHED), "published", clients=4)
    approve = json.dumps({"outcome": "approve"}).encode()
    ids = [json.loads(answer.body)["id"] for answer in answers]
    decided = [request("POST", f"/api/v1/comments/{id_}/decisions", approve, HEADERS) for id_ in ids]
    for answer in ask(service.port, decided, clients=4):
        assert answer.status == 200, answer.body


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _sign_in(service: Service) -> str:
    """The administrator's session, as a header has it."""
    address = f"http://127.0.0.1:{service.port}/login"
    opener = build_opener(_Stay)
    with opener.open(address) as answer:
        page, cookies = answer.read().decode(), SimpleCookie(answer.headers.get("Set-Cookie", ""))
    form = {"name": "admin", "password": PASSWORD}
    for field in re.findall(r"<input[^>]*hidden[^>]*>", page):
        form |= dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', field))
    headers = {"Cookie": _header(cookies), "Origin": f"http://127.0.0.1:{service.port}"}
    asked = Request(address, urlencode(form).encode(), headers)
    try:
        answer = opener.open(asked)
    except OSError as redirect:
        answer = redirect  # where it leads is not asked; the cookie is in its headers
    for line in answer.headers.get_all("Set-Cookie") or []:
        cookies.load(line)
    return _header(cookies)


def _header(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def _mixed(comments: int, cookie: str) -> Iterator[bytes]:
    """Every comment with what goes on beside it."""
    reading = request("GET", "/api/v1/articles/bench/comments", b"", HEADERS)
    desk = [
        request("GET", path, b"", {"Cookie": cookie, "Accept-Language": "en"})
        for path in ("/review", "/review?order=oldest", "/review?status=approved")
    ]
    for number, text in enumerate(seeds_texts(comments)):
        body = json.dumps({"author": {"name": reader("here", number)}, "body": text}).encode()
        yield request("POST", "/api/v1/articles/bench/comments", body, HEADERS)
        for _ in range(READS):
            yield reading
        if number % DESK == 0:
            yield desk[number // DESK % len(desk)]


@contextmanager
def _sampled(service: Service, wal: Path) -> Iterator[list[Sample]]:
    """Looks at the service now and then, until this ends."""
    samples, ended, begun = list[Sample](), threading.Event(), time.monotonic()

    def look() -> None:
        while not ended.wait(SAMPLED):
            samples.append(
                Sample(
                    at=time.monotonic() - begun,
                    resident_mb=service.resident_mb(),
                    files=service.files(),
                    threads=service.threads(),
                    wal_mb=wal.stat().st_size / 1e6 if wal.exists() else 0.0,
                )
            )

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def rows(found: Soaked) -> list[Row]:
    waits = [answer.seconds for answer in found.answers]
    failed = sum(answer.status not in (200, 201, 202) for answer in found.answers)
    return [
        _grown(found, "soak_memory", "MB", lambda one: one.resident_mb, goal=5.0),
        _grown(found, "soak_files", "descriptors", lambda one: one.files),
        _grown(found, "soak_threads", "threads", lambda one: one.threads),
        _grown(found, "soak_wal", "MB", lambda one: one.wal_mb),
        Row(measure="soak_p50_ms", ours=percentile(waits, 0.50) * 1000, unit="ms"),
        Row(measure="soak_p99_ms", ours=percentile(waits, 0.99) * 1000, unit="ms"),
        Row(measure="soak_failed", ours=failed, unit="answers", beside={"of": len(found.answers)}),
    ]


def _grown(found: Soaked, measure: str, unit: str, of: Callable[[Sample], float], goal: float | None = None) -> Row:
    first, end, more = found.growth(of)
    beside = {"once settled": first, "growth in %": more} | ({} if goal is None else {"goal in %": goal})
    return Row(measure=measure, ours=end, unit=unit, beside=beside)


def notes(found: Soaked) -> list[str]:
    """The curve, every half minute."""
    step = max(1, round(30 / SAMPLED))
    lines: Sequence[Sample] = found.samples[step - 1 :: step] or found.samples
    most = max(one.resident_mb for one in found.samples)
    return [
        f"{found.database}, {found.per_second:.0f} requests a second; settled: after {SETTLED:.0f} s",
        "      s      MB  files  threads  WAL MB",
        *(
            f"{one.at:7.0f} {one.resident_mb:7.1f} {one.files:6.0f} {one.threads:8.0f} {one.wal_mb:7.2f}  "
            + "#" * round(one.resident_mb / most * 40)
            for one in lines
        ),
    ]
