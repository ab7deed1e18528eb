"""A site's own ids, as they are typed on a command line: read as the API reads them. For ``callback`` of an option."""

from __future__ import annotations

import click

from moderation.core.article_ids import article_name
from moderation.core.errors import InvalidField
from moderation.core.text.written import as_written


def reader_id(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """The spelling in which a reader's id is kept."""
    try:
        return None if typed is None else as_written(typed, "author-id", longest=200)
    except InvalidField as error:
        raise click.BadParameter(f"It {error.message}") from error


def article_id(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """The spelling in which an article's id is kept."""
    try:
        return None if typed is None else article_name(typed)
    except InvalidField as error:
        raise click.BadParameter(f"It {error.message}") from error
