"""The audit log: its events, and whether its chains hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

import regex
from flask import Blueprint, Response, abort, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.accounts.reachable import sites_reached
from moderation.core.actor import Actor
from moderation.core.audit_chain import SYSTEM, AuditEvent, fault_in, legible, read_payload, read_time
from moderation.core.audit_export import exported
from moderation.core.messages import noted
from moderation.core.reach import ADMIN, READ, everywhere
from moderation.core.times import DAY, start_of_day
from moderation.jobs.chain_checks import ask_to_check
from moderation.storage.audit import events_in_chunks
from moderation.storage.chain_checks import ChainCheck, checks_of
from moderation.storage.desk import EventsWanted, account_names, newest_events
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import desk_page
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import LARGEST_COUNT, argument, known_id, time_zone, whole_number
from moderation.web.shared.wording import number, referred_to, who

PAGE = 50
LONGEST_PAYLOAD = 20_000
"""Characters of a payload that the page shows; ours have some hundred."""
PIECE = 64 * 1024
"""Bytes that an export sends at once."""
AUDIT = "/audit"
NO_CHAIN = noted("This account has no site whose audit log it may read.")
_FAULTS = (
    noted("a column was changed: it differs from the text that was hashed"),
    noted("its hash is not that of its text"),
)
"""What can be wrong with an event, as the chain says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event as the page shows it; ``link`` leads to the comment that it is about. ``at`` is None and ``fault`` says
    what is wrong where somebody has changed it.
    """

    sequence: int
    time: str
    at: datetime | None
    event: str
    actor: str
    actor_href: str
    subject: str
    link: str | None
    payload: str
    previous: str
    hash: str
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A chain as it was last recomputed: whether it ``holds``, and that in words."""

    at: datetime
    holds: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is known of the chains that somebody may see. ``done`` of ``total`` events are recomputed of those under
    way; ``complete``: every chain has been recomputed to its end before.
    """

    under_way: bool
    complete: bool
    done: int
    total: int
    found: tuple[Checked, ...]

    @property
    def holds(self) -> bool:
        return all(checked.holds for checked in self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page's address asks for, as it is typed: ``actor`` as the page says who somebody is."""

    chain: str
    event: str
    actor: str
    subject: str
    since: date | None
    until: date | None
    before: int | None

    def wanted(self, names: dict[str, str]) -> EventsWanted:
        return EventsWanted(
            chain=self.chain,
            event=self.event,
            actors=referred_to(self.actor, names) if self.actor else None,
            subject=self.subject,
            before=self.before,
            since=start_of_day(self.since, time_zone()) if self.since else None,
            until=start_of_day(self.until + DAY, time_zone()) if self.until and self.until < date.max else None,
        )

    @property
    def href(self) -> str:
        keys = {"chain": self.chain, "event": self.event, "actor": self.actor, "subject": self.subject}
        more = {"from": self.since, "to": self.until, "before": self.before}
        said = keys | {name: "" if value is None else str(value) for name, value in more.items()}
        return f"{AUDIT}?{urlencode({name: value for name, value in said.items() if value})}"


