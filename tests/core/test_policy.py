"""The policy: which conditions hold, which beats which, and what overrides what."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.config.configuration_file import parse_configuration
from moderation.core.comment import Mode
from moderation.core.conditions import CONDITION_KEYS, SIGNALS, ConditionKey, Overrides, conditions_from
from moderation.core.decision import Outcome
from moderation.core.policy import Policy, Rules, Signals, decide, signals_from
from moderation.core.scores import LABELS, Language, PackStamp, Scale, Scores
from moderation.policy_lab.what_if import policy_toml, tried

COUNTS = {"links": 0.0, "reports": 0.0, "author_approved": 0.0, "trusted": 0.0, "terms": 0.0}
CALM = {**COUNTS, "toxicity": 0.1, "insult": 0.1, "relevance": 0.9}


def asked(keys: dict[str, float]) -> dict[ConditionKey, float | None]:
    return {CONDITION_KEYS[key]: threshold for key, threshold in keys.items()}


def policy_of(base: dict[str, Any], **places: dict[Any, Any]) -> Policy:
    """The policy that says this, its keys as the file has them."""

    def typed(overrides: dict[str, Any]) -> Overrides:
        return {effect: asked(keys) for effect, keys in overrides.items()}

    inner = {kind: {name: typed(one) for name, one in named.items()} for kind, named in places.items()}
    return Policy(base=typed(base), **inner)


def rules(
    approve: dict[str, float] | None = None,
    reject: dict[str, float] | None = None,
    flag: dict[str, float] | None = None,
) -> Rules:
    return Rules(
        approve=conditions_from(asked(approve or {})),
        reject=conditions_from(asked(reject or {})),
        flag=conditions_from(asked(flag or {})),
    )


def decided(
    values: dict[str, float], mode: Mode = Mode.PRE, signals: dict[str, Any] | None = None, **effects: Any
) -> Any:
    return decide(Signals(values=values, **(signals or {})), rules(**effects), mode=mode, policy_version="v")


def test_with_nothing_set_everything_waits() -> None:
    decision = decided(CALM)
    assert (decision.outcome, decision.flags) == (Outcome.PENDING, 0)
    assert decision.words == ("every comment here is read before it is published",)


@pytest.mark.parametrize(("value", "flagged"), [(0.4999, False), (0.5, True), (0.5001, True)])
def test_the_threshold_itself_is_flagged(value: float, flagged: bool) -> None:
    decision = decided(CALM | {"toxicity": value}, flag={"toxicity_at_least": 0.5})
    assert bool(decision.flags) is flagged


@pytest.mark.parametrize(("value", "flagged"), [(0.2001, False), (0.2, True), (0.1999, True)])
def test_at_most_includes_its_threshold(value: float, flagged: bool) -> None:
    assert bool(decided(CALM | {"relevance": value}, flag={"relevance_at_most": 0.2}).flags) is flagged


def test_every_reason_is_given_in_words() -> None:
    decision = decided(
        CALM | {"insult": 0.83, "relevance": 0.11, "links": 3},
        flag={"insult_at_least": 0.5, "relevance_at_most": 0.2, "links_at_least": 2, "threat_at_least": 0.5},
    )
    assert decision.words == (
        "threat unknown: the scoring pack doesn't have this label",
        "insult 0.83, at or over 0.50",
        "relevance 0.11, at or under 0.20",
        "links 3, at or over 2",
    )


@pytest.mark.parametrize(
    ("value", "threshold", "words"),
    [
        (0.5, 0.5, "toxicity 0.50, at or over 0.50"),
        (0.5004, 0.5, "toxicity 0.5004, at or over 0.50"),
        (0.9, 0.875, "toxicity 0.900, at or over 0.875"),
        (1.0, 1.0, "toxicity 1.00, at or over 1.00"),
    ],
)
def test_words_never_hide_on_which_side_a_value_lies(value: float, threshold: float, words: str) -> None:
    assert decided(CALM | {"toxicity": value}, flag={"toxicity_at_least": threshold}).words == (words,)


def test_reject_beats_flag_beats_approve() -> None:
    under = partial(
        decided, reject={"threat_at_least": 0.9}, flag={"insult_at_least": 0.5}, approve={"toxicity_at_most": 1}
    )
    assert under(CALM | {"threat": 0.95, "insult": 0.9}).outcome is Outcome.REJECTED
    assert under(CALM | {"threat": 0.5, "insult": 0.9}).outcome is Outcome.PENDING
    assert under(CALM | {"threat": 0.5, "insult": 0.1}).outcome is Outcome.APPROVED


def test_any_condition_rejects_and_only_all_approve() -> None:
    one_of_two = CALM | {"toxicity": 0.6}
    two = {"toxicity_at_least": 0.5, "insult_at_least": 0.5}
    assert decided(one_of_two, reject=two).outcome is Outcome.REJECTED
    assert decided(one_of_two, approve=two).outcome is Outcome.PENDING
    assert decided(CALM | {"toxicity": 0.6, "insult": 0.6}, approve=two).outcome is Outcome.APPROVED


@pytest.mark.parametrize("condition", ["threat_at_least", "threat_at_most"])
def test_a_missing_signal_never_approves_never_rejects_and_always_flags(condition: str) -> None:
    for threshold in (0.0, 1.0):
        effects = {condition: threshold}
        assert decided(CALM, approve=effects).outcome is Outcome.PENDING
        assert decided(CALM, reject=effects).outcome is Outcome.PENDING
        assert decided(CALM, flag=effects).flags == 1


def test_what_is_not_scored_waits_in_every_mode() -> None:
    for mode in (Mode.PRE, Mode.POST):
        decision = decided(
            COUNTS, mode, {"scored": False}, approve={"links_at_most": 5}, flag={"toxicity_at_least": 0.5}
        )
        assert decision.outcome is Outcome.PENDING
        assert decision.words == ("not scored yet: the scoring pack gave no answer",)


UNREAD = {"readable": False, "language": "de"}


@pytest.mark.parametrize("signal", [*LABELS, "relevance"])
@pytest.mark.parametrize("value", [None, 0.0, 1.0])
def test_no_score_of_an_unread_language_approves_rejects_or_flags(signal: str, value: float | None) -> None:
    values = {name: level for name, level in CALM.items() if name != signal} | (
        {} if value is None else {signal: value}
    )
    always = {f"{signal}_at_least": 0.0, f"{signal}_at_most": 1.0}
    for mode in Mode:
        decision = decided(values, mode, UNREAD, approve=always, reject=always, flag=always)
        assert (decision.outcome, decision.flags) == (Outcome.PENDING, 1)
        assert decision.words == ("in a language (de) that the scoring pack can't read",)


@given(
    st.fixed_dictionaries({name: st.sampled_from([0.0, 0.5, 1.0, 9.0]) for name in SIGNALS}),
    st.fixed_dictionaries(
        {
            effect: st.dictionaries(
                st.sampled_from(sorted(CONDITION_KEYS)), st.sampled_from([0.0, 0.5, 1.0]), max_size=4
            )
            for effect in ("approve", "reject", "flag")
        }
    ),
    st.sampled_from(list(Mode)),
)
def test_what_no_pack_reads_waits_and_says_so_under_every_policy(
    values: dict[str, float], effects: dict[str, dict[str, float]], mode: Mode
) -> None:
    decision = decided(values, mode, UNREAD, **effects)
    assert decision.outcome is Outcome.PENDING
    assert decision.reasons[0].code == "language"


def test_what_would_have_rejected_an_unread_comment_is_a_reason_to_look() -> None:
    decision = decided(CALM | {"links": 9}, signals=UNREAD, reject={"links_at_least": 5})
    assert decision.outcome is Outcome.PENDING
    assert decision.words[1] == "links 9, at or over 5; what the pack can't read is never rejected unread"


def test_a_signal_that_is_not_applicable_is_skipped_and_a_missing_one_is_not() -> None:
    short = {name: value for name, value in CALM.items() if name != "relevance"}
    skipped = {"inapplicable": frozenset({"relevance"})}
    both = {"toxicity_at_most": 0.2, "relevance_at_least": 0.5}
    assert decided(short, signals=skipped, approve=both).outcome is Outcome.APPROVED
    assert decided(short, approve=both).outcome is Outcome.PENDING
    assert decided(short, signals=skipped, flag={"relevance_at_most": 0.5}).flags == 0
    assert decided(short, flag={"relevance_at_most": 0.5}).flags == 1
    assert decided(CALM | {"relevance": 0.0}, signals=skipped, reject={"relevance_at_most": 0.1}).words == (
        "every comment here is read before it is published",
    )


def test_approve_needs_a_condition_that_applied() -> None:
    skipped = {"inapplicable": frozenset({"relevance"})}
    assert decided(CALM, signals=skipped, approve={"relevance_at_least": 0.5}).outcome is Outcome.PENDING
    assert decided(CALM | {"toxicity": 0.9}, signals=skipped, approve={"toxicity_at_most": 0.2}).flags == 0


def test_post_publishes_what_is_neither_flagged_nor_rejected() -> None:
    effects = {"flag": {"toxicity_at_least": 0.5}, "reject": {"threat_at_least": 0.9}}
    assert decided(CALM | {"threat": 0.1}, Mode.POST, **effects).outcome is Outcome.APPROVED
    assert decided(CALM | {"threat": 0.1, "toxicity": 0.5}, Mode.POST, **effects).outcome is Outcome.PENDING
    assert decided(CALM | {"threat": 0.9}, Mode.POST, **effects).outcome is Outcome.REJECTED


def test_a_hold_beats_an_approval() -> None:
    decision = decided(CALM, signals={"holds": ("muted",)}, approve={"toxicity_at_most": 1})
    assert (decision.outcome, decision.words) == (Outcome.PENDING, ("muted",))


def test_sections_override_sites_override_the_rest_key_by_key() -> None:
    policy = policy_of(
        base={"flag": {"toxicity_at_least": 0.5, "links_at_least": 2}},
        sites={"daily": {"flag": {"toxicity_at_least": 0.6}}},
        sections={"opinion": {"flag": {"toxicity_at_least": 0.7}}, "kids": {"flag": {"links_at_least": None}}},
        site_sections={("daily", "opinion"): {"flag": {"toxicity_at_least": 0.8}}},
    )

    def flags(site: str | None, section: str | None) -> dict[str, float]:
        return {str(condition.key): condition.threshold for condition in policy.rules_for(site, section).flag}

    assert flags(None, None) == {"toxicity_at_least": 0.5, "links_at_least": 2}
    assert flags("daily", None) == {"toxicity_at_least": 0.6, "links_at_least": 2}
    assert flags("daily", "sport") == {"toxicity_at_least": 0.6, "links_at_least": 2}
    assert flags("weekly", "opinion") == {"toxicity_at_least": 0.7, "links_at_least": 2}
    assert flags("daily", "opinion") == {"toxicity_at_least": 0.8, "links_at_least": 2}
    assert flags("daily", "kids") == {"toxicity_at_least": 0.6}


def test_a_version_names_the_thresholds() -> None:
    one, same = (policy_of(base={"flag": {"toxicity_at_least": 0.5, "links_at_least": 2}}) for _ in range(2))
    other = policy_of(base={"flag": {"links_at_least": 2, "toxicity_at_least": 0.51}})
    assert one.version == same.version != other.version
    assert len(one.version) == 12


@given(
    st.fixed_dictionaries({name: st.floats(0, 1) for name in ("toxicity", "threat", "relevance")}),
    st.dictionaries(st.sampled_from(["toxicity_at_least", "threat_at_least", "relevance_at_most"]), st.floats(0, 1)),
)
def test_what_is_rejected_by_a_threshold_is_rejected_by_every_stricter_one(
    values: dict[str, float], thresholds: dict[str, float]
) -> None:
    stricter = {key: min(1.0, t + 0.1) if "most" in key else max(0.0, t - 0.1) for key, t in thresholds.items()}
    if decided(COUNTS | values, reject=thresholds).outcome is Outcome.REJECTED:
        assert decided(COUNTS | values, reject=stricter).outcome is Outcome.REJECTED


def whole(policy: Policy, effect: str, section: str | None = None) -> dict[str, float]:
    return {str(c.key): c.threshold for c in policy.rules_for(None, section).whole(effect)}


def test_what_is_asked_of_the_text_is_asked_of_the_name() -> None:
    policy = policy_of(
        base={
            "approve": {"toxicity_at_most": 0.05, "links_at_most": 0, "relevance_at_least": 0.6, "trusted_at_least": 1},
            "reject": {"threat_at_least": 0.9, "terms_at_least": 1},
            "flag": {"insult_at_least": 0.5, "links_at_least": 2, "reports_at_least": 1},
        }
    )
    names = {
        effect: {k: v for k, v in whole(policy, effect).items() if k.startswith("name_")} for effect in policy.base
    }
    assert names == {
        "approve": {"name_toxicity_at_most": 0.05, "name_links_at_most": 0},
        "reject": {"name_threat_at_least": 0.9, "name_terms_at_least": 1},
        "flag": {"name_insult_at_least": 0.5, "name_links_at_least": 1},
    }


def test_a_key_for_the_name_stands_instead_and_false_asks_nothing() -> None:
    policy = policy_of(
        base={"flag": {"toxicity_at_least": 0.5, "name_toxicity_at_least": 0.2, "insult_at_least": 0.5}},
        sections={
            "kids": {"flag": {"name_insult_at_least": None, "name_links_at_least": None, "toxicity_at_least": 0.7}}
        },
    )
    names = {key: value for key, value in whole(policy, "flag").items() if key.startswith("name_")}
    assert names == {"name_toxicity_at_least": 0.2, "name_insult_at_least": 0.5, "name_links_at_least": 1}
    kids = {key: value for key, value in whole(policy, "flag", "kids").items() if key.startswith("name_")}
    assert kids == {"name_toxicity_at_least": 0.2}


NAMED = {"name_toxicity": 0.1, "name_insult": 0.1, "name_links": 0.0, "name_terms": 0.0}


def named(values: dict[str, float], mode: Mode = Mode.PRE, readable: bool = True, **effects: dict[str, float]) -> Any:
    return decide(
        Signals(values=CALM | NAMED | values, readable=readable, language="en" if readable else "hi"),
        policy_of(base=effects).rules_for(),
        mode=mode,
        policy_version="v",
    )


def test_a_name_flags_rejects_and_stands_against_approval_by_reasons_of_its_own() -> None:
    flagged = named({"name_toxicity": 0.93}, Mode.POST, flag={"toxicity_at_least": 0.5})
    assert flagged.outcome is Outcome.PENDING
    assert [(r.code, r.words) for r in flagged.reasons] == [("name_toxicity", "name: toxicity 0.93, at or over 0.50")]
    assert named({"name_toxicity": 0.93}, reject={"toxicity_at_least": 0.5}).outcome is Outcome.REJECTED
    assert named({"name_toxicity": 0.3}, approve={"toxicity_at_most": 0.2}).outcome is Outcome.PENDING
    assert named({}, approve={"toxicity_at_most": 0.2}).outcome is Outcome.APPROVED


def test_a_web_address_in_a_name_flags_without_being_asked_to() -> None:
    assert named({"name_links": 1}, Mode.POST).words == ("name: links 1, at or over 1",)
    assert named({"name_links": 1}, Mode.POST, flag={"name_links_at_least": 2}).outcome is Outcome.APPROVED


def test_a_term_on_a_wordlist_in_a_name_never_rejects() -> None:
    decision = named({"name_terms": 1}, Mode.POST, reject={"terms_at_least": 1})
    assert (decision.outcome, decision.words) == (
        Outcome.PENDING,
        ("name: wordlist matches 1, at or over 1; wordlist matches never reject",),
    )


def test_the_score_of_a_name_counts_whatever_language_the_text_is_in() -> None:
    of_name = named({"name_threat": 0.9}, readable=False, reject={"threat_at_least": 0.5})
    of_text = named({"threat": 0.9}, readable=False, reject={"threat_at_least": 0.5})
    assert (of_name.outcome, of_text.outcome) == (Outcome.PENDING, Outcome.PENDING)
    assert [reason.code for reason in of_name.reasons] == ["language", "name_threat"]
    assert [reason.code for reason in of_text.reasons] == ["language"]


def test_a_comment_from_before_names_were_scored_is_judged_without() -> None:
    rules = policy_of(base={"flag": {"toxicity_at_least": 0.5}, "approve": {"toxicity_at_most": 0.2}}).rules_for()
    assert decide(Signals(values=CALM), rules, policy_version="v").outcome is Outcome.APPROVED
    only_name = policy_of(base={"approve": {"name_toxicity_at_most": 0.2}}).rules_for()
    assert decide(Signals(values=CALM), only_name, policy_version="v").outcome is Outcome.PENDING


def test_what_if_keeps_what_is_not_asked_of_names() -> None:
    configuration = parse_configuration(
        "[policy.flag]\ntoxicity_at_least = 0.5\nname_toxicity_at_least = false\nname_links_at_least = false\n"
        "[policy.sections.kids.flag]\ninsult_at_least = 0.3\nname_insult_at_least = false\n"
    )
    for section in (None, "kids"):
        effects = configuration.policy.thresholds_in(None, section)
        assert not any(key.of_name for keys in effects.values() for key in keys)
        again = tried(configuration, None, section, effects)
        for place in (None, "kids"):
            assert again.policy.rules_for(None, place) == configuration.policy.rules_for(None, place)
        written = parse_configuration(policy_toml(again.policy))
        assert written.policy.rules_for(None, "kids") == configuration.policy.rules_for(None, "kids")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"relevance": 0.31}, "relevance 0.31, under 0.50"),
        ({"toxicity": 0.25, "relevance": 0.4}, "toxicity 0.25, over 0.20; relevance 0.40, under 0.50"),
        ({"toxicity": 0.20001}, "toxicity 0.20001, over 0.20"),
    ],
)
def test_what_waits_for_a_condition_of_publishing_says_which(values: dict[str, float], told: str) -> None:
    decision = decided(CALM | values, approve={"toxicity_at_most": 0.2, "relevance_at_least": 0.5})
    assert (decision.outcome, decision.flags) == (Outcome.PENDING, 0)
    assert decision.words == (f"not published at once: {told}",)


def test_what_waits_for_a_condition_that_nothing_is_known_of_says_so() -> None:
    bare = {name: value for name, value in CALM.items() if name != "relevance"}
    told = "not published at once: relevance unknown: the article has no text to compare with"
    assert decided(bare, approve={"relevance_at_least": 0.5}).words == (told,)
    skipped = {"inapplicable": frozenset({"relevance"})}
    (words,) = decided(CALM, signals=skipped, approve={"relevance_at_least": 0.5}).words
    assert "none of the conditions" in words


def test_a_part_that_cannot_be_read_holds_a_comment_and_takes_no_other_reason_away() -> None:
    language = Language(code="en", supported=True, unread="de")
    scores = Scores(
        toxicity={"toxicity": 0.1, "threat": 0.9},
        relevance=0.9,
        passage=None,
        sentences=(),
        language=language,
        pack=PackStamp(name="p", version="1", runtime="r", precision="f32"),
        scale=Scale.NATURAL,
    )
    rules = policy_of(base={"flag": {"threat_at_least": 0.5}}).rules_for()
    decision = decide(signals_from(scores, counts=COUNTS), rules, mode=Mode.POST, policy_version="v")
    assert [reason.code for reason in decision.reasons] == ["language_part", "threat"]
    calm = signals_from(replace(scores, toxicity={"toxicity": 0.1, "threat": 0.1}), counts=COUNTS)
    assert decide(calm, rules, mode=Mode.POST, policy_version="v").words == (
        "a part of it is in a language that the scoring pack can't read (de)",
    )
    assert (calm.readable, calm.language) == (False, "de"), "no batch by score takes it"
    refusing = policy_of(base={"reject": {"threat_at_least": 0.5}}).rules_for()
    assert decide(signals_from(scores, counts=COUNTS), refusing, policy_version="v").outcome is Outcome.PENDING
