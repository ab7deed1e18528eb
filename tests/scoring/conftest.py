"""The shipped pack, loaded once, and small packs with random weights, made once for all tests of the scoring room."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.scoring import PackScorer, pack_scorer
from moderation.scoring.encoder import Encoder
from moderation.scoring.packs import open_pack
from moderation.scoring.runtime import load
from tests.scoring.small_pack import write_pack


@pytest.fixture(scope="session")
def packs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three packs.

    ``small``: every label, an embedding, words with weights of their own. ``plain``: six labels, no embedding, other
    weights, reads French. ``whole``: made for int8, and tells of sentences in the same pass.
    """
    folder = tmp_path_factory.mktemp("packs")
    write_pack(folder / "small", lexicon=True)
    write_pack(folder / "whole", name="whole", lexicon=True, quantised=True)
    labels = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
    write_pack(folder / "plain", name="plain", labels=labels, languages=("fr", "en"), embedding=False, seed=11)
    return folder


@pytest.fixture(scope="session")
def scorer(packs_dir: Path) -> PackScorer:
    return pack_scorer("small", "openvino-f32", packs_dir, threads=1)


@pytest.fixture(scope="session")
def shipped() -> PackScorer:
    """The pack that the service brings."""
    return pack_scorer("builtin", "auto", threads=2)


@pytest.fixture(scope="session")
def encoder(packs_dir: Path) -> Encoder:
    pack = open_pack("small", packs_dir)
    return Encoder(pack, load(pack, "openvino-f32", 1))
