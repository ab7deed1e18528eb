"""A pack's weights, read back from its ONNX file into the model that it was exported from."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from scipy.special import expit
from transformers import BertConfig, BertModel

from scripts.training.base import Base
from scripts.training.lessons import LEXICON
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer
from scripts.training.onnx_scores import WINDOW, OnnxPack
from scripts.training.quantised import HALF, QuantisedLinear, quantise
from scripts.training.tokenized import padded

AGREES, AGREES_ON_AVERAGE = 0.02, 0.005
"""By how much 99 of 100 probabilities, and all of them on average, may differ from the pack's before anything is
learnt: single ones fall on another side of a rounding's edge, as they do between runtimes."""


def restore(path: Path, model: Scorer, lexicon: Lexicon) -> None:
    """Fills both in place from the file ``path``; what the file lacks (a head that it was made without) stays.

    A model whose products are ones of whole numbers gets the file's ranges too, and so the file's whole numbers.
    Raises ``SystemExit`` where the file is of another encoder or vocabulary, or has no ranges for such a model.
    """
    found, ranges = _weights(path)
    rounded = {f"model.{name}" for name, part in model.named_modules() if isinstance(part, QuantisedLinear)}
    if rounded - ranges.keys():
        raise SystemExit(f"{path} has no whole numbers for {', '.join(sorted(rounded - ranges.keys())[:3])}.")
    for name in rounded:
        step, middle = ranges[name]
        found |= {f"{name}.inputs.step": step, f"{name}.inputs.middle": middle}
    for part, prefix in ((model, "model."), (lexicon, "lexicon.")):
        theirs = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
        known = part.state_dict()
        wrong = [name for name, value in theirs.items() if name not in known or known[name].shape != value.shape]
        if wrong or not theirs:
            raise SystemExit(f"{path} isn't a pack of this encoder: {', '.join(wrong[:3]) or 'nothing in it fits'}.")
        part.load_state_dict(theirs, strict=False)


def as_it_is(base: Base, pack: Path) -> tuple[Scorer, Lexicon]:
    """The pack as a model that can be trained, in its own whole numbers."""
    model, lexicon = Scorer(base), Lexicon(base.tokenizer.get_vocab_size())
    shaped(base, model)
    restore(pack / "model.onnx", model, lexicon)
    return model.eval(), lexicon.eval()


def shaped(base: Base, model: Scorer) -> None:
    """Makes the model one of whole numbers, whose ranges are known already and are loaded next."""
    quantise(model.encoder, [fed(base, [base.tokenizer.encode("a text of any kind").ids] * 2)])


def fed(base: Base, rows: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
    """A batch as the encoder takes it."""
    ids, mask = padded(rows, base.pad, torch.device("cpu"))
    return {"input_ids": ids, "attention_mask": mask}


def check(base: Base, model: Scorer, lexicon: Lexicon, pack: Path, texts: Sequence[str]) -> float:
    """How far the model's probabilities are from those of the pack's file, on average over texts and outputs; texts of
    more than one window aren't asked.

    Raises ``SystemExit`` where that is too much: then something was misread.
    """
    pad = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))["pad_id"]
    rows = [row.ids for row in base.tokenizer.encode_batch(list(texts))]
    short = [place for place, ids in enumerate(rows) if len(ids) <= WINDOW]
    wanted = OnnxPack(pack, pad).score([texts[place] for place in short])
    ids, mask = padded([rows[place] for place in short], base.pad, torch.device("cpu"))
    with torch.no_grad():
        logits = model(ids, mask).logits
        logits[:, :-1] += LEXICON * lexicon(ids, mask)
    apart = np.abs(logits.sigmoid().numpy() - expit(np.column_stack((wanted.logits, wanted.spam))))
    mean, most = float(apart.mean()), float(np.quantile(apart, 0.99))
    said = f"what was read back answers {mean:.4f} apart on average, 99 of 100 answers within {most:.4f}"
    if mean > AGREES_ON_AVERAGE or most > AGREES:
        raise SystemExit(f"{pack}: {said}. That is another model; it can't be trained further.")
    print(f"{pack.name}: {said}", flush=True)
    return mean


