"""Texts become outputs that don't depend on their neighbours, whatever their length."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.encoder import BATCH_TOKENS, Encoder, bucket, bucket_lengths, plan
from moderation.scoring.packs import open_pack
from moderation.scoring.runtime import RUNTIMES, RuntimeUnknown, choose, load
from tests.scoring.small_pack import WORDS

TEXTS = [" ".join(random.Random(n).choices(WORDS, k=n)) for n in (0, 1, 3, 7, 12, 20, 33, 40, 58, 61, 62, 63, 90, 300)]


@given(st.lists(st.integers(1, 300), max_size=60))
def test_a_plan_runs_every_text_once_within_the_batch_size(lengths: list[int]) -> None:
    groups = plan(lengths, 300)
    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[position] for position in group)
        assert len(group) == 1 or len(group) * bucket(longest, 300) <= BATCH_TOKENS


def test_a_plan_pads_little_where_lengths_differ() -> None:
    lengths = [10, 200, 12, 190, 14, 210, 11, 15]
    paid = sum(bucket(max(lengths[p] for p in group), 300) * len(group) for group in plan(lengths, 300))
    assert paid <= 1.2 * sum(bucket(length, 300) for length in lengths)


@pytest.mark.parametrize("max_tokens", [64, 100, 128, 512])
def test_every_length_has_a_bucket_that_holds_it(max_tokens: int) -> None:
    for length in range(1, max_tokens + 1):
        assert length <= bucket(length, max_tokens) <= max_tokens
        assert bucket(length, max_tokens) in bucket_lengths(max_tokens)


def test_nothing_gives_nothing(encoder: Encoder) -> None:
    assert encoder.encode([]) == []


PACKS_AND_RUNTIMES = [("small", name) for name in RUNTIMES if not name.endswith("-int8")] + [
    ("whole", name) for name in RUNTIMES
]


@pytest.mark.parametrize(("pack_name", "name"), PACKS_AND_RUNTIMES)
def test_neighbours_do_not_move_a_text(packs_dir: Path, pack_name: str, name: str) -> None:
    pack = open_pack(pack_name, packs_dir)
    encoder = Encoder(pack, load(pack, name, 2))
    alone = np.stack([encoder.encode([text])[0].logits for text in TEXTS])
    for seed in range(5):
        order = random.Random(seed).sample(range(len(TEXTS)), len(TEXTS))
        together = encoder.encode([TEXTS[i] for i in order])
        assert np.abs(np.stack([e.logits for e in together]) - alone[order]).max() < 0.003


@pytest.mark.parametrize("pack_name", ["small", "whole"])
def test_runtimes_agree(packs_dir: Path, pack_name: str) -> None:
    pack = open_pack(pack_name, packs_dir)
    names = [name for own, name in PACKS_AND_RUNTIMES if own == pack_name]
    found = [np.stack([e.logits for e in Encoder(pack, load(pack, name, 1)).encode(TEXTS)]) for name in names]
    for logits in found:
        assert np.abs(logits - found[0]).max() < 0.04  # a quarter of which reaches a score, at most


def test_a_runtime_that_does_not_exist_is_named(packs_dir: Path) -> None:
    with pytest.raises(RuntimeUnknown, match=r"'int8'.*openvino-bf16"):
        choose("int8", open_pack("small", packs_dir).manifest)


def test_auto_chooses_one_of_the_runtimes(packs_dir: Path) -> None:
    assert choose("auto", open_pack("small", packs_dir).manifest) in RUNTIMES


def test_the_end_of_a_long_text_counts(encoder: Encoder) -> None:
    long = "good " * 400
    ending = "you idiot stupid bad people"
    apart = encoder.encode([ending])[0].logits
    whole, plain = (encoder.encode([text])[0].logits for text in (long + ending, long))
    assert not np.allclose(whole, plain)
    assert (whole >= plain - 1e-4).all()
    assert apart.shape == whole.shape


def test_the_worst_window_counts_for_every_label(encoder: Encoder) -> None:
    """A text of one window and the same within a text of several: no label falls by more than its own window's."""
    windows = ["idiot " * 62, "good " * 62]
    ones = np.stack([e.logits for e in encoder.encode(windows)])
    whole = encoder.encode(["".join(windows)])[0].logits
    assert (whole >= ones.max(axis=0) - 1e-4).all()


def test_an_embedding_has_unit_length_for_any_length_of_text(encoder: Encoder) -> None:
    for encoded in encoder.encode(TEXTS):
        assert encoded.embedding is not None
        assert np.linalg.norm(encoded.embedding) == pytest.approx(1.0, abs=1e-3)


def test_padding_is_not_seen(packs_dir: Path) -> None:
    pack = open_pack("small", packs_dir)
    runtime = load(pack, "openvino-f32", 1)
    ids = np.array([[2, 40, 41, 3]], dtype=np.int64)
    padded = np.concatenate([ids, np.full((1, 28), 55)], axis=1)
    mask = np.concatenate([np.ones_like(ids), np.zeros((1, 28), dtype=np.int64)], axis=1)
    short, long = runtime.run(ids, np.ones_like(ids)), runtime.run(padded, mask)
    for name in ("logits", "embedding"):
        assert np.allclose(short[name], long[name], atol=1e-5)


def test_a_process_that_ends_waits_for_what_is_made_faster_behind_the_first_answers(encoder: Encoder) -> None:
    """Ending inside the engine would abort. The scoring thread is a daemon, and threads are by themselves as it is."""
    behind: list[threading.Thread | None] = []
    scoring = threading.Thread(target=lambda: behind.append(encoder.warm()), daemon=True)
    scoring.start()
    scoring.join()
    (thread,) = behind
    assert thread is not None
    thread.join()
    assert not thread.daemon
