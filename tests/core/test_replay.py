"""Deciding many comments at once gives exactly what deciding them one by one gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.config.configuration_file import parse_configuration
from moderation.core.comment import Mode
from moderation.core.conditions import COUNTED_SIGNALS, NAME_SIGNALS, SCORED_SIGNALS, SIGNALS, Comparison
from moderation.core.policy import Signals, decide
from moderation.policy_lab.replay import OUTCOMES, replayed
from moderation.storage.replay import Past, Place

SCORES = [signal for signal in SIGNALS if signal in SCORED_SIGNALS]
# Few values, so that thresholds are met to the letter often.
LEVELS = st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])
COUNTS = st.sampled_from([0.0, 1.0, 2.0, 5.0])


RECORD = ("author_rejected_share", "author_age_days")
OUTSIDERS = ("outside.clickbait", "outside.helpful")
KNOWN = '[scoring.outside]\nfunctions = ["f"]\nsignals = ["clickbait", "helpful"]\n'


def values_of(name: str) -> st.SearchStrategy[float]:
    return COUNTS if name in COUNTED_SIGNALS else LEVELS


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, float]:
    keys = draw(
        st.sets(st.tuples(st.sampled_from((*SIGNALS, *OUTSIDERS)), st.sampled_from(list(Comparison))), max_size=4)
    )
    return {f"{name}_{comparison}": draw(values_of(name)) for name, comparison in sorted(keys)}


@st.composite
def signals(draw: st.DrawFn) -> Signals:
    scored = draw(st.booleans())
    values = {name: draw(values_of(name)) for name in SIGNALS if name not in SCORES}
    if draw(st.booleans()):  # a guest
        values = {name: value for name, value in values.items() if name not in RECORD}
    if draw(st.booleans()):  # from before names were looked at
        values = {name: value for name, value in values.items() if name not in NAME_SIGNALS}
    for name in SCORES if scored else ():
        if draw(st.integers(0, 5)):
            values[name] = draw(LEVELS)
    readable, held = draw(st.booleans()), draw(st.integers(0, 9)) == 0
    too_short = scored and "relevance" not in values and draw(st.booleans())
    unanswered = set()
    for name in OUTSIDERS:
        match draw(st.sampled_from(["not asked", "no answer", "answered"])):
            case "no answer":
                unanswered.add(name)
            case "answered":
                values[name] = draw(LEVELS)
    return Signals(
        values=values,
        scored=scored,
        readable=readable,
        holds=("held",) if held else (),
        inapplicable=frozenset({"relevance"}) if too_short else frozenset(),
        unanswered=frozenset(unanswered),
    )


def as_past(many: list[Signals], mode: Mode) -> Past:
    count = len(many)
    return Past(
        number=np.arange(count),
        places=(Place("a", None, False, None), Place("a", "sport", False, mode.value)),
        place=np.arange(count) % 2,
        before=np.zeros(count, dtype=np.int8),
        people=np.full(count, -1, dtype=np.int8),
        scored=np.array([one.scored for one in many]),
        readable=np.array([one.readable for one in many]),
        holds=np.array([len(one.holds) for one in many]),
        too_short=np.array(["relevance" in one.inapplicable for one in many]),
        values={name: np.array([one.values.get(name, np.nan) for one in many]) for name in (*SIGNALS, *OUTSIDERS)},
        asked={name: np.array([name in one.values or name in one.unanswered for one in many]) for name in OUTSIDERS},
    )


def toml(table: str, keys: dict[str, float]) -> str:
    return f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


@settings(max_examples=120)
@given(
    many=st.lists(signals(), min_size=1, max_size=8),
    effects=st.fixed_dictionaries({name: conditions() for name in ("approve", "reject", "flag")}),
    in_sport=conditions(),
    mode=st.sampled_from(list(Mode)),
)
def test_many_at_once_are_decided_as_one_by_one(
    many: list[Signals], effects: dict[str, dict[str, float]], in_sport: dict[str, float], mode: Mode
) -> None:
    tables = [toml(f"policy.{effect}", keys) for effect, keys in effects.items()]
    configuration = parse_configuration("\n".join([KNOWN, *tables, toml("policy.sections.sport.reject", in_sport)]))
    found = replayed(as_past(many, mode), configuration)
    for position, one in enumerate(many):
        section = "sport" if position % 2 else None
        rules = configuration.policy.rules_for("a", section)
        alone = decide(one, rules, mode=mode if section else Mode.PRE, policy_version="-")
        assert OUTCOMES[found.outcome[position]] is alone.outcome
        plain = [reason.code for reason in alone.reasons] == ["pre"]
        assert found.flagged[position] == (alone.outcome.value == "pending" and not plain)
