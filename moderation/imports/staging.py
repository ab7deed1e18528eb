"""An archive laid out so that parents come before their answers: in an SQLite file of its own, which is gone with this
process. It holds what the site's database will: names, ids, texts, and in place of people's e-mail and IP addresses the
keyed hashes that these become.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from moderation.core.comment import Status
from moderation.core.text.written import storable
from moderation.imports.reading import name_of
from moderation.imports.records import (
    Article,
    Comment,
    Decided,
    Decision,
    KnownPerson,
    Person,
    Record,
    Untaken,
)

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE articles (ref TEXT PRIMARY KEY, title TEXT, url TEXT, name TEXT, section TEXT, html TEXT,
    published_at REAL, closed INTEGER, stored TEXT);
CREATE TABLE people (ref TEXT PRIMARY KEY, name TEXT, keys TEXT, id TEXT, known INTEGER);
CREATE TABLE comments (ref TEXT PRIMARY KEY, place TEXT, article TEXT, parent TEXT, person TEXT, name TEXT, keys TEXT,
    id TEXT, known INTEGER, body TEXT, created_at REAL, decided TEXT, status TEXT, scores TEXT, level INTEGER,
    ordered REAL, stored TEXT);
CREATE TABLE decisions (comment TEXT, at REAL, decided TEXT);
"""
_INDEXES = """
CREATE INDEX by_parent ON comments (parent);
CREATE INDEX by_level ON comments (level);
CREATE INDEX by_decided ON decisions (comment);
"""
Keys = Callable[[Person], tuple[str, ...]]
"""What stands for a person on the site: keyed hashes, the newest first."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A comment ready to be stored. ``parent`` is what it answers, ``parent_stored`` and ``article_stored`` our
    ids, where these are stored; ``has_replies``: others answer it."""

    ref: str
    article: str
    parent: str | None
    parent_stored: str | None
    article_stored: str | None
    has_replies: bool
    name: str
    keys: tuple[str, ...]
    person_id: str | None
    known: bool
    body: str
    created_at: datetime
    decisions: tuple[Decided, ...]
    scores: dict[str, tuple[float, str]]

    @property
    def status(self) -> Status:
        return self.decisions[-1].status


@dataclass(slots=True)
class Counts:
    """What an archive holds. ``untaken`` and ``noted`` count by their codes."""

    statuses: Counter[str] = field(default_factory=Counter)
    untaken: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    votes: int = 0
    articles: int = 0
    authors: int = 0


