"""`moderation audit`: recompute the chains, or write them out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click
from sqlalchemy.orm import Session

from moderation.cli.opening import open_database
from moderation.core.audit_chain import AuditEvent, ChainHead, verify
from moderation.core.audit_export import exported
from moderation.core.errors import ChainBroken
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
    with open_database() as database, database.reading() as session:
        if not database.is_sqlite:  # there a reading transaction sees one moment anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found = chains(session)
        if not found:
            click.echo("There is no event yet.")
        problems = [problem for chain in found if (problem := _problem(session, chain, missing))]
    problems += [f"BROKEN: no chain holds the expected head {head}: a chain's tail was cut off" for head in missing]
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)


def _problem(session: Session, chain: str, missing: set[str]) -> str | None:
    """Verifies one chain and prints its head, or tells what is wrong. Takes the hashes it meets out of ``missing``."""
    kept = stored_head(session, chain)
    events = _seen(events_of(session, chain), missing)
    length = kept.sequence if kept else None
    with click.progressbar(
        events, length=length, label=f"chain {chain}", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as counted:
        try:
            head = verify(chain, counted)
        except ChainBroken as error:
            return f"BROKEN: {error}"
    if kept != head:
        return f"BROKEN: chain {chain} ends at event {head.sequence}, but {_kept_in_words(kept)}"
    click.echo(f"chain {chain}: {head.sequence} events, head {head.hash}")
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
