"""The audit log: its events, and whether its chains hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.audit_chain import SYSTEM, AuditEvent, fault_in, legible, read_payload, read_time, verify
from moderation.core.audit_export import exported
from moderation.core.errors import ChainBroken
from moderation.core.reach import everywhere
from moderation.core.times import start_of_day
from moderation.storage.audit import events_of, stored_head
from moderation.storage.desk import EventsWanted, account_names, newest_events
from moderation.web.access import person, services
from moderation.web.desk_frame import ADMIN, READ, desk_page, sites_with
from moderation.web.rendering import argument, known_id, time_zone, whole_number
from moderation.web.wording import referred_to, who

PAGE = 50
LONGEST_PAYLOAD = 20_000
"""Characters of a payload that the page shows; ours have some hundred."""
AUDIT = "/audit"
ONE_DAY = timedelta(days=1)


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
class Verified:
    """What recomputing the chains found: one line for each."""

    holds: bool
    lines: tuple[str, ...]


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
            until=start_of_day(self.until + ONE_DAY, time_zone()) if self.until and self.until < date.max else None,
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
    def check() -> Response:
        with services().database.reading() as db:
            results = [_verify(db, chain) for chain in _chains(person(), db)]
        verified = Verified(
            holds=all(holds for holds, _ in results),
            lines=tuple(line for _, line in results),
        )
        return _audit_page(verified)

    @pages.get("/export")
    def export() -> Response:
        with services().database.reading() as db:
            chains = _chains(person(), db)
        asked = argument("chain")
        if not chains or (asked and asked not in chains):
            abort(404, "There is no such chain, or this account may not read it.")
        answer = Response(_exported([asked] if asked else chains), content_type="application/jsonl; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="audit-{asked or "all"}.jsonl"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return pages


def _exported(chains: list[str]) -> Iterator[bytes]:
    """The events of these chains, as the command writes them."""
    database = services().database  # asked for before the answer goes out: later there is no request any more

    def lines() -> Iterator[bytes]:
        with database.reading() as db:
            yield from exported([events_of(db, chain) for chain in chains])

    return lines()


def _chains(actor: Actor, db: Session) -> list[str]:
    """The chains that this person may see: those of their sites, and for administrators the one of the service. A chain
    tells of the whole site, so whoever is limited to sections of it has none.
    """
    chains = [site.id for site in sites_with(actor, READ, db, altogether=True)]
    return [*chains, SYSTEM] if everywhere(actor, ADMIN) else chains


def _audit_page(verified: Verified | None = None) -> Response:
    with services().database.reading() as db:
        chains = _chains(person(), db)
        if not chains:
            abort(403, "This account has no site whose audit log it may read.")
        names = account_names(db)
        asked = _asked(chains)
        found = newest_events(db, asked.wanted(names), limit=PAGE + 1)
    page = found[:PAGE]
    return desk_page(
        "desk/audit.html",
        here=AUDIT,
        chains=chains,
        wanted=asked,
        events=[_line(event, asked, names) for event in page],
        older=replace(asked, before=page[-1].sequence).href if len(found) > PAGE else None,
        newest=replace(asked, before=None).href if asked.before is not None else None,
        people=sorted(set(names.values()) | {"the policy", "its writer", "the site's key", "the service"}),
        verified=verified,
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
        before=whole_number(argument("before")),
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
    return f"{text[:LONGEST_PAYLOAD]} … and {left_out:,} characters more" if left_out > 0 else text


def _verify(db: Session, chain: str) -> tuple[bool, str]:
    """Whether a chain holds, and that in words."""
    kept = stored_head(db, chain)
    try:
        head = verify(chain, events_of(db, chain))
    except ChainBroken as error:
        return False, legible(f"Broken: {error.detail}")
    if not head.sequence and kept is None:
        return True, f"{chain}: no event yet"
    if kept != head:
        told = f"event {kept.sequence}" if kept else "nothing"
        return False, f"Broken: chain {chain} ends at event {head.sequence}, but its head names {told}"
    return True, f"{chain}: {head.sequence} events, head {head.hash}"
