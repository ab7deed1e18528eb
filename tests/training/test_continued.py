"""A pack that is taught further begins as what it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from moderation.core.scores import LABELS
from scripts.training import continued, onnx_file
from scripts.training.base import Base
from scripts.training.calibration import Curve
from scripts.training.continued import Further, Run, are_known, between
from scripts.training.examples import Example
from scripts.training.lessons import LEXICON
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer
from scripts.training.onnx_scores import OnnxPack
from scripts.training.quantised import QuantisedLinear, quantise
from scripts.training.restored import as_it_is, check
from scripts.training.tokenized import Tokenized, padded, tokenize
from scripts.training.trainer import DEVICE, Pace, Trainer
from tests.training.small_encoder import folder_of_words, scorer

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]

TEXTS = ("You are an idiot.", "Nothing to see here, move on. Or don't!", "ok", "we read 12 articles, and liked 3")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base.read(folder_of_words(tmp_path_factory.mktemp("words")))


def batch(base: Base) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [row.ids for row in base.tokenizer.encode_batch(list(TEXTS))]
    return padded(rows, base.pad, torch.device("cpu"))


@pytest.fixture(scope="module")
def shipped(base: Base, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scorer, Lexicon]:
    """A pack's folder, and the model that it was exported from."""
    folder = tmp_path_factory.mktemp("pack")
    model, lexicon = scorer(base)
    ids, mask = batch(base)
    quantise(model.encoder, [{"input_ids": ids, "attention_mask": mask}])
    onnx_file.write(model, lexicon, folder / "model.onnx")
    base.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "manifest.json").write_text(json.dumps({"pad_id": base.pad, "quantised": "int8"}))
    return folder, model.eval(), lexicon


def test_weights_and_ranges_are_read_back(base: Base, shipped: tuple[Path, Scorer, Lexicon]) -> None:
    folder, model, lexicon = shipped
    again, words = as_it_is(base, folder)
    theirs, ours = (
        [part for part in one.modules() if isinstance(part, QuantisedLinear)] for one in (model, again.eval())
    )
    for one, other in zip(theirs, ours, strict=True):
        assert torch.allclose(one.inputs.step, other.inputs.step, rtol=1e-5)
        assert torch.allclose(one.inputs.middle, other.inputs.middle, atol=1e-4)
    with torch.no_grad():
        said, before = again(*batch(base)).logits, model(*batch(base)).logits
        assert torch.allclose(words(*batch(base)), lexicon(*batch(base)), atol=2e-2)
    assert torch.allclose(said, before, atol=5e-2)


def test_a_restored_model_that_says_something_else_is_refused(
    base: Base, shipped: tuple[Path, Scorer, Lexicon]
) -> None:
    model, lexicon = as_it_is(base, shipped[0])
    # What is longer than a window isn't compared: the file reads all of it, the model its beginning.
    check(base, model, lexicon, shipped[0], [*TEXTS, "nothing to see " * 200])
    with torch.no_grad():
        model.head[2].bias += 1
    with pytest.raises(SystemExit, match=r"can't be trained further"):
        check(base, model, lexicon, shipped[0], TEXTS)


def test_what_was_trained_is_exported_again_without_its_examples(
    base: Base, shipped: tuple[Path, Scorer, Lexicon], tmp_path: Path
) -> None:
    run = Run(base=base, data=tmp_path, folder=tmp_path, pack=shipped[0], seed=1, minutes=1, scale=1)
    model, _ = as_it_is(base, shipped[0])
    torch.save(model.state_dict(), tmp_path / "continued.pt")
    again, _ = continued.train(run)  # there is no data to make examples of
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_weights_may_stop_on_the_way() -> None:
    before = {"weight": torch.zeros(2), "place": torch.tensor([3])}
    after = {"weight": torch.full((2,), 4.0), "place": torch.tensor([3])}
    assert between(before, after, 0.25)["weight"].tolist() == [1.0, 1.0]
    assert between(before, after, 1.0)["place"].tolist() == [3]