class Staging:
    """One archive, laid out. Under a ``source`` the ids of its people are told apart from those of another source."""

    def __init__(self, keys: Keys, told: Callable[[Untaken], None], *, source: str | None = None) -> None:
        self._database = sqlite3.connect("")  # on disk where it grows, and nobody else finds it
        self._database.executescript(_TABLES)
        self._keys, self._told, self._source = keys, told, source
        self._person = lru_cache(maxsize=10_000)(self._person_as_kept)  # most wrote more than once
        self._has_decisions = False
        self.counts = Counts()

    def close(self) -> None:
        self._database.close()

    # --- in -----------------------------------------------------------------------------------------------------------

    def fill(self, records: Iterable[Record]) -> None:
        """Takes in all that a reader finds, and puts it into its order."""
        for record in records:
            if isinstance(record, Comment):
                self._add_comment(record)
            elif isinstance(record, Article):
                self._add_article(record)
            elif isinstance(record, KnownPerson):
                self._add_person(record)
            elif isinstance(record, Decision):
                self._add_decision(record)
            else:
                self._leave_out(record)
        self._database.executescript(_INDEXES)
        self._leave_out_orphans()
        self._put_in_order()
        self._leave_out_empty()
        self._count()

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(
            statement, [storable(value) if isinstance(value, str) else value for value in values]
        )

    def _person_as_kept(self, person: Person) -> tuple[str, str, str | None, bool]:
        name, id_ = name_of(person.name), storable(person.id or "") or None
        if id_ is not None and self._source:
            id_ = f"{self._source}:{id_}"
        email, address = storable(person.email or ""), storable(person.address or "")
        keys = self._keys(Person(name=name, id=id_, email=email or None, address=address or None))
        return name, json.dumps(keys), id_, bool(id_ or email or address)

    def _add_person(self, known: KnownPerson) -> None:
        self._run("INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?)", known.ref, *self._person(known.person))

    def _add_article(self, article: Article) -> None:
        self._run(
            # What says more of it counts: pages that comments name have no title everywhere.
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (ref) DO UPDATE SET "
            "title = excluded.title, url = coalesce(excluded.url, url) WHERE title = ''",
            *(article.ref, article.title, article.url, article.name, article.section, article.html),
            *(article.published_at and article.published_at.timestamp(), article.closed),
        )

    def _add_comment(self, comment: Comment) -> None:
        if isinstance(comment.author, str):
            person = comment.author
            name, keys, id_, known = None, None, None, None
            if self._run("SELECT 1 FROM people WHERE ref = ?", person).fetchone() is None:  # an archive without people
                self._add_person(KnownPerson(ref=person, person=Person(id=person)))
        else:
            person = None
            name, keys, id_, known = self._person(comment.author)
        added = self._run(
            "INSERT OR IGNORE INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL)",
            *(comment.ref, comment.where, comment.article, comment.parent, person, name, keys, id_, known),
            *(comment.body, comment.created_at.timestamp(), _as_text(comment.decided), comment.decided.status.value),
            *(_scores_as_text(comment.scores), comment.created_at.timestamp()),
        ).rowcount
        if not added:
            why = "Another comment of this archive has the same id."
            self._leave_out(Untaken(where=comment.where, ref=comment.ref, code="twice", why=why))
            return
        self.counts.votes += comment.votes

    def _add_decision(self, decision: Decision) -> None:
        self._has_decisions = True
        at = decision.decided.at
        values = (decision.comment, at.timestamp() if at else 0.0, _as_text(decision.decided))
        self._run("INSERT INTO decisions VALUES (?, ?, ?)", *values)

    def _leave_out(self, untaken: Untaken) -> None:
        self.counts.untaken[untaken.code] += 1
        self._told(untaken)

    def _note(self, place: str, ref: str, *, code: str, why: str) -> None:
        self.counts.noted[code] += 1
        self._told(Untaken(where=place, ref=ref, code=code, why=why))

    # --- in order -----------------------------------------------------------------------------------------------------

    def _leave_out_orphans(self) -> None:
        """What stands under an article, or names an author, that the archive doesn't have."""
        query = "SELECT place, ref FROM comments WHERE article NOT IN (SELECT ref FROM articles) ORDER BY rowid"
        for place, ref in self._run(query):
            why = "The archive doesn’t have the article that it stands under."
            self._leave_out(Untaken(where=place, ref=ref, code="no_article", why=why))
        self._run("DELETE FROM comments WHERE article NOT IN (SELECT ref FROM articles)")

    def _put_in_order(self) -> None:
        """Gives every comment its ``level`` below the openings, and a time to be stored at that is no earlier than its
        parent's.
        """
        apart = (
            "SELECT c.place, c.ref FROM comments c LEFT JOIN comments p ON p.ref = c.parent "
            "WHERE c.parent IS NOT NULL AND (p.ref IS NULL OR p.article <> c.article)"
        )
        for place, ref in self._run(apart).fetchall():
            why = "The comment that it answers isn’t in the archive, or under another article: it stands by itself."
            self._note(place, ref, code="no_parent", why=why)
            self._run("UPDATE comments SET parent = NULL WHERE ref = ?", ref)
        self._run("UPDATE comments SET level = 0 WHERE parent IS NULL")
        level = 0
        while True:
            while self._run(
                "UPDATE comments SET level = ?, ordered = max(ordered, "
                "(SELECT p.ordered FROM comments p WHERE p.ref = comments.parent)) "
                # With the plus by the parents' index: by the level's own a long chain would take its length squared.
                "WHERE +level IS NULL AND parent IN (SELECT ref FROM comments WHERE level = ?)",
                level + 1,
                level,
            ).rowcount:
                level += 1
            first = self._run("SELECT place, ref FROM comments WHERE level IS NULL ORDER BY rowid LIMIT 1").fetchone()
            if first is None:
                return
            why = "It answers itself, by way of others: it stands by itself."
            self._note(first[0], first[1], code="circle", why=why)
            level += 1
            self._run("UPDATE comments SET parent = NULL, level = ? WHERE ref = ?", level, first[1])

    def _leave_out_empty(self) -> None:
        """Nothing is left of a comment without a text but the place that its answers need."""
        levels = self._run("SELECT DISTINCT level FROM comments WHERE body = '' ORDER BY level DESC").fetchall()
        for (level,) in levels:  # from the lowest up: what answered may be gone by now
            for place, ref, status in self._run(_EMPTY, level).fetchall():
                deleted = status == Status.WITHDRAWN
                code, why = ("deleted", "It was deleted, and nothing is left of it.") if deleted else _NO_TEXT
                self._leave_out(Untaken(where=place, ref=ref, code=code, why=why))
                self._run("DELETE FROM comments WHERE ref = ?", ref)
        # One that was answered stays for its answers' sake, as one that is gone.
        gone = _as_text(Decided(status=Status.WITHDRAWN))
        self._run("UPDATE comments SET status = ?, decided = ? WHERE body = ''", Status.WITHDRAWN.value, gone)

    def _count(self) -> None:
        counted = self._run("SELECT status, count(*) FROM comments GROUP BY status")
        self.counts.statuses.update(dict(counted.fetchall()))
        self.counts.articles = self._run("SELECT count(DISTINCT article) FROM comments").fetchone()[0]
        authors = "SELECT count(DISTINCT coalesce(person, keys)) FROM comments"
        self.counts.authors = self._run(authors).fetchone()[0]

    # --- out ----------------------------------------------------------------------------------------------------------

    @property
    def comments(self) -> int:
        """How many there are to be taken."""
        return self.counts.statuses.total()

    def batches(self, size: int = AT_ONCE) -> Iterator[list[Staged]]:
        """The comments by their times, each behind the one that it answers."""
        self._run("CREATE INDEX IF NOT EXISTS by_order ON comments (ordered, level, ref)")
        after: tuple[float, int, str] = (float("-inf"), -1, "")
        while rows := self._run(_BATCH, *after, size).fetchall():
            after = rows[-1][:3]
            yield [self._staged(row) for row in rows]

    def _staged(self, row: Sequence[object]) -> Staged:
        (
            _,
            _,
            ref,
            article,
            article_stored,
            parent,
            parent_stored,
            has_replies,
            name,
            keys,
            id_,
            known,
            body,
            created_at,
            decided,
            scores,
        ) = row
        own = _of_text(str(decided))
        found = self._run(_DECISIONS, ref).fetchall() if self._has_decisions else []
        decisions = [_of_text(text) for (text,) in found]
        if not decisions or decisions[-1].status is not own.status:
            decisions.append(own)
        return Staged(
            ref=str(ref),
            article=str(article),
            parent=str(parent) if parent is not None else None,
            article_stored=str(article_stored) if article_stored is not None else None,
            has_replies=bool(has_replies),
            parent_stored=str(parent_stored) if parent_stored is not None else None,
            name=str(name),
            keys=_keys_in(str(keys)),
            person_id=str(id_) if id_ is not None else None,
            known=bool(known),
            body=str(body),
            created_at=datetime.fromtimestamp(float(str(created_at)), UTC),
            decisions=tuple(decisions),
            scores={name: tuple(pair) for name, pair in json.loads(str(scores)).items()} if scores else {},
        )

    def articles(self, refs: Iterable[str]) -> list[Article]:
        """These articles."""
        found = []
        for ref in refs:
            row = self._run("SELECT * FROM articles WHERE ref = ?", ref).fetchone()
            _, title, url, name, section, html, published_at, closed, _ = row
            at = None if published_at is None else datetime.fromtimestamp(published_at, UTC)
            found.append(
                Article(
                    ref=ref,
                    title=title,
                    url=url,
                    name=name,
                    section=section,
                    html=html,
                    published_at=at,
                    closed=bool(closed),
                )
            )
        return found

    def note_stored(self, comments: Mapping[str, str], articles: Mapping[str, str]) -> None:
        """These have these ids of ours, each by its ``ref``."""
        self._database.executemany("UPDATE comments SET stored = ?2 WHERE ref = ?1", comments.items())
        self._database.executemany("UPDATE articles SET stored = ?2 WHERE ref = ?1", articles.items())


