"""The tables ``[policy]``, ``[policy.sites.NAME]`` and ``[policy.sections.NAME]`` of the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import regex
from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, WrapValidator, create_model

from moderation.core.conditions import (
    CONDITION_KEYS,
    DANGERS,
    EFFECTS,
    OUTSIDE,
    OUTSIDE_NAME,
    Comparison,
    ConditionKey,
    Overrides,
)
from moderation.core.policy import Policy
from moderation.core.strict_model import Place, Table, ill, shown, wanted, wrong

_DEFAULTS: Overrides = {
    "flag": {
        CONDITION_KEYS["toxicity_at_least"]: 0.50,
        CONDITION_KEYS["relevance_at_most"]: 0.20,
        CONDITION_KEYS["spam_at_least"]: 0.80,
        CONDITION_KEYS["links_at_least"]: 2,
        CONDITION_KEYS["name_toxicity_at_least"]: 0.10,
    }
}


class _Conditions(Table):
    hint: ClassVar[str] = "A condition is a signal with _at_least or _at_most, such as toxicity_at_least."


_SHARE = "a number from 0 to 1, or false to take the condition away"


def _threshold(key: ConditionKey) -> Any:
    words = f"a number from 0 to {key.maximum:,}, or false to take the condition away"
    return Annotated[float, Field(ge=0, le=key.maximum), wanted(words), WrapValidator(_unless_false)]


def _unless_false(value: Any, handler: Any) -> float | None:
    return None if value is False else handler(value)


_OUTSIDE_KEY = regex.compile(rf"(?P<name>{OUTSIDE_NAME.pattern})_(?P<side>at_least|at_most)")
_Share = Annotated[float, Field(ge=0, le=1), wanted(_SHARE), WrapValidator(_unless_false)]


def _outside(value: Any) -> Mapping[str, float | None]:
    """The conditions on what other classifiers give, by their keys without ``outside.``."""
    if not isinstance(value, dict):
        raise ill(f"is {shown(value)}; it must be a table of conditions such as outside.clickbait_at_least.")
    found: dict[Place, str] = {(key,): _NOT_OUTSIDE for key in value if not _OUTSIDE_KEY.fullmatch(str(key))}
    if found:
        raise wrong(found)
    return TypeAdapter(dict[str, _Share], config=ConfigDict(strict=True)).validate_python(value)


_NOT_OUTSIDE = "is no condition. One on another classifier is its signal with _at_least or _at_most, in small letters."
_fields: dict[str, Any] = {name: (_threshold(key), None) for name, key in CONDITION_KEYS.items()}
_fields["outside"] = (Annotated[Mapping[str, float | None], PlainValidator(_outside)], {})
_EveryCondition = create_model("_EveryCondition", __base__=_Conditions, **_fields)


def _conditions(value: Any) -> Mapping[ConditionKey, float | None]:
    written = _EveryCondition.model_validate(value).written
    outside = {_outside_key(name): threshold for name, threshold in written.pop("outside", {}).items()}
    return {CONDITION_KEYS[name]: threshold for name, threshold in written.items()} | outside


def _outside_key(text: str) -> ConditionKey:
    name, _, side = text.rpartition("_at_")
    return ConditionKey(f"{OUTSIDE}{name}", Comparison(f"at_{side}"))


Conditions = Annotated[Mapping[ConditionKey, float | None], PlainValidator(_conditions)]
"""A table of conditions by their keys; None where the file says ``false``."""


class _Place(Table):
    """What stands for a section."""

    approve: Conditions = Field(default_factory=dict)
    reject: Conditions = Field(default_factory=dict)
    flag: Conditions = Field(default_factory=dict)

    @property
    def overrides(self) -> Overrides:
        return {effect: conditions for effect, conditions in self.written.items() if effect in EFFECTS}


class _Site(_Place):
    sections: Mapping[str, _Place] = {}


class _Everywhere(_Site):
    sites: Mapping[str, _Site] = {}


def read_policy(value: Any) -> Policy:
    """The policy that ``[policy]`` says. What is dangerous flags key by key: a table of one's own conditions that
    doesn't name it leaves it in force. Raises ``pydantic.ValidationError``.
    """
    table = _Everywhere.model_validate(value)
    base = {**_DEFAULTS, **table.overrides}
    return Policy(
        base={**base, "flag": {**DANGERS, **base["flag"]}},
        sites={name: site.overrides for name, site in table.sites.items()},
        sections={name: section.overrides for name, section in table.sections.items()},
        site_sections={
            (site_name, name): section.overrides
            for site_name, site in table.sites.items()
            for name, section in site.sections.items()
        },
    )
