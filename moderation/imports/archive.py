"""An archive comes in: laid out, then stored batch by batch, each in one transaction. Whatever stops it, the same again
goes on where it was: what is stored is known by its id there.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from moderation.accounts.sites import site_named
from moderation.comments.articles import paragraphs_of
from moderation.comments.decisions import store_decisions
from moderation.comments.lifecycle import Imported, bring_in
from moderation.comments.page_articles import store_unverified_article
from moderation.comments.rescoring import ATTEMPTS
from moderation.core.actor import IMPORT
from moderation.core.addresses import canonical_address, name_of
from moderation.core.article_ids import article_name
from moderation.core.comment import WAITING, Author, Mode, Status
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.network import network_of
from moderation.core.policy import Signals
from moderation.core.signing import comment_fingerprint
from moderation.core.text.links import count_links
from moderation.core.text.names import links_in_name
from moderation.core.text.written import sameness
from moderation.core.times import DAY
from moderation.imports import commento, coral, disqus, isso, remark42, wordpress
from moderation.imports.reading import Broken, hash_of, one_line, text_of_html
from moderation.imports.reasons import statement_from_elsewhere
from moderation.imports.records import Article, Decided, Options, Person, Reader, Untaken
from moderation.imports.staging import AT_ONCE, Counts, Staged, Staging
from moderation.services import Services
from moderation.storage import authors
from moderation.storage.addresses import holders
from moderation.storage.articles import Place, find_place
from moderation.storage.erased import any_erased, erased_among
from moderation.storage.imported import authors_among, insert_authors, known_comments, places_of, store_first_seen
from moderation.storage.perspective_scores import insert_perspective_scores
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

READERS: Mapping[str, Reader] = {
    "disqus": disqus.read,
    "wordpress": wordpress.read,
    "coral": coral.read,
    "isso": isso.read,
    "remark42": remark42.read,
    "commento": commento.read,
}
UNASKED = ATTEMPTS
"""As many tries to score as a worker makes: it takes no part in a comment that had them."""
LONGEST_TITLE = 300
LONGEST_ID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What comes in, and how. ``source`` tells several archives of one system apart, and their people, such as two
    blogs'. ``told`` hears of each thing that can't be taken, ``stored`` of so many comments that are done; ``begun`` of
    how many there are.
    """

    format: str
    file: Path
    site_id: str
    source: str | None = None
    base_url: str | None = None
    dry_run: bool = False
    told: Callable[[Untaken], None] = lambda _: None
    read: Callable[[int], None] = lambda _: None
    begun: Callable[[int], None] = lambda _: None
    stored: Callable[[int], None] = lambda _: None
    batch: int = AT_ONCE


@dataclass(slots=True)
class Result:
    """What came of it, or would. ``statuses`` counts the comments that were stored, ``there`` those that were before,
    ``erased`` those that stay away. ``found`` is what the archive holds.
    """

    found: Counts
    file_hash: str
    statuses: Counter[str] = field(default_factory=Counter)
    there: int = 0
    erased: int = 0
    new_articles: int = 0
    new_authors: int = 0

    def add(self, other: Result) -> None:
        self.statuses += other.statuses
        self.there += other.there
        self.erased += other.erased
        self.new_articles += other.new_articles
        self.new_authors += other.new_authors


def import_archive(services: Services, archive: Archive) -> Result:
    """Brings an archive in. Raises ``UnreadableArchive``, and ``InvalidField`` for a site that isn't there."""
    with services.database.reading() as session:
        site_named(session, archive.site_id)
    options = Options(now=services.clock(), base_url=archive.base_url, progress=archive.read)
    importing = _Importing(services, archive, hash_of(archive.file))
    with closing(Staging(importing.keys_of, archive.told, source=archive.source)) as staging:
        staging.fill(READERS[archive.format](archive.file, options))
        archive.begun(staging.comments)
        whole = Result(found=staging.counts, file_hash=importing.file_hash)
        for batch in staging.batches(archive.batch):
            if archive.dry_run:
                whole.add(importing.planned(batch))
            else:
                done, comments, articles = importing.store(staging, batch)
                staging.note_stored(comments, articles)
                whole.add(done)
            archive.stored(len(batch))
    return whole


