"""Going on from a finished pack: it begins with what the pack answers, and leaves another that the service opens."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from scipy.special import expit

from moderation.scoring.packs import open_folder
from scripts.training import onnx_file
from scripts.training.base import Base
from scripts.training.examples import OUTPUTS
from scripts.training.manifest import Stated, state_more
from scripts.training.pack import export
from scripts.training.quantised import quantise
from scripts.training.restored import as_it_is, check, encoder_of, fed
from scripts.training.world import frames, further, languages
from scripts.training.world import scales as world_scales
from scripts.training.world.further import Further, mixture, train
from tests.training.small_encoder import folder_of_pieces, folder_of_words, scorer
from tests.training.world_data import corpora

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]


def made(base: Base, data: Path, folder: Path, name: str) -> Path:
    """A pack that nobody trained."""
    model, lexicon = scorer(base)
    quantise(model.encoder, [fed(base, [base.tokenizer.encode(text).ids]) for text in ("you idiot", "good day. bye")])
    stated = Stated(name=name, version="1", languages=("de", "ru"), pad_id=base.pad, relevance=False)
    export(model, lexicon, base.tokenizer, data, folder, stated, world_scales.calibrate)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpora(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    base = Base.read(folder_of_pieces(tmp_path_factory.mktemp("pieces")))
    return made(base, data, tmp_path_factory.mktemp("pack"), "world")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    base = Base.read(folder_of_words(tmp_path_factory.mktemp("words")))
    return made(base, data, tmp_path_factory.mktemp("teacher"), "small")


@pytest.fixture
def run(pack: Path, data: Path, teacher: Path, tmp_path: Path) -> Further:
    (tmp_path / "work").mkdir()
    return Further(pack=pack, data=data, folder=tmp_path / "work", teacher=teacher, seed=1, minutes=5, scale=0.02)


def texts(count: int) -> list[str]:
    return [one.text for one in frames.written(random.Random(4), count)]


def test_what_is_read_back_are_the_pack_s_own_whole_numbers(pack: Path, tmp_path: Path) -> None:
    base = encoder_of(pack, tmp_path / "base")
    model, lexicon = as_it_is(base, pack)
    assert check(base, model, lexicon, pack, texts(40)) < 0.002
    onnx_file.write(model, lexicon, tmp_path / "again.onnx")
    first, again = (
        {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
        for path in (pack / "model.onnx", tmp_path / "again.onnx")
    )
    whole = [name for name in first if name.endswith("weight/int8") and "encoder.layer" in name]
    assert len(whole) == 2 * 6
    assert all(np.array_equal(first[name], again[name]) for name in whole)


def test_training_goes_on_from_the_pack_and_once_done_is_not_done_again(run: Further, tmp_path: Path) -> None:
    base, model, lexicon = train(run)
    before, _ = as_it_is(base, run.pack)
    was, now = before.state_dict(), model.state_dict()
    changed = {name for name in was if not torch.equal(was[name], now[name])}
    assert any("encoder.layer.1." in name for name in changed)
    assert any(name.startswith("head.") for name in changed)
    assert not any("embeddings" in name or name.endswith((".step", ".middle")) for name in changed)
    _, again, _ = train(run)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in now.items())
    stated = Stated(name="world", version="2", languages=("de", "ru"), pad_id=base.pad, relevance=False)
    export(model, lexicon, base.tokenizer, run.data, tmp_path / "out", stated, world_scales.calibrate)
    state_more(tmp_path / "out", description="another")
    manifest = open_folder(tmp_path / "out").manifest
    assert (manifest.version, manifest.description) == ("2", "another")
    check(base, model, lexicon, tmp_path / "out", texts(40))


def test_lower_layers_stand_still_where_there_are_enough(pack: Path, tmp_path: Path) -> None:
    base = encoder_of(pack, tmp_path / "base")
    model, _ = as_it_is(base, pack)
    model.encoder.encoder.layer.extend(list(model.encoder.encoder.layer) * 2)
    further.hold_still(model)
    learns = [any(part.requires_grad for part in layer.parameters()) for layer in model.encoder.encoder.layer]
    assert learns.count(False) >= 2
    assert not any(part.requires_grad for part in model.encoder.embeddings.parameters())
    assert all(part.requires_grad for part in model.head.parameters())


def test_where_a_corpus_is_seen_again_the_pack_s_own_answer_counts_more_than_the_raters(run: Further) -> None:
    run = replace(run, scale=0.3)
    base = encoder_of(run.pack, run.folder / "base")
    model, _ = as_it_is(base, run.pack)
    plain = {row.text for row in languages.rows(run.data, "offenseval2020_tr")}  # a few of the mix are disguised
    replayed = [one for one in mixture(run, base, model) if one.text in plain and one.source == "offenseval2020_tr"]
    assert replayed
    said = expit(further.answers(base, model, [one.text for one in replayed]))
    for one, own in zip(replayed, said, strict=True):
        expected = [further.OWN_SHARE * own[0] + (1 - further.OWN_SHARE) * rated for rated in (0.06, 0.88)]
        assert any(one.targets["toxicity"] == pytest.approx(value, abs=1e-4) for value in expected)
        threat = OUTPUTS.index("threat")
        assert one.targets["threat"] == pytest.approx(own[threat], abs=1e-4)  # of which no rater spoke
    assert further.OWN_SHARE > 0.5


def test_what_is_written_is_held_to_the_pack_s_answers_where_its_language_is_read_well(run: Further) -> None:
    base = encoder_of(run.pack, run.folder / "base")
    model, _ = as_it_is(base, run.pack)
    mix = [one for one in mixture(run, base, model) if one.source.count("/") == 2]  # those in English have one
    said = expit(further.answers(base, model, [one.text for one in mix]))
    for one, own in zip(mix, said, strict=True):
        _, language, family = one.source.split("/")
        meant = frames.FAMILIES[family].targets["toxicity"]
        share = 0.0 if language in further.WRITTEN_OFTEN else further.WRITTEN_OWN_SHARE
        expected = share * own[0] + (1 - share) * meant
        assert one.targets["toxicity"] == pytest.approx(expected, abs=0.02)  # a few are disguised
    assert {one.source.split("/")[1] for one in mix} == {one.language for one in frames.languages()}


def test_a_pack_whose_file_says_otherwise_is_refused(pack: Path, tmp_path: Path) -> None:
    base = encoder_of(pack, tmp_path / "base")
    model, lexicon = as_it_is(base, pack)
    with torch.no_grad():
        model.head[-1].bias += 1.0
    with pytest.raises(SystemExit, match="can't be trained further"):
        check(base, model, lexicon, pack, texts(20))


def test_answers_of_another_mix_are_not_taken(run: Further) -> None:
    train(run)
    (run.folder / "furthered.pt").unlink()
    with pytest.raises(SystemExit, match="another mix"):
        train(replace(run, scale=0.2))


def test_a_folder_that_is_no_pack_names_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no model\.onnx. --from names"):
        encoder_of(tmp_path, tmp_path / "base")


def test_a_file_without_an_encoder_is_refused(pack: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("tokenizer.json", "manifest.json"):
        (other / name).write_bytes((pack / name).read_bytes())
    empty = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
    onnx.save(empty, other / "model.onnx")
    with pytest.raises(SystemExit, match="holds no encoder"):
        encoder_of(other, tmp_path / "base")
    assert json.loads((other / "manifest.json").read_text(encoding="utf-8"))["name"] == "world"
