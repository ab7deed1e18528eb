"""What was erased after a backup was made: the database that it replaces knows, and it is erased again."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from moderation.backups.making import reading
from moderation.comments.erasing import Asker, ask_to_erase, carry_on, erase_comment
from moderation.core.comment import Status
from moderation.core.errors import CommentNotFound, ErasureStopped
from moderation.services import Services
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.erased import Erased, keep_erased
from moderation.storage.erasures import Erasure
from moderation.storage.forgetting import forget_reporter, is_forgotten
from moderation.storage.reports import Reporter
from moderation.storage.sites import Site

AT_ONCE = 500
Fingerprint = tuple[str, str]
"""A site's id, and what ``storage.erased`` keeps of who or what was erased there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedSince:
    """Authors' ids; other comments as (site, id); who has reported something, as (site, key); and what keeps out those
    of them that only an archive could bring back.
    """

    authors: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]
    reporters: tuple[tuple[str, str], ...]
    fingerprints: tuple[Fingerprint, ...]

    def __bool__(self) -> bool:
        return bool(self.authors or self.comments or self.reporters)


def erased_since(replaced: Path, services: Services) -> ErasedSince | None:
    """What the replaced database has erased and this one, of before, has not. None where that can't be read."""
    try:
        with reading(replaced) as connection:
            authors = [id_ for (id_,) in connection.execute("SELECT author_id FROM erasures ORDER BY asked_at")]
            comments = connection.execute("SELECT id, author_id FROM comments WHERE status = 'erased'").fetchall()
            reporters = connection.execute("SELECT id, key FROM reporters").fetchall()
            fingerprints = connection.execute("SELECT site_id, fingerprint FROM erased").fetchall()
    except sqlite3.DatabaseError:
        return None
    anew = _authors_to_erase(services, authors)
    of_others = [id_ for id_, author in comments if author not in set(anew)]
    return ErasedSince(
        authors=anew,
        comments=_comments_to_erase(services, of_others),
        reporters=_reporters_to_forget(services, [id_ for id_, key in reporters if is_forgotten(id_, key)]),
        fingerprints=_not_kept_out(services, fingerprints),
    )


def _authors_to_erase(services: Services, ids: Sequence[str]) -> tuple[str, ...]:
    with services.database.reading() as session:
        known: set[str] = set()
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            known.update(session.scalars(select(Author.id).where(Author.id.in_(some))))
        done = set(session.scalars(select(Erasure.author_id).where(Erasure.done_at.is_not(None))))
    return tuple(id_ for id_ in ids if id_ in known - done)


def _comments_to_erase(services: Services, ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    with services.database.reading() as session:
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            query = select(Comment.site_id, Comment.id).where(Comment.id.in_(some), Comment.status != Status.ERASED)
            found += [(site, id_) for site, id_ in session.execute(query)]
    return tuple(found)


def _reporters_to_forget(services: Services, ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    with services.database.reading() as session:
        for start in range(0, len(ids), AT_ONCE):
            query = select(Reporter).where(Reporter.id.in_(ids[start : start + AT_ONCE]))
            found += [(one.site_id, one.key) for one in session.scalars(query) if not is_forgotten(one.id, one.key)]
    return tuple(found)


def _not_kept_out(services: Services, fingerprints: Sequence[Fingerprint]) -> tuple[Fingerprint, ...]:
    with services.database.reading() as session:
        known = {(site, kept) for site, kept in session.execute(select(Erased.site_id, Erased.fingerprint))}
    return tuple(sorted(set(fingerprints) - known))


def erase_again(services: Services, asker: Asker, erased: ErasedSince) -> list[str]:
    """Erases all of that. Returns in words what a legal hold or an open case keeps."""
    kept: list[str] = []
    _keep_out(services, erased.fingerprints)
    for id_ in erased.authors:
        try:
            ask_to_erase(services, asker, id_)
            carry_on(services, author_id=id_)
        except ErasureStopped as stopped:
            kept.append(f"author {id_}: {_why(stopped)}")
    for site, id_ in erased.comments:
        try:
            erase_comment(services, asker, site, id_)
        except CommentNotFound:
            continue
        except ErasureStopped as stopped:
            kept.append(f"comment {id_}: {_why(stopped)}")
    for site, key in erased.reporters:
        services.database.changing(partial(_forget_reporter, site=site, key=key))
    return kept


def _forget_reporter(connection: Connection, *, site: str, key: str) -> None:
    forget_reporter(connection, site, [key], secrets.token_hex(16))


def _keep_out(services: Services, fingerprints: Sequence[Fingerprint]) -> None:
    by_site: dict[str, list[str]] = {}
    for site, fingerprint in fingerprints:
        by_site.setdefault(site, []).append(fingerprint)

    with services.database.reading() as session:
        there = set(session.scalars(select(Site.id)))
    for site in sorted(there & by_site.keys()):
        services.database.changing(partial(_keep, site=site, fingerprints=by_site[site], at=services.clock()))


def _keep(connection: Connection, *, site: str, fingerprints: Sequence[str], at: datetime) -> None:
    keep_erased(connection, site, fingerprints, at)


def _why(stopped: ErasureStopped) -> str:
    holds = [f"legal hold {id_} on the {about}" for id_, about, _ in stopped.holds]
    return ", ".join([*holds, *(f"open legal case {case}" for case in stopped.cases)])
