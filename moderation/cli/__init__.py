"""The `moderation` command. Each subcommand is a module of this package and is imported only when it is asked for, so
that help is quick and `moderation score` doesn't load the web application.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

import click

from moderation.core.errors import ModerationError

SUBCOMMANDS = {
    "serve": "Serve the API, the demo page and the moderators' desk.",
    "worker": "Score comments, carry on bulk actions and deliver webhooks outside the web process.",
    "score": "Score comments: JSON Lines in, JSON Lines out.",
    "packs": "Scoring packs: list, add from a Detoxify checkpoint, verify.",
    "policy": "Check a configuration file; replay stored comments against another.",
    "audit": "Verify and export the audit log.",
    "users": "Accounts of moderators and admins: roles, passwords, tokens.",
    "sites": "Sites and their keys.",
    "webhooks": "Where sites are told of events: endpoints, secrets, deliveries.",
    "mail": "Letters: how they stand, and one to try the mail server with.",
    "keys": "The key ring: what receipts, bans and second factors hang on.",
    "perspective": "Coming from Perspective: compare scores, moderators' labels.",
    "import": "Bring in another system's archive, or a site's export.",
    "export": "Write everything of a site into a file.",
    "erase": "Erase a comment, or all that is known of a reader.",
    "hold": "Legal holds: what must stay, until it is lifted.",
    "export-reader": "Write down what is held about a reader.",
    "rescore": "Score stored comments with the packs of today.",
    "db": "Bring the database up to date.",
    "backup": "Write the database into one file, while the service goes on.",
    "restore": "Bring a backup back, after checking every byte of it.",
}
"""Name and first line of help of every subcommand: module ``moderation.cli.NAME`` holds it as ``command``."""
_MODULES = {"import": "imports", "export-reader": "export_reader"}
"""Of a name that no module can have."""


class _Subcommands(click.Group):
    """Knows what its subcommands are called without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in SUBCOMMANDS:
            return None
        command: click.Command = import_module(f"moderation.cli.{_MODULES.get(cmd_name, cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        if os.getpid() == 1:
            _end_when_told()
        try:
            return super().invoke(ctx)
        except ModerationError as error:
            # What went wrong is known and told in a sentence; a traceback would only bury it.
            click.echo(str(error), err=True)
            sys.exit(2)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            # Loaded only now: help is quick. A bug keeps its traceback.
            words = import_module("moderation.cli.failures").in_words(error)
            if words is None:
                raise
            click.echo(words, err=True)
            sys.exit(2)


def _end_when_told() -> None:
    """Ends at SIGTERM, until the command itself knows better. A container's first process would otherwise miss it while
    it starts: for that one alone the system does nothing by itself.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@click.group(cls=_Subcommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="moderation", message="moderation %(version)s")
def main() -> None:
    """Reader comment moderation: scores comments, explains its reasons, and brings the moderators' desk along.

    Start with `moderation serve` (or scripts/serve, which sets everything up first). Settings come from the environment
    (MODERATION_DATABASE_URL and others) and from config/moderation.toml.
    """
