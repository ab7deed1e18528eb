"""How urgent a comment is: danger stands above whatever else is wrong, by how far it is past its threshold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.decision import Reason
from moderation.core.severity import MAX_SEVERITY, severity_of

DANGERS = ("threat", "identity_attack", "severe_toxicity", "sexual_explicit")
ABUSE = ("insult", "toxicity", "obscene", "name_insult", "name_toxicity")
BESIDE = ("spam", "relevance", "links", "author_approved", "trusted", "name_spam")
FACTS = (Reason("not_scored", "not scored yet"), Reason("language", "in a language"))
HELD = (Reason("hold", "its author is muted"), Reason("terms", "wordlist matches 3, at or over 1", 3, 1))


def reason(code: str, value: float, threshold: float) -> Reason:
    return Reason(code, f"{code} {value:.2f}", value, threshold)


def over(codes: tuple[str, ...]) -> st.SearchStrategy[Reason]:
    """A score at or over its threshold."""
    return st.builds(
        lambda code, threshold, share: reason(code, threshold + (1 - threshold) * share, threshold),
        st.sampled_from(codes),
        st.floats(0, 1),
        st.floats(0, 1),
    )


def under(code: str) -> st.SearchStrategy[Reason]:
    return st.builds(
        lambda threshold, share: reason(code, threshold * share, threshold), st.floats(0, 1), st.floats(0, 1)
    )


counted = st.builds(
    lambda code, threshold, more: reason(code, threshold + more, threshold),
    st.sampled_from(("links", "reports", "terms", "private_data")),
    st.integers(0, 9),
    st.integers(0, 10**6),
)
beside = st.lists(over(BESIDE) | under("relevance"))
anything = st.lists(
    over((*DANGERS, *ABUSE, *BESIDE, "private_data", "name_threat", "new")) | under("relevance") | counted
)


def of(*reasons: Reason) -> int:
    return severity_of(reasons).value


def test_nothing_against_a_comment_is_no_severity() -> None:
    assert severity_of([]).value == 0


@given(anything, over((*DANGERS, *ABUSE, *BESIDE, "private_data")) | counted | st.sampled_from((*FACTS, *HELD)))
def test_one_more_reason_never_makes_it_lower(reasons: list[Reason], more: Reason) -> None:
    assert of(*reasons, more) >= of(*reasons)
    assert 0 < of(*reasons, more) <= MAX_SEVERITY


@given(anything, st.sampled_from((*DANGERS, *ABUSE, *BESIDE, "name_threat")), st.floats(0, 1), st.data())
def test_a_score_further_past_its_threshold_never_makes_it_lower(
    others: list[Reason], code: str, threshold: float, data: st.DataObject
) -> None:
    low, high = sorted(data.draw(st.tuples(st.floats(threshold, 1), st.floats(threshold, 1))))
    assert of(*others, reason(code, high, threshold)) >= of(*others, reason(code, low, threshold))


@given(st.lists(over((*ABUSE, *BESIDE)) | under("relevance") | st.sampled_from((*FACTS, *HELD))), over(DANGERS))
def test_what_is_dangerous_stands_above_any_number_of_lesser_reasons(lesser: list[Reason], danger: Reason) -> None:
    assert of(danger) > of(*lesser)


@given(beside, st.sampled_from(FACTS), over(ABUSE[:3]))
def test_what_nobody_could_read_stands_above_the_harmless_and_below_abuse(
    harmless: list[Reason], unread: Reason, abuse: Reason
) -> None:
    assert of(abuse) > of(*harmless, unread) >= of(unread) > of(*harmless)


@given(over(("threat", "insult", "toxicity")))
def test_a_name_weighs_a_little_less_than_the_same_in_the_text(one: Reason) -> None:
    assert of(one) > of(reason(f"name_{one.code}", one.value or 0, one.threshold or 0)) > of(reason("links", 99, 1))


def test_what_is_missing_tells_nothing_against_the_comment_itself() -> None:
    assert of(Reason("threat", "threat unknown: the pack doesn't have this label")) < of(FACTS[0])


@pytest.mark.parametrize("code", ["terms", "reports", "hold"])
def test_what_somebody_asked_to_be_shown_stands_with_abuse(code: str) -> None:
    held = Reason(code, code) if code == "hold" else reason(code, 1, 1)
    assert of(reason("threat", 0.2, 0.2)) > of(held) > of(FACTS[0])


def test_it_is_explained_the_strongest_first() -> None:
    found = severity_of([reason("links", 3, 2), reason("threat", 0.85, 0.3)])
    assert [part.reason.words for part in found.parts] == ["threat 0.85", "links 3.00"]
