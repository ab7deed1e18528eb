"""Quantisation in the loop, and the file that both runtimes compute in whole numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import torch

from moderation.core.scores import LABELS
from moderation.scoring.openvino_runtime import compile_options
from moderation.scoring.runtime import session_options
from scripts.training import onnx_file
from scripts.training.base import Base
from scripts.training.lessons import LEXICON
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer
from scripts.training.quantised import Inputs, QuantisedLinear, exactly, quantise
from scripts.training.restored import restore
from scripts.training.tokenized import padded
from tests.training.small_encoder import folder_of_pieces, folder_of_words, scorer

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]

TEXTS = ("You are an idiot.", "Nothing to see here, move on. Or don't!", "ok", "we read 12 articles, and liked 3")
CPU = torch.device("cpu")


def batch(base: Base, *texts: str) -> tuple[torch.Tensor, torch.Tensor]:
    return padded([row.ids for row in base.tokenizer.encode_batch(list(texts))], base.pad, CPU)


def quantised(base: Base) -> tuple[Scorer, Lexicon]:
    model, lexicon = scorer(base)
    ids, mask = batch(base, *TEXTS)
    quantise(model.encoder, [{"input_ids": ids, "attention_mask": mask}])
    return model, lexicon


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base.read(folder_of_words(tmp_path_factory.mktemp("words")))


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base.read(folder_of_pieces(tmp_path_factory.mktemp("pieces")))


@pytest.fixture(scope="module", params=["words", "pieces"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A quantised model, its base, and the path of its file."""
    base = request.getfixturevalue(request.param)
    model, lexicon = quantised(base)
    path = tmp_path_factory.mktemp(request.param) / "model.onnx"
    onnx_file.write(model, lexicon, path)
    return model, lexicon, base, path


def by_torch(model: Scorer, lexicon: Lexicon, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, np.ndarray]:
    with torch.no_grad():
        answers = model(ids, mask)
        logits = answers.logits[:, : len(LABELS)] + LEXICON * lexicon(ids, mask)
    named = {"logits": logits, "embedding": answers.embedding, "spam": answers.logits[:, -1], "tokens": answers.tokens}
    return {name: value.numpy() for name, value in named.items()}


