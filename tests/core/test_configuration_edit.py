"""The configuration's text edited by values: what is written says what was wanted, and every comment stays."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.config.configuration_edit import NotEditable, Values, Where, edited, merged, values_in
from moderation.config.configuration_file import parse_configuration
from moderation.core.conditions import CONDITION_KEYS, EFFECTS, Comparison, ConditionKey
from moderation.core.errors import ConfigurationError

SHIPPED = (Path(__file__).parents[2] / "config" / "moderation.toml").read_text()
FILES = {
    "as shipped": SHIPPED,
    "empty": "",
    "no line's end": "[comments]\nminimum_length = 9 # nine",
    "windows": SHIPPED.replace("\n", "\r\n"),
    "inline": "comments = { minimum_length = 20 } # short\n"
    'reasons = [{ id = "a.b", label = "A", reader = "B" }] # one\n'
    "[policy]\nflag = { toxicity_at_least = 0.4, threat_at_least = false } # inline\n",
    "dotted": "comments.minimum_length = 20\npolicy.flag.toxicity_at_least = 0.4 # dotted\n"
    "policy.sections.sport.flag.links_at_least = 5 # sport\n",
    "out of order": "[policy.flag] # one\nlinks_at_least = 4\n\n[comments.sections.sport] # two\nminimum_length = 5\n\n"
    "[policy.sections.sport.flag] # three\ntoxicity_at_least = 0.9\nlinks_at_least = false\n\n[comments] # four\n"
    "maximum_length = 900\n\n[policy.reject] # five\n# the end\n",
}
OUTSIDE = '[scoring.outside] # six\nfunctions = ["f"]\nsignals = ["clickbait", "helpful"]\n\n'
FILES |= {
    "outside, nothing asked": OUTSIDE + FILES["out of order"],
    "outside, dotted": OUTSIDE
    + "[policy.flag]\n# seven\noutside.clickbait_at_least = 0.5 # eight\nlinks_at_least = 4\n",
    "outside, a table": OUTSIDE + "[policy.flag]\nlinks_at_least = 4\n[policy.flag.outside] # nine\n"
    "clickbait_at_least = 0.5\n# ten\n[policy.sections.sport.flag]\noutside.clickbait_at_least = false\n",
}
WHERE = (Where(), Where(site="demo"), Where(section="sport"), Where(site="demo", section='say "so"'))
_CONDITIONS = st.tuples(st.sampled_from(EFFECTS), st.sampled_from(list(CONDITION_KEYS.values())))
_SCORES = st.sampled_from([0.0, 0.05, 0.5, 0.123456789, 1e-7, 1.0])
_TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(lambda t: t.strip())
TOXICITY = ("flag", CONDITION_KEYS["toxicity_at_least"])
LINKS = ("flag", CONDITION_KEYS["links_at_least"])


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Where, Values]:
    """A file, a place, and what somebody wants there."""
    text, where = draw(st.sampled_from(sorted(FILES))), draw(st.sampled_from(WHERE))
    now = values_in(parse_configuration(FILES[text]), where)
    conditions, lengths, reasons = dict(now.conditions), dict(now.lengths), dict(now.reasons)
    known = st.sampled_from(sorted(conditions, key=str)) if conditions else _CONDITIONS
    if text.startswith("outside"):
        outside = [ConditionKey(f"outside.{name}", side) for name in ("clickbait", "helpful") for side in Comparison]
        known |= st.tuples(st.sampled_from(EFFECTS), st.sampled_from(outside))
    for place in draw(st.lists(known | _CONDITIONS, max_size=6)):
        score = draw(_SCORES)
        conditions[place] = float(round(score * 20)) if place[1].counted else score
    for place in draw(st.lists(known, max_size=3)):
        conditions.pop(place, None)
    if bool(lengths) and draw(st.booleans()):
        lengths = {"minimum_length": draw(st.integers(1, 900)), "maximum_length": draw(st.integers(901, 5000))}
    for part in draw(st.lists(st.sampled_from(sorted(reasons)), max_size=3)) if reasons else ():
        reasons[part] = draw(_TEXTS)
    if len(now.reason_ids) > 1 and draw(st.booleans()):
        gone = draw(st.sampled_from(now.reason_ids))
        reasons = {place: told for place, told in reasons.items() if place[0] != gone}
    if where.everywhere and draw(st.booleans()):
        reasons |= {("new", "label"): draw(_TEXTS), ("new", "reader"): draw(_TEXTS)}
    return text, where, Values(conditions=conditions, lengths=lengths, reasons=reasons)


def told(values: Values) -> dict[Any, Any]:
    """Everything that holds there, a line each."""
    return {**values.conditions, **values.lengths, **values.reasons}


def but(values: Values, **more: dict[Any, Any]) -> Values:
    return replace(values, **{name: {**getattr(values, name), **changed} for name, changed in more.items()})


def comments_of(text: str) -> list[str]:
    return [found.strip() for found in re.findall(r"#[^\n\r]*", text)]


@settings(max_examples=120)
@given(edits())
def test_what_is_written_and_read_again_says_what_was_wanted(
    edit: tuple[str, Where, Values],
) -> None:
    name, where, wanted = edit
    before = parse_configuration(FILES[name])
    try:
        after = edited(before, where, wanted)
    except NotEditable:  # said so, rather than written wrongly; nobody gets here whose file has plain tables
        assert name in ("inline", "dotted")
        return
    assert values_in(parse_configuration(after.text), where) == wanted
    for other in WHERE[1:]:
        if other != where and not where.everywhere and other.section != where.section and other.site != where.site:
            assert values_in(after, other) == values_in(before, other)
    assert (after.rate_limits, after.scoring, after.legal) == (before.rate_limits, before.scoring, before.legal)
    # Only what stood on a line that is gone, or in a reason that is gone, went with it.
    now, then = told(values_in(before, where)), told(wanted)
    gone, changed = len(set(now) - set(then)), sum(then.get(key) != value for key, value in now.items())
    assert len(comments_of(before.text)) - len(comments_of(after.text)) <= 2 * gone + changed


def test_comments_and_order_stay_and_only_what_changes_is_another_line() -> None:
    before = parse_configuration(SHIPPED)
    wanted = but(
        values_in(before, Where()),
        conditions={TOXICITY: 0.7, ("approve", CONDITION_KEYS["toxicity_at_most"]): 0.05},
        lengths={"minimum_length": 40},
        reasons={("spam", "label"): "Spam"},
    )
    after = edited(before, Where(), wanted)
    lines, new = SHIPPED.splitlines(), after.text.splitlines()
    assert [line for line in new if line not in lines] == [
        "minimum_length = 40          # characters a reader sees, after normalising and trimming",
        "toxicity_at_most = 0.05",
        "toxicity_at_least = 0.7",
        'label = "Spam"',
    ]
    assert comments_of(after.text) == comments_of(SHIPPED)
    assert len(new) == len(lines) + 1


def test_a_place_goes_on_following_what_holds_everywhere() -> None:
    before, sport = parse_configuration(SHIPPED), Where(section="sport")
    own = but(values_in(before, sport), conditions={TOXICITY: 0.9}, lengths={"minimum_length": 20})
    without = {place: threshold for place, threshold in own.conditions.items() if place != LINKS}
    there = edited(before, sport, replace(own, conditions=without))
    assert "[policy.sections.sport.flag]\ntoxicity_at_least = 0.9\nlinks_at_least = false\n" in there.text
    assert comments_of(there.text) == comments_of(SHIPPED)
    back = edited(there, sport, values_in(before, sport))
    assert back.policy.rules_for(None, "sport") == before.policy.rules_for(None, "sport")
    moved = edited(back, Where(), but(values_in(back, Where()), conditions={TOXICITY: 0.6}))
    assert values_in(moved, sport).conditions[TOXICITY] == 0.6


def test_what_cannot_stand_together_is_refused_as_in_the_file() -> None:
    before = parse_configuration("[comments.sections.sport]\nmaximum_length = 30\nminimum_length = 1\n")
    wanted = but(values_in(before, Where(section="sport")), lengths={"minimum_length": 31})
    with pytest.raises(ConfigurationError, match="31, over maximum_length"):
        edited(before, Where(section="sport"), wanted)


def test_two_changes_of_one_base_are_joined() -> None:
    base = Values(conditions={TOXICITY: 0.1, LINKS: 2.0}, lengths={"minimum_length": 50})
    mine = Values(conditions={TOXICITY: 0.3}, lengths={"minimum_length": 50})
    theirs = replace(base, lengths={"minimum_length": 60}, reasons={("spam", "label"): "Spam"})
    assert merged(base, mine, theirs) == Values(
        conditions={TOXICITY: 0.3}, lengths={"minimum_length": 60}, reasons={("spam", "label"): "Spam"}
    )


def test_the_last_key_of_a_dotted_table_can_go_and_come_back() -> None:
    clickbait = ("flag", ConditionKey("outside.clickbait", Comparison.AT_LEAST))
    before = parse_configuration(FILES["outside, dotted"])
    now = values_in(before, Where())
    without = replace(now, conditions={place: score for place, score in now.conditions.items() if place != clickbait})
    gone = edited(before, Where(), without)
    assert "clickbait_at_least" not in gone.text
    assert values_in(edited(gone, Where(), now), Where()) == now
    # Where it only says that what holds elsewhere doesn't hold here, it goes as soon as that holds again.
    table, sport = parse_configuration(FILES["outside, a table"]), Where(section="sport")
    there = values_in(table, sport)
    again = edited(table, sport, replace(there, conditions={**there.conditions, clickbait: 0.5}))
    assert "false" not in again.text
