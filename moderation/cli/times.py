"""Times as they are typed on a command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click


class Moment(click.ParamType[datetime]):
    """A day or a time as ISO 8601 writes it, taken for UTC where it says no zone. Comes as a ``datetime`` in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time. Write 2026-03-02, or 2026-03-02T12:00:00Z.", param, ctx)