def by_onnxruntime(path: Path, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(path, session_options("int8", 1), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    fed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    return dict(zip(names, session.run(names, fed), strict=True))


def by_openvino(path: Path, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, np.ndarray]:
    compiled = openvino.Core().compile_model(str(path), "CPU", compile_options("int8", 1))
    found = compiled({"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
    return {name: value for output, value in found.items() for name in output.names}


def test_levels_are_the_nearest_of_256_and_their_gradient_ends_with_the_range() -> None:
    inputs = Inputs(2)
    inputs.step.copy_(torch.tensor([0.1, 2.0]))
    inputs.middle.copy_(torch.tensor([1.0, -5.0]))
    x = torch.tensor([[1.0, -5.0], [3.21, 100.0], [80.0, -300.0]], requires_grad=True)
    levels = inputs(x)
    assert levels.tolist() == [[pytest.approx(-0.5, abs=0.51)] * 2, [22, 52], [127, -128]]
    assert torch.equal(levels, levels.round())
    back = levels * inputs.step + inputs.at_zero
    assert ((back - x).abs() <= inputs.step / 2 + 1e-5)[:2].all()
    levels.sum().backward()
    assert x.grad is not None
    assert x.grad.numpy() == pytest.approx(np.array([[10, 0.5], [10, 0.5], [0, 0]]))


def test_what_is_fed_to_several_products_is_rounded_once(words: Base) -> None:
    model, _ = quantised(words)
    layer = model.encoder.encoder.layer[0]
    query, key, value = (getattr(layer.attention.self, name) for name in ("query", "key", "value"))
    assert query.inputs is key.inputs is value.inputs
    assert query.inputs is not layer.intermediate.dense.inputs
    products = [part for part in model.encoder.modules() if isinstance(part, QuantisedLinear)]
    assert len(products) == 2 * 6


def test_rounding_moves_little_and_can_be_switched_off(words: Base) -> None:
    plain, _ = scorer(words)
    model, lexicon = quantised(words)
    ids, mask = batch(words, *TEXTS)
    wanted, rounded = by_torch(plain, lexicon, ids, mask), by_torch(model, lexicon, ids, mask)
    assert 0 < np.abs(rounded["logits"] - wanted["logits"]).max() < 0.1
    with exactly(model):
        assert by_torch(model, lexicon, ids, mask)["logits"] == pytest.approx(wanted["logits"], abs=1e-5)


def test_weights_learn_through_their_rounding(words: Base) -> None:
    model, _ = quantised(words)
    model.train()
    ids, mask = batch(words, *TEXTS)
    answers = model(ids, mask)
    (answers.logits.sum() + answers.tokens.sum()).backward()
    for name, weight in model.encoder.encoder.named_parameters():
        assert weight.grad is not None, name
        if not name.endswith("key.bias"):  # which moves all attention alike, and so nothing
            assert weight.grad.abs().max() > 0, name


def test_both_runtimes_compute_what_training_computed(exported: Any) -> None:
    model, lexicon, base, path = exported
    ids, mask = batch(base, *TEXTS)
    wanted = by_torch(model, lexicon, ids, mask)
    assert wanted["tokens"].shape == (*ids.shape, len(LABELS))
    for run in (by_onnxruntime, by_openvino):
        found = run(path, ids, mask)
        assert set(found) == set(wanted)
        for name in wanted:
            real = mask.numpy().astype(bool) if name == "tokens" else slice(None)
            # Heads and words are stored in eight bits, and a level's edge may fall on either side.
            assert found[name][real] == pytest.approx(wanted[name][real], abs=0.06), (run.__name__, name)


def test_a_text_scores_the_same_beside_others(exported: Any) -> None:
    _, _, base, path = exported
    for run in (by_onnxruntime, by_openvino):
        together = run(path, *batch(base, *TEXTS))
        for row, text in enumerate(TEXTS):
            alone = run(path, *batch(base, text))
            assert together["logits"][row] == pytest.approx(alone["logits"][0], abs=1e-4), run.__name__


def test_every_product_of_the_encoder_is_one_of_whole_numbers(exported: Any) -> None:
    *_, path = exported
    graph = onnx.load(path).graph
    made = {node.output[0]: node for node in graph.node}
    whole = [
        node
        for node in graph.node
        if node.op_type == "MatMul"
        and all(given in made and made[given].op_type == "DequantizeLinear" for given in node.input)
    ]
    assert len(whole) == 2 * 6
    assert sum(node.op_type == "QuantizeLinear" for node in graph.node) == 2 * 4
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert all(kinds[made[node.input[1]].input[0]] == onnx.TensorProto.INT8 for node in whole)


def test_a_pack_s_file_says_nothing_of_the_machine_that_made_it(exported: Any) -> None:
    *_, path = exported
    assert b"scripts/training" not in path.read_bytes()
    assert b"site-packages" not in path.read_bytes()


def test_a_pack_s_weights_can_be_trained_further(exported: Any) -> None:
    model, lexicon, base, path = exported
    restored, words = Scorer(base), Lexicon(base.tokenizer.get_vocab_size())
    restore(path, restored, words)
    ids, mask = batch(base, *TEXTS)
    with exactly(model):
        wanted = by_torch(model, lexicon, ids, mask)
    found = by_torch(restored.eval(), words, ids, mask)
    for name in wanted:
        assert found[name] == pytest.approx(wanted[name], abs=0.06), name


def test_a_pack_of_another_vocabulary_is_refused(exported: Any, words: Base, pieces: Base) -> None:
    *_, base, path = exported
    other = pieces if base is words else words
    with pytest.raises(SystemExit, match="isn't a pack of this encoder"):
        restore(path, Scorer(other), Lexicon(other.tokenizer.get_vocab_size()))


def test_emoji_become_words_only_where_the_vocabulary_lacks_them(words: Base, pieces: Base) -> None:
    assert words.tokenizer.encode("\U0001f600").ids[1] >= words.words
    assert pieces.emoji == {}
    assert (words.pad, words.unknown, words.closing, words.special) == (0, 1, 3, (0, 1, 2, 3))
    assert (pieces.pad, pieces.unknown, pieces.closing, pieces.special) == (1, 3, 2, (0, 1, 2, 3))


def test_a_folder_without_an_encoder_names_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no config\.json"):
        Base.read(tmp_path)
