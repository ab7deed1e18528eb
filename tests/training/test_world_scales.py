"""The pack "world" is calibrated for all languages together, and for single ones as far as they have comments."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from moderation.core.scores import LABELS, Scale
from moderation.scoring.calibration import Calibration
from moderation.scoring.packs import PackDamaged, read_manifest
from scripts.training.calibration import Curve
from scripts.training.manifest import Calibrated, recalibrate
from scripts.training.scales import Raw
from scripts.training.world import scales
from tests.scoring.small_pack import write_pack
from tests.training.world_data import corpora


class Reader:
    """A pack that is surer the longer a text is: enough of the truth to be calibrated. It counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def score(self, texts: Sequence[str]) -> Raw:
        self.asked.update(texts)
        rng = np.random.default_rng(4)
        logits = np.array([2.0 if "idiot" in text else -2.0 for text in texts]) + rng.normal(0, 1, len(texts))
        return Raw(np.repeat(logits[:, None], len(LABELS), axis=1), logits)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def found(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    return scales.calibrate(reader, corpora(tmp_path_factory.mktemp("data"), rows=1500))


def test_a_language_with_comments_has_a_curve_for_toxicity_on_both_scales(found: Calibrated) -> None:
    assert {"ko", "tr", "de", "en"} <= set(found.by_language)
    for curves in found.by_language.values():
        assert set(curves) == {"natural", "balanced"}
        assert all(set(by_label) == {"toxicity"} for by_label in curves.values())
        wide = np.linspace(-6, 6, 60)
        assert (curves["natural"]["toxicity"](wide) < curves["balanced"]["toxicity"](wide)).all()
    assert set(found.scales["balanced"]) == set(LABELS)


def test_no_text_is_read_twice_though_news_serve_several_curves(found: Calibrated, reader: Reader) -> None:
    assert found.scales
    assert set(reader.asked.values()) == {1}


def test_a_language_with_fewer_comments_is_nearer_to_all(found: Calibrated) -> None:
    own = Curve(np.array([-4.0, 4.0]), np.array([-8.0, 8.0]))
    for_all = found.scales["balanced"]["toxicity"]
    wide = np.linspace(-3, 3, 30)
    off = [float(np.abs(own.drawn_to(for_all, share)(wide) - for_all(wide)).max()) for share in (0.2, 0.6, 1.0)]
    assert off == sorted(off)
    assert scales.share_of_own(scales.FEWEST - 1) == 0
    assert 0 < scales.share_of_own(scales.FEWEST) < scales.share_of_own(100) < scales.share_of_own(500) == 1


def test_curves_are_written_anew_and_all_else_stays(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "small", languages=("de", "en"))
    path = folder / "manifest.json"
    before = json.loads(path.read_text()) | {"extra": {}, "relevance": {"kept": 1}}
    path.write_text(json.dumps(before))
    flat, steep = (
        Curve(np.array([-4.0, 4.0]), np.array([-1.0, 1.0])),
        Curve(np.array([-4.0, 4.0]), np.array([-8.0, 8.0])),
    )
    every = {scale: dict.fromkeys(LABELS, flat) for scale in ("natural", "balanced")}
    own = {scale: {"toxicity": steep} for scale in ("natural", "balanced")}
    recalibrate(folder, tmp_path, lambda *_: Calibrated(scales=every, spam=flat, by_language={"de": own, "ko": own}))
    after = json.loads(path.read_text())
    assert after["files"] == before["files"]
    assert after["relevance"] == {"kept": 1}
    manifest = read_manifest(folder)
    assert set(manifest.calibration_by_language) == {"de"}  # the only one that the pack reads
    calibration = Calibration(manifest)
    for_all, german, english = (
        calibration.probabilities([1.0] * 7, Scale.BALANCED, code) for code in (None, "de", "en")
    )
    assert english == for_all
    assert german["toxicity"] > for_all["toxicity"]
    assert {**german, "toxicity": 0} == {**for_all, "toxicity": 0}


@pytest.mark.parametrize(
    ("by_language", "why"),
    [
        ({"fr": {}}, "calibration_by_language.fr is no language of the pack"),
        ({"de": {"natural": {"rude": {"x": [0, 1], "y": [0, 1]}}}}, "natural.rude is no label of the pack"),
        ({"de": {"natural": {"toxicity": {"x": [1, 0], "y": [0, 1]}}}}, "two finite numbers or more"),
    ],
)
def test_curves_for_what_the_pack_has_not_are_refused(tmp_path: Path, by_language: object, why: str) -> None:
    folder = write_pack(tmp_path / "small", languages=("de",))
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration_by_language": by_language}))
    with pytest.raises(PackDamaged, match=why):
        read_manifest(folder)
