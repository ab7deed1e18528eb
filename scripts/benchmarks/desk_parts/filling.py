"""A newsroom's database after years: articles, readers, their comments with scores, and what became of them.

It is written past the application, table by table, because a million comments by its front door would take an hour; a
tenth of the comments wait, most of them young. Everything is made up, the same for the same number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from moderation.config.configuration_file import parse_configuration
from moderation.core.audit_chain import GENESIS, hashed_text
from moderation.core.policy import Signals, concerns
from moderation.core.scores import LABELS
from moderation.core.severity import severity_of, severity_version
from moderation.core.text.likeness import buckets
from moderation.storage.database import Database
from moderation.storage.queue_index import SLOTS
from moderation.storage.schema import upgrade
from moderation.storage.search_index import fts5_columns
from scripts.benchmarks.desk_parts.words import Words

SITE = "demo"
SECTIONS = ("city", "politics", "sport", "culture", "business", "opinion", "science", "travel")
NOW = datetime.now(UTC).replace(microsecond=0)
YEARS = timedelta(days=730)
WAITING_SHARE = 0.1
CHUNK = 20_000
MODERATORS = 12
HITS = 40
"""Waiting comments that a search for the rare word finds: a full page, however many comments there are."""
REPLIES = 0.2
UNREAD = ("de", "fr", "ar", "es")
UNREAD_EVERY = 40
"""One comment in so many is in a language that no pack reads."""

_POLICY = parse_configuration((Path(__file__).parents[3] / "config" / "moderation.toml").read_text()).policy
_VERSION = severity_version(_POLICY.version)
Values = dict[str, Any]


@dataclass(slots=True)
class Filled:
    """What a benchmark must know of a database: where it is, and what there is to ask for."""

    file: Path
    waiting: list[str] = field(default_factory=list)
    article: str = ""
    rare_word: str = ""
    common_word: str = ""


def fill(file: Path, comments: int) -> Filled:
    """Makes the database ``file`` with so many comments."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    database.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            connection.execute(f"PRAGMA {pragma}")
        kept = _without_indexes(connection)
        connection.execute("BEGIN")
        filled = _Filling(connection, comments).run(file)
        connection.execute("COMMIT")
        for statement in kept:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode=WAL")
    return filled


def _without_indexes(connection: sqlite3.Connection) -> list[str]:
    """Takes indexes away, as filling is many times faster without, and returns what makes them again."""
    kept: list[str] = []
    big = ("comments", "scores", "decisions", "queue_index", "audit_events")
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name IN (?, ?, ?, ?, ?)"
    for kind, name, statement in connection.execute(query, big).fetchall():
        if kind == "index":
            connection.execute(f"DROP {kind} {name}")
            kept.append(statement)
    return kept


