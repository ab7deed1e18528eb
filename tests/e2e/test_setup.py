"""`scripts/serve` and its helpers: where they run, what they set up, and what they say when they can't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.service import ROOT

SCRIPTS = ("lib.sh", "serve", "test", "bench")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what setting up needs, in a folder with a space in its name."""
    folder = tmp_path / "a news room"
    (folder / "scripts" / "benchmarks").mkdir(parents=True)
    for name in SCRIPTS:
        shutil.copy(ROOT / "scripts" / name, folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(project: Path, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "scripts" / script, *arguments],
        cwd="/",
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def fake(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def finished_environment(project: Path, extras: str = "") -> None:
    """Stands in for an environment that was set up before: its interpreter, its stamp, and a `moderation` that tells
    where it was started.
    """
    venv = project / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    fake(venv / "bin" / "moderation", 'echo "served from $PWD with $*"')
    write = f'source "{project}/scripts/lib.sh"; stamp_of "$root/.venv/bin/python" "{extras}"'
    stamp = subprocess.run(["bash", "-c", write], capture_output=True, text=True, check=True).stdout
    (venv / ".stamp").write_text(stamp)


def test_a_start_runs_from_anywhere_and_under_a_path_with_spaces(project: Path) -> None:
    finished_environment(project)
    result = run(project, "serve", "--port", "8123")
    assert result.stdout == f"served from {project} with serve --port 8123\n", result.stderr
    assert result.stderr == ""


def test_other_edits_of_pyproject_set_nothing_up_again(project: Path) -> None:
    finished_environment(project)
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("line-length = 120", "line-length = 100"))
    assert run(project, "serve").stderr == ""


def test_changed_dependencies_set_it_up_again(project: Path) -> None:
    finished_environment(project)
    fake(project / ".venv" / "bin" / "pip", "exit 0")
    python = project / ".venv" / "bin" / "python"
    real = python.resolve()
    python.unlink()
    fake(python, f'case "$*" in "-m pip"*) echo "pip: $*" >&2 ;; *) exec "{real}" "$@" ;; esac')
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("dependencies = [", 'dependencies = [\n    "another>=1",', 1))
    first = run(project, "serve")
    assert "--editable ." in first.stderr
    assert first.stdout.startswith("served from")
    assert run(project, "serve").stderr == ""


def test_a_python_without_venv_is_told_the_command_that_mends_it(project: Path, tmp_path: Path) -> None:
    # What Debian without python3-venv does: `import ensurepip` fails.
    real = sys.executable
    lacking = fake(tmp_path / "bin" / "python", f'case "$*" in *ensurepip*) exit 1 ;; *) exec "{real}" "$@" ;; esac')
    result = run(project, "serve", PYTHON=str(lacking))
    assert result.returncode == 1
    assert "sudo apt install python3-venv" in result.stderr
    assert not (project / ".venv").exists()


def test_an_old_python_is_named_with_what_is_needed(project: Path, tmp_path: Path) -> None:
    old = 'case "$*" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac'
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"):
        fake(tmp_path / "bin" / name, old)
    result = run(project, "serve", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", PYTHON="")
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "3.9.2" in result.stderr


def test_a_benchmark_that_is_none_is_told_those_there_are(project: Path) -> None:
    (project / "scripts" / "benchmarks" / "intake.py").touch()
    (project / "scripts" / "benchmarks" / "common.py").touch()
    for name in ("nonsense", "../../etc/passwd", "common", ""):
        result = run(project, "bench", name)
        assert result.returncode == 1
        assert "intake" in result.stderr
