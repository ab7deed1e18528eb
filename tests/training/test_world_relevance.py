"""Relevance of the pack of many languages: what it is fitted on and measured by."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from moderation.core.text.words import LANGUAGES
from scripts.training.relevance_fit import without_languages, word_rarity_by_language
from scripts.training.relevance_material import written_articles
from scripts.training.world.relevance import WRITTEN, WorldMaterial, titled
from tests.training.world_data import corpora


def test_the_same_stories_are_told_in_every_language() -> None:
    told = {path.stem: written_articles(path) for path in WRITTEN.glob("*.txt")}
    assert told.keys() == set(LANGUAGES)
    assert {code: [len(a.comments) for a in found] for code, found in told.items()} == dict.fromkeys(told, [2] * 5)
    texts = [text for found in told.values() for a in found for text in (a.title, *a.comments)]
    assert len(set(texts)) == len(texts)


def test_titles_come_without_the_quotes_of_their_table(tmp_path: Path) -> None:
    rows: Sequence[dict[str, object]] = (
        {"text": "정말 좋은 소식이네요 축하합니다", "title": '"가수 ""새 앨범"" 발표"', "labels": {}, "lang": "ko"},
        {"text": "ㅋㅋ", "title": "제목", "labels": {}, "lang": "ko"},
    )
    folder = tmp_path / "train" / "languages"
    folder.mkdir(parents=True)
    with gzip.open(folder / "small.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    (article,) = titled(tmp_path, "small")
    assert article.title == '가수 "새 앨범" 발표'
    assert article.comments == ["정말 좋은 소식이네요 축하합니다"]


def test_too_few_long_comments_are_said_to_be_too_few(tmp_path: Path) -> None:
    data = corpora(tmp_path, rows=20)
    with pytest.raises(SystemExit, match="0 comments are long enough to be cut in two, and 1700 are needed"):
        WorldMaterial(data, lambda texts: np.zeros((len(texts), 4)), 1, share=1.0)


def test_a_word_is_as_rare_as_in_the_language_where_it_is_commonest() -> None:
    german = ["und das war der Bahnhof"] * 200 + ["und noch Schnee dazu"] * 40
    english = ["the station was closed"] * 200 + ["the war is over"] * 10
    found = word_rarity_by_language({"de": german, "en": english}, ["nový"], ["station snow"])
    rarity = {stem: float(steps) for steps, line in found["rarity"].items() for stem in line.split()}
    assert rarity["und"] == rarity["the"] == rarity["nový"] == 0.0
    assert rarity["war"] == pytest.approx(0.2)
    assert rarity["schne"] == pytest.approx(np.log(240 / 40), abs=0.06)
    assert found["unknown"] > max(rarity.values())


def test_what_tells_languages_apart_is_no_subject() -> None:
    rng = np.random.default_rng(1)
    means, turn = rng.standard_normal((5, 40)), rng.standard_normal((40, 8))
    turned = (means - means.mean(axis=0)) @ without_languages(turn, means, 12)
    assert np.abs(turned).max() < 1e-9
    assert np.abs(rng.standard_normal((3, 40)) @ without_languages(turn, means, 12)).max() > 0.1
