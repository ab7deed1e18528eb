"""A pack is read whole and checked by hash, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.scoring.packs import PackDamaged, PackMissing, installed, open_folder, open_pack, read_manifest
from tests.scoring.small_pack import write_pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "mine", name="mine")


def test_a_pack_is_found_by_its_folder(folder: Path) -> None:
    pack = open_pack("mine", folder.parent)
    assert pack.manifest.labels[0] == "toxicity"
    assert set(installed(folder.parent)) - {"world"} == {"builtin", "mine"}


@pytest.mark.usefixtures("without_world")
def test_a_missing_pack_is_named_beside_those_installed(folder: Path) -> None:
    with pytest.raises(PackMissing, match=r"'yours'; installed: builtin, mine"):
        open_pack("yours", folder.parent)


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_one_changed_byte_is_noticed_and_the_file_named(folder: Path, file: str) -> None:
    path = folder / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(PackDamaged, match=file):
        open_folder(folder)


def test_a_pack_that_was_damaged_is_told_beside_those_that_are_whole(folder: Path) -> None:
    write_pack(folder.parent / "former", name="former")
    write_pack(folder.parent / "spoilt", name="spoilt")
    for name in ("mine", "spoilt"):
        with (folder.parent / name / "model.onnx").open("ab") as file:
            file.write(b"x")
    with pytest.raises(PackDamaged) as told:
        open_pack("mine", folder.parent)
    assert {"builtin", "former"} <= set(told.value.whole)
    assert not {"mine", "spoilt"} & set(told.value.whole)
    assert "former" in str(told.value)
    assert "`pack` under [scoring]" in str(told.value)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(PackDamaged, match=r"model\.onnx: the file is missing"):
        open_folder(folder)


def curve_that_falls(manifest: dict[str, Any]) -> None:
    manifest["calibration"]["natural"]["toxicity"]["y"] = [1.0, 0.0]


def no_balanced_scale(manifest: dict[str, Any]) -> None:
    del manifest["calibration"]["balanced"]


def labels_out_of_order(manifest: dict[str, Any]) -> None:
    manifest["labels"] = ["insult", "toxicity"]


def a_path_as_a_file(manifest: dict[str, Any]) -> None:
    manifest["files"]["../model.onnx"] = manifest["files"]["model.onnx"]


def another_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def no_window(manifest: dict[str, Any]) -> None:
    manifest["max_tokens"] = "many"


def no_hash(manifest: dict[str, Any]) -> None:
    manifest["files"]["model.onnx"] = {"bytes": 5}


def no_model(manifest: dict[str, Any]) -> None:
    del manifest["files"]["model.onnx"]


def no_scores(manifest: dict[str, Any]) -> None:
    manifest["outputs"]["logits"] = None


def an_endless_curve(manifest: dict[str, Any]) -> None:
    manifest["extra"] = {"spam": {"x": [0.0, 1.0], "y": [0.0, float("inf")]}}


def another_precision(manifest: dict[str, Any]) -> None:
    manifest["quantised"] = "int4"


def sentences_by_their_mean(manifest: dict[str, Any]) -> None:
    manifest["sentences"] = {"output": "tokens", "pool": "mean"}


def sentences_from_nowhere(manifest: dict[str, Any]) -> None:
    manifest["sentences"] = {"pool": "max"}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (another_precision, "quantised is 'int4'; it must be 'int8', or left out"),
        (sentences_by_their_mean, r"sentences\.pool is 'mean'; it must be 'max'"),
        (sentences_from_nowhere, r"sentences\.output is missing"),
        (no_hash, r"files\.model\.onnx\.sha256 is missing"),
        (no_model, r"files must name model\.onnx"),
        (no_scores, r"outputs\.logits"),
        (an_endless_curve, r"extra\.spam\.y"),
        (curve_that_falls, r"natural\.toxicity"),
        (no_balanced_scale, r"balanced\.toxicity"),
        (labels_out_of_order, "labels"),
        (a_path_as_a_file, "files"),
        (another_format, "format must be 1: this pack was made for another version of this service"),
        (no_window, "max_tokens"),
    ],
)
def test_a_wrong_manifest_names_its_key(folder: Path, spoil: Callable[[dict[str, Any]], None], named: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    spoil(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(PackDamaged, match=named):
        read_manifest(folder)


def test_what_a_manifest_says_beyond_what_is_known_is_left_alone(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"later": {"x": 1}}))
    assert read_manifest(folder).labels == open_folder(folder).manifest.labels


@pytest.mark.parametrize("text", ["[" * 100_000, "", "{", "[]", "null", '{"format": 1}'])
def test_a_manifest_that_was_cut_off_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(PackDamaged, match=r"manifest\.json"):
        read_manifest(folder)


def test_the_builtin_pack_is_what_its_manifest_says(tmp_path: Path) -> None:
    manifest = open_pack("builtin", tmp_path).manifest
    assert manifest.labels[0] == "toxicity"
    assert "en" in manifest.languages
