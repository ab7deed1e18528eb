"""Packs made for int8: where they run so, and sentences from the pass that scores the whole."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.core.scores import Scale, ScoreRequest
from moderation.scoring import PackScorer, processor
from moderation.scoring.calibration import Calibration
from moderation.scoring.cores import Cores
from moderation.scoring.encoder import Encoder
from moderation.scoring.manifest import Sentences
from moderation.scoring.openvino_runtime import OpenVino
from moderation.scoring.packs import Pack, PackDamaged, open_pack
from moderation.scoring.processor import multiplies_dynamic_int8
from moderation.scoring.runtime import DYNAMIC_INT8, RUNTIMES, Improves, Runtime, RuntimeUnproved, choose, load
from tests.scoring.small_pack import small_tokenizer, write_pack

COMMENT = "You are an idiot. I think the minister is good! What did they say about minerals?"
LONG = "They said the minister is good. " * 30 + "You stupid idiot people. " + "We think it would be good. " * 30


@pytest.fixture(scope="module")
def whole(packs_dir: Path) -> Pack:
    return open_pack("whole", packs_dir)


@pytest.fixture(scope="module")
def scorer(whole: Pack) -> PackScorer:
    return PackScorer(whole, runtime="openvino-int8")


@pytest.mark.parametrize(
    ("flags", "quantised", "plain"),
    [
        ("avx2 avx512f", "openvino-f32", "openvino-f32"),
        ("avx512_bf16", "openvino-f32", "openvino-f32"),
        ("avx512_vnni", "openvino-int8", "openvino-f32"),
        ("avx_vnni", "openvino-int8", "openvino-f32"),
        ("amx_int8 amx_bf16", "openvino-int8", "openvino-bf16"),
    ],
)
def test_auto_computes_in_what_the_processor_has_products_for(
    packs_dir: Path, whole: Pack, monkeypatch: pytest.MonkeyPatch, flags: str, quantised: str, plain: str
) -> None:
    monkeypatch.setattr(processor, "flags", lambda: frozenset(flags.split()))
    assert choose("auto", whole.manifest) == quantised
    assert choose("auto", open_pack("small", packs_dir).manifest) == plain


def test_without_openvino_whole_numbers_run_on_the_other_engine(whole: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "flags", lambda: frozenset({"avx512_vnni"}))
    monkeypatch.setattr("moderation.scoring.runtime.find_spec", lambda name: None if name == "openvino" else name)
    assert choose("auto", whole.manifest) == "onnxruntime-int8"


def test_a_pack_that_was_not_made_for_int8_is_refused_it(packs_dir: Path) -> None:
    with pytest.raises(RuntimeUnproved, match=r"'small'.*openvino-int8; choose auto, openvino-bf16"):
        choose("openvino-int8", open_pack("small", packs_dir).manifest)


def test_weights_are_packed_while_loading_only_for_a_pack_that_was_shown_to_stand_it(
    packs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = open_pack("small", packs_dir).manifest
    with pytest.raises(RuntimeUnproved):
        choose(DYNAMIC_INT8, small)
    proved = small.model_copy(update={"runtimes": ("openvino-f32", DYNAMIC_INT8, "openvino-bf16")})
    for flags, chosen in (
        ("avx2", "openvino-f32"),
        ("avx512_vnni", DYNAMIC_INT8),
        ("avx512_vnni amx_bf16", "openvino-bf16"),
    ):
        monkeypatch.setattr(processor, "flags", lambda flags=flags: frozenset(flags.split()))
        assert choose("auto", proved) == chosen
    assert choose(DYNAMIC_INT8, proved) == DYNAMIC_INT8


def test_packed_weights_are_multiplied_in_whole_numbers_and_heads_are_not(packs_dir: Path) -> None:
    runtime = load(open_pack("small", packs_dir), DYNAMIC_INT8, 1)
    assert isinstance(runtime, OpenVino)
    products = [
        str(node.get_rt_info()["runtimePrecision"].value)
        for node in runtime._any.body.get_compiled_model().get_runtime_model().get_ops()
        if str(node.get_rt_info()["layerType"].value) == "FullyConnected"
    ]
    packed = 2 * 6 if multiplies_dynamic_int8() else 0
    assert (products.count("i8"), len(products)) == (packed, 2 * 6 + 1)


@pytest.mark.parametrize(("flags", "in_whole_numbers"), [("avx512_vnni", 2 * 6), ("avx2", 0)])
def test_products_are_computed_in_whole_numbers_where_the_processor_has_instructions_for_them(
    whole: Pack, monkeypatch: pytest.MonkeyPatch, flags: str, in_whole_numbers: int
) -> None:
    monkeypatch.setattr(processor, "flags", lambda: frozenset(flags.split()))  # of whatever processor this runs on
    runtime = load(whole, "openvino-int8", 1)
    assert isinstance(runtime, OpenVino)
    graph = runtime._any.body.get_compiled_model().get_runtime_model()
    kinds = [
        str(node.get_rt_info()["runtimePrecision"].value)
        for node in graph.get_ops()
        if str(node.get_rt_info()["layerType"].value) == "FullyConnected"
    ]
    assert kinds.count("u8") == in_whole_numbers
    assert len(kinds) == 2 * 6 + 2  # and two heads


def test_rounding_is_left_out_in_floating_point(whole: Pack) -> None:
    runs = {name: _run(load(whole, name, 1), 40) for name in RUNTIMES if name != "openvino-bf16"}
    exact = np.abs(runs["openvino-f32"]["logits"] - runs["onnxruntime-f32"]["logits"]).max()
    rounded = np.abs(runs["openvino-f32"]["logits"] - runs["openvino-int8"]["logits"]).max()
    assert exact < 0.001 < rounded < 0.1


def test_levels_that_are_never_turned_back_are_refused(packs_dir: Path, tmp_path: Path) -> None:
    pack = open_pack("whole", packs_dir)
    assert write_pack(tmp_path / "odd", name="odd", quantised=True, turned_back=False)
    odd = open_pack("odd", tmp_path)
    assert odd.manifest.quantised == pack.manifest.quantised
    with pytest.raises(PackDamaged, match=r"odd.*model\.onnx.*back to floating point"):
        load(odd, "openvino-f32", 1)


@pytest.mark.parametrize("name", ["openvino-int8", "onnxruntime-int8"])
def test_an_output_that_the_model_lacks_is_named(whole: Pack, name: str) -> None:
    told = Sentences(output="words", pool="max")
    pack = Pack(folder=whole.folder, manifest=whole.manifest.model_copy(update={"sentences": told}))
    with pytest.raises(PackDamaged, match=r"model\.onnx: the model has no output named 'words'"):
        load(pack, name, 1)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_text_scores_the_same_on_all_threads_and_on_a_part_of_them(whole: Pack, name: str) -> None:
    runtime, on_one = load(whole, name, 2), load(whole, name, 1)
    if isinstance(runtime, Improves):
        runtime.improve((16, 64))
    for texts, length in ((1, 16), (1, 33), (1, 64), (3, 5), (3, 64)):
        alone = _run(runtime, length, texts=texts)
        for other in (_run(runtime, length, texts=texts, alone=False), _run(on_one, length, texts=texts)):
            for output, values in alone.items():
                assert np.abs(values - other[output]).max() < 1e-4, (texts, length, output)


def _run(runtime: Runtime, length: int, *, texts: int = 3, alone: bool = True) -> dict[str, np.ndarray]:
    ids = np.random.default_rng(length).integers(4, 100, (texts, length))
    return runtime.run(ids, np.ones_like(ids), alone=alone)


class Watched:
    """A runtime that keeps what it was asked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.asked: list[tuple[np.ndarray, dict[str, np.ndarray]]] = []
        self.alone: list[bool] = []

    def run(self, ids: np.ndarray, mask: np.ndarray, *, alone: bool = True) -> dict[str, np.ndarray]:
        found = self._runtime.run(ids, mask, alone=alone)
        self.asked.append((ids, found))
        self.alone.append(alone)
        return found


