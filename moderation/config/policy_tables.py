"""The tables ``[policy]``, ``[policy.sites.NAME]`` and ``[policy.sections.NAME]`` of the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, PlainValidator, WrapValidator, create_model

from moderation.core.conditions import CONDITION_KEYS, DANGERS, EFFECTS, ConditionKey, Overrides
from moderation.core.policy import Policy
from moderation.core.strict_model import Table, wanted

_DEFAULTS: Overrides = {
    "flag": {
        CONDITION_KEYS["toxicity_at_least"]: 0.50,
        CONDITION_KEYS["relevance_at_most"]: 0.20,
        CONDITION_KEYS["spam_at_least"]: 0.80,
        CONDITION_KEYS["links_at_least"]: 2,
        CONDITION_KEYS["name_toxicity_at_least"]: 0.20,
    }
}


class _Conditions(Table):
    hint: ClassVar[str] = "A condition is a signal with _at_least or _at_most, such as toxicity_at_least."


def _threshold(key: ConditionKey) -> Any:
    words = f"a number from 0 to {key.maximum:,}, or false to take the condition away"
    return Annotated[float, Field(ge=0, le=key.maximum), wanted(words), WrapValidator(_unless_false)]


def _unless_false(value: Any, handler: Any) -> float | None:
    return None if value is False else handler(value)


_fields: dict[str, Any] = {name: (_threshold(key), None) for name, key in CONDITION_KEYS.items()}
_EveryCondition = create_model("_EveryCondition", __base__=_Conditions, **_fields)


def _conditions(value: Any) -> Mapping[ConditionKey, float | None]:
    written = _EveryCondition.model_validate(value).written
    return {CONDITION_KEYS[name]: threshold for name, threshold in written.items()}


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
