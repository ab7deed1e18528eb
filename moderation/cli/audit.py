"""`moderation audit`: recompute the chains, or write them out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

import click
from sqlalchemy.orm import Session

from moderation.accounts.sites import site_named
from moderation.cli.opening import open_database, open_services
from moderation.cli.times import Moment
from moderation.core.audit_chain import SYSTEM, AuditEvent, ChainHead, verify
from moderation.core.audit_export import exported
from moderation.core.errors import ChainBroken, ErasureStopped
from moderation.jobs.pruning import prune, starting_point
from moderation.services import Services
from moderation.storage.audit import chains, events_in_chunks, events_of, stored_head


@click.group()
def command() -> None:
    """The audit log: one chain of events per site, and one, `system`, for what belongs to none."""


@command.command("verify")
@click.option(
    "--expect-head",
    "expected",
    multiple=True,
    metavar="HASH",
    help="A head that was seen before; it must still be in its chain, or the chain's tail was cut. Repeatable.",
)
def verify_command(expected: tuple[str, ...]) -> None:
    """Recompute every chain and print its head. Exit status 1 names the first broken event of each.

    A head that you keep elsewhere (the log holds each one) shows with --expect-head that nothing was cut off since.
    """
    missing = {head.strip().lower() for head in expected}
    with open_services() as services, services.database.reading() as session:
        if not services.database.is_sqlite:  # there a reading transaction sees one moment anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found = chains(session)
        if not found:
            click.echo("There is no event yet.")
        problems = [problem for chain in found if (problem := _problem(services, session, chain, missing))]
    problems += [f"BROKEN: no chain holds the expected head {head}: a chain's tail was cut off" for head in missing]
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)


def _problem(services: Services, session: Session, chain: str, missing: set[str]) -> str | None:
    """Verifies one chain and prints its head, or tells what is wrong. Takes the hashes it meets out of ``missing``."""
    kept = stored_head(session, chain)
    try:
        start = starting_point(services, session, chain)
    except ChainBroken as error:
        return f"BROKEN: {error}"
    if start is not None:
        missing.discard(start.hash)
    events = _seen(events_of(session, chain, after=start.sequence if start else 0), missing)
    length = kept.sequence if kept else None
    with click.progressbar(
        events, length=length, label=f"chain {chain}", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as counted:
        try:
            head = verify(chain, counted, after=start)
        except ChainBroken as error:
            return f"BROKEN: {error}"
    if kept != head:
        return f"BROKEN: chain {chain} ends at event {head.sequence}, but {_kept_in_words(kept)}"
    pruned = f", the first {start.sequence:,} pruned" if start is not None else ""
    click.echo(f"chain {chain}: {head.sequence} events{pruned}, head {head.hash}")
    return None


def _seen(events: Iterable[AuditEvent], missing: set[str]) -> Iterator[AuditEvent]:
    for event in events:
        missing.discard(event.hash)
        yield event


def _kept_in_words(kept: ChainHead | None) -> str:
    if kept is None:
        return "its head is gone"
    return (
        f"its head names event {kept.sequence} with the hash {kept.hash}: event {kept.sequence} was cut off or replaced"
    )


@command.command("export")
def export_command() -> None:
    """Write every event as JSON Lines, oldest first; within a chain always in its order."""
    with open_database() as database:
        with database.reading() as session:
            found = chains(session)
        for line in exported(events_in_chunks(database, chain) for chain in found):
            click.echo(line, nl=False)


@command.command("prune")
@click.option(
    "--site", required=True, help="The site whose chain it is; `system` for the chain of what belongs to none."
)
@click.option("--before", required=True, type=Moment(), help="Events from before then (UTC where it says no zone).")
@click.option("--yes", is_flag=True, help="Don't ask first.")
def prune_command(site: str, before: datetime, yes: bool) -> None:
    """Put a signed checkpoint in the place of a chain's old events, and delete them for good.

    They are verified first, and the rest verifies from the checkpoint on. What happened to a comment before then is no
    longer told. Stopped in the middle, the same command does the rest.

    Exit status 1: the chain is broken, or a legal hold stands on something of the site; nothing was deleted.
    """
    with open_services() as services:
        if site != SYSTEM:
            with services.database.reading() as session:
                site_named(session, site)
        if not yes:
            click.confirm(f"Delete the events of the chain {site} from before {before:%Y-%m-%d %H:%M} UTC?", abort=True)
        deleted: list[int] = []
        try:
            head = prune(services, "command-line", site, before, done=deleted.append)
        except ChainBroken as error:
            click.echo(f"BROKEN: {error}. Nothing was deleted.", err=True)
            sys.exit(1)
        except ErasureStopped as stopped:
            for id_, about, reason in stopped.holds:
                click.echo(f"The legal hold {id_} on the {about} stands in the way: {reason}", err=True)
            click.echo("Nothing was deleted.", err=True)
            sys.exit(1)
    if head is None:
        click.echo("No event is that old.")
    else:
        click.echo(
            f"Deleted {sum(deleted):,} events. The chain goes on from event {head.sequence:,}, hash {head.hash}."
        )
