"""The files of config/deploy, read once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # built without its C library: slower, and the same
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "config" / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
UID = 10001
"""Whom containers run as."""
NOT_OURS = ("secrets/", ".env", "requirements")


@cache
def texts() -> dict[str, str]:
    """Every file of the folder that is ours to write: what it says, by its name there."""
    paths = {str(path.relative_to(DEPLOY)): path for path in sorted(DEPLOY.rglob("*")) if path.is_file()}
    return {name: path.read_text() for name, path in paths.items() if not name.startswith(NOT_OURS)}


def documents(name: str) -> Iterator[Any]:
    """The YAML documents of a file."""
    yield from yaml.load_all(texts()[name], Loader)


@cache
def compose() -> dict[str, Any]:
    document: dict[str, Any] = next(documents("compose.yaml"))
    return document


@cache
def resources() -> tuple[dict[str, Any], ...]:
    """Every document of the Kubernetes manifests that isn't kustomize's own."""
    named = (name for name in texts() if name.startswith("kubernetes/") and name.endswith(".yaml"))
    return tuple(one for name in named if not name.endswith("kustomization.yaml") for one in documents(name))


def deployments() -> dict[str, dict[str, Any]]:
    """The pods' descriptions, by the names of their deployments."""
    found = (one for one in resources() if one["kind"] == "Deployment")
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in found}


def unit(name: str) -> dict[str, list[str]]:
    """A systemd unit's settings."""
    found: dict[str, list[str]] = {}
    for line in texts()[f"systemd/{name}"].splitlines():
        key, _, value = line.partition("=")
        if not line.startswith("#") and value:
            found.setdefault(key, []).append(value)
    return found
