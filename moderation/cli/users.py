"""`moderation users`: accounts of moderators and admins."""

from __future__ import annotations

import sys

import click

from moderation import accounts
from moderation.cli.opening import open_services
from moderation.core.actor import EVERYWHERE
from moderation.core.errors import InvalidField
from moderation.storage.accounts import Role, account_named, all_accounts, roles_of, tokens_of
from moderation.storage.sites import Right

ACTOR = "command-line"


class _Grant(click.ParamType[tuple[str, Role]]):
    """``ROLE`` for every site, or ``SITE=ROLE`` for one."""

    name = "[SITE=]ROLE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Role]:
        site, _, role = str(value).rpartition("=")
        try:
            return site or EVERYWHERE, Role(role)
        except ValueError:
            self.fail(f"{role!r} is no role; there are {', '.join(Role)}.", param, ctx)


_roles = click.option(
    "--role",
    "grants",
    type=_Grant(),
    multiple=True,
    required=True,
    help="moderator, senior or admin, on every site; or SITE=ROLE for one site. Repeatable.",
)


@click.group()
def command() -> None:
    """Accounts of moderators and admins: who may sign in, and what they may do where."""


@command.command("list")
def list_command() -> None:
    """List the accounts and their roles."""
    with open_services() as services, services.database.reading() as session:
        for account in all_accounts(session):
            roles = roles_of(session, account.id)
            words = ", ".join(role if site == EVERYWHERE else f"{site}={role}" for site, role in sorted(roles.items()))
            click.echo(f"{account.name}\t{words or 'no role'}{chr(9) + 'disabled' if account.disabled_at else ''}")


@command.command("add")
@click.argument("name")
@_roles
def add_command(name: str, grants: tuple[tuple[str, Role], ...]) -> None:
    """Make an account. The password is asked for, or read as one line from standard input."""
    with open_services() as services:
        accounts.add_account(services, ACTOR, name, _password(), dict(grants))
    click.echo(f"Made the account {name}.")


@command.command("roles")
@click.argument("name")
@_roles
def roles_command(name: str, grants: tuple[tuple[str, Role], ...]) -> None:
    """Replace what an account may do."""
    with open_services() as services:
        accounts.set_roles(services, ACTOR, name, dict(grants))
    click.echo(f"Changed the roles of {name}.")


@command.command("password")
@click.argument("name")
def password_command(name: str) -> None:
    """Change a password and end every sign-in of the account."""
    with open_services() as services:
        accounts.set_password(services, ACTOR, name, _password())
    click.echo(f"Changed the password of {name}; every sign-in of the account has ended.")


@command.command("disable")
@click.argument("name")
def disable_command(name: str) -> None:
    """Shut an account out at once. What it decided stays."""
    with open_services() as services:
        accounts.disable_account(services, ACTOR, name)
    click.echo(f"Disabled {name}.")


@command.command("enable")
@click.argument("name")
def enable_command(name: str) -> None:
    """Let a disabled account in again."""
    with open_services() as services:
        accounts.enable_account(services, ACTOR, name)
    click.echo(f"Enabled {name}.")


@command.command("token")
@click.argument("name")
@click.option(
    "--right", type=click.Choice([right.value for right in Right]), required=True, help="The one right it has."
)
def token_command(name: str, right: str) -> None:
    """Make a token that acts for an account in scripts, with one right. It is shown this once."""
    with open_services() as services:
        token = accounts.add_token(services, ACTOR, name, Right(right))
    click.echo(token)


@command.command("tokens")
@click.argument("name")
def tokens_command(name: str) -> None:
    """List an account's tokens. What they are made of is known to nobody any more."""
    with open_services() as services, services.database.reading() as session:
        account = account_named(session, name)
        if account is None:
            raise InvalidField("name", f"there is no account {name!r}.")
        for token in tokens_of(session, account.id):
            revoked = f"\trevoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else ""
            click.echo(f"{token.id}\t{token.right}\tmade {token.created_at:%Y-%m-%d}{revoked}")


@command.command("revoke-token")
@click.argument("token_id")
def revoke_token_command(token_id: str) -> None:
    """End a token at once. TOKEN_ID is the first column of `users tokens NAME`."""
    with open_services() as services:
        accounts.revoke_token(services, ACTOR, token_id)
    click.echo("Revoked the token.")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
