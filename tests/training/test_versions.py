"""Two packs never state the same version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.training.manifest import next_version


@pytest.mark.parametrize(("stated", "following"), [("1.3.0", "1.4.0"), ("1.9.2", "1.10.0"), ("0.0.7", "0.1.0")])
def test_a_pack_that_is_trained_again_states_the_next_version(tmp_path: Path, stated: str, following: str) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"version": stated}))
    assert next_version(tmp_path) == following


def test_the_first_pack_is_the_first_version(tmp_path: Path) -> None:
    assert next_version(tmp_path / "new") == "1.0.0"


@pytest.mark.parametrize("stated", ["1.3", "2026-harbour", "1.3.0-rc1", ""])
def test_a_version_without_a_next_must_be_named(tmp_path: Path, stated: str) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"version": stated}))
    with pytest.raises(SystemExit, match=r"--version"):
        next_version(tmp_path)
