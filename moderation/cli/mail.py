"""`moderation mail`: letters that are sent."""

from __future__ import annotations

import sys

import click

from moderation.cli.opening import open_services
from moderation.comments.writers_mail import check_mail_is_on
from moderation.core.messages import LANGUAGES
from moderation.mail.trying import try_mail
from moderation.storage.mails import Mail, newest_mails


@click.group()
def command() -> None:
    """Letters to readers who left an address, and to people who are invited.

    They are sent by `moderation serve` and `moderation worker`, by the server that MODERATION_SMTP_URL names; what
    can't be is tried again for three days.
    """


@command.command("list")
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_command(dead: bool, limit: int) -> None:
    """List letters, newest first: number, kind, what it is about, how it stands. Addresses are shown nowhere."""
    with open_services() as services, services.database.reading() as session:
        for one in newest_mails(session, dead=dead, limit=limit):
            tries = "once" if one.attempts == 1 else f"{one.attempts} times"
            said = f"\t{one.error}" if one.error else ""
            click.echo(f"{one.number}\t{one.kind}\t{one.subject}\t{_state(one)}\ttried {tries}{said}")


def _state(mail: Mail) -> str:
    if mail.sent_at is not None:
        return f"sent {mail.sent_at:%Y-%m-%d %H:%M:%S}"
    if mail.next_at is not None:
        return f"next try {mail.next_at:%Y-%m-%d %H:%M:%S}"
    return "given up"


@command.command("test")
@click.argument("address")
@click.option("--language", type=click.Choice(sorted(LANGUAGES["reader"])), default="en", show_default=True)
def test_command(address: str, language: str) -> None:
    """Send one letter to ADDRESS now and print what became of it. Exit status 1 where it wasn't taken."""
    with open_services() as services:
        check_mail_is_on(services, "mail")
        problem = try_mail(services, address, language)
    click.echo(problem or "The mail server took the letter.")
    sys.exit(1 if problem else 0)
