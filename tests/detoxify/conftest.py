"""Small checkpoints in Detoxify's format, and the packs made from them; what needs torch is skipped without it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main

SHAPES = ("bert", "roberta", "xlmr", "albert")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_spec("torch") is not None:
        return
    why = "needs torch and Detoxify: pip install -e '.[test,detoxify]' (README, \"Detoxify's own models\")"
    for item in items:
        if item.get_closest_marker("detoxify"):
            item.add_marker(pytest.mark.skip(reason=why))


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A pack that `packs add` made of a small checkpoint."""

    shape: str
    checkpoint: Path
    tokenizer: Path
    packs: Path
    output: str

    @property
    def folder(self) -> Path:
        return self.packs / self.shape


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a small checkpoint of a shape; its folder also holds the tokenizer's files and config.json."""
    from tests.detoxify.tiny_checkpoints import write_checkpoint  # noqa: PLC0415 - torch

    # The exporter's trace, a record for every tensor, which pytest would keep and print.
    logging.getLogger("torch.__trace").propagate = False

    return lambda shape, **how: write_checkpoint(tmp_path_factory.mktemp(shape), shape, **how)


@pytest.fixture(scope="session")
def added(request: pytest.FixtureRequest, checkpoint: Callable[..., Path], var: Path) -> Added:
    """The whole way, once per shape: `moderation packs add SHAPE --checkpoint FILE --tokenizer DIR`."""
    shape = request.param
    file = checkpoint(shape)
    result = run_add(var, shape, file)
    assert result.exit_code == 0, result.output
    return Added(shape=shape, checkpoint=file, tokenizer=file.parent, packs=var / "packs", output=result.output)


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., Result]:
    """`packs add` into a packs folder of the test's own, ``tmp_path / "packs"``."""
    return lambda name, file, *options: run_add(tmp_path, name, file, *options)


def run_add(var: Path, name: str, file: Path, *options: str) -> Result:
    arguments = ["packs", "add", name, "--checkpoint", str(file), "--tokenizer", str(file.parent), *options]
    return CliRunner().invoke(main, arguments, env={"MODERATION_VAR": str(var)})
