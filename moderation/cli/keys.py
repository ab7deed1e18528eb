"""`moderation keys`: the key ring."""

from __future__ import annotations

import click

from moderation.accounts import key_rotation
from moderation.cli.opening import ACTOR, open_services
from moderation.core.keyring import Purpose
from moderation.storage.key_store import LOST
from moderation.webhooks.signing import outside_secrets

RESTART = "Start every web process and worker again, so that they take it."


@click.group()
def command() -> None:
    """The keys that authors' identities, receipts, cursors, second factors and sessions hang on, each apart.

    They are kept in the database, encrypted under MODERATION_SECRET_KEY. To change that one, set the new one and, in
    MODERATION_SECRET_KEY_PREVIOUS, the old one, and start again; everything goes on as before.
    """


@command.command("list")
def list_command() -> None:
    """List the keys: number, purpose, when they were made. What they are is shown nowhere."""
    with open_services() as services:
        rows = key_rotation.keys_in_use(services)
    newest = {row.purpose: row.id for row in rows}
    for row in rows:
        use = "in use" if newest[row.purpose] == row.id else "still reads"
        click.echo(f"{row.id}\t{row.purpose}\tmade {row.created_at:%Y-%m-%d}\t{use}")


@command.command("outside")
def outside_command() -> None:
    """Print the secret that questions to classifiers ([scoring.outside]) are signed with, for whoever checks them.

    It follows from the keys for webhooks: after `keys rotate webhooks` questions carry a signature of each, the newest
    first, until the former is retired.
    """
    with open_services() as services:
        click.echo(outside_secrets(services.keys.webhooks)[0])


@command.command("rotate")
@click.argument("purpose", type=click.Choice([purpose.value for purpose in Purpose]))
def rotate_command(purpose: str) -> None:
    """Make a new key for one purpose. What was made with those before it is still read."""
    with open_services() as services:
        number = key_rotation.rotate(services, ACTOR, Purpose(purpose))
    click.echo(f"Made key {number} for {purpose}. {RESTART}")


@command.command("retire")
@click.argument("number")
def retire_command(number: str) -> None:
    """End an old key, for one that somebody else has got hold of. NUMBER is the first column of `keys list`."""
    with open_services() as services:
        purpose = key_rotation.retire(services, ACTOR, number)
    click.echo(f"Retired key {number}. With what was made by it: {LOST[purpose]}. {RESTART}")


@command.command("replace-lost")
@click.confirmation_option(prompt="Keys that can't be read any more are given up for good. Go on?")
def replace_lost_command() -> None:
    """Make new keys where the secret key that the old ones were kept under is gone for good."""
    with open_services() as services:
        purposes = key_rotation.replace_lost(services, ACTOR)
    if not purposes:
        click.echo("Every key can be read; nothing was changed.")
        return
    for purpose in purposes:
        click.echo(f"{purpose}: {LOST[purpose]}.")
    click.echo(RESTART)
