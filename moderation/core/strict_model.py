"""Models of what people write by hand, files and manifests: frozen, strict, and with errors that name the key, its
value and what is allowed, all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, WrapValidator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from moderation.core.errors import clipped

_IN_WORDS = "in_words"
"""The type of an error that is in our own words."""

Place = tuple[int | str, ...]


class Table(BaseModel):
    """A table whose keys are all known. ``hint`` says in general what its keys are, where that helps."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    hint: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            found = {_place(one): in_words(one, cls.model_fields, cls.hint) for one in error.errors(include_url=False)}
            raise wrong(found) from error

    @property
    def written(self) -> dict[str, Any]:
        """What the table holds, without what it leaves to the defaults."""
        return {key: getattr(self, key) for key in type(self).model_fields if key in self.model_fields_set}


def wanted(words: str) -> WrapValidator:
    """For ``Annotated``: says of whatever isn't such a value what it is and what it must be, in these words."""

    def check(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            if all(one["type"] == _IN_WORDS for one in error.errors()):
                raise
            raise ill(f"is {shown(value)}; it must be {words}.") from error

    return WrapValidator(check)


def whole_number(minimum: int, maximum: int) -> WrapValidator:
    """For ``Annotated[int, ...]``: from the minimum to the maximum."""
    words = f"a whole number from {minimum} to {maximum}"

    def check(value: Any, handler: Any) -> Any:
        try:
            number = handler(value)
        except ValidationError:
            number = None
        if number is None or not minimum <= number <= maximum:
            raise ill(f"is {shown(value)}; it must be {words}.")
        return number

    return WrapValidator(check)


def ill(words: str) -> PydanticCustomError:
    """An error in our own words about the value at hand."""
    return PydanticCustomError(_IN_WORDS, words)


def wrong(found: Mapping[Place, str]) -> ValidationError:
    """Errors in our own words about several places below the value at hand."""
    details = [InitErrorDetails(type=ill(words), loc=place, input=None) for place, words in found.items()]
    return ValidationError.from_exception_data("table", details)


def problems(error: ValidationError) -> Iterable[tuple[str, str]]:
    """Each dotted key that is wrong, such as ``reasons[1].label``, and what is wrong with it."""
    for one in error.errors(include_url=False):
        yield dotted(one["loc"]), one["msg"]


def dotted(place: Place) -> str:
    name = ""
    for part in place:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def shown(value: Any) -> str:
    """A value as an error repeats it."""
    return clipped(repr(value))


def _place(error: Any) -> Place:
    place: Place = error["loc"]
    return place


def in_words(error: Any, known: Collection[str] = (), hint: str = "") -> str:
    """What is wrong there, one of ``ValidationError.errors()``, for whoever wrote it. ``known`` are the keys there."""
    words: str = error["msg"]
    match error["type"]:
        case "in_words":
            return words
        case "extra_forbidden":
            name = str(error["loc"][-1])
            near = [f"Did you mean {match}?" for match in get_close_matches(name[:100], known, n=1)]
            return " ".join(("is not a key of this file.", *near, hint or f"Known here: {', '.join(sorted(known))}."))
        case "missing":
            return "is missing."
        case "model_type" | "dict_type":
            return f"is {shown(error['input'])}; it must be a table."
    return f"is {shown(error['input'])}: {words}."
