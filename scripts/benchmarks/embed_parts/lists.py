"""How fast the section's list is answered, from an article with few comments, with many, and with one long chain.

An article's first comment comes in by the front door; the others are written past it. Every list is asked for in two
ways: as it stands, when the process has kept what it made of the discussion's revision; and under a name of this host
that nobody has used before, so that it is made anew. How it grows is told of the second, which hides nothing.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from moderation.core.comment import DEEPEST
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
    with _service() as (service, file, key):
        for name, count in (("few", FEW), ("many", comments)):
            say(f"{count} comments ...")
            _fill(service, file, name, count)
        say(f"a chain of {CHAIN} replies ...")
        _chain(service, file, "chain", CHAIN)
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
def _service() -> Iterator[tuple[Service, Path, str]]:
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
        yield service, file, key


def _fill(service: Service, file: Path, article: str, count: int) -> None:
    """So many comments, of which every ``EVERY_REPLY``-th answers one of the others."""
    first = _first(service, file, article)
    openings = count - count // EVERY_REPLY
    rows = [_opening(first, number) for number in range(1, openings)]
    tops = [first, *rows]
    for number in range(openings, count):
        rows.append(_reply(first, tops[number % openings], tops[number % openings], number))
    _store(file, first, rows)


def _chain(service: Service, file: Path, article: str, length: int) -> None:
    """A comment and so many replies, each to the one before, as deep down as they may stand."""
    first = _first(service, file, article)
    rows = [first]
    for number in range(1, length + 1):
        rows.append(_reply(first, rows[-1], first, number))
    _store(file, first, rows[1:])


Values = dict[str, Any]


def _first(service: Service, file: Path, article: str) -> Values:
    """An article's first comment, by the front door; the others are made after it."""
    body = json.dumps({"title": f"The article {article}", "text": "Trams return.\n\nFrom May on."}).encode()
    (answer,) = ask(service.port, [request("PUT", f"/api/v1/articles/{article}", body, _HEADERS)], clients=1)
    assert answer.status == 201, answer.body
    content = json.dumps({"author": {"name": "Priya S"}, "body": f"{article}: {_text(0)}"}).encode()
    path = f"/api/v1/articles/{article}/comments"
    (answer,) = ask(service.port, [request("POST", path, content, _HEADERS)], clients=1)
    assert answer.status == 201, answer.body
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute("SELECT * FROM comments WHERE id = ?", (json.loads(answer.body)["id"],)).fetchone()
    return dict(found)


def _opening(first: Values, number: int) -> Values:
    at = datetime.fromisoformat(first["created_at"]) + timedelta(seconds=number)
    id_ = f"{first['id'][:16]}{number:010}"
    changed = {"id": id_, "thread_id": id_, "body": _text(number), "fingerprint": id_, "created_at": _stamp(at)}
    return {**first, **changed, "published_at": _stamp(at), "replies_shown": 0}


def _reply(first: Values, to: Values, top: Values, number: int) -> Values:
    deep = to["depth"] >= DEEPEST
    under = to["parent_id"] if deep else to["id"]
    beside = {"parent_id": under, "in_reply_to": to["id"] if deep else None, "depth": min(to["depth"] + 1, DEEPEST)}
    return {**_opening(first, number), **beside, "thread_id": top["id"], "opening": 0}


def _stamp(at: datetime) -> str:
    return at.isoformat(" ", "microseconds")


def _store(file: Path, first: Values, rows: list[Values]) -> None:
    columns = ", ".join(first)
    places = ", ".join("?" for _ in first)
    with closing(sqlite3.connect(file, timeout=30)) as database, database:
        database.executemany(
            f"INSERT INTO comments ({columns}) VALUES ({places})",  # noqa: S608 - a table's own columns
            [tuple(row[column] for column in first) for row in rows],
        )
        database.execute(
            "UPDATE comments SET replies_shown = (SELECT count(*) FROM comments AS below WHERE "
            "below.parent_id = comments.id) WHERE article_id = ?",
            (first["article_id"],),
        )
        database.execute("UPDATE discussions SET revision = revision + 1 WHERE id = ?", (first["article_id"],))


def _text(number: int) -> str:
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