class _Importing:
    """Stores batches of one archive."""

    def __init__(self, services: Services, archive: Archive, file_hash: str) -> None:
        self._services, self._archive, self.file_hash = services, archive, file_hash
        self._site = archive.site_id
        self._secrets = services.keys.identity.secrets
        self._id = new_id(services.clock())
        self._lately = services.clock() - DAY

    def keys_of(self, person: Person) -> tuple[str, ...]:
        """What stands for a person here, as if they had written to this site: no e-mail and no address is kept."""
        id_ = person.id or (f"mailto:{person.email.strip().lower()}" if person.email else None)
        address = network_of(person.address) if person.address and id_ is None else None
        return self._services.keys.author_keys(self._site, Author(name=person.name, id=id_, address=address))

    def planned(self, batch: Sequence[Staged]) -> Result:
        """What would come of a batch; nothing is written."""
        result = self._empty()
        with self._services.database.asking() as connection:
            new, _ = self._new(connection, batch, result)
        result.statuses.update(one.status.value for one in new)
        return result

    def store(self, staging: Staging, batch: Sequence[Staged]) -> tuple[Result, dict[str, str], dict[str, str]]:
        """Stores a batch. Returns what came of it, and our ids of its comments and articles, by their ids there."""
        return run_in_unit_of_work(self._services, lambda unit: self._store(unit, staging, batch))

    def _empty(self) -> Result:
        return Result(found=Counts(), file_hash=self.file_hash)

    def _external_id(self, ref: str) -> str:
        """The id under which a comment, or an article without a name, is known here: of which system and source."""
        whole = ":".join(part for part in (self._archive.format, self._archive.source, ref) if part)
        return whole if len(whole) <= LONGEST_ID else f"{self._archive.format}:{sameness(whole)}"

    def _new(
        self, connection: Connection, batch: Sequence[Staged], result: Result
    ) -> tuple[list[Staged], dict[str, str]]:
        """What of a batch isn't here yet and may come; and our ids of what is here."""
        external = {one.ref: self._external_id(one.ref) for one in batch}
        known = known_comments(connection, self._site, list(external.values()))
        gone = self._erased(connection, batch, external) if any_erased(connection, self._site) else set()
        new = [one for one in batch if external[one.ref] not in known and one.ref not in gone]
        result.there += len(known)
        result.erased += len(batch) - len(known) - len(new)
        return new, {ref: known[name] for ref, name in external.items() if name in known}

    def _erased(self, connection: Connection, batch: Sequence[Staged], external: Mapping[str, str]) -> set[str]:
        """Those of a batch that were erased here, or whose authors were, by their ids there."""
        fingerprints = {
            one.ref: {*one.keys, *(comment_fingerprint(key, self._site, external[one.ref]) for key in self._secrets)}
            for one in batch
        }
        erased = erased_among(connection, self._site, {key for keys in fingerprints.values() for key in keys})
        return {ref for ref, keys in fingerprints.items() if keys & erased}

    def _store(
        self, unit: UnitOfWork, staging: Staging, batch: Sequence[Staged]
    ) -> tuple[Result, dict[str, str], dict[str, str]]:
        result = self._empty()
        new, ids = self._new(unit.connection, batch, result)
        articles = {one.article: one.article_stored for one in new if one.article_stored is not None}
        fresh = self._articles(unit, staging.articles({one.article for one in new} - articles.keys()), result)
        articles |= fresh
        places = places_of(unit.connection, set(articles.values()))
        writers = self._authors(unit, new, result)
        imported, decisions, scores = [], [], []
        for one in new:
            id_ = ids[one.ref] = new_id(one.created_at)
            answers = None if one.parent is None else ids.get(one.parent, one.parent_stored)
            came = self._imported(one, id_, places[articles[one.article]], writers[one.ref], answers)
            imported.append(came)
            decisions += self._decisions(one, came)
            scores += [
                {"comment_id": id_, "attribute": name, "score": score, "model": model}
                for name, (score, model) in one.scores.items()
            ]
        if imported:
            bring_in(unit, imported, actor=IMPORT)
            store_decisions(unit, decisions)
            insert_perspective_scores(unit.connection, scores)
        result.statuses.update(one.status.value for one in new)
        return result, ids, fresh

    def _imported(self, one: Staged, id_: str, place: Place, author_id: str, answers: str | None) -> Imported:
        seen = one.status in (Status.APPROVED, Status.WITHDRAWN)
        # What was answered had been seen.
        published = one.created_at if seen or (one.status is Status.REJECTED and one.has_replies) else None
        columns = {
            "id": id_,
            "site_id": self._site,
            "article_id": place.id,
            "author_id": author_id,
            "author_name": one.name,
            "body": one.body,
            "salt": secrets.token_bytes(16),
            # Nobody looks for a second copy of what was written earlier than a day ago.
            "fingerprint": sameness(one.body) if one.created_at > self._lately else "",
            "external_id": self._external_id(one.ref),
            "scored": False,
            # No worker scores it unasked, before what readers are writing: that is for `moderation rescore`.
            "scoring_attempts": UNASKED,
            "scoring_leased_until": None,
            "created_at": one.created_at,
            "received_at": one.created_at,
            "joined_from": None,
            "form_filled": False,
            "marks": [],
            "trusted": False,
            "first": False,
        }
        counts = {"links": float(count_links(one.body)), "name_links": float(_links_in_name(one.name))}
        last = one.decisions[-1]
        return Imported(
            columns=columns,
            article=place,
            answers=answers,
            status=one.status,
            published_at=published,
            decided_at=None if one.status in WAITING else last.at or one.created_at,
            # At 1 it came in, there; what was decided there counts on, and no policy decides about it here.
            revision=1 + len(one.decisions),
            by_person=last.person and one.status in (Status.APPROVED, Status.REJECTED),
            signals=Signals(values=counts, scored=False, holds=(), meanings={}),
            origin={"format": self._archive.format, "file": self.file_hash, "import": self._id},
        )

    def _decisions(self, one: Staged, came: Imported) -> list[dict[str, Any]]:
        return [
            {
                "comment_id": came.columns["id"],
                "revision": revision,
                "status": decided.status.value,
                "actor": IMPORT,
                "account_id": None,
                "automated": not decided.person,
                "reasons": [],
                "basis": {},
                "policy_version": self._archive.format,
                "reason_id": decided.reason,
                "note": decided.note,
                "statement": _statement(decided, came),
                "decided_at": decided.at or one.created_at,
            }
            for revision, decided in enumerate(one.decisions, start=2)
        ]

    # --- articles and authors -----------------------------------------------------------------------------------------

    def _articles(self, unit: UnitOfWork, articles: Iterable[Article], result: Result) -> dict[str, str]:
        """Our ids of these articles: of one that is known by its address or name, else of a new one, which its site has
        not sent: when it does, the two become one.
        """
        found: dict[str, str] = {}
        for article in articles:
            address = self._address(article)
            own, by_address = _name(article.name), address and name_of(address)
            by_ref = self._external_id(article.ref)  # what has neither is found again by its id there
            names = [name for name in (own, by_address, by_ref) if name]
            at_address = holders(unit.connection, self._site, [address]) if address else {}
            places = (find_place(unit.connection, self._site, name) for name in names)
            id_ = next(iter(at_address.values()), None) or next((place.id for place in places if place), None)
            if id_ is None:
                # By its address, as the section names a page: the site's own name for it comes when it sends it.
                id_ = self._new_article(unit, article, address, by_address or own or by_ref)
                result.new_articles += 1
            found[article.ref] = id_
        return found

    def _new_article(self, unit: UnitOfWork, article: Article, address: str | None, name: str) -> str:
        return store_unverified_article(
            unit,
            self._site,
            IMPORT,
            name,
            title=one_line(article.title, LONGEST_TITLE) or one_line(article.url or name, LONGEST_TITLE) or name,
            url=article.url if address else None,
            addresses=[address] if address else [],
            paragraphs=_paragraphs(article.html),
            section=one_line(article.section or "", 100) or None,
            published_at=article.published_at,
            mode=Mode.CLOSED if article.closed else None,
            origin={"file": self.file_hash, "import": self._id},
        )

    def _address(self, article: Article) -> str | None:
        if article.url is None:
            return None
        with suppress(InvalidField):
            return canonical_address(article.url)
        return None

    def _authors(self, unit: UnitOfWork, new: Sequence[Staged], result: Result) -> dict[str, str]:
        """Our ids of the comments' authors, by the comments' ids there; with what these comments count for them."""
        by_key = authors_among(unit.connection, self._site, {key for one in new for key in one.keys})
        rows: dict[str, dict[str, Any]] = {}
        found: dict[str, str] = {}
        since: dict[str, datetime] = {}
        for one in new:
            id_ = next((by_key[key] for key in one.keys if key in by_key), None)
            if id_ is None:
                id_ = by_key[one.keys[0]] = new_id(one.created_at)
                rows[id_] = {
                    "id": id_,
                    "site_id": self._site,
                    "key": one.keys[0],
                    "known": one.known,
                    "external_id": one.person_id,
                    "name": one.name,
                    "approved": 0,
                    "rejected": 0,
                    "trusted": False,
                    "muted_until": None,
                    "banned_until": None,
                }
            since[id_] = min(since.get(id_, one.created_at), one.created_at)
            approved, rejected = one.status is Status.APPROVED, one.status is Status.REJECTED
            if id_ in rows:
                rows[id_]["approved"] += approved
                rows[id_]["rejected"] += rejected
            else:
                unit.increment(authors.Author, id_, approved=approved, rejected=rejected)
            found[one.ref] = id_
        insert_authors(unit.connection, [row | {"created_at": since[id_]} for id_, row in rows.items()])
        store_first_seen(unit.connection, {id_: first for id_, first in since.items() if id_ not in rows})
        result.new_authors += len(rows)
        return found


_links_in_name = lru_cache(maxsize=10_000)(links_in_name)


def _name(name: str | None) -> str | None:
    if name is None:
        return None
    with suppress(InvalidField):
        return article_name(name)
    return None


def _paragraphs(html: str | None) -> tuple[str, ...]:
    if not html:
        return ()
    try:
        return paragraphs_of(text_of_html(html.replace("\n\n", "<p>")))
    except Broken:
        return ()


def _statement(decided: Decided, came: Imported) -> Any:
    if decided.status is not Status.REJECTED:
        return None
    return statement_from_elsewhere(
        decided.reason, person=decided.person, published_before=came.published_at is not None
    )