def encoder_of(pack: Path, folder: Path) -> Base:
    """The encoder of the pack in the folder ``pack`` as transformers keeps one, written to ``folder``; once made it
    stays. So a pack that was trained can be trained further without what its training began with.

    Raises ``SystemExit`` where ``pack`` is no such folder, or its model.onnx holds no encoder of this kind.
    """
    for name in ("model.onnx", "tokenizer.json", "manifest.json"):
        if not (pack / name).is_file():
            raise SystemExit(f"{pack} has no {name}. --from names the folder of a pack.")
    if not (folder / "tokenizer.json").exists():
        found, _ = _weights(pack / "model.onnx")
        prefix = "model.encoder."
        values = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
        encoder = BertModel(_config(pack / "model.onnx", values))
        for part in encoder.pooler.parameters():  # nobody asks it; zeros are the same every time
            torch.nn.init.zeros_(part)
        encoder.load_state_dict(values, strict=False)
        folder.mkdir(parents=True, exist_ok=True)
        encoder.save_pretrained(folder)
        shutil.copyfile(pack / "tokenizer.json", folder / "tokenizer.new")
        (folder / "tokenizer.new").replace(folder / "tokenizer.json")
    return Base.read(folder)


def _config(path: Path, values: dict[str, torch.Tensor]) -> BertConfig:
    """The encoder's sizes, as its weights and the file's graph have them."""
    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made = {node.output[0]: node for node in graph.node}
    try:
        words, hidden = values["embeddings.word_embeddings.weight"].shape
        inner = len(values["encoder.layer.0.intermediate.dense.bias"])
        positions = len(values["embeddings.position_embeddings.weight"])
        asked = next(node.output[0] for node in graph.node if _reads(node, "layer.0.attention.self.query.bias"))
        shape = next(node.input[1] for node in graph.node if node.op_type == "Reshape" and node.input[0] == asked)
        a_head = int(constants[shape if shape in constants else made[shape].input[-1]].ravel()[-1])
        epsilon = next(a.f for n in graph.node if n.op_type == "LayerNormalization" for a in n.attribute if a.f)
    except (KeyError, StopIteration):
        raise SystemExit(f"{path} holds no encoder that can be trained further.") from None
    return BertConfig(
        vocab_size=words,
        hidden_size=hidden,
        num_hidden_layers=1 + max(int(found[1]) for name in values if (found := re.search(r"layer\.(\d+)\.", name))),
        num_attention_heads=hidden // a_head,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=len(values["embeddings.token_type_embeddings.weight"]),
        layer_norm_eps=epsilon,
        pad_token_id=json.loads(path.with_name("manifest.json").read_text(encoding="utf-8"))["pad_id"],
    )


def _reads(node: onnx.NodeProto, constant: str) -> bool:
    return any(name.endswith(constant) for name in node.input)


def _weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """Every weight of the file by the name that it had in PyTorch (``model.…``, ``lexicon.…``), in floating point, and
    by the name of each product of whole numbers the step and the middle of its inputs.

    Weights of products have lost their names in the file: their bias next in line tells whose they are.
    """
    graph = onnx.load(path).graph
    values: dict[str, Any] = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
        elif node.op_type == "Div" and all(name in values for name in node.input):
            values[node.output[0]] = values[node.input[0]] / values[node.input[1]]
        elif node.op_type == "DequantizeLinear" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32) * values[node.input[1]]
    ranges = {}
    for node in graph.node:
        product = made.get(node.input[0]) if node.op_type == "Add" else None
        if product is None or product.op_type != "MatMul" or not node.input[1].endswith(".bias"):
            continue
        fed, weight, bias = product.input[0].removesuffix("/levels"), values[product.input[1]], values[node.input[1]]
        if fed != product.input[0]:  # whole numbers: without what they were multiplied with and moved by
            per_level, offset = values[f"{fed}/per_level"], values[f"{fed}/offset"]
            weight = weight * per_level[:, None]
            bias = bias + weight.T @ (offset / per_level)
            step, middle = 1 / per_level, (HALF - 0.5 - offset) / per_level
            ranges[node.input[1].removesuffix(".bias")] = torch.from_numpy(step), torch.from_numpy(middle)
        values[node.input[1].removesuffix("bias") + "weight"], values[node.input[1]] = weight.T, bias
    weights = {
        name: torch.from_numpy(np.array(value, dtype=np.float32))
        for name, value in values.items()
        if name.startswith(("model.", "lexicon.")) and value.dtype == np.float32 and "/" not in name
    }
    return weights, ranges
