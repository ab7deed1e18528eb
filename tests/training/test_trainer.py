"""A whole run: stopped halfway it goes on, and what it leaves is a pack that the service opens."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from moderation.core.scores import LABELS
from moderation.scoring.packs import open_folder
from scripts.training.base import Base
from scripts.training.corpora import CORPORA
from scripts.training.examples import Example
from scripts.training.lessons import Labels, Teacher
from scripts.training.manifest import Stated
from scripts.training.pack import export
from scripts.training.tokenized import Tokenized, batches, token_ranges, tokenize
from scripts.training.train_step import Run, train
from scripts.training.trainer import DEVICE, Pace, Trainer
from tests.training.small_encoder import folder_of_words, scorer

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]

PACE = Pace(encoder=1e-3, heads=1e-2, warm_up=2, decays=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base.read(folder_of_words(tmp_path_factory.mktemp("words")))


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few hundred comments of every corpus; "idiot" makes them whatever its labels say."""
    theirs = {
        "contextual_abuse_reddit": ("abusive", "IdentityDirectedAbuse", "PersonDirectedAbuse"),
        "gab_hate": ("hate", "vulgar_offensive"),
        "stormfront": ("hate",),
        "hatemoji_build": ("hateful",),
        "explainable_sexism": ("sexist",),
        "youtube_spam": ("spam",),
    }
    rng, data = random.Random(1), tmp_path_factory.mktemp("data")
    (data / "train").mkdir()
    for name in sorted({corpus.file or corpus.name for corpus in CORPORA}):
        with gzip.open(data / "train" / f"{name}.jsonl.gz", "wt") as lines:
            for number in range(300):
                bad = rng.random() < 0.5
                text = f"{number} is so. {'You idiot' if bad else 'Good day'}! Bye."
                labels = dict.fromkeys(theirs.get(name, LABELS), float(bad != (rng.random() < 0.2)))
                lines.write(json.dumps({"text": text, "labels": labels}) + "\n")
    return data


def a_few(base: Base) -> tuple[Tokenized, list[list[int]]]:
    examples = [
        Example(text=f"{word} {number}. Then more.", targets={"toxicity": float(word == "bad")}, source="news")
        for number in range(40)
        for word in ("bad", "good")
    ]
    data = tokenize(base.tokenizer, examples, 64)
    return data, [row[:8] for row in batches([len(ids) for ids in data.ids], random.Random(1)) for _ in range(8)]


def test_a_new_head_finds_its_place_before_the_encoder_moves() -> None:
    pace = Pace(encoder=1.0, heads=2.0, warm_up=4, decays=True, heads_first=10)
    assert pace.rates(9, 0.0) == (0.0, 2.0)
    assert pace.rates(11, 0.5) == (0.25, 1.0)
    assert pace.rates(50, 1.0) == (0.0, 0.0)


class PowerCut(Exception):
    """What ends a run in the middle."""


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(base: Base, tmp_path: Path) -> None:
    data, plan = a_few(base)
    ends = []
    for cut in (None, 5):
        model, _ = scorer(base)
        trainer = Trainer(model, tmp_path / f"{cut}.pt", minutes=60, pace=PACE, save_every=0)
        lesson = Labels(model, base, data, DEVICE)

        def cut_off(rows: Sequence[int], step: int, device: torch.device, lesson: Labels = lesson) -> torch.Tensor:
            if step == 5:
                raise PowerCut
            return lesson(rows, step, device)

        if cut:
            with pytest.raises(PowerCut):
                trainer.run(cut_off, plan)
            model, _ = scorer(base)
            torch.nn.init.zeros_(model.head[0].weight)  # whatever a new model has is overwritten
            trainer = Trainer(model, tmp_path / f"{cut}.pt", minutes=60, pace=PACE)
            lesson = Labels(model, base, data, DEVICE)
        trainer.run(lesson, plan)
        ends.append(model.state_dict())
    for name, value in ends[0].items():
        assert torch.allclose(value, ends[1][name], atol=1e-5), name


def test_a_model_learns_from_its_teacher_what_each_sentence_says_alone(base: Base, tmp_path: Path) -> None:
    data, plan = a_few(base)
    (teacher, lexicon), (model, _) = scorer(base), scorer(base)
    lesson = Teacher(model, teacher.to(DEVICE), lexicon.to(DEVICE), data)
    rows = list(range(16))
    before = lesson(rows, 0, DEVICE).item()
    Trainer(model, tmp_path / "taught.pt", minutes=60, pace=PACE).run(lesson, plan * 2)
    assert lesson(rows, 0, DEVICE).item() < 0.9 * before


def test_tokens_belong_to_the_sentence_that_they_stand_in(base: Base) -> None:
    text = "Bad news. Is it?  Go on 12"
    row = base.tokenizer.encode(text)
    ranges = token_ranges(text, row.offsets[1:-1])
    said = [text[row.offsets[start][0] : row.offsets[end - 1][1]] for start, end in ranges]
    assert said == ["Bad news.", "Is it?", "Go on 12"]
    assert ranges[0][0] == 1
    assert ranges[-1][1] == len(row.ids) - 1
    assert token_ranges("One sentence only.", base.tokenizer.encode("One sentence only.").offsets[1:-1]) == []


def test_one_run_makes_a_pack_that_the_service_opens(base: Base, corpora: Path, tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "pack"
    work.mkdir()
    torch.save(scorer(base)[1].state_dict(), work / "lexicon.pt")  # made already: weighing words takes a minute
    run = Run(base=base, data=corpora, folder=work, seed=1, minutes=5, scale=0.02)
    model, lexicon = train(run)
    again, _ = train(run)  # everything is made: nothing is trained again
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    stated = Stated(name="small", version="1", languages=("en",), pad_id=base.pad, relevance=False)
    export(model, lexicon, base.tokenizer, corpora, out, stated)
    pack = open_folder(out)
    assert pack.manifest.name == "small"
    for curves in pack.manifest.calibration.values():
        assert all((np.diff(curve.y) > 0).all() for curve in curves.values())
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["sentences"] == {"output": "tokens", "pool": "max"}
    assert manifest["quantised"] == "int8"
