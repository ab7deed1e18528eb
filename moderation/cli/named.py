"""A site's own ids, as they are typed on a command line: read as the API reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from moderation.core.article_ids import article_name
from moderation.core.errors import InvalidField
from moderation.core.text.written import as_written


class SiteOwnId(click.ParamType):
    """An id that can be kept, in the spelling in which it is."""

    name = "text"

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._read(value)
        except InvalidField as error:
            self.fail(f"It {error.message}", param, ctx)


READER = SiteOwnId(lambda typed: as_written(typed, "author-id", longest=200))
ARTICLE = SiteOwnId(article_name)
