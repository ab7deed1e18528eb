"""`moderation sites`: publishers' front ends and their keys."""

from __future__ import annotations

import click

from moderation.accounts import sites
from moderation.cli.opening import ACTOR, open_services
from moderation.storage.sites import KeyKind, Right, SiteKey, all_sites, keys_of


@click.group()
def command() -> None:
    """Sites and their keys. A site's secret key belongs on its server, its publishable key in the readers' pages."""


@command.command("list")
def list_command() -> None:
    """List the sites with their keys. Of a secret key only its last four characters are known."""
    with open_services() as services, services.database.reading() as session:
        for site in all_sites(session):
            click.echo(f"{site.id}\t{site.name}")
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
