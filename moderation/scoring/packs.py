"""Scoring packs on disk: finding them, reading their manifest whole, and checking every file against its hash.

A pack is a folder: ``manifest.json``, and the files it names with their SHA-256 (the model, the tokenizer, the card).
The built-in one lies beside this module; others under a directory that settings own.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from moderation.core.errors import ScoringFailed
from moderation.core.scores import LABELS, Scale

BUILTIN = Path(__file__).parent / "packs" / "builtin"
FORMAT = 1
MODEL, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "manifest.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(eq=False, slots=True)
class PackMissing(ScoringFailed):
    """No installed pack has this name."""

    name: str
    installed: tuple[str, ...]

    @property
    def detail(self) -> str:
        have = ", ".join(self.installed) or "none"
        return f"There is no scoring pack named {self.name!r}; installed: {have}. `moderation packs add` brings more."


@dataclass(eq=False, slots=True)
class PackDamaged(ScoringFailed):
    """A pack's folder isn't what its manifest says, or the manifest can't be used."""

    pack: str
    file: str
    why: str

    @property
    def detail(self) -> str:
        return f"The scoring pack {self.pack!r} can't be used: {self.file}: {self.why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A strictly increasing piecewise-linear map from a model's logit to a calibrated logit, by its knots."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack says of itself. ``calibration`` holds a curve for each label on each scale,
    ``extra`` those of further outputs (``spam``).

    ``runtimes`` are those that it may run on because its scores were proved there; none named: all.
    """

    name: str
    version: str
    created: str
    description: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    max_tokens: int
    pad_id: int
    inputs: tuple[str, ...]
    outputs: Mapping[str, str | None]
    calibration: Mapping[Scale, Mapping[str, Curve]]
    extra: Mapping[str, Curve]
    relevance: Mapping[str, Any] | None
    runtimes: tuple[str, ...]
    files: Mapping[str, PackFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack whose files are what its manifest says."""

    folder: Path
    manifest: Manifest

    @property
    def model(self) -> Path:
        return self.folder / MODEL

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER


def installed(packs_dir: Path) -> dict[str, Path]:
    """The folders of all packs by name, the built-in one first. Another folder counts once it has a manifest."""
    found = {"builtin": BUILTIN}
    if packs_dir.is_dir():
        for folder in sorted(packs_dir.iterdir()):
            if (folder / MANIFEST).is_file() and _NAME.fullmatch(folder.name):
                found.setdefault(folder.name, folder)
    return found


def open_pack(name: str, packs_dir: Path) -> Pack:
    """The pack of this name, every file checked. Raises ``PackMissing`` or ``PackDamaged``."""
    folders = installed(packs_dir)
    if name not in folders:
        raise PackMissing(name, tuple(folders))
    return open_folder(folders[name])


def open_folder(folder: Path) -> Pack:
    """The pack in this folder, every file checked. Raises ``PackDamaged``."""
    manifest = read_manifest(folder)
    for problem in problems(folder, manifest):
        raise problem
    return Pack(folder=folder, manifest=manifest)


def problems(folder: Path, manifest: Manifest) -> list[PackDamaged]:
    """Every file that isn't what the manifest says."""
    found = []
    for name, stated in manifest.files.items():
        path = folder / name
        if not path.is_file():
            found.append(PackDamaged(manifest.name, str(path), "the file is missing; install the pack again"))
        elif path.stat().st_size != stated.size or _hash(path) != stated.sha256:
            why = "it isn't the file that the manifest names (its SHA-256 differs)"
            found.append(PackDamaged(manifest.name, str(path), why))
    return found


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest, checked whole. Raises ``PackDamaged`` naming the key that is wrong."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackDamaged(folder.name, str(path), f"it can't be read as JSON ({error})") from error
    try:
        return _Reader(raw).manifest()
    except (_Wrong, TypeError) as error:
        raise PackDamaged(folder.name, str(path), str(error)) from error


class _Wrong(Exception):
    """What is wrong with a manifest, in words."""


