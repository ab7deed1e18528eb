"""Reads the configuration file (config/moderation.toml) into its models; refused whole, each wrong key named."""

from __future__ import annotations

import tomllib

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
    """Whether ``new`` is the beginning of ``last_good`` and means something else: TOML cut off in the middle can still
    parse, with fewer conditions than were meant. Somebody who did mean it can say so with one more comment.
    """
    # To the letter: "= 5" and a line's end is not the beginning of "= 50", but somebody's five.
    if len(new.text) >= len(last_good.text) or not last_good.text.startswith(new.text):
        return False
    return new.model_copy(update={"text": last_good.text}) != last_good