def test_what_a_pack_says_of_sentences_is_what_its_file_says(base: Base, shipped: tuple[Path, Scorer, Lexicon]) -> None:
    teacher, lexicon = as_it_is(base, shipped[0])
    texts = [*TEXTS, "one more, of another length"]
    data = tokenize(base.tokenizer, [Example(text=text, targets={}, source="everyday") for text in texts], 64)
    said = Further(teacher, teacher.to(DEVICE), lexicon.to(DEVICE), data, data).said()
    wanted = OnnxPack(shipped[0], base.pad).score(texts).logits
    assert np.abs(expit(said) - expit(wanted)).mean() < 0.01


def test_sentences_that_are_read_rightly_are_known() -> None:
    steep, shy = (
        Curve(np.array([-9.0, 9.0]), np.array([-9.0, 9.0])),
        Curve(np.array([-9.0, 9.0]), np.array([-18.0, 0.0])),
    )
    curves = [shy if label == "threat" else steep for label in LABELS]
    abuse, harmless, unasked = {"toxicity": 0.96}, dict.fromkeys(LABELS, 0.01), {"toxicity": 0.01}
    cases = (
        (abuse, {"toxicity": 4.0}, True),
        (abuse, {"toxicity": 1.0, "insult": 4.0}, False),
        (harmless, {"toxicity": -4.0}, True),
        (harmless, {"toxicity": 1.0}, False),
        (harmless, {"obscene": 1.0}, False),
        (harmless, {"threat": 1.0}, True),  # by its curve hardly one
        (unasked, {"obscene": 4.0}, True),
    )
    targets, weights, logits = torch.zeros(len(cases), 8), torch.zeros(len(cases), 8), np.full((len(cases), 7), -5.0)
    for row, (wanted, said, _) in enumerate(cases):
        for label, share in wanted.items():
            targets[row, LABELS.index(label)], weights[row, LABELS.index(label)] = share, 1
        for label, logit in said.items():
            logits[row, LABELS.index(label)] = logit
    data = Tokenized(ids=[[]] * len(cases), targets=targets, weights=weights, sentences=[])
    assert are_known(logits, data, curves).tolist() == [known for _, _, known in cases]


def test_sentences_are_learnt_and_comments_stay_as_they_were(
    base: Base, shipped: tuple[Path, Scorer, Lexicon], tmp_path: Path
) -> None:
    model, lexicon = as_it_is(base, shipped[0])
    teacher, _ = as_it_is(base, shipped[0])
    comments = [
        Example(text=f"comment {number}, by itself. And more.", targets={}, source="news") for number in range(32)
    ]
    sentences = [
        Example(text=f"{word} {number}", targets={"toxicity": float(word == "bad")}, source="everyday")
        for number in range(16)
        for word in ("bad", "good")
    ]
    held, taught = (tokenize(base.tokenizer, part, 64) for part in (comments, sentences))
    lesson = Further(model, teacher.eval().to(DEVICE), lexicon.to(DEVICE), held, taught)
    rows = list(range(64))
    pace = Pace(encoder=1e-3, heads=1e-2, warm_up=2, decays=True)
    Trainer(model, tmp_path / "further.pt", minutes=60, pace=pace).run(lesson, [rows] * 80)
    column = LABELS.index("toxicity")
    with torch.no_grad():
        ids, mask = padded(taught.ids, base.pad, torch.device("cpu"))
        said = (model(ids, mask).logits[:, :7] + LEXICON * lexicon.cpu()(ids, mask))[:, column]
        ids, mask = padded(held.ids, base.pad, torch.device("cpu"))
        moved = (model(ids, mask).logits.sigmoid() - teacher.cpu()(ids, mask).logits.sigmoid()).abs().mean()
    assert said[0::2].mean() > said[1::2].mean() + 1
    assert moved < 0.05
