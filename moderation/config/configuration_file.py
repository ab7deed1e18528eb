"""Reads the configuration file (config/moderation.toml) into its models; refused whole, each wrong key named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from moderation.config.configuration import Configuration, Tables
from moderation.core.errors import ConfigurationError, configuration_error
from moderation.core.strict_model import problems


def parse_configuration(text: str) -> Configuration:
    """Reads the file's text. Raises ``ConfigurationError`` naming each wrong key, its value and what is allowed."""
    try:
        tables = Tables.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise configuration_error(problems(error)) from error
    except ValueError as error:  # a number of thousands of digits is no TOMLDecodeError
        raise ConfigurationError("the file", f"is not valid TOML: {error}") from error
    return Configuration.model_construct(text=text, **dict(tables))


def is_cut_off(new: Configuration, last_good: Configuration) -> bool:
    """Whether ``new`` is the beginning of ``last_good``, or of an edit of it, and means something else: TOML cut off in
    the middle can still parse, with fewer conditions than were meant. Somebody who did mean it can say so with one more
    comment.
    """
    # To the letter: "= 5" and a line's end is not the beginning of "= 50", but somebody's five.
    if last_good.text.startswith(new.text):
        return new.model_copy(update={"text": last_good.text}) != last_good
    return _ends_early(new.text, last_good.text)


def _ends_early(new: str, last_good: str) -> bool:
    """Whether ``new`` stops within a line, or begins with the keys of ``last_good``, whatever it says there, and lacks
    those at its end.
    """
    if not new.endswith("\n"):
        return last_good.endswith("\n")
    if new.rstrip().rpartition("\n")[2].lstrip().startswith("#"):
        return False  # said with a comment
    before, now = _keys(tomllib.loads(last_good)), set(_keys(tomllib.loads(new)))
    kept = [key for key in before if key in now]
    return 0 < len(kept) < len(before) and kept == before[: len(kept)]


def _keys(table: Mapping[str, Any], below: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key that holds a value, with the tables that it is in, in the order of the file."""
    found = []
    for name, value in table.items():
        path = (*below, name)
        found += _keys(value, path) if isinstance(value, Mapping) else [path]
    return found
