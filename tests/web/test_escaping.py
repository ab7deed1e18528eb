"""Templates write out what Jinja itself would write out."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup

from moderation.web.shared.escaping import escape_faster, filled


class Unlike:
    """Something of a kind that nobody has thought of."""

    def __str__(self) -> str:
        return "<unlike>"


class Loud(str):
    """A text that is written otherwise than it is kept."""

    __slots__ = ()

    def __str__(self) -> str:
        return "<loud>"


VALUES: dict[str, Any] = {
    "plain": "Reader 1",
    "special": "<i>&'\"",
    "markup": Markup("<i>"),
    "none": None,
    "true": True,
    "whole": -3,
    "number": 1.5,
    "list": ["<"],
    "unlike": Unlike(),
    "loud": Loud("quiet"),
}
PLACES = {
    "alone": "{{ value }}",
    "macro": "{% macro of(it) %}<b>{{ it }}</b>{% endmacro %}{{ of(value) }}",
    "set": "{% set kept %}{{ value }}{% endset %}{{ kept }}",
    "joined": "{{ value ~ '<' }}",
    "filter": "{% filter upper %}{{ value }}{% endfilter %}",
    "let alone": "{% autoescape false %}{{ value }}{% endautoescape %}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_escaped_as_jinja_does_it(name: str, place: str) -> None:
    stock, ours = Environment(autoescape=True), Environment(autoescape=True)
    escape_faster(ours)

    expected = stock.from_string(PLACES[place]).render(value=VALUES[name])

    assert ours.from_string(PLACES[place]).render(value=VALUES[name]) == expected


@pytest.mark.parametrize("name", VALUES)
def test_a_sentence_is_filled_in_as_markup_does_it(name: str) -> None:
    sentence, values = "100%% <b>%(value)s</b> of %(num)d", {"value": VALUES[name], "num": 2}

    found = filled(sentence, values)

    assert found == Markup(sentence) % values
    assert isinstance(found, Markup)
