"""How fast the section's list is answered, from an article with few comments, with many, and with one long chain.

The comments come in by the front door, with a scorer that answers at once. Every list is asked for in two ways: as it
stands, when the process has kept what it made of the discussion's revision; and under a name of this host that nobody
has used before, so that it is made anew. How it grows is told of the second, which hides nothing.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from scripts.benchmarks.common import Row, say
from scripts.benchmarks.service_parts.clients import ask, request
from scripts.benchmarks.service_parts.service import KEY, Service, service_without_scoring

CLIENTS = 8
ROUNDS = 5
KEPT, ANEW = 1000, 200
"""Answers in a round."""
MANY, FEW, CHAIN = 10_000, 100, 1000
EVERY_REPLY = 5
"""One comment in so many is a reply, but in the chain, where all are."""
_HEADERS = {"Authorization": f"Bearer {KEY}"}
_APPROVE = "\n[policy.approve]\ntoxicity_at_most = 0.5\n"


def list_rows(*, comments: int = MANY) -> tuple[list[Row], list[str]]:
    """The measures, and what must be known to read them."""
    with _service() as (service, key):
        for name, count in (("few", FEW), ("many", comments)):
            say(f"{count} comments ...")
            _fill(service, name, count)
        say(f"a chain of {CHAIN} replies ...")
        _chain(service, "chain", CHAIN)
        kept: dict[str, list[float]] = {"few": [], "many": [], "chain": []}
        anew: dict[str, list[float]] = {"few": [], "many": [], "chain": []}
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS} ...")
            for name in ("few", "many", "chain"):
                kept[name].append(_per_second(service, key, name, KEPT))
                anew[name].append(_per_second(service, key, name, ANEW, fresh=f"r{number}"))
    speed = {name: median(rounds) for name, rounds in kept.items()}
    slow = {name: median(rounds) for name, rounds in anew.items()}
    rows = [
        Row(measure="list_per_s", ours=speed["many"], unit="answers/s", beside={"made anew": slow["many"]}),
        _growth("list_growth", "many", slow),
        _growth("chain_growth", "chain", slow),
        _growth("list_kept_growth", "many", speed),
        _growth("chain_kept_growth", "chain", speed),
    ]
    return rows, [
        f"lists: {comments} comments under one article beside {FEW}, and a chain of {CHAIN} replies; {CLIENTS} clients "
        "over loopback on the same cores, compressed answers of one process, SQLite",
        "growth is told of lists made anew, kept_growth of those that the process has kept since the last change",
    ]


def _growth(measure: str, name: str, per_second: dict[str, float]) -> Row:
    ours, few = 1000 / per_second[name], 1000 / per_second["few"]
    return Row(measure=measure, ours=ours, unit="ms", beside={f"{FEW} comments": few}, ratio=ours / few)


@contextmanager
def _service() -> Iterator[tuple[Service, str]]:
    with tempfile.TemporaryDirectory() as var, service_without_scoring(Path(var)) as service:
        configuration = Path(var) / "moderation.toml"
        shipped = configuration.read_text()
        changed = shipped.replace("\n[policy.approve]", _APPROVE)
        assert changed != shipped, "config/moderation.toml has no table policy.approve any more"
        configuration.write_text(changed)
        time.sleep(3)  # it takes effect once the file has been still for a second
        (file,) = Path(var).glob("*.sqlite3")
        with closing(sqlite3.connect(file)) as database:
            ((key,),) = database.execute("SELECT public FROM site_keys WHERE public IS NOT NULL")
        yield service, key


def _fill(service: Service, article: str, count: int) -> None:
    _register(service, article)
    openings = count - count // EVERY_REPLY
    ids = _post(service, article, [{} for _ in range(openings)])
    _post(service, article, [{"parent_id": ids[number % len(ids)]} for number in range(count - openings)])


def _chain(service: Service, article: str, length: int) -> None:
    _register(service, article)
    above = None
    for _ in range(length + 1):
        (above,) = _post(service, article, [{"parent_id": above}])


def _register(service: Service, article: str) -> None:
    body = json.dumps({"title": f"The article {article}", "text": "Trams return.\n\nFrom May on."}).encode()
    (answer,) = ask(service.port, [request("PUT", f"/api/v1/articles/{article}", body, _HEADERS)], clients=1)
    assert answer.status == 201, answer.body


def _post(service: Service, article: str, each: list[dict[str, str | None]]) -> list[str]:
    """Posts so many comments, each with what is given besides; returns their ids, in the order of their arrival."""
    sent = [
        request(
            "POST",
            f"/api/v1/articles/{article}/comments",
            json.dumps({"author": {"name": f"Reader {number}"}, "body": _text(), **more}).encode(),
            _HEADERS,
        )
        for number, more in enumerate(each)
    ]
    answers = ask(service.port, sent, clients=min(4, len(sent)))
    for answer in answers:
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {answer.body.decode()}")
    return [json.loads(answer.body)["id"] for answer in answers]


_numbers = iter(range(10**9))


def _text() -> str:
    number = next(_numbers)
    words = " ".join(f"word{(number * 7919 + step * 104729) % 99991}" for step in range(40))
    return f"Comment {number} about the trams: {words}."


def _per_second(service: Service, key: str, article: str, count: int, *, fresh: str = "") -> float:
    """How many lists are answered in a second; with ``fresh`` each is made anew, under a host of its own."""
    path = f"/api/v1/section?site={key}&article={article}"
    sent = [_list(path, f"{fresh}-{article}-{number}.example" if fresh else "127.0.0.1") for number in range(count)]
    if not fresh:
        ask(service.port, sent[:5], clients=1)
    began = time.perf_counter()
    answers = ask(service.port, sent, clients=CLIENTS)
    took = time.perf_counter() - began
    assert all(answer.status == 200 for answer in answers), {answer.status for answer in answers}
    return count / took


def _list(path: str, host: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