_DECISIONS = "SELECT decided FROM decisions WHERE comment = ? ORDER BY at, rowid"
_NO_TEXT = ("empty", "It has no text.")
_EMPTY = (
    "SELECT c.place, c.ref, c.status FROM comments c WHERE c.level = ? AND c.body = '' "
    "AND NOT EXISTS (SELECT 1 FROM comments k WHERE k.parent = c.ref)"
)
_BATCH = """
SELECT c.ordered, c.level, c.ref, c.article, a.stored, c.parent, p.stored,
    EXISTS (SELECT 1 FROM comments k WHERE k.parent = c.ref), coalesce(u.name, c.name),
    coalesce(u.keys, c.keys), coalesce(u.id, c.id), coalesce(u.known, c.known), c.body, c.created_at,
    c.decided, c.scores
FROM comments c JOIN articles a ON a.ref = c.article LEFT JOIN comments p ON p.ref = c.parent
    LEFT JOIN people u ON u.ref = c.person
WHERE (c.ordered, c.level, c.ref) > (?, ?, ?) ORDER BY c.ordered, c.level, c.ref LIMIT ?
"""


@lru_cache(maxsize=1000)  # most say no more than a status
def _as_text(decided: Decided) -> str:
    at = decided.at.timestamp() if decided.at else None
    note = None if decided.note is None else storable(decided.note)
    return json.dumps([decided.status.value, at, decided.person, decided.reason, note])


@lru_cache(maxsize=10_000)
def _keys_in(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _scores_as_text(scores: Mapping[str, tuple[float, str]]) -> str | None:
    kept = {storable(name): (score, storable(model)) for name, (score, model) in scores.items()}
    return json.dumps(kept) if kept else None


@lru_cache(maxsize=1000)
def _of_text(text: str) -> Decided:
    status, at, person, reason, note = json.loads(text)
    moment = None if at is None else datetime.fromtimestamp(at, UTC)
    return Decided(status=Status(status), at=moment, person=person, reason=reason, note=note)
