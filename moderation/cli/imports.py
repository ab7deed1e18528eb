"""`moderation import`: another system's archive comes in, or a site's own export is read back."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from moderation.cli.opening import open_services
from moderation.core.addresses import canonical_address
from moderation.core.errors import InvalidField
from moderation.core.text.written import is_storable
from moderation.imports.archive import READERS, Archive, Result, import_archive
from moderation.imports.checking import check_export
from moderation.imports.reading import UnreadableArchive
from moderation.imports.reading_back import read_back
from moderation.imports.records import Untaken
from moderation.services import Services

OWN = "moderation"
WITH_PATHS = ("isso", "commento")
"""Formats that may name a page by its path alone."""
_STOPPED = "\nStopped. What has come is kept; the same command again goes on from there."
_WORDS: Mapping[str, str] = {
    "no_article": "under an article that the archive doesn’t have",
    "empty": "without a text",
    "deleted": "deleted, and nothing is left",
    "twice": "with the id of another one",
    "broken_date": "with a date that can’t be read",
    "date_ahead": "with a date that lies ahead",
    "unknown_status": "with a status that isn’t known",
    "no_comment": "not a reader’s comment",
    "no_id": "without an id",
    "bad_id": "with an id that can’t be kept",
    "bad_text": "with a text that can’t be kept",
    "not_json": "not JSON",
    "not_an_object": "not a JSON object",
    "too_long": "lines longer than 32 MB",
    "breaks_off": "where the file breaks off or is damaged: what comes after that is missing",
    "no_parent": "answering what the archive doesn’t have: on their own now",
    "circle": "answering themselves in a circle: on their own now",
}


def _text(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    if typed is not None and not is_storable(typed):
        raise click.BadParameter("holds bytes that are no text.")
    return typed


def _address(context: click.Context, option: click.Parameter, typed: str | None) -> str | None:
    typed = _text(context, option, typed)
    if typed is not None:
        try:
            canonical_address(typed)
        except InvalidField as error:
            raise click.BadParameter(str(error.message)) from error
    return typed


@click.command()
@click.argument("format_", metavar="FORMAT", type=click.Choice([*READERS, OWN]))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--site", required=True, help="The site that the comments come to.")
@click.option("--dry-run", is_flag=True, help="Say what would come, and write nothing.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file for what can't be taken and why, as JSON Lines.",
)
@click.option(
    "--source",
    metavar="NAME",
    callback=_text,
    help="Tells two archives of one system apart, and their readers, such as those of two blogs.",
)
@click.option(
    "--base-url",
    metavar="URL",
    callback=_address,
    help="Where the paths belong that isso and commento keep: https://news.example",
)
def command(
    format_: str, file: Path, site: str, *, dry_run: bool, report: Path | None, source: str | None, base_url: str | None
) -> None:
    """Bring in an archive: disqus (XML), wordpress (WXR), coral (a folder of mongoexport's files), isso (its SQLite
    file), remark42 (its backup), commento (JSON), or moderation (what `moderation export` wrote). Files packed with
    gzip are unpacked.

    Comments keep their times, names, threads, and what was decided about them. They pass no rule of this site, and
    nobody is told of them. The same again, after whatever stopped it, goes on where it was and doubles nothing.

    Exit status 1: nothing could be read, or the file breaks off.
    """
    if format_ == OWN:
        if report or source or base_url:
            raise click.UsageError(
                "An export is read back as it stands: --report, --source and --base-url aren't for it."
            )
        _read_back(file, site, dry_run=dry_run)
        return
    if base_url and format_ not in WITH_PATHS:
        raise click.UsageError(f"--base-url is for archives that keep paths alone: {', '.join(WITH_PATHS)}.")
    with open_services() as services, _told_into(report) as told:
        seen = Counter[str]()

        def hear(untaken: Untaken) -> None:
            seen[untaken.code] += 1
            told({"where": untaken.where, "id": untaken.ref, "code": untaken.code, "why": untaken.why})

        archive = Archive(
            format=format_, file=file, site_id=site, source=source, base_url=base_url, dry_run=dry_run, told=hear
        )
        try:
            result = _with_progress(services, archive)
        except UnreadableArchive as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo(_STOPPED, err=True)
            sys.exit(130)
        told({"summary": _summary(archive, result)})
    _tell(archive, result)
    if not result.found.statuses.total() or seen["breaks_off"]:
        sys.exit(1)


def _read_back(file: Path, site: str, *, dry_run: bool) -> None:
    hidden = not sys.stderr.isatty()
    with open_services() as services:
        try:
            with click.progressbar(
                length=file.stat().st_size, label="checking", file=sys.stderr, hidden=hidden
            ) as reading:
                checked = check_export(services, file, site, reading.update)
            lines = Counter(checked.counts)
            if not dry_run:
                with click.progressbar(
                    length=checked.counts.total(), label="storing", file=sys.stderr, hidden=hidden
                ) as storing:
                    lines = read_back(services, file, site, checked, storing.update)
        except UnreadableArchive as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo(_STOPPED, err=True)
            sys.exit(130)
    if dry_run:
        click.echo("Nothing was written: this is what the export holds. It is whole, and its chain verifies.")
    for kind, number in lines.items():
        click.echo(_line(kind, number))
    if not dry_run and not lines:
        click.echo("All of it was there already.")
    click.echo(f"chain {site}: {checked.head.sequence} events, head {checked.head.hash}")
    if not checked.opened:
        click.echo(
            "The key that its authors are known by can’t be opened: bans, mutes and trust hold for nobody who writes "
            "again. Set the MODERATION_SECRET_KEY of the installation that wrote it in MODERATION_SECRET_KEY_PREVIOUS "
            "and run this again.",
            err=True,
        )


def _with_progress(services: Services, archive: Archive) -> Result:
    hidden = not sys.stderr.isatty()
    files = [one for one in archive.file.rglob("*") if one.is_file()] if archive.file.is_dir() else [archive.file]
    length = sum(one.stat().st_size for one in files)
    with click.progressbar(length=length, label="reading", file=sys.stderr, hidden=hidden) as reading:
        bars: list[Any] = []

        def begun(comments: int) -> None:
            reading.finish()
            reading.render_finish()
            bars.append(click.progressbar(length=comments, label="storing", file=sys.stderr, hidden=hidden))

        def stored(comments: int) -> None:
            bars[0].update(comments)

        result = import_archive(services, replace(archive, read=reading.update, begun=begun, stored=stored))
        for bar in bars:
            bar.render_finish()
        return result


@contextmanager
def _told_into(report: Path | None) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Writes lines of JSON into the report, where one is asked for."""
    if report is None:
        yield lambda _: None
        return
    # Half a character of an id that can't be kept comes out as JSON would escape it.
    with report.open("w", encoding="utf-8", errors="backslashreplace") as lines:
        yield lambda told: print(json.dumps(told, ensure_ascii=False), file=lines)


