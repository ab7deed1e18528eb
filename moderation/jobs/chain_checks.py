"""Audit chains are recomputed in the background, one after the other, and what was found is kept for who asks.

Several processes may look for them. Whoever goes on with one has a claim on it, renewed with each chunk; a process
that is killed leaves it to the others when the lease ends, at the chunk that it did not finish. Events are read in
short transactions and recomputed outside of any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, takewhile

from sqlalchemy.orm import Session

from moderation.core.audit_chain import GENESIS, ChainHead, legible, verify
from moderation.core.errors import ChainBroken
from moderation.jobs.pruning import starting_point
from moderation.services import Piece, Services
from moderation.storage.audit import events_of, head_and_newest
from moderation.storage.chain_checks import ChainCheck, find_check
from moderation.storage.claims import Claim, Claims, Work

WORK = Work(
    key=ChainCheck.chain,
    leased_until=ChainCheck.leased_until,
    waits=(ChainCheck.asked_at.is_not(None),),
    order=(ChainCheck.asked_at, ChainCheck.chain),
    lease=timedelta(seconds=30),
    furthest=timedelta(minutes=5),
    alone=True,  # a chain is a processor's work for a while: one is enough, however many processes there are
)
CHUNK = 2000
"""Events: some hundredths of a second to recompute, so that a stop is not held up."""


def ask_to_check(services: Services, chains: Sequence[str]) -> None:
    """Has these chains recomputed from their first events on. One that is being recomputed goes on as it is."""

    def ask(session: Session) -> None:
        for chain in sorted(chains):
            check = find_check(session, chain, lock=True)
            if check is None:
                check = ChainCheck(chain=chain, total=0, checked=0, hash=GENESIS, head=0, head_hash=GENESIS)
                session.add(check)
            if check.asked_at is None:
                kept, newest = head_and_newest(session, chain)
                check.asked_at, check.leased_until = services.clock(), None
                check.checked, check.hash = 0, GENESIS
                check.total = max(kept.sequence if kept else 0, newest)

    services.database.writing(ask)
    services.waker.wake([Piece.CHAINS])


def check_chains(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Goes on with the chain that has waited longest, to its end. Returns whether there was one."""
    claims = Claims(services.database, services.clock, WORK)
    claim = claims.take(1)
    if claim is None:
        return False
    run: _Run | None = _begun(services, claim)
    while run is not None and not stopped():
        run = _go_on(services, run)
    if run is not None:
        claims.give_back(run.claim, run.claim.keys)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A chain that this process is at: what holds so far, and its claim."""

    at: ChainHead
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a chunk showed: how far the chain holds, how far it goes, and whether that is its end or a fault in it."""

    at: ChainHead
    total: int
    through: bool = False
    problem: str | None = None


def _begun(services: Services, claim: Claim) -> _Run:
    (chain,) = claim.keys
    with services.database.reading() as session:
        check = session.get_one(ChainCheck, chain)
    return _Run(at=ChainHead(chain=chain, sequence=check.checked, hash=check.hash), claim=claim)


def _go_on(services: Services, run: _Run) -> _Run | None:
    """Recomputes a chunk. Returns where that has led; None where nothing is left to do here."""
    found = _recomputed(services, run.at)

    def keep(session: Session) -> _Run | None:
        check = find_check(session, run.at.chain, lock=True)
        if check is None or not run.claim.holds(check.leased_until):
            return None  # it took so long that somebody else goes on with it
        now = services.clock()
        check.checked, check.hash, check.total = found.at.sequence, found.at.hash, found.total
        if not (found.through or found.problem):
            run_on = _Run(at=found.at, claim=WORK.extended(run.claim, now))
            check.leased_until = run_on.claim.until
            return run_on
        check.asked_at = check.leased_until = None
        check.finished_at, check.problem = now, found.problem
        check.head, check.head_hash = found.at.sequence, found.at.hash
        return None

    return services.database.writing(keep)


def _recomputed(services: Services, at: ChainHead) -> _Found:
    with services.database.reading() as session:
        # The head first: events that come in meanwhile lie behind it.
        kept, newest = head_and_newest(session, at.chain)
        try:
            start = starting_point(services, session, at.chain)
        except ChainBroken as error:
            return _Found(at=at, total=at.sequence, problem=legible(error.detail))
        if start is not None and at.sequence < start.sequence:
            at = start
        goes_to = max(kept.sequence if kept else 0, newest)
        following = takewhile(lambda event: event.sequence <= goes_to, events_of(session, at.chain, after=at.sequence))
        events = list(islice(following, CHUNK))
    try:
        holds = verify(at.chain, events, after=at)
    except ChainBroken as error:
        return _Found(at=at, total=goes_to, problem=legible(error.detail))
    if len(events) == CHUNK and holds.sequence < goes_to:
        return _Found(at=holds, total=goes_to)
    return _Found(at=holds, total=goes_to, through=True, problem=_end_problem(holds, kept))


def _end_problem(holds: ChainHead, kept: ChainHead | None) -> str | None:
    """What is wrong with the end of a chain whose events hold: its tail cut off, its head gone or another."""
    if kept == holds or (kept is None and not holds.sequence):
        return None
    told = f"event {kept.sequence}" if kept else "nothing"
    return f"chain {holds.chain} ends at event {holds.sequence}, but its head names {told}"