def test_texts_that_come_together_run_on_a_part_of_the_cores_each(whole: Pack) -> None:
    shared: list[bool] = []
    both = threading.Barrier(2, timeout=10)

    class Meeting:
        def run(self, ids: np.ndarray, mask: np.ndarray, *, alone: bool = True) -> dict[str, np.ndarray]:
            both.wait()
            shared.append(not alone)
            return runtime.run(ids, mask, alone=alone)

    runtime = load(whole, "openvino-int8", 2)
    encoder = Encoder(whole, Meeting(), Cores(2))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(encoder.encode, (["you idiot"], ["good people"])))
    assert any(shared)  # the first may have begun alone
    watched = Watched(runtime)
    alone = Encoder(whole, watched, Cores(2)).encode(["you idiot"])
    assert found[0][0].logits == pytest.approx(alone[0].logits, abs=1e-4)
    assert watched.alone == [True]


def test_sentences_are_told_by_the_pass_that_scores_the_whole(whole: Pack) -> None:
    watched = Watched(load(whole, "openvino-int8", 1))
    scorer = PackScorer(whole, runtime="openvino-int8")
    scorer._encoder = Encoder(whole, watched)
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)])
    ((_, outputs),) = watched.asked
    assert [COMMENT[s.start : s.end].strip() for s in scores.sentences] == [
        "You are an idiot.", "I think the minister is good!", "What did they say about minerals?",
    ]  # fmt: skip
    calibration = Calibration(whole.manifest)
    first = 1  # after the special token
    for sentence in scores.sentences:
        after = first + len(small_tokenizer().encode(COMMENT[sentence.start : sentence.end]).ids) - 2
        largest = outputs["tokens"][0, first:after].max(axis=0)
        assert sentence.labels == pytest.approx(calibration.probabilities(largest.tolist(), Scale.NATURAL))
        first = after


