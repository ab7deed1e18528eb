"""`moderation erase`: a comment, or all that is known of a reader."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial

import click

from moderation.accounts.sites import site_named
from moderation.cli.named import reader_id
from moderation.cli.opening import open_services
from moderation.comments.erasing import (
    COMMENTS,
    Asker,
    Reader,
    ask_to_erase,
    carry_on,
    erase_comment,
    forget_reports_by,
    reader_known_as,
)
from moderation.core.errors import CommentNotFound, ErasureStopped
from moderation.services import Services
from moderation.storage.authors import Author
from moderation.storage.erasures import how_many_left
from moderation.unit_of_work import run_in_unit_of_work

ASKER = Asker(actor="command-line")


@click.command()
@click.option("--site", required=True, help="The site.")
@click.option("--author-id", callback=reader_id, help="The site's own id for the reader.")
@click.option("--comment", "comment_id", help="A comment's reference.")
@click.option("--yes", is_flag=True, help="Don't ask first.")
def command(site: str, author_id: str | None, comment_id: str | None, yes: bool) -> None:
    """Erase one comment, or all that is known of a reader: texts, names, ids, scores, notes, appeals, reports by them,
    the desk's search. The audit log stays as it is and still verifies: nothing of a reader is in it.

    Runs beside the service and can be stopped: the same again goes on where it was, and so does a running service.

    Exit status 1: a legal hold or an open legal case stands in the way, or there is no such reader; nothing was erased.
    """
    if (author_id is None) == (comment_id is None):
        raise click.UsageError("Name one of --author-id and --comment.")
    with open_services() as services:
        with services.database.reading() as session:
            site_named(session, site)
        try:
            if comment_id is not None:
                erased = _one_comment(services, site, comment_id, yes)
            else:
                assert author_id is not None
                erased = _a_reader(services, site, author_id, yes)
        except ErasureStopped as stopped:
            _tell_why(stopped)
            sys.exit(1)
        except CommentNotFound:
            click.echo(f"There is no comment {comment_id} on the site {site}. Nothing was erased.", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo(
                "\nStopped. What is erased stays so; a running service, or the same command again, does the rest.",
                err=True,
            )
            sys.exit(130)
        _tell(erased)
        if services.database.is_sqlite and erased:
            click.echo(
                "Parts of the file that are free again may still hold what stood there: moderation db vacuum, in a "
                "quiet hour, makes the file anew without it."
            )


def _one_comment(services: Services, site: str, comment_id: str, yes: bool) -> Counter[str]:
    if not yes:
        click.confirm(f"Erase the comment {comment_id} for good?", abort=True)
    return erase_comment(services, ASKER, site, comment_id)


def _a_reader(services: Services, site: str, author_id: str, yes: bool) -> Counter[str]:
    with services.database.reading() as session:
        reader = reader_known_as(services, session, site, author_id)
        names = [session.get_one(Author, id_).name for id_ in reader.authors]
        numbers = sum(how_many_left(session, id_) for id_ in reader.authors)
    if not reader.authors and not reader.reports:
        _nobody(site, author_id, reader)
    if not yes:
        who = f"{', '.join(map(repr, names))} with {numbers:,} comments" if names else "a reader who only reported"
        click.confirm(f"Erase all that is known of {who} for good?", abort=True)
    for id_ in reader.authors:
        ask_to_erase(services, ASKER, id_)
    erased: Counter[str] = Counter()
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=numbers, label="erasing", file=sys.stderr, show_pos=True, hidden=hidden) as bar:
        for id_ in reader.authors:
            some = carry_on(services, author_id=id_, done=bar.update)
            if some is None:
                click.echo("The service is at it already, and goes on to the end.", err=True)
            erased += some or Counter()
    if not reader.authors:
        erased += run_in_unit_of_work(
            services, partial(forget_reports_by, services=services, site_id=site, external_id=author_id)
        )
    return erased


def _nobody(site: str, author_id: str, reader: Reader) -> None:
    if reader.erased:
        click.echo(f"The reader {author_id!r} of the site {site} was erased before. Nothing new is known of them.")
        sys.exit(0)
    click.echo(f"Nothing is known of a reader {author_id!r} on the site {site}. Nothing was erased.", err=True)
    sys.exit(1)


def _tell_why(stopped: ErasureStopped) -> None:
    click.echo("Nothing more is erased: this must stay.", err=True)
    for id_, about, reason in stopped.holds:
        click.echo(f"  legal hold {id_} on the {about}: {reason}", err=True)
    for case in stopped.cases:
        click.echo(f"  legal case {case}, which is not decided yet", err=True)
    click.echo("Lift the hold (moderation hold ... --lift), decide the case on the desk, then come again.", err=True)


def _tell(erased: Counter[str]) -> None:
    if not erased:
        click.echo("It was erased before.")
    for kind, number in sorted(erased.items(), key=lambda item: (item[0] != COMMENTS, item[0])):
        if number:
            click.echo(f"{kind:<34}{number:>9,}")
