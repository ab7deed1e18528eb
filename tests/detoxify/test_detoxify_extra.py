"""What `packs add` says where torch and Detoxify aren't installed, and before it needs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.scoring.detoxify_extra import ExtraMissing, require_extra
from moderation.scoring.packs import BUILTIN, read_manifest
from moderation.scoring.runtime import RuntimeUnproved, choose


def add(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["packs", "add", *arguments], env={"MODERATION_VAR": str(tmp_path)})


def test_without_the_extra_the_error_names_the_commands_that_mend_it() -> None:
    with pytest.raises(ExtraMissing) as caught:
        require_extra("Converting", ("click", "a_module_that_nobody_has"))
    said = str(caught.value)
    assert "missing here: a_module_that_nobody_has." in said
    cpu, rest = said.index("https://download.pytorch.org/whl/cpu"), said.index("[detoxify]")
    assert cpu < rest, "the processor's torch comes first, or the extra brings the gigabytes"


def test_a_name_that_detoxify_does_not_have_is_refused_with_those_it_has(tmp_path: Path) -> None:
    result = add(tmp_path, "toxic-xxl")
    assert result.exit_code == 2
    assert "original, unbiased, multilingual, original-small, unbiased-small" in result.output


@pytest.mark.parametrize("name", ["builtin", "../elsewhere", "Loud", ""])
def test_a_name_that_can_name_no_pack_is_refused(tmp_path: Path, name: str) -> None:
    checkpoint = tmp_path / "some.ckpt"
    checkpoint.touch()
    result = add(tmp_path, name, "--checkpoint", str(checkpoint))
    assert result.exit_code == 2
    assert "can't name a pack" in result.output


def test_a_pack_runs_only_where_its_manifest_says_it_was_proved() -> None:
    manifest = read_manifest(BUILTIN).model_copy(update={"runtimes": ("onnxruntime-f32",)})
    assert choose("auto", manifest) == "onnxruntime-f32"
    with pytest.raises(RuntimeUnproved, match="onnxruntime-f32"):
        choose("openvino-f32", manifest)