@pytest.mark.parametrize("scale", Scale)
def test_a_sentences_toxicity_is_the_worst_of_the_comment_times_its_chance_to_carry_it(
    scorer: PackScorer, scale: Scale
) -> None:
    (scores,) = scorer.score([ScoreRequest(text=COMMENT)], scale=scale)
    (balanced,) = scorer.score([ScoreRequest(text=COMMENT)], scale=Scale.BALANCED)
    worst = max([scores.toxicity["toxicity"], *(sentence.labels["toxicity"] for sentence in scores.sentences)])
    assert [sentence.toxicity for sentence in scores.sentences] == pytest.approx(
        [worst * sentence.labels["toxicity"] for sentence in balanced.sentences], abs=1e-6
    )


def test_a_sentence_in_two_windows_has_the_larger_of_what_both_say(whole: Pack) -> None:
    watched = Watched(load(whole, "openvino-int8", 1))
    encoder = Encoder(whole, watched)
    at = LONG.index("You stupid"), LONG.index("We think")
    (encoded,) = encoder.encode([LONG], [[(0, at[0]), at, (at[1], len(LONG))]])
    ids = small_tokenizer().encode(LONG, add_special_tokens=False)
    inside = [place for place, (start, _) in enumerate(ids.offsets) if at[0] <= start < at[1]]
    windows = {tuple(row): outputs["tokens"][i] for rows, outputs in watched.asked for i, row in enumerate(rows)}
    assert len(windows) > 3
    said = []
    for row, tokens in windows.items():
        real = [one for one in row if one][1:-1]
        starts = [s for s in range(len(ids.ids) - len(real) + 1) if ids.ids[s : s + len(real)] == real]
        if len(starts) == 1:
            said += [tokens[1 + place - starts[0]] for place in inside if 0 <= place - starts[0] < len(real)]
    assert len(said) >= len(inside)
    assert encoded.parts[1] == pytest.approx(np.max(said, axis=0), abs=1e-5)


def test_sentences_lie_where_they_were_written_though_disguised(scorer: PackScorer) -> None:
    disguised = "You are an i\u200bd\u200bi\u200bo\u200bt. I think the minister is good!"
    plain = "You are an idiot. I think the minister is good!"
    seen, meant = scorer.score([ScoreRequest(text=disguised), ScoreRequest(text=plain)])
    assert [disguised[s.start : s.end] for s in seen.sentences][1] == "I think the minister is good!"
    assert [s.labels for s in seen.sentences] == [s.labels for s in meant.sentences]


@pytest.mark.parametrize(
    "text",
    ["", " ", "?", "\u200b" * 30, "\ud800 lone. Two.", "x" * 20_000, "good. " * 2_000, "\u2800. \u2800. Good."],
    ids=["empty", "space", "mark", "hidden", "surrogate", "one word", "long", "blank letters"],
)
def test_any_text_is_scored(scorer: PackScorer, text: str) -> None:
    (scores,) = scorer.score([ScoreRequest(text=text)])
    assert "".join(text[s.start : s.end] for s in scores.sentences) == text
    assert all(0 <= value <= 1 for s in scores.sentences for value in (s.toxicity, *s.labels.values()))


def test_a_sentence_without_a_token_says_no_more_than_any_other(whole: Pack) -> None:
    encoder = Encoder(whole, load(whole, "openvino-int8", 1))
    (encoded,) = encoder.encode(["good people  "], [[(0, 5), (5, 12), (12, 13)]])
    assert (encoded.parts[2] <= np.minimum(*encoded.parts[:2]) + 1e-6).all()
    (empty,) = encoder.encode(["  "], [[(0, 1), (1, 2)]])
    assert all((part == empty.logits).all() for part in empty.parts)


def test_a_word_belongs_to_its_sentence_though_its_token_begins_with_the_space_before(tmp_path: Path) -> None:
    pack = open_pack(write_pack(tmp_path / "spaced", name="spaced", quantised=True, tokenizer=_spaced()).name, tmp_path)
    watched = Watched(load(pack, "openvino-int8", 1))
    (encoded,) = Encoder(pack, watched).encode(["good idiot"], [[(0, 5), (5, 10)]])
    ((_, outputs),) = watched.asked
    assert encoded.parts[0] == pytest.approx(outputs["tokens"][0, 1])
    assert encoded.parts[1] == pytest.approx(outputs["tokens"][0, 2])


def _spaced() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: PLC0415 - for this pack alone

    pieces = ["<pad>", "<unk>", "<s>", "</s>", "\u2581good", "\u2581idiot"]
    tokenizer = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(pieces)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    return tokenizer