class _Reader:
    """Takes a manifest's keys out one by one, each with the type it must have."""

    def __init__(self, raw: object) -> None:
        if not isinstance(raw, dict):
            raise _Wrong("the manifest must be a JSON object")
        self.raw = raw

    def manifest(self) -> Manifest:
        if self.take("format", int) != FORMAT:
            raise _Wrong(f"format must be {FORMAT}: this pack was made for another version of this service")
        if self.take("activation", str) != "sigmoid":
            raise _Wrong("activation must be 'sigmoid'")
        labels = self.texts("labels")
        if labels != tuple(label for label in LABELS if label in labels):
            raise _Wrong(f"labels must be some of {', '.join(LABELS)}, in this order")
        files = self.files()
        for needed in (MODEL, TOKENIZER):
            if needed not in files:
                raise _Wrong(f"files must name {needed}")
        return Manifest(
            name=self.take("name", str),
            version=self.take("version", str),
            created=self.take("created", str),
            description=self.take("description", str),
            labels=labels,
            languages=self.texts("languages"),
            max_tokens=self.at_least("max_tokens", 8),
            pad_id=self.at_least("pad_id", 0),
            inputs=self.texts("inputs"),
            outputs=self.outputs(),
            calibration=self.calibration(labels),
            extra=self.extra(),
            relevance=self.take("relevance", dict, type(None)),
            runtimes=self.texts("runtimes") if "runtimes" in self.raw else (),
            files=files,
        )

    def take(self, key: str, *kinds: type) -> Any:
        if key not in self.raw:
            raise _Wrong(f"the key {key!r} is missing")
        value = self.raw[key]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise _Wrong(f"{key} must be {' or '.join(kind.__name__ for kind in kinds)}, not {value!r:.60}")
        return value

    def at_least(self, key: str, minimum: int) -> int:
        value: int = self.take(key, int)
        if value < minimum:
            raise _Wrong(f"{key} must be at least {minimum}, not {value}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list)
        if not values or not all(isinstance(value, str) for value in values):
            raise _Wrong(f"{key} must be a list of at least one string")
        return tuple(values)

    def outputs(self) -> dict[str, str | None]:
        outputs = self.take("outputs", dict)
        if not isinstance(outputs.get("logits"), str):
            raise _Wrong("outputs.logits must name the model's output")
        if not all(value is None or isinstance(value, str) for value in outputs.values()):
            raise _Wrong("outputs must map names to the model's outputs")
        return {"embedding": None, **outputs}

    def files(self) -> dict[str, PackFile]:
        files = {}
        for name, stated in self.take("files", dict).items():
            if Path(name).name != name:
                raise _Wrong(f"files: {name!r} must be a plain file name")
            try:
                files[name] = PackFile(sha256=str(stated["sha256"]), size=int(stated["bytes"]))
            except (KeyError, TypeError, ValueError) as error:
                raise _Wrong(f"files.{name} must state sha256 and bytes") from error
        return files

    def calibration(self, labels: tuple[str, ...]) -> dict[Scale, dict[str, Curve]]:
        scales = self.take("calibration", dict)
        return {
            scale: {label: _curve(scales, scale.value, label) for label in labels}  # every label on every scale
            for scale in Scale
        }

    def extra(self) -> dict[str, Curve]:
        curves = self.take("extra", dict) if "extra" in self.raw else {}
        return {name: _curve({"extra": curves}, "extra", name) for name in curves}


def _curve(scales: dict[str, Any], scale: str, label: str) -> Curve:
    where = f"{scale}.{label}"
    try:
        x, y = (tuple(float(v) for v in scales[scale][label][axis]) for axis in "xy")
    except (KeyError, TypeError, ValueError) as error:
        raise _Wrong(f"{where} must have the knots x and y") from error
    if len(x) != len(y) or len(x) < 2 or not all(map(math.isfinite, x + y)):
        raise _Wrong(f"{where} must have as many finite x as y, two at least")
    if any(a >= b for values in (x, y) for a, b in pairwise(values)):
        raise _Wrong(f"{where} must increase strictly")
    return Curve(x=x, y=y)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
