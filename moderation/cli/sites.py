"""`moderation sites`: publishers' front ends and their keys."""

from __future__ import annotations

import sys

import click

from moderation.accounts import sites
from moderation.cli.opening import open_services
from moderation.coral import secret as coral_secret
from moderation.storage.sites import KeyKind, Right, SiteKey, all_sites, keys_of

ACTOR = "command-line"


@click.group()
def command() -> None:
    """Sites and their keys. A site's secret key belongs on its server, its publishable key in the readers' pages."""


@command.command("list")
def list_command() -> None:
    """List the sites with their keys. Of a secret key only its last four characters are known."""
    with open_services() as services, services.database.reading() as session:
        for site in all_sites(session):
            click.echo(f"{site.id}\t{site.name}")
            if site.coral_secret is not None:
                click.echo(f"  coral\tasks here, {'two secrets' if site.coral_former_secret else 'one secret'}")
            for key in keys_of(session, site.id):
                click.echo(f"  {key.id}\t{_in_words(key)}")


def _in_words(key: SiteKey) -> str:
    if key.kind == KeyKind.PUBLISHABLE:
        words = f"publishable {key.public}, from {', '.join(key.origins) or 'no origin yet'}"
    else:
        words = f"secret ...{key.hint}, may {', '.join(key.rights)}"
    return words + (f", revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "")


@command.command("add")
@click.argument("site")
@click.option("--name", help="How moderators see it; default: SITE.")
def add_command(site: str, name: str | None) -> None:
    """Make a site. SITE is a short id such as `the-daily`."""
    with open_services() as services:
        sites.add_site(services, ACTOR, site, name or site)
    click.echo(f"Made the site {site}. Its keys: moderation sites secret-key {site}, publishable-key {site}.")


@command.command("secret-key")
@click.argument("site")
@click.option(
    "--right",
    "rights",
    type=click.Choice([right.value for right in Right]),
    multiple=True,
    default=[Right.ARTICLES.value, Right.SUBMIT.value, Right.READ.value, Right.ANALYZE.value],
    show_default=True,
    help="What it may do. Repeatable.",
)
def secret_key_command(site: str, rights: tuple[str, ...]) -> None:
    """Make a secret key for a site's server. It is shown this once."""
    with open_services() as services:
        key = sites.add_secret_key(services, ACTOR, site, [Right(right) for right in rights])
    click.echo(key)


@command.command("publishable-key")
@click.argument("site")
@click.option("--origin", "origins", multiple=True, required=True, help="Where it works from: https://news.example")
def publishable_key_command(site: str, origins: tuple[str, ...]) -> None:
    """Make a publishable key for a site's pages."""
    with open_services() as services:
        key = sites.add_publishable_key(services, ACTOR, site, list(origins))
    click.echo(key)


@command.command("origins")
@click.argument("key_id")
@click.option("--origin", "origins", multiple=True, required=True, help="Where it works from: https://news.example")
def origins_command(key_id: str, origins: tuple[str, ...]) -> None:
    """Replace the origins of a publishable key. KEY_ID is the first column of `sites list`."""
    with open_services() as services:
        sites.change_origins(services, ACTOR, key_id, list(origins))
    click.echo("Changed the origins.")


@command.command("revoke")
@click.argument("key_id")
def revoke_command(key_id: str) -> None:
    """End a key at once. KEY_ID is the first column of `sites list`."""
    with open_services() as services:
        sites.revoke_key(services, ACTOR, key_id)
    click.echo("Revoked the key.")


@command.command("coral")
@click.argument("site")
@click.option("--retire", is_flag=True, help="Take nothing more that is signed with the secret before the newest.")
@click.option("--remove", is_flag=True, help="Keep no secret for SITE any more; its Coral gets no answers.")
def coral_command(site: str, retire: bool, remove: bool) -> None:
    """Let SITE's Coral ask before it publishes. Coral makes the secret that its requests are signed with, and shows it
    on the page of the external moderation phase; it is asked for here, or read from the standard input.

    After a rotation in Coral give the new one the same way: the one before holds as well, until `--retire`.
    """
    if retire and remove:
        raise click.UsageError("--retire and --remove can't be given together.")
    with open_services() as services:
        if retire:
            coral_secret.retire_secret(services, ACTOR, site)
            click.echo("Only the newest secret holds from now on.")
        elif remove:
            coral_secret.remove_secrets(services, ACTOR, site)
            click.echo("Removed. Take the phase out of Coral too: it would wait for answers in vain.")
        else:
            again = coral_secret.keep_secret(services, ACTOR, site, _secret_given())
            click.echo(f"Kept, encrypted.{' The one before holds as well, until --retire.' if again else ''}")


def _secret_given() -> str:
    """A secret typed unseen, or the first line of what is piped in: never an argument, which other programs can see."""
    if sys.stdin.isatty():
        return str(click.prompt("The phase's signing secret", hide_input=True))
    return sys.stdin.readline().strip()
