"""The commands as somebody types them beside the service, and what they have stored."""

from __future__ import annotations

from click.testing import CliRunner, Result
from sqlalchemy import select

from moderation.cli import main
from moderation.storage.comments import Comment
from tests.newsroom import SECRET, Hall, Newsroom


def moderation(hall: Hall, *arguments: str) -> Result:
    environment = {
        "MODERATION_DATABASE_URL": hall.services.database.url,
        "MODERATION_VAR": str(hall.services.settings.var),
        "MODERATION_SECRET_KEY": SECRET,
    }
    return CliRunner().invoke(main, arguments, env=environment)


def stored(hall: Hall, site: Newsroom) -> dict[str, Comment]:
    """A site's comments by their ids elsewhere."""
    with hall.services.database.reading() as session:
        rows = session.scalars(select(Comment).where(Comment.site_id == site.site))
        return {row.external_id or row.id: row for row in rows}
