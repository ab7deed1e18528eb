"""The configuration's text edited by values: what is written says what was wanted, and every comment stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.config.configuration_edit import LENGTHS, NotEditable, Where, edited, merged, reason_ids, values_in
from moderation.config.configuration_file import parse_configuration
from moderation.core.errors import ConfigurationError
from moderation.core.policy import COUNTED_SIGNALS, condition_keys
from moderation.policy_lab.what_if import EFFECTS

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
WHERE = (Where(), Where(site="demo"), Where(section="sport"), Where(site="demo", section='say "so"'))
_NAMES = st.sampled_from([f"{effect}.{key}" for effect in EFFECTS for key in condition_keys()])
_SCORES = st.sampled_from([0.0, 0.05, 0.5, 0.123456789, 1e-7, 1.0])
_TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(lambda t: t.strip())


def _number(key: str, score: float) -> float:
    return float(round(score * 20)) if key.partition(".")[2].rpartition("_at_")[0] in COUNTED_SIGNALS else score


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Where, dict[str, float | int | str]]:
    """A file, a place, and what somebody wants there."""
    text, where = draw(st.sampled_from(sorted(FILES))), draw(st.sampled_from(WHERE))
    wanted = dict(values_in(parse_configuration(FILES[text]), where))
    for key in draw(st.lists(st.sampled_from(sorted(wanted)) | _NAMES, max_size=6)):
        if key.startswith("reason."):
            wanted[key] = draw(_TEXTS)
        elif key not in LENGTHS:
            wanted[key] = _number(key, draw(_SCORES))
    for key in draw(st.lists(st.sampled_from(sorted(wanted)), max_size=4)):
        if key.startswith(EFFECTS):
            wanted.pop(key, None)
        elif key in LENGTHS:
            wanted[key] = draw(st.integers(1, 900)) if key == "minimum_length" else draw(st.integers(901, 5000))
        elif len(reason_ids(wanted)) > 1:
            for part in ("label", "reader"):
                wanted.pop(f"{key.rpartition('.')[0]}.{part}", None)
    if where.everywhere and draw(st.booleans()):
        wanted |= {"reason.new.label": draw(_TEXTS), "reason.new.reader": draw(_TEXTS)}
    return text, where, wanted


def comments_of(text: str) -> list[str]:
    return [found.strip() for found in re.findall(r"#[^\n\r]*", text)]


@settings(max_examples=120)
@given(edits())
def test_what_is_written_and_read_again_says_what_was_wanted(
    edit: tuple[str, Where, dict[str, float | int | str]],
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
    gone = len(set(values_in(before, where)) - set(wanted))
    assert len(comments_of(before.text)) - len(comments_of(after.text)) <= 2 * gone + sum(
        before_ != wanted.get(key) for key, before_ in values_in(before, where).items()
    )


def test_comments_and_order_stay_and_only_what_changes_is_another_line() -> None:
    before = parse_configuration(SHIPPED)
    wanted = dict(values_in(before, Where())) | {"flag.toxicity_at_least": 0.7, "approve.toxicity_at_most": 0.05}
    after = edited(before, Where(), wanted | {"minimum_length": 40, "reason.spam.label": "Spam"})
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
    own = dict(values_in(before, sport)) | {"flag.toxicity_at_least": 0.9, "minimum_length": 20}
    del own["flag.links_at_least"]
    there = edited(before, sport, own)
    assert "[policy.sections.sport.flag]\ntoxicity_at_least = 0.9\nlinks_at_least = false\n" in there.text
    assert comments_of(there.text) == comments_of(SHIPPED)
    back = edited(there, sport, values_in(before, sport))
    assert back.policy.rules_for(None, "sport") == before.policy.rules_for(None, "sport")
    moved = edited(back, Where(), dict(values_in(back, Where())) | {"flag.toxicity_at_least": 0.6})
    assert values_in(moved, sport)["flag.toxicity_at_least"] == 0.6


def test_what_cannot_stand_together_is_refused_as_in_the_file() -> None:
    before = parse_configuration("[comments.sections.sport]\nmaximum_length = 30\nminimum_length = 1\n")
    wanted = dict(values_in(before, Where(section="sport"))) | {"minimum_length": 31}
    with pytest.raises(ConfigurationError, match="31, over maximum_length"):
        edited(before, Where(section="sport"), wanted)


def test_two_changes_of_one_base_are_joined() -> None:
    base = {"flag.a": 0.1, "flag.b": 0.2, "minimum_length": 50}
    mine, theirs = {"flag.a": 0.3, "minimum_length": 50}, {"flag.a": 0.1, "flag.b": 0.2, "minimum_length": 60}
    assert merged(base, mine, theirs) == {"flag.a": 0.3, "minimum_length": 60}
