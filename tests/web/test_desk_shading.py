"""Which sentences of a comment the desk shades, and how strongly."""

from __future__ import annotations

import pytest

from moderation.core.scores import SentenceScore
from moderation.web.desk.shading import shaded

TEXT = "One. Two. Six."


def heats(*toxicity: float, alarm: float = 0.5) -> list[int]:
    places = ((0, 5), (5, 10), (10, 14))
    sentences = [
        SentenceScore(start=start, end=end, toxicity=value)
        for (start, end), value in zip(places, toxicity, strict=True)
    ]
    spans = list(shaded(TEXT, sentences, alarm))
    assert "".join(span.text for span in spans) == TEXT
    return [span.heat for span in spans]


@pytest.mark.parametrize(
    ("toxicity", "expected"),
    [
        ((0.9, 0.5, 0.25), [3, 2, 1]),
        ((0.9, 0.24, 0.01), [3, 0, 0]),
        ((0.3, 0.13, 0.11), [1, 1, 0]),
        ((0.1, 0.06, 0.04), [1, 1, 0]),
        ((0.04, 0.04, 0.04), [0, 0, 0]),
    ],
    ids=["beyond, at and near the alarm", "far below it", "near the highest", "near a low highest", "harmless"],
)
def test_a_sentence_is_shaded_by_how_near_it_comes_to_the_alarm_or_to_the_highest(
    toxicity: tuple[float, ...], expected: list[int]
) -> None:
    assert heats(*toxicity) == expected


def test_a_comment_without_sentences_is_shown_plain() -> None:
    assert [(span.text, span.heat) for span in shaded(TEXT, (), 0.5)] == [(TEXT, 0)]
