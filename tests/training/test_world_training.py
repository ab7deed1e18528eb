"""A whole run of the pack "world", small: what it leaves is a pack that the service opens."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from moderation.scoring.packs import open_folder
from scripts.training.base import Base
from scripts.training.manifest import Stated
from scripts.training.model import Scorer
from scripts.training.pack import export
from scripts.training.tokenized import tokenize
from scripts.training.trainer import DEVICE
from scripts.training.world import frames, measured
from scripts.training.world import scales as world_scales
from scripts.training.world.lessons import Lesson
from scripts.training.world.train import LONGEST, Run, train
from tests.training.small_encoder import folder_of_pieces, folder_of_words, scorer
from tests.training.world_data import corpora

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base.read(folder_of_pieces(tmp_path_factory.mktemp("pieces")))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpora(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A pack that nobody trained, and that finds everything harmless."""
    folder = tmp_path_factory.mktemp("teacher")
    english = Base.read(folder_of_words(tmp_path_factory.mktemp("words")))
    model, lexicon = scorer(english)
    torch.nn.init.constant_(model.head[-1].bias, -9.0)
    stated = Stated(name="small", version="1", languages=("en",), pad_id=english.pad, relevance=False)
    export(model, lexicon, english.tokenizer, data, folder, stated)
    return folder


@pytest.fixture
def run(base: Base, data: Path, teacher: Path, tmp_path: Path) -> Run:
    (tmp_path / "work").mkdir()
    torch.save(scorer(base)[1].state_dict(), tmp_path / "work" / "lexicon.pt")  # weighing words takes a while
    return Run(base=base, data=data, folder=tmp_path / "work", teacher=teacher, seed=1, minutes=5, scale=0.05, passes=2)


def test_a_label_that_nobody_knows_teaches_nothing(base: Base) -> None:
    model, lexicon = scorer(base)
    unknown = [replace(example, targets={}) for example in frames.written(random.Random(1), 3)]
    lesson = Lesson(model, base, lexicon, tokenize(base.tokenizer, unknown, LONGEST), DEVICE)
    lesson([0, 1, 2], 2, DEVICE).backward()  # neither the embedding's turn nor the sentences'
    assert all(part.grad is None or part.grad.abs().max() == 0 for part in model.head.parameters())


def test_the_embedding_is_held_to_that_of_the_original_asked_as_a_query(base: Base) -> None:
    model, lexicon = scorer(base)
    examples = frames.written(random.Random(1), 3)
    lesson = Lesson(model, base, lexicon, tokenize(base.tokenizer, examples, LONGEST), DEVICE)
    without, held = (float(lesson([0, 1, 2], step, DEVICE).detach()) for step in (2, 3))
    assert held > without  # the original is asked with another beginning, and so answers a little otherwise
    assert lesson.query == base.tokenizer.encode("query:", add_special_tokens=False).ids


def test_one_run_makes_a_pack_that_the_service_opens(run: Run, tmp_path: Path) -> None:
    model, lexicon = train(run)
    again, _ = train(run)  # everything is made: nothing is trained again
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    words = "encoder.embeddings.word_embeddings.weight"
    assert torch.equal(model.state_dict()[words], Scorer(run.base).state_dict()[words])  # languages keep their places
    stated = Stated(name="world", version="1", languages=("de", "ru"), pad_id=run.base.pad, relevance=False)
    export(model, lexicon, run.base.tokenizer, run.data, tmp_path / "pack", stated, world_scales.calibrate)
    pack = open_folder(tmp_path / "pack")
    assert pack.manifest.name == "world"
    manifest = json.loads((tmp_path / "pack" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["quantised"] == "int8"
    assert manifest["pad_id"] == 1
    found = measured.figures_of_folder(tmp_path / "pack", run.data)
    assert {"ko", "ar", "zh", "tr", "pt", "pl", "de", "fr", "es", "it", "nl", "en"} <= {one.language for one in found}
    assert all(0 <= one.value <= 1 for one in found)
    assert len(measured.table(found).splitlines()) == len(found) + 2


def test_answers_of_another_mix_are_not_taken(run: Run) -> None:
    train(run)
    (run.folder / "quantised.pt").unlink()
    with pytest.raises(SystemExit, match="another mix"):
        train(replace(run, scale=0.1))