def blueprint() -> Blueprint:
    """The routes under ``/audit``."""
    pages = Blueprint("audit_pages", __name__, url_prefix=AUDIT)

    @pages.get("")
    def audit() -> Response:
        return _audit_page()

    @pages.post("/verify")
    def check() -> WerkzeugResponse:
        with services().database.reading() as db:
            chains = _chains(person(), db)
        if not chains:
            abort(403, gettext(NO_CHAIN))
        ask_to_check(services(), chains)
        return redirect(f"{AUDIT}#checks", 303)

    @pages.get("/export")
    def export() -> Response:
        with services().database.reading() as db:
            chains = _chains(person(), db)
        asked = argument("chain")
        if not chains or (asked and asked not in chains):
            abort(404, gettext("There is no such chain, or this account may not read it."))
        answer = Response(_exported([asked] if asked else chains), content_type="application/jsonl; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="audit-{asked or "all"}.jsonl"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return pages


def _exported(chains: list[str]) -> Iterator[bytes]:
    """The events of these chains, as the command writes them. The database waits for no client: what it is asked for
    goes out only once it has answered.
    """
    database = services().database  # asked for before the answer goes out: later there is no request any more
    return _pieces(exported(events_in_chunks(database, chain) for chain in chains))


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines together, so that a client that reads too slowly is noticed (``serving.WRITE_SECONDS``)."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _chains(actor: Actor, db: Session) -> list[str]:
    """The chains that this person may see: those of their sites, and for administrators the one of the service. A chain
    tells of the whole site, so whoever is limited to sections of it has none.
    """
    chains = [site.id for site in sites_reached(db, actor, READ, altogether=True)]
    return [*chains, SYSTEM] if everywhere(actor, ADMIN) else chains


def _audit_page() -> Response:
    with services().database.reading() as db:
        chains = _chains(person(), db)
        if not chains:
            abort(403, gettext(NO_CHAIN))
        names = account_names(db)
        asked = _asked(chains)
        found = newest_events(db, asked.wanted(names), limit=PAGE + 1)
        checks = _checks(checks_of(db, chains), len(chains))
    page = found[:PAGE]
    return desk_page(
        "desk/audit.html",
        here=AUDIT,
        chains=chains,
        wanted=asked,
        events=[_line(event, asked, names) for event in page],
        older=replace(asked, before=page[-1].sequence).href if len(found) > PAGE else None,
        newest=replace(asked, before=None).href if asked.before is not None else None,
        people=sorted(
            set(names.values())
            | {gettext(words) for words in ("the policy", "its writer", "the site's key", "the service")}
        ),
        checks=checks,
    )


def _asked(chains: list[str]) -> Asked:
    chain = argument("chain")
    return Asked(
        chain=chain if chain in chains else chains[0],
        event=argument("event"),
        actor=argument("actor"),
        subject=argument("subject"),
        since=_day(argument("from")),
        until=_day(argument("to")),
        before=whole_number(argument("before"), largest=LARGEST_COUNT),
    )


def _line(event: AuditEvent, asked: Asked, names: dict[str, str]) -> Line:
    subject, actor = legible(event.subject), legible(event.actor)
    about_comment = event.event.startswith("comment.") and subject == known_id(subject)
    return Line(
        sequence=event.sequence,
        time=legible(event.time),
        at=read_time(event.time),
        event=legible(event.event),
        actor=who(actor, names),
        actor_href=replace(asked, actor=_said(actor, names), before=None).href,
        subject=subject,
        link=f"/review/comments/{subject}" if about_comment else None,
        payload=_pretty(event.payload),
        previous=legible(event.previous),
        hash=legible(event.hash),
        fault=fault_in(event),
    )


def _said(actor: str, names: dict[str, str]) -> str:
    """What is typed to find an actor's events: its name where that is nobody else's."""
    shown = who(actor, names)
    return shown if actor in (meant := referred_to(shown, names)) and len(meant) == 1 else actor


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _pretty(payload: str) -> str:
    try:
        text = legible(json.dumps(read_payload(payload), indent=2, ensure_ascii=False))
    except RecursionError:
        text = legible(payload)
    left_out = len(text) - LONGEST_PAYLOAD
    if left_out <= 0:
        return text
    more = gettext("… and %(number)s characters more", number=number(left_out))
    return f"{text[:LONGEST_PAYLOAD]} {more}"


def _checks(known: Sequence[ChainCheck], chains: int) -> Checks:
    under_way = [check for check in known if check.asked_at is not None]
    return Checks(
        under_way=bool(under_way),
        complete=len([check for check in known if check.finished_at is not None]) == chains,
        done=sum(check.checked for check in under_way),
        total=sum(check.total for check in under_way),
        found=tuple(_checked(check, check.finished_at) for check in known if check.finished_at is not None),
    )


_PROBLEMS: tuple[tuple[regex.Pattern[str], str], ...] = (
    (
        regex.compile(
            r"chain (?P<chain>.{1,200}), event (?P<number>[0-9]{1,20}): missing; the next one stored is (?P<next>.+)"
        ),
        noted("chain %(chain)s, event %(number)s: missing; the next one stored is %(next)s"),
    ),
    (
        regex.compile(
            r"chain (?P<chain>.{1,200}), event (?P<number>[0-9]{1,20}): says that it belongs to the chain (?P<other>.+)"
        ),
        noted("chain %(chain)s, event %(number)s: says that it belongs to the chain %(other)s"),
    ),
    (
        regex.compile(
            r"chain (?P<chain>.{1,200}), event (?P<number>[0-9]{1,20}): doesn't follow from the event before it"
        ),
        noted("chain %(chain)s, event %(number)s: doesn't follow from the event before it"),
    ),
    (
        regex.compile(
            r"chain (?P<chain>.{1,200}) ends at event (?P<number>[0-9]{1,20}), "
            r"but its head names event (?P<head>[0-9]{1,20})"
        ),
        noted("chain %(chain)s ends at event %(number)s, but its head names event %(head)s"),
    ),
    (
        regex.compile(r"chain (?P<chain>.{1,200}) ends at event (?P<number>[0-9]{1,20}), but its head names nothing"),
        noted("chain %(chain)s ends at event %(number)s, but its head names nothing"),
    ),
)
_FAULT = regex.compile(r"chain (?P<chain>.{1,200}), event (?P<number>[0-9]{1,20}): (?P<why>.+)")


def _problem_told(problem: str) -> str:
    """What is wrong with a chain, which is kept in English, in the language of the page."""
    for shape, sentence in _PROBLEMS:
        if found := shape.fullmatch(problem):
            return gettext(sentence, **found.groupdict())
    if fault := _FAULT.fullmatch(problem):
        why = gettext(fault["why"])
        return gettext(
            "chain %(chain)s, event %(number)s: %(why)s", chain=fault["chain"], number=fault["number"], why=why
        )
    return problem


def _checked(check: ChainCheck, at: datetime) -> Checked:
    if check.problem is not None:
        return Checked(at=at, holds=False, words=gettext("Broken: %(problem)s", problem=_problem_told(check.problem)))
    words = gettext("%(chain)s: no event", chain=check.chain)
    if check.head:
        words = gettext(
            "%(chain)s: %(number)s events, head %(hash)s",
            chain=check.chain,
            number=number(check.head),
            hash=check.head_hash,
        )
    return Checked(at=at, holds=True, words=words)