class _Filling:
    def __init__(self, connection: sqlite3.Connection, comments: int) -> None:
        self._connection = connection
        self._comments = comments
        self._words = Words(seed=comments)
        self._chance = np.random.default_rng(comments)
        self._authors = max(20, comments // 12)
        self._articles = max(10, comments // 200)
        self._previous = GENESIS
        self._parents: dict[str, str] = {}
        self._filled = Filled(Path())

    def run(self, file: Path) -> Filled:
        waiting = WAITING_SHARE * self._comments
        rare, common = self._words.held_by(HITS / waiting), self._words.held_by(0.4)
        self._filled = Filled(file, rare_word=rare, common_word=common)
        made = _time(NOW - YEARS)
        self._insert("sites", [{"id": SITE, "name": "The Demo Courier", "created_at": made}])
        self._insert("accounts", [_account(n, made) for n in range(MODERATORS)])
        self._insert("articles", self._all_articles())
        for first in range(0, self._comments, CHUNK):
            self._chunk(first, min(CHUNK, self._comments - first))
        self._insert("authors", self._all_authors())
        head = {"chain": SITE, "sequence": self._comments, "hash": self._previous}
        self._insert("audit_heads", [head])
        self._connection.execute("UPDATE severity_order SET version = ?", (_VERSION,))
        self._filled.article = _article_id(self._articles - 1)
        return self._filled

    def _insert(self, table: str, rows: list[Values]) -> None:
        if rows:
            names = ", ".join(rows[0])
            placeholders = ", ".join("?" * len(rows[0]))
            statement = f"INSERT INTO {table} ({names}) VALUES ({placeholders})"  # noqa: S608 - names of ours
            self._connection.executemany(statement, (tuple(row.values()) for row in rows))

    def _all_articles(self) -> list[Values]:
        texts = iter(self._words.texts(self._articles * 7))
        step = YEARS / self._articles
        return [
            {
                "id": _article_id(number),
                "site_id": SITE,
                "external_id": f"article-{number}",
                "title": next(texts)[:80],
                "key_points": "[]",
                "paragraphs": json.dumps([next(texts) for _ in range(6)]),
                "section": SECTIONS[number % len(SECTIONS)],
                "published_at": _time(NOW - YEARS + step * number),
                "version": 1,
                "created_at": _time(NOW - YEARS + step * number),
                "updated_at": _time(NOW - YEARS + step * number),
            }
            for number in range(self._articles)
        ]

    def _all_authors(self) -> list[Values]:
        return [
            {
                "id": _author_id(number),
                "site_id": SITE,
                "key": f"key-{number}",
                "known": True,
                "name": f"Reader {number}",
                "approved": number % 40,
                "rejected": number % 3,
                "trusted": number % 50 == 0,
                "created_at": _time(NOW - YEARS),
            }
            for number in range(self._authors)
        ]

    def _chunk(self, first: int, count: int) -> None:
        texts = self._words.texts(count)
        drawn = _Drawn(self._chance, first, count, of=self._comments, authors=self._authors, articles=self._articles)
        comments = [drawn.comment(n, texts[n], self._parents) for n in range(count)]
        self._insert("comments", comments)
        self._insert("scores", [drawn.scores(n, comments[n]) for n in range(count)])
        self._insert("decisions", [row for n in range(count) for row in drawn.decisions(n, comments[n])])
        self._insert("queue_index", [drawn.queue_index(n, comments[n]) for n in range(count)])
        self._connection.executemany(
            "INSERT INTO comment_search (rowid, body, author_name) VALUES (?, ?, ?)",
            ((first + n + 1, *fts5_columns(row["body"], row["author_name"])) for n, row in enumerate(comments)),
        )
        self._insert("audit_events", list(self._events(first, comments)))
        self._filled.waiting += [row["id"] for row in comments if row["status"] == "pending"]

    def _events(self, first: int, comments: list[Values]) -> Iterator[Values]:
        time = NOW.isoformat(timespec="microseconds").replace("+00:00", "Z")
        for sequence, row in enumerate(comments, start=first + 1):
            payload = f'{{"article":"{row["article_id"]}","author":"{row["author_id"]}","status":"{row["status"]}"}}'
            event = {
                "chain": SITE,
                "sequence": sequence,
                "time": time,
                "actor": "key:bench",
                "event": "comment.submitted",
                "subject": row["id"],
                "payload": payload,
                "previous": self._previous,
            }
            text = hashed_text(**event)
            self._previous = sha256(text.encode()).hexdigest()
            yield event | {"hash": self._previous, "text": text}


class _Drawn:
    """One chunk's chances, drawn together."""

    def __init__(
        self, chance: np.random.Generator, first: int, count: int, *, of: int, authors: int, articles: int
    ) -> None:
        self._first, self._of = first, of
        share = (first + np.arange(count)) / of
        # What waits is young: half of the newest fifth.
        self._waits = ((share >= 1 - 2 * WAITING_SHARE) & (chance.random(count) < 0.5)).tolist()
        self._approved = (chance.random(count) < 0.78).tolist()
        self._by_person = (chance.random(count) < 0.7).tolist()
        self._author = (authors * chance.random(count) ** 2).astype(int).tolist()
        # Readers write under young articles: most within hours, some weeks later.
        behind = (chance.exponential(0.004, count) * articles).astype(int)
        self._article = np.clip((share * articles).astype(int) - behind, 0, articles - 1).tolist()
        toxicity = chance.beta(0.45, 3.5, count)
        scores = {"toxicity": toxicity, "relevance": chance.beta(3, 1.6, count)}
        scores |= {label: toxicity * chance.random(count) for label in LABELS if label != "toxicity"}
        self._scores = {name: np.round(values, 6).tolist() for name, values in scores.items()}
        self._replies = (chance.random(count) < REPLIES).tolist()
        self._links = (chance.random(count) < 0.03).astype(int).tolist()
        self._moderator = chance.integers(MODERATORS, size=count).tolist()
        self._at = [_time(NOW - YEARS + YEARS * float(part)) for part in share]

    def comment(self, n: int, body: str, parents: dict[str, str]) -> Values:
        """A comment's row; ``parents`` are the latest comment under each article that is no reply."""
        number = self._first + n + 1
        comment_id, article_id = f"01{number:010d}{(number * 2654435761) % 2**40:014d}", _article_id(self._article[n])
        parent_id = parents.get(article_id) if self._replies[n] else None
        if parent_id is None:
            parents[article_id] = comment_id
        waits, approved = self._waits[n], self._approved[n]
        status = "pending" if waits else "approved" if approved else "rejected"
        return {
            "id": comment_id,
            "site_id": SITE,
            "article_id": article_id,
            "parent_id": parent_id,
            "author_id": _author_id(self._author[n]),
            "author_name": f"Reader {self._author[n]}",
            "body": body,
            "salt": b"0123456789abcdef",
            "fingerprint": f"{number:064x}",
            "status": status,
            "revision": 1 if waits or not self._by_person[n] else 2,
            "flags": self._flags(n) if waits else 0,
            "scored": True,
            "scoring_attempts": 0,
            "created_at": self._at[n],
            "received_at": self._at[n],
            "published_at": self._at[n] if status == "approved" else None,
            "decided_at": None if waits else self._at[n],
        }

    def _language(self, n: int) -> str:
        place, rest = divmod(self._first + n, UNREAD_EVERY)
        return "en" if rest else UNREAD[place % len(UNREAD)]

    def _flags(self, n: int) -> int:
        return int(self._scores["toxicity"][n] >= 0.5) + int(self._scores["relevance"][n] <= 0.2)

    def scores(self, n: int, comment: Values) -> Values:
        ends = {"start": 0, "end": len(comment["body"]), "toxicity": self._scores["toxicity"][n]}
        return {
            "comment_id": comment["id"],
            **{name: values[n] for name, values in self._scores.items()},
            "passage": "The council voted on Thursday, and the line will open in May.",
            "sentences": json.dumps([ends]),
            "language": self._language(n),
            "language_supported": self._language(n) == "en",
            "pack": "builtin",
            "pack_version": "1",
            "runtime": "openvino",
            "precision": "f32",
            "scored_at": comment["received_at"],
        }

    def decisions(self, n: int, comment: Values) -> Iterator[Values]:
        by_person = not self._waits[n] and self._by_person[n]
        signals = {name: values[n] for name, values in self._scores.items()} | {"links": self._links[n]}
        row = {
            "id": f"{comment['id'][:-1]}a",
            "comment_id": comment["id"],
            "revision": 1,
            "status": "pending" if by_person else comment["status"],
            "actor": "policy",
            "account_id": None,
            "automated": True,
            "reasons": "[]",
            "basis": json.dumps({"signals": signals, "configuration": "0" * 64}),
            "policy_version": "1",
            "reason_id": None,
            "decided_at": comment["received_at"],
        }
        yield row
        if by_person:
            account = _account_id(self._moderator[n])
            yield row | {
                "id": f"{comment['id'][:-1]}b",
                "revision": 2,
                "status": comment["status"],
                "actor": f"account:{account}",
                "account_id": account,
                "automated": False,
                "basis": "{}",
                "reason_id": None if comment["status"] == "approved" else "other",
            }

    def _severity(self, n: int) -> int:
        values = {name: column[n] for name, column in self._scores.items()} | {"links": self._links[n]}
        return severity_of(concerns(Signals(values=values), _POLICY.rules_for())).value

    def queue_index(self, n: int, comment: Values) -> Values:
        waits, by_person = self._waits[n], not self._waits[n] and self._by_person[n]
        # Only what waits is ever looked for by its buckets.
        found = (buckets(comment["body"]) if waits else None) or (None,) * 4
        article = self._article[n]
        return {
            "number": self._first + n + 1,
            "comment_id": comment["id"],
            "site_id": SITE,
            "article_id": comment["article_id"],
            "section": SECTIONS[article % len(SECTIONS)],
            "author_id": comment["author_id"],
            "is_reply": comment["parent_id"] is not None,
            "article_mode": None,
            "article_at": comment["received_at"],
            "received_at": comment["received_at"],
            "decided_at": comment["decided_at"],
            "status": comment["status"],
            "waiting": waits,
            "flags": comment["flags"],
            **dict.fromkeys(SLOTS, self._severity(n) if waits else 0),
            "severity_policy": _VERSION,
            "escalated": False,
            "by_policy": "pending" if waits or by_person else comment["status"],
            "by_person": comment["status"] if by_person else None,
            **{name: values[n] for name, values in self._scores.items()},
            "links": self._links[n],
            "reports": 0,
            "author_approved": 3,
            "trusted": False,
            "terms": 0,
            "scored": True,
            "readable": self._language(n) == "en",
            "language": self._language(n),
            "holds": 0,
            **{f"bucket_{at}": value for at, value in enumerate(found)},
        }


def _account(number: int, made: str) -> Values:
    return {"id": _account_id(number), "name": f"Moderator {number}", "password_hash": "-", "created_at": made}


def _account_id(number: int) -> str:
    return f"00account{number:017d}"


def _article_id(number: int) -> str:
    return f"00article{number:017d}"


def _author_id(number: int) -> str:
    return f"00author{number:018d}"


def _time(at: datetime) -> str:
    """A time as SQLAlchemy keeps it in SQLite."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")
