"""Detoxify's checkpoints are fetched with their hash checked, and opened without running what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

pytestmark = [pytest.mark.detoxify, pytest.mark.filterwarnings("default")]


@pytest.fixture
def door() -> Any:
    from moderation.scoring import detoxify_checkpoint  # noqa: PLC0415 - torch

    return detoxify_checkpoint


class Intruder:
    """Unpickling it makes a file: code of the file's maker ran."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.sign,)


def published(folder: Path, *, digits: str | None = None) -> tuple[str, bytes]:
    """The address of a file that carries the beginning of its hash in its name, as Detoxify's checkpoints do."""
    content = b"weights"
    file = folder / f"toxic_tiny-{digits or hashlib.sha256(content).hexdigest()[:8]}.ckpt"
    file.write_bytes(content)
    return file.as_uri(), content


def test_a_checkpoint_is_fetched_once_and_kept(door: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url, content = published(tmp_path)
    kept = door.fetch("original", url, tmp_path / "kept")
    assert kept.read_bytes() == content
    assert "100%" in capfd.readouterr().err
    Path(url.removeprefix("file://")).unlink()
    assert door.fetch("original", url, tmp_path / "kept") == kept


def test_what_is_not_what_its_name_says_is_refused_and_not_kept(door: Any, tmp_path: Path) -> None:
    url, _ = published(tmp_path, digits="00000000")
    with pytest.raises(door.CheckpointUnusable, match="not what its name says"):
        door.fetch("original", url, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_kept_checkpoint_that_was_damaged_is_fetched_again(door: Any, tmp_path: Path) -> None:
    url, content = published(tmp_path)
    kept = door.fetch("original", url, tmp_path / "kept")
    kept.write_bytes(b"half")
    assert door.fetch("original", url, tmp_path / "kept").read_bytes() == content


def test_without_a_network_the_error_says_what_to_bring(door: Any, tmp_path: Path) -> None:
    with pytest.raises(door.CheckpointUnusable) as caught:
        door.fetch("unbiased", "http://127.0.0.1:9/toxic_debiased-c7548aa0.ckpt", tmp_path)
    assert "packs add unbiased --checkpoint FILE --tokenizer DIR" in str(caught.value)


def test_the_five_names_are_those_that_detoxify_publishes(door: Any) -> None:
    from moderation.cli.packs_add import PUBLISHED  # noqa: PLC0415 - beside the others

    assert set(PUBLISHED) == set(door.PUBLISHED)


def test_a_file_that_could_run_code_is_refused_and_does_not_run(
    add: Callable[..., Result], checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    sign = tmp_path / "ran"
    result = add("mine", checkpoint("bert", extra=Intruder(sign)))
    assert result.exit_code == 2
    assert "--trust-checkpoint" in result.output
    assert not sign.exists()


def test_a_trusted_file_is_opened_all_the_same(door: Any, checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    file = checkpoint("bert", extra=Intruder(tmp_path / "ran"))
    assert door.read_checkpoint(file, trust=True).classes[0] == "toxicity"
    assert (tmp_path / "ran").exists()


def test_detoxifys_older_names_of_labels_become_todays(door: Any, checkpoint: Callable[..., Path]) -> None:
    classes = door.read_checkpoint(checkpoint("bert")).classes
    assert classes == ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", "half"])
def test_a_file_that_is_no_whole_checkpoint_is_refused(
    door: Any, checkpoint: Callable[..., Path], tmp_path: Path, content: bytes | str
) -> None:
    whole = checkpoint("bert").read_bytes()
    file = tmp_path / "some.ckpt"
    file.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    with pytest.raises(door.CheckpointUnusable, match="copied whole"):
        door.read_checkpoint(file)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"state_dict": {}}, "isn't in Detoxify's format: 'config'"),
        ([1, 2], "isn't in Detoxify's format"),
        ({"config": {"arch": {"args": {}}, "dataset": {"args": {"classes": []}}}}, "isn't in Detoxify's format"),
    ],
)
def test_a_checkpoint_in_another_format_is_refused_with_what_is_missing(
    door: Any, tmp_path: Path, content: Any, complaint: str
) -> None:
    import torch  # noqa: PLC0415 - only where it is installed

    file = tmp_path / "some.ckpt"
    torch.save(content, file)
    with pytest.raises(door.CheckpointUnusable, match=complaint):
        door.read_checkpoint(file)


def test_a_folder_without_a_tokenizer_is_named_in_the_error(
    door: Any, checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(door.CheckpointUnusable, match=str(tmp_path)):
        door.load_detoxify(door.read_checkpoint(checkpoint("bert")), str(tmp_path))
