"""Detoxify's models as packs, the whole way with the real library, offline: added, proved, served without torch."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from moderation.core.scores import ArticleText, Scale, ScoreRequest
from moderation.scoring import pack_scorer
from moderation.scoring.packs import PackDamaged, open_pack
from moderation.scoring.processor import multiplies_bf16, multiplies_dynamic_int8
from moderation.scoring.runtime import DYNAMIC_INT8, RuntimeUnproved, choose
from moderation.scoring.scorer import PackScorer
from tests.detoxify.conftest import SHAPES, Added

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]
every_shape = pytest.mark.parametrize("added", SHAPES, indirect=True)
one_shape = pytest.mark.parametrize("added", ["roberta"], indirect=True)

# None of them is among the texts that the proof itself compares.
TEXTS = (
    "The council met on Tuesday and nobody wrote down what it decided.",
    "What an idiot.",
    "Les chiffres sont faux, lisez le rapport du ministre.",
    "Привет из Одессы",
    "The harbour report is good; the map is wrong.",
)


@pytest.fixture
def original(added: Added) -> Any:
    """The real Detoxify over the same checkpoint."""
    from moderation.scoring.detoxify_checkpoint import load_detoxify, read_checkpoint  # noqa: PLC0415 - torch

    return load_detoxify(read_checkpoint(added.checkpoint), str(added.tokenizer))


def scores(added: Added, runtime: str, texts: tuple[str, ...] = TEXTS, scale: Scale = Scale.NATURAL) -> np.ndarray:
    scorer = PackScorer(open_pack(added.shape, added.packs), runtime=runtime)
    answers = scorer.score([ScoreRequest(text=text) for text in texts], scale=scale)
    return np.array([[answer.toxicity[label] for label in scorer.labels] for answer in answers])


@every_shape
def test_a_checkpoint_on_disk_becomes_a_pack_without_a_network(added: Added) -> None:
    manifest = open_pack(added.shape, added.packs).manifest
    six = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
    assert manifest.labels == (six if added.shape == "bert" else (*six, "sexual_explicit"))
    assert ("fr" in manifest.languages) == (added.shape == "xlmr")
    assert manifest.max_tokens == 48
    assert re.search(r"onnxruntime-f32 +\d+ +0\.0\d+ +0\.000\d+ +0\.001", added.output)
    assert {path.name for path in added.packs.iterdir()} <= set(SHAPES), "nothing half-made is left"


@every_shape
@pytest.mark.parametrize(("runtime", "allowed"), [("onnxruntime-f32", 0.001), ("detoxify", 0.001), ("auto", 0.02)])
def test_scores_are_detoxifys_own(added: Added, original: Any, runtime: str, allowed: float) -> None:
    labels = open_pack(added.shape, added.packs).manifest.labels
    theirs = np.array([[original.predict(text)[label] for label in labels] for text in TEXTS])
    assert theirs.std(axis=0).min() > 0.005, "texts must differ for this to show anything"
    assert theirs.std(axis=1).min() > 0.05, "labels must differ for this to show anything"
    assert np.abs(scores(added, runtime) - theirs).max() < allowed


@every_shape
def test_a_text_longer_than_the_window_is_scored_whole_and_its_worst_window_counts(added: Added) -> None:
    words = " ".join(TEXTS * 20)
    assert (scores(added, "auto", (words,)) >= 0).all()
    assert np.abs(scores(added, "onnxruntime-f32", (words,)) - scores(added, "detoxify", (words,))).max() < 0.001


@one_shape
def test_the_balanced_scale_moves_seven_percent_to_half(added: Added) -> None:
    natural, balanced = (scores(added, "onnxruntime-f32", scale=scale) for scale in (Scale.NATURAL, Scale.BALANCED))
    odds = (balanced / (1 - balanced)) / (natural / (1 - natural))
    assert odds == pytest.approx(0.93 / 0.07, rel=1e-4)


@one_shape
def test_an_installed_pack_serves_where_torch_cannot_even_be_imported(added: Added) -> None:
    blocked = "import sys; sys.modules.update(torch=None, transformers=None, detoxify=None, onnx=None); "
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked}from moderation.cli import main; main()", "score", "--pack", added.shape],
        input="".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(TEXTS)),
        env={**os.environ, "MODERATION_VAR": str(added.packs.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(answer["toxicity"].values()) for answer in answers] == pytest.approx(scores(added, "auto"), abs=0.003)
    assert {answer["pack"]["name"] for answer in answers} == {added.shape}


@one_shape
def test_through_detoxify_itself_relevance_still_comes_from_the_built_in_pack(added: Added) -> None:
    scorer = pack_scorer(added.shape, "detoxify", added.packs)
    article = ArticleText(title="The harbour is dredged again", paragraphs=("The council pays for it.",))
    [answer] = scorer.score([ScoreRequest(text="Who pays for the dredging of the harbour?", article=article)])
    assert (answer.pack.runtime, answer.pack.precision) == ("detoxify", "f32")
    assert answer.relevance is not None


@one_shape
def test_the_runtime_detoxify_refuses_a_checkpoint_that_changed(added: Added) -> None:
    before = added.checkpoint.read_bytes()
    try:
        added.checkpoint.write_bytes(before + b"\0")
        with pytest.raises(PackDamaged, match=re.escape(str(added.checkpoint))):
            scores(added, "detoxify")
    finally:
        added.checkpoint.write_bytes(before)


def test_the_runtime_detoxify_refuses_a_pack_that_did_not_come_from_it(tmp_path: Path) -> None:
    with pytest.raises(PackDamaged, match="wasn't made from a Detoxify checkpoint"):
        pack_scorer("builtin", "detoxify", tmp_path).warm()


@one_shape
def test_a_name_that_is_taken_is_refused_unless_replaced(
    added: Added, add: Callable[..., Result], checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    shutil.copytree(added.folder, tmp_path / "packs" / "mine")
    first = open_pack("mine", tmp_path / "packs").manifest.version
    refused = add("mine", added.checkpoint)
    assert refused.exit_code == 2
    assert "--replace" in refused.output
    assert add("mine", checkpoint("bert", layers=1), "--replace").exit_code == 0
    assert open_pack("mine", tmp_path / "packs").manifest.version != first
    assert [path.name for path in (tmp_path / "packs").iterdir()] == ["mine"]


def test_scores_that_are_not_detoxifys_are_refused_and_nothing_is_installed(
    add: Callable[..., Result], checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    # Such weights give no numbers, and what isn't a number is equal to nothing.
    result = add("broken", checkpoint("bert", layers=1, spread=math.nan))
    assert result.exit_code == 2
    assert "not installed" in result.output
    assert "TOO MUCH" in result.output
    assert list((tmp_path / "packs").iterdir()) == []


def test_a_checkpoint_that_lacks_weights_is_refused(
    add: Callable[..., Result], checkpoint: Callable[..., Path]
) -> None:
    result = add("mine", checkpoint("bert", lacking="classifier.weight"))
    assert result.exit_code == 2
    assert "lacks the weights classifier.weight" in result.output


@one_shape
def test_the_proof_tells_another_models_scores_apart(added: Added, checkpoint: Callable[..., Path]) -> None:
    from moderation.scoring.detoxify_checkpoint import load_detoxify, read_checkpoint  # noqa: PLC0415 - torch
    from moderation.scoring.detoxify_proof import ProofFailed, prove  # noqa: PLC0415 - beside it

    other = checkpoint("roberta", seed=5)
    with pytest.raises(ProofFailed, match="TOO MUCH"):
        prove(load_detoxify(read_checkpoint(other), str(other.parent)), open_pack(added.shape, added.packs))


def test_a_pack_too_far_off_in_what_is_faster_never_runs_so(
    add: Callable[..., Result], checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    result = add("steep", checkpoint("bert", layers=1, spread=60.0))
    assert result.exit_code == 0, result.output
    manifest = open_pack("steep", tmp_path / "packs").manifest
    assert choose("auto", manifest) == "openvino-f32"
    for faster in ("openvino-bf16", DYNAMIC_INT8):
        with pytest.raises(RuntimeUnproved, match="openvino-f32"):
            choose(faster, manifest)
    assert ("TOO MUCH" in result.output) == (multiplies_bf16() or multiplies_dynamic_int8())


@one_shape
def test_a_pack_that_was_proved_in_dynamic_int8_runs_so_where_nothing_is_faster(added: Added) -> None:
    manifest = open_pack(added.shape, added.packs).manifest
    assert (DYNAMIC_INT8 in manifest.runtimes) == multiplies_dynamic_int8()
    if multiplies_dynamic_int8() and not multiplies_bf16():
        assert choose("auto", manifest) == DYNAMIC_INT8
