"""`moderation hold`: legal holds."""

from __future__ import annotations

import sys

import click

from moderation.accounts.sites import site_named
from moderation.cli.named import article_id as article_spelling
from moderation.cli.named import reader_id
from moderation.cli.opening import open_services
from moderation.comments.erasing import reader_known_as
from moderation.core.errors import InvalidField, NotFound, NotPossibleNow
from moderation.desk.holds import lift_hold, put_hold
from moderation.services import Services
from moderation.storage.articles import find_place
from moderation.storage.holds import HoldAbout

ACTOR = "command-line"


@click.command()
@click.option("--site", required=True, help="The site.")
@click.option("--comment", "comment_id", help="A comment's reference.")
@click.option("--author-id", callback=reader_id, help="The site's own id for a reader.")
@click.option(
    "--article",
    "article_id",
    callback=article_spelling,
    help="The site's own id for an article: all comments under it.",
)
@click.option("--lift", is_flag=True, help="Lift the hold.")
@click.option("--reason", required=True, help="Why, for whoever meets the hold; it stays here.")
def command(
    site: str, comment_id: str | None, author_id: str | None, article_id: str | None, lift: bool, reason: str
) -> None:
    """Put a legal hold on a comment, a reader or an article, or lift it. While it stands nothing under it is erased or
    expires, and nothing of it is forgotten in its time. Both are in the audit log.

    Exit status 1: there is no such thing, or the hold stands already, or there is none to lift.
    """
    named = [name for name in (comment_id, author_id, article_id) if name is not None]
    if len(named) != 1:
        raise click.UsageError("Name one of --comment, --author-id and --article.")
    with open_services() as services:
        with services.database.reading() as session:
            site_named(session, site)
        subjects = _subjects(services, site, comment_id, author_id, article_id)
        if not subjects:
            click.echo(f"There is no {named[0]!r} on the site {site}. Nothing was changed.", err=True)
            sys.exit(1)
        for about, subject in subjects:
            try:
                hold = (lift_hold if lift else put_hold)(services, ACTOR, site, about, subject, reason)
            except InvalidField as error:
                raise click.UsageError(str(error)) from error
            except (NotFound, NotPossibleNow) as error:
                click.echo(f"{error} Nothing was changed.", err=True)
                sys.exit(1)
            click.echo(f"The legal hold {hold.id} on the {about} {subject} {'is lifted' if lift else 'stands'}.")


def _subjects(
    services: Services, site: str, comment_id: str | None, author_id: str | None, article_id: str | None
) -> list[tuple[HoldAbout, str]]:
    if comment_id is not None:
        return [(HoldAbout.COMMENT, comment_id)]
    with services.database.reading() as session:
        if author_id is not None:
            reader = reader_known_as(services, session, site, author_id)
            return [(HoldAbout.AUTHOR, id_) for id_ in reader.authors]
        place = find_place(session, site, article_id or "")
    return [(HoldAbout.ARTICLE, place.id)] if place is not None else []
