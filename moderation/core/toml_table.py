"""A table of a TOML file, read key by key, so that whatever is wrong names its key, its value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.core.errors import ConfigurationError, clipped


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML table that is read key by key; what was never asked for is an unknown key."""

    path: str
    values: Mapping[str, Any]
    asked: set[str] = field(default_factory=set)

    def name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, kind: type, default: Any, wanted: str) -> Any:
        self.asked.add(key)
        value = self.values.get(key, default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigurationError(self.name(key), f"is {clipped(repr(value))}; it must be {wanted}.")
        return value

    def integer(self, key: str, default: int, *, minimum: int, maximum: int) -> int:
        wanted = f"a whole number from {minimum} to {maximum}"
        value: int = self.get(key, int, default, wanted)
        if not minimum <= value <= maximum:
            raise ConfigurationError(self.name(key), f"is {clipped(str(value))}; it must be {wanted}.")
        return value

    def choice(self, key: str, default: str, allowed: Iterable[str]) -> str:
        choices = list(allowed)
        value: str = self.get(key, str, default, "one of " + ", ".join(choices))
        if value not in choices:
            raise ConfigurationError(
                self.name(key), f"is {clipped(repr(value))}; it must be one of {', '.join(choices)}."
            )
        return value

    def table(self, key: str) -> Table:
        return Table(self.name(key), self.get(key, dict, {}, "a table"))

    def tables(self, key: str) -> dict[str, Table]:
        return {name: Table(f"{self.name(key)}.{name}", _as_table(self, key, name)) for name in self.table(key).values}

    def finish(self, hint: str = "") -> None:
        for key in self.values:
            if key not in self.asked:
                known = ", ".join(sorted(self.asked))
                raise ConfigurationError(
                    self.name(key), f"is not a key of this file. {hint or f'Known here: {known}.'}"
                )


def _as_table(parent: Table, key: str, name: str) -> dict[str, Any]:
    value = parent.values[key][name]
    if not isinstance(value, dict):
        raise ConfigurationError(f"{parent.name(key)}.{name}", f"is {clipped(repr(value))}; it must be a table.")
    return value
