"""`moderation restore`: a backup is brought back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.backups.manifest import BackupRefused
from moderation.backups.on_postgres import restore_commands
from moderation.backups.restoring import Restored, Wanted, restore
from moderation.cli.opening import ACTOR
from moderation.config.settings import read_environment
from moderation.services import utc_now
from moderation.storage.database import file_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put the database that is there aside, under another name beside it.")
@click.option("--check", is_flag=True, help="Only check FILE, as thoroughly; nothing is changed.")
@click.option("--leave-erased", is_flag=True, help="Bring back what was erased since, for an erasure by mistake.")
@click.option("--broken-chain", is_flag=True, help="Bring it back although an audit chain in it is broken.")
def command(file: Path, replace: bool, check: bool, leave_erased: bool, broken_chain: bool) -> None:
    """Bring the backup FILE back, once all of it is verified: checksums, the database's inner order, every audit chain
    up to the head that was noted, the secret key. Then its tables come to this version.

    Stop the service first. Nothing is ever deleted: a database that is there stays beside the new one (--replace). What
    that one has erased since the backup is erased again. Everybody signs in anew.

    Exit status 1: it is back, but a legal hold kept something from being erased again; or the database is PostgreSQL,
    and the commands are printed. Exit status 2: refused, and why; nothing was changed.
    """
    settings = read_environment()
    target = file_of(settings.database_url)
    if not settings.database_url.startswith("sqlite:"):
        click.echo(
            "# This database is PostgreSQL. Stop the service; these commands put the database that is there aside"
        )
        click.echo("# and bring the file back. A password goes into PGPASSWORD or ~/.pgpass. Nothing was done yet.")
        for line in restore_commands(settings.database_url, file.absolute(), utc_now()):
            click.echo(line)
        click.echo("# Then erase again whoever was erased since the backup was made (moderation erase), and start.")
        sys.exit(1)
    if target is None:
        raise BackupRefused("MODERATION_DATABASE_URL names no file that a backup could take the place of.")
    hidden, length = not sys.stderr.isatty(), file.stat().st_size if file.is_file() else 0
    with click.progressbar(length=length, label="restoring", file=sys.stderr, hidden=hidden) as bar:
        wanted = Wanted(
            replace=replace,
            erase_again=not leave_erased,
            verify_chains=not broken_chain,
            only_check=check,
            unpacked=bar.update,
        )
        restored = restore(settings, file.absolute(), target, wanted, actor=ACTOR)
    _tell_what_it_holds(restored)
    if check:
        click.echo("Every byte of it is right: it can be brought back.")
        return
    _tell_what_is_left(restored, file, leave_erased=leave_erased)
    if restored.kept:
        sys.exit(1)


def _tell_what_it_holds(restored: Restored) -> None:
    manifest = restored.manifest
    click.echo(f"The database as it stood at {manifest.made_at}: comments {manifest.counts.get('comments', 0):,}")
    for head in manifest.chains:
        click.echo(f"chain {head.chain}: {head.sequence} events, head {head.hash}")


def _tell_what_is_left(restored: Restored, file: Path, *, leave_erased: bool) -> None:
    made_at, erased = restored.manifest.made_at, restored.erased
    if restored.aside is not None:
        click.echo(f"The database that was there is {restored.aside} now. Delete it when you need it no more.")
    if restored.configuration is not None:
        click.echo(f"The configuration was another then: tar xzf {file} moderation.toml takes it out.")
    click.echo(
        f"It is back. Everybody signs in anew. What was changed after {made_at} is as it was before: look at keys and "
        "accounts that were ended since (moderation sites, users), at bans and at legal holds, then start the service."
    )
    if erased is None:
        click.echo(f"Nobody can tell what was erased after {made_at}: erase it again (moderation erase).")
    elif leave_erased and erased:
        click.echo(f"Erased since, and back now: readers {len(erased.authors)}, other comments {len(erased.comments)}.")
        if erased.reporters:
            click.echo(f"Forgotten since, and back now: readers who reported something {len(erased.reporters)}.")
        for line in (*erased.authors, *(id_ for _, id_ in erased.comments)):
            click.echo(f"  {line}")
    elif erased:
        click.echo(f"Erased again: readers {len(erased.authors)}, other comments {len(erased.comments)}.")
        if erased.reporters:
            click.echo(f"Forgotten again: readers who reported something {len(erased.reporters)}.")
    for line in restored.kept:
        click.echo(f"Not erased again, {line}")
