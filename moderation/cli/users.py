"""`moderation users`: accounts of moderators and admins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum

import click

from moderation.accounts import accounts
from moderation.accounts.second_factor import take_away
from moderation.accounts.sign_in import end_all_sessions
from moderation.cli.opening import ACTOR, open_services
from moderation.core.actor import EVERYWHERE
from moderation.core.errors import InvalidField
from moderation.core.messages import ENGLISH, LANGUAGES
from moderation.mail.invitations import check_invitation_mail, mail_invitation
from moderation.services import Services
from moderation.storage.accounts import Extra, Granted, Role, account_named, all_accounts, grants_of, tokens_of
from moderation.storage.sites import Right


class _Placed(click.ParamType[tuple[str, str]]):
    """``WORD`` for every site, or ``SITE=WORD`` for one; the word is one of ``words``, or anything."""

    def __init__(self, name: str, words: type[StrEnum] | None = None) -> None:
        self.name = name
        self.words = words

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        site, placed, word = str(value).partition("=")
        if not placed:
            site, word = EVERYWHERE, site
        if self.words is not None and word not in list(self.words):
            self.fail(f"{word!r} is not known here; there are {', '.join(self.words)}.", param, ctx)
        return site, word


def _rights(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what an account may do, and where."""
    options = (
        click.option(
            "--role",
            "roles",
            type=_Placed("[SITE=]ROLE", Role),
            multiple=True,
            required=True,
            help="moderator, senior or admin, on every site; or SITE=ROLE for one site. Repeatable.",
        ),
        click.option(
            "--section",
            "sections",
            type=_Placed("SITE=SECTION"),
            multiple=True,
            help="Limit the role on a site to this section of it. Repeatable.",
        ),
        click.option(
            "--extra",
            "extras",
            type=_Placed("[SITE=]RIGHT", Extra),
            multiple=True,
            help="A right beyond the role: batch_reject, to reject many comments together. Repeatable.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


Placed = tuple[tuple[str, str], ...]


def _granted(roles: Placed, sections: Placed, extras: Placed) -> dict[str, Granted]:
    places = dict(roles)
    for option, site in [("section", site) for site, _ in sections] + [("extra", site) for site, _ in extras]:
        if site not in places:
            where = "every site" if site == EVERYWHERE else f"the site {site!r}"
            raise InvalidField(option, f"needs a role for {where} too.")
    return {
        site: Granted(
            role=Role(role),
            sections=tuple(name for place, name in sections if place == site) or None,
            extra=frozenset(Extra(right) for place, right in extras if place == site),
        )
        for site, role in places.items()
    }


def _in_words(site: str, granted: Granted) -> str:
    words = granted.role if site == EVERYWHERE else f"{site}={granted.role}"
    if granted.sections is not None:
        words += f" in {', '.join(granted.sections)}"
    return " + ".join((words, *sorted(granted.extra)))


@click.group()
def command() -> None:
    """Accounts of moderators and admins: who may sign in, and what they may do where."""


@command.command("list")
def list_command() -> None:
    """List the accounts and their roles."""
    with open_services() as services, services.database.reading() as session:
        for account in all_accounts(session):
            words = "; ".join(_in_words(site, granted) for site, granted in grants_of(session, account.id).items())
            click.echo(f"{account.name}\t{words or 'no role'}{chr(9) + 'disabled' if account.disabled_at else ''}")


@command.command("add")
@click.argument("name")
@_rights
def add_command(name: str, roles: Placed, sections: Placed, extras: Placed) -> None:
    """Make an account. The password is asked for, or read as one line from standard input."""
    with open_services() as services:
        accounts.add_account(services, ACTOR, name, _password(), _granted(roles, sections, extras))
    click.echo(f"Made the account {name}.")


_mail = click.option("--mail", "address", metavar="ADDRESS", help="Send the link there instead of printing its path.")
_language = click.option(
    "--language",
    type=click.Choice(sorted(LANGUAGES["desk"])),
    default=ENGLISH,
    show_default=True,
    help="Of the letter.",
)


@command.command("invite")
@click.argument("name")
@_rights
@_mail
@_language
def invite_command(
    name: str, roles: Placed, sections: Placed, extras: Placed, address: str | None, language: str
) -> None:
    """Make an account whose password its owner chooses. Prints the path of the page for that, after this service's
    own address if MODERATION_PUBLIC_URL says it: it works once, for a week.
    """
    with open_services() as services:
        if address is not None:
            check_invitation_mail(services, address)
        token = accounts.invite(services, ACTOR, name, _granted(roles, sections, extras))
        _hand_out(services, name, token, address, language)


@command.command("invite-again")
@click.argument("name")
@_mail
@_language
def invite_again_command(name: str, address: str | None, language: str) -> None:
    """Print a new path to choose a password, for somebody whose link has ended or who has forgotten theirs."""
    with open_services() as services:
        if address is not None:
            check_invitation_mail(services, address)
        _hand_out(services, name, accounts.invite_again(services, ACTOR, name), address, language)


def _hand_out(services: Services, name: str, token: str, address: str | None, language: str) -> None:
    if address is None:
        click.echo(f"{services.settings.public_url or ''}/invitation/{token}")
        return
    mail_invitation(services, name, token, address, language)
    click.echo(f"The link goes to {address}; `moderation mail list` says when it has been sent.")


@command.command("roles")
@click.argument("name")
@_rights
def roles_command(name: str, roles: Placed, sections: Placed, extras: Placed) -> None:
    """Replace what an account may do."""
    with open_services() as services:
        accounts.set_grants(services, ACTOR, name, _granted(roles, sections, extras))
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


@command.command("second-factor-off")
@click.argument("name")
def second_factor_off_command(name: str) -> None:
    """Take an account's second factor away, for somebody whose phone and recovery codes are gone."""
    with open_services() as services:
        take_away(services, ACTOR, _account_id(services, name))
    click.echo(f"{name} signs in by password alone now.")


@command.command("sign-out")
@click.argument("name")
def sign_out_command(name: str) -> None:
    """End every sign-in of an account."""
    with open_services() as services:
        end_all_sessions(services, ACTOR, _account_id(services, name))
    click.echo(f"Signed {name} out everywhere.")


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
        for token in tokens_of(session, _account_id(services, name)):
            revoked = f"\trevoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else ""
            click.echo(f"{token.id}\t{token.right}\tmade {token.created_at:%Y-%m-%d}{revoked}")


@command.command("revoke-token")
@click.argument("token_id")
def revoke_token_command(token_id: str) -> None:
    """End a token at once. TOKEN_ID is the first column of `users tokens NAME`."""
    with open_services() as services:
        accounts.revoke_token(services, ACTOR, token_id)
    click.echo("Revoked the token.")


def _account_id(services: Services, name: str) -> str:
    with services.database.reading() as session:
        account = account_named(session, name)
    if account is None:
        raise InvalidField("name", f"there is no account {name!r}.")
    return account.id


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
