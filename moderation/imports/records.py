"""What an archive holds, whatever system wrote it: a stream of articles, people, comments, and what can't be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from moderation.core.comment import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote something there. ``id`` is the id by which the site may know them, too. ``email`` and ``address`` (IP)
    are never stored: they become keyed hashes.
    """

    name: str = ""
    id: str | None = None
    email: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """A person whom comments name by ``ref``; it comes before them."""

    ref: str
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What was commented on. ``ref`` is how the archive's comments name it, ``name`` the site's own id for it."""

    ref: str
    title: str = ""
    url: str | None = None
    name: str | None = None
    section: str | None = None
    html: str | None = None
    """Its text, which relevance is told from."""
    published_at: datetime | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided about a comment there. ``person``: somebody did, not a program. ``reason`` is one of
    ``reasons.REASONS``; ``note`` is for moderators.
    """

    status: Status
    at: datetime | None = None
    person: bool = False
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment as it stood. ``ref`` is its id there; ``parent`` the one that it answers; ``body`` plain text, empty
    where it was deleted; ``author`` a person, or the ``ref`` of one. ``where`` is its place in the file.
    """

    ref: str
    where: str
    article: str
    parent: str | None
    author: Person | str
    body: str
    created_at: datetime
    decided: Decided
    votes: int = 0
    scores: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    """Perspective's, by attribute: the score from 0 to 1 and the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that the archive keeps apart from its comment, whose ``ref`` is ``comment``."""

    comment: str
    decided: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaken:
    """What can't be taken, where it stands, and why: a code, and a sentence."""

    where: str
    ref: str | None
    code: str
    why: str


Record = Article | KnownPerson | Comment | Decision | Untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a reader is told beside its file. ``base_url``: the address that relative ones stand under. ``progress`` is
    told of bytes as they are read. No comment was written after ``now``.
    """

    now: datetime
    base_url: str | None = None
    progress: Callable[[int], None] = lambda _: None


Reader = Callable[[Path, Options], Iterator[Record]]
"""Reads an archive from its beginning to its end, in constant memory. Raises ``UnreadableArchive`` for one that it can
make nothing of.
"""
