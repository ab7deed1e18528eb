"""What production installs: every dependency with its version and the hashes of its files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKED = ROOT / "config" / "deploy" / "requirements.txt"
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PYTHONS = ("3.11.9", "3.12.9", "3.13.5")
MACHINES = ("x86_64", "aarch64")


def entries() -> Iterator[tuple[Requirement, list[str]]]:
    """Each line of the file with what follows it, continued lines joined."""
    for line in LOCKED.read_text().replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *rest = line.split(" --hash=")
            yield Requirement(requirement.strip()), [f"--hash={one.strip()}" for one in rest]


def locked_on(python: str, machine: str) -> dict[str, str]:
    """Name to version of what is installed there, on Linux."""
    there = {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "platform_machine": machine,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found: dict[str, str] = {}
    for requirement, _ in entries():
        if requirement.marker is None or requirement.marker.evaluate(there):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is named twice for {python} on {machine}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[name] = pin.version
    return found


@pytest.mark.parametrize(("python", "machine"), [*product(PYTHONS, MACHINES)])
def test_every_dependency_is_named_in_a_version_that_pyproject_allows(python: str, machine: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = locked_on(python, machine)
    for requirement in map(Requirement, project["dependencies"]):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is missing: renew config/deploy/requirements.txt (config/deploy/README.md)"
        assert requirement.specifier.contains(locked[name]), f"{name} {locked[name]} is not {requirement.specifier}"


def test_every_line_holds_hashes_and_no_address() -> None:
    for requirement, hashes in entries():
        assert requirement.url is None
        assert hashes, requirement
        assert all(HASH.fullmatch(one) for one in hashes), requirement
    text = LOCKED.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("\\\n", " "), re.MULTILINE), "an option, such as --index-url"