def _summary(archive: Archive, result: Result) -> dict[str, Any]:
    return {
        "format": archive.format,
        "file": result.file_hash,
        "dry_run": archive.dry_run,
        "in_the_archive": dict(result.found.statuses),
        "stored": dict(result.statuses),
        "there_already": result.there,
        "erased_here": result.erased,
        "articles": result.found.articles,
        "authors": result.found.authors,
        "votes_left_out": result.found.votes,
        "not_taken": dict(result.found.untaken),
        "taken_otherwise": dict(result.found.noted),
    }


def _tell(archive: Archive, result: Result) -> None:
    found = result.found
    click.echo(f"{click.format_filename(archive.file.name)}, SHA-256 {result.file_hash}")
    if archive.dry_run:
        click.echo("Nothing was written: this is what would come.")
    click.echo(_line("comments", result.statuses.total()))
    for status, number in sorted(result.statuses.items()):
        click.echo(_line(f"  {status}", number))
    new = "" if archive.dry_run else f" ({result.new_articles} new)"
    click.echo(_line("articles", found.articles) + new)
    new = "" if archive.dry_run else f" ({result.new_authors} new)"
    click.echo(_line("authors", found.authors) + new)
    for words, number in (
        ("there already", result.there),
        ("erased here, left out", result.erased),
        ("votes, left out", found.votes),
    ):
        if number:
            click.echo(_line(words, number))
    for title, counted in (("not taken", found.untaken), ("taken, but", found.noted)):
        if counted:
            click.echo(f"{title}:")
            for code, number in counted.most_common():
                click.echo(f"{number:>33,}  {_WORDS.get(code, code)}")


def _line(words: str, number: int) -> str:
    return f"{words:<24}{number:>9,}"
