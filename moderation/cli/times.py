"""Times as they are typed on a command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click


class Moment(click.DateTime):
    """A day or a time, taken for UTC where it says no zone. Comes as an aware ``datetime`` in UTC."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found: datetime = super().convert(value, param, ctx)
        try:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except OverflowError:
            self.fail(f"{value!r} lies before all years, or after them.", param, ctx)
