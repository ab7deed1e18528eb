"""What to run where the database is PostgreSQL, whose own tools back it up and bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from shlex import join

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url


def backup_commands(url: str, file: Path) -> Sequence[str]:
    """Lines for a shell: the database as it stands at one moment goes into the file, while the service goes on."""
    return ("umask 077", join(["pg_dump", "--format=custom", "--no-owner", f"--file={file}", _plain(make_url(url))]))


def restore_commands(url: str, file: Path, now: datetime) -> Sequence[str]:
    """Lines for a shell: the database that is there gets another name, and the file takes its place."""
    here = make_url(url)
    name, server = here.database or "", _plain(here.set(database="postgres"))
    aside = f"{name}_replaced_{now:%Y%m%d_%H%M%S}"
    rename = f"ALTER DATABASE {_identifier(name)} RENAME TO {_identifier(aside)}"
    end = "DELETE FROM web_sessions"
    return (
        join(["pg_restore", "--list", str(file)]) + " > /dev/null",
        join(["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--command={rename}", server]),
        join(["createdb", f"--maintenance-db={server}", name]),
        join(
            [
                "pg_restore",
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                f"--dbname={_plain(here)}",
                str(file),
            ]
        ),
        "moderation db upgrade",
        join(["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--command={end}", _plain(here)]),
        "moderation audit verify",
    )


def _plain(url: URL) -> str:
    """Where the database is, as PostgreSQL's own tools read it (several servers too), without the password: a command
    line is no place for it.
    """
    _, parameters = url.get_dialect()().create_connect_args(url)
    known = {name: value for name, value in parameters.items() if name != "password"}
    return make_conninfo(**known)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
