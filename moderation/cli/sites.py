"""`moderation sites`: publishers' front ends and their keys."""

from __future__ import annotations

import sys
from typing import IO

import click

from moderation.accounts import sites
from moderation.cli.opening import ACTOR, open_services
from moderation.coral import secret as coral_secret
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.readers import site_keys
from moderation.readers.keys import LONGEST_KEY, Algorithm
from moderation.storage.reader_keys import ReaderKey, ReaderKeyKind, reader_keys_of
from moderation.storage.sites import KeyKind, Right, Site, SiteKey, all_sites, keys_of


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
@click.argument("key")
@click.option(
    "--origin", "origins", multiple=True, required=True, help="Where it works from: https://news.example. Repeatable."
)
def origins_command(key: str, origins: tuple[str, ...]) -> None:
    """Say from which origins a publishable key works: these alone, in the place of all that it had.

    KEY is the key itself (pk_...) or its id, the first column of `sites list`.
    """
    with open_services() as services:
        now, gone = sites.change_origins(services, ACTOR, key, list(origins))
    click.echo(
        f"The key works from {', '.join(now)}." + (f" It no longer does from {', '.join(gone)}." if gone else "")
    )


@command.group("reader-key")
@click.argument("site")
@click.pass_context
def reader_key_command(context: click.Context, site: str) -> None:
    """The key by which SITE signs its readers' tokens, so that its own login names who writes."""
    context.obj = site


@reader_key_command.command("set")
@click.option("--algorithm", required=True, type=click.Choice([one.value for one in Algorithm]))
@click.option("--key", "file", type=click.File(), help="The secret or, as PEM, the public key; `-` reads it from here.")
@click.option("--jwks", "address", metavar="URL", help="Where the login publishes its public keys.")
@click.option("--allow-private", is_flag=True, help="URL is in our own network: private addresses and http:// will do.")
@click.pass_obj
def reader_key_set_command(
    site: str, algorithm: str, file: IO[str] | None, address: str | None, allow_private: bool
) -> None:
    """Set it. For HS256 without --key a secret is made and shown this once. The key before it counts on until
    `remove --former`.
    """
    if file is not None and address is not None:
        raise click.UsageError("--key and --jwks can't be given together.")
    chosen, made = Algorithm(algorithm), None
    if file is None and address is None:
        if chosen is not Algorithm.HS256:
            raise click.UsageError(f"{algorithm} needs --key FILE with a public key as PEM, or --jwks URL.")
        made = site_keys.new_secret()
    with open_services() as services:
        if address is not None:
            site_keys.set_address(services, ACTOR, site, chosen, address, allow_private=allow_private)
        else:
            site_keys.set_key(services, ACTOR, site, chosen, made or _read(file))
    click.echo(made or f"Readers' tokens of {site} count when they are signed by {algorithm} with this key.")


def _read(file: IO[str] | None) -> str:
    try:
        return file.read(LONGEST_KEY + 1) if file is not None else ""
    except UnicodeDecodeError:
        raise click.UsageError(
            "--key must be a text: a secret, or a public key as PEM (-----BEGIN PUBLIC KEY)."
        ) from None


@reader_key_command.command("show")
@click.pass_obj
def reader_key_show_command(site: str) -> None:
    """Show how SITE's tokens are signed; secrets are not shown."""
    with open_services() as services, services.database.reading() as session:
        row = session.get(Site, site)
        if row is None:
            raise InvalidField("site", Message("site_unknown", {"site": repr(site)}))
        for number, key in enumerate(reader_keys_of(session, site)):
            click.echo(f"{'former' if number else 'newest'}\t{key.algorithm}\t{_told(key)}")
        click.echo("Guests can't write: readers sign in." if row.sign_in else "Guests may write.")


def _told(key: ReaderKey) -> str:
    if key.kind == ReaderKeyKind.SECRET:
        return f"a shared secret, set {key.created_at:%Y-%m-%d}"
    if key.kind == ReaderKeyKind.PUBLIC:
        return f"a public key, set {key.created_at:%Y-%m-%d}\n{key.key.strip()}"
    when = f"keys from {key.address}, fetched {key.fetched_at:%Y-%m-%d %H:%M} UTC"
    private = ", private addresses allowed" if key.allow_private else ""
    return when + private + (f"; the last try failed: {key.problem}" if key.problem else "")


@reader_key_command.command("remove")
@click.option("--former", is_flag=True, help="Only the one before the newest.")
@click.pass_obj
def reader_key_remove_command(site: str, former: bool) -> None:
    """Take it away: tokens signed by it count no more, at once."""
    with open_services() as services:
        number = site_keys.remove_keys(services, ACTOR, site, former=former)
    click.echo(f"Removed {number} key{'' if number == 1 else 's'}.")


@reader_key_command.command("require")
@click.option("--off", is_flag=True, help="Let guests write again.")
@click.pass_obj
def reader_key_require_command(site: str, off: bool) -> None:
    """Let nobody write in a browser whom SITE's own login doesn't name."""
    with open_services() as services:
        site_keys.ask_to_sign_in(services, ACTOR, site, asked=not off)
    click.echo("Guests may write." if off else "From now on readers sign in before they write.")


@command.command("revoke")
@click.argument("key")
def revoke_command(key: str) -> None:
    """End a key at once. KEY is its id, the first column of `sites list`, or a publishable key itself (pk_...)."""
    with open_services() as services:
        sites.revoke_key(services, ACTOR, key)
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
