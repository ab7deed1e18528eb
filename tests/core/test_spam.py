"""One number for spam, from what each sign says."""

from __future__ import annotations

from moderation.core.conditions import CONDITION_KEYS, conditions_from
from moderation.core.policy import Rules, Signals, decide, signals_from
from moderation.core.scores import LABELS, Language, PackStamp, Scale, Scores
from moderation.core.spam import spam_probability, spam_words


def spam(reads: float = 0.5, relevance: float | None = 0.5, links: float = 0, alike: int = 0) -> float:
    return spam_probability(reads, relevance=relevance, links=links, alike=alike)


def test_each_sign_alone_moves_it_the_right_way() -> None:
    assert spam(reads=0.5) == 0.5
    assert spam(reads=0.4) < spam(reads=0.5) < spam(reads=0.6)
    assert spam(relevance=0.9) < spam(relevance=None) == spam(relevance=0.5) < spam(relevance=0.1)
    assert spam(links=0) < spam(links=1) < spam(links=3)
    assert spam(alike=0) < spam(alike=1) < spam(alike=4)
    assert 0 <= spam(0.0, 1.0) < spam(1.0, 0.0, 9, 20) <= 1


def test_what_reads_harmless_needs_several_other_authors() -> None:
    assert spam(0.01, alike=3) < 0.8 < spam(0.01, alike=4)
    assert spam(0.01, links=1) < 0.1


def test_the_reason_says_what_it_was_made_of() -> None:
    assert spam_words(0.91, 3, 4) == (
        "reads like advertising (0.91); 3 links; 4 other authors sent nearly the same text"
    )
    assert spam_words(0.91, 1, 1).endswith("1 link; 1 other author sent nearly the same text")


def scores(spam: float | None) -> Scores:
    return Scores(
        toxicity=dict.fromkeys(LABELS, 0.1),
        relevance=0.5,
        passage=None,
        sentences=(),
        language=Language(code="en", supported=True),
        pack=PackStamp(name="p", version="1", runtime="r", precision="f"),
        scale=Scale.NATURAL,
        spam=spam,
    )


def test_a_pack_that_tells_nothing_of_spam_flags_nothing() -> None:
    rules = Rules(
        flag=conditions_from({CONDITION_KEYS["spam_at_least"]: 0.8}),
        approve=conditions_from({CONDITION_KEYS["spam_at_most"]: 0.8}),
    )

    def decided(spam: float | None, alike: int = 0) -> tuple[str, ...]:
        signals: Signals = signals_from(scores(spam), counts={"links": 0.0, "alike": float(alike)})
        return decide(signals, rules, policy_version="v").words

    assert "spam" not in decided(None, 9)[0]
    assert decided(0.1)[0].startswith("spam 0.10, at or under 0.80")
    assert decided(0.95) == ("spam 0.95, at or over 0.80: reads like advertising (0.95)",)
