"""The `moderation` command as somebody types it beside the service."""

from __future__ import annotations

from click.testing import CliRunner, Result

from moderation.cli import main
from tests.newsroom import SECRET, Hall


def moderation(hall: Hall, *arguments: str, stdin: str | None = None, **environment: str) -> Result:
    """Runs it over this hall's database, with the secret key that the service has; ``environment``: what differs."""
    own = {
        "MODERATION_DATABASE_URL": hall.services.database.url,
        "MODERATION_VAR": str(hall.services.settings.var),
        "MODERATION_SECRET_KEY": SECRET,
    }
    return CliRunner().invoke(main, arguments, env=own | environment, input=stdin)
