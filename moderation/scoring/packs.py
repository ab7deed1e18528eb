"""Scoring packs on disk: finding them, reading their manifest whole, and checking every file against its hash.

A pack is a folder: ``manifest.json``, and the files it names with their SHA-256 (the model, the tokenizer, the card).
The built-in one lies beside this module; others under a directory that settings own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    model_validator,
)

from moderation.core.errors import ScoringFailed
from moderation.core.scores import LABELS, Scale
from moderation.core.strict_model import dotted, ill, in_words, shown, wanted, wrong

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


class _Stated(BaseModel):
    """A part of a manifest. An unknown key is left alone: another version of this service may have put it there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


def _rising(knots: tuple[float, ...]) -> tuple[float, ...]:
    if any(a >= b for a, b in pairwise(knots)):
        raise ValueError
    return knots


def _known_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    if labels != tuple(label for label in LABELS if label in labels):
        raise ill(f"must be some of {', '.join(LABELS)}, in this order")
    return labels


def _with_logits(outputs: Mapping[str, str | None]) -> Mapping[str, str | None]:
    if outputs.get("logits") is None:
        raise wrong({("logits",): "must name the model's output"})
    return {"embedding": None, **outputs}


def _known_scales(scales: Any) -> Any:
    return {scale: scales[scale] for scale in Scale if scale in scales} if isinstance(scales, dict) else scales


def _plain_files(files: Mapping[str, PackFile]) -> Mapping[str, PackFile]:
    for name in files:
        if Path(name).name != name or name in ("", ".."):
            raise ill(f"names {shown(name)}, which is no plain file name")
    for needed in (MODEL, TOKENIZER):
        if needed not in files:
            raise ill(f"must name {needed}")
    return files


Texts = Annotated[
    tuple[Annotated[str, Strict()], ...], Strict(False), Field(min_length=1), wanted("a list of at least one string")
]
Knots = Annotated[
    tuple[float, ...],
    Strict(False),
    Field(min_length=2),
    AfterValidator(_rising),
    wanted("two finite numbers or more that increase strictly"),
]


class Curve(_Stated):
    """A strictly increasing piecewise-linear map from a model's logit to a calibrated logit, by its knots."""

    x: Knots
    y: Knots

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.x) != len(self.y):
            raise ill("must have as many x as y")
        return self


class PackFile(_Stated):
    """A file by its SHA-256, 64 hexadecimal digits, and its size in bytes."""

    sha256: str
    size: Annotated[int, Field(alias="bytes", ge=0)]


class Sentences(_Stated):
    """``output``, f32 [texts, tokens, labels], tells of sentences: the largest over a sentence's tokens are the logits
    of that sentence.
    """

    output: str
    pool: Annotated[Literal["max"], wanted("'max'")]


class Manifest(_Stated):
    """What a pack says of itself. ``calibration`` holds a curve for each label on each scale,
    ``extra`` those of further outputs (``spam``).

    ``quantised``: the encoder's products are of whole numbers, with fixed scales. ``sentences``: sentences are scored
    in the pass that scores the whole; without it each is scored by itself. ``runtimes`` are those that it may run on
    because its scores were proved there; none named: all.
    """

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    name: str
    version: str
    created: str
    description: str
    labels: Annotated[Texts, AfterValidator(_known_labels)]
    languages: Texts
    max_tokens: Annotated[int, Field(ge=8)]
    pad_id: Annotated[int, Field(ge=0)]
    inputs: Texts
    outputs: Annotated[Mapping[str, str | None], AfterValidator(_with_logits)]
    quantised: Annotated[Literal["int8"] | None, wanted("'int8', or left out")] = None
    sentences: Sentences | None = None
    activation: Literal["sigmoid"]
    calibration: Annotated[
        Mapping[Annotated[Scale, Strict(False)], Mapping[str, Curve]], BeforeValidator(_known_scales)
    ]
    extra: Mapping[str, Curve] = {}
    relevance: Mapping[str, Any] | None
    runtimes: Texts = ()
    files: Annotated[Mapping[str, PackFile], AfterValidator(_plain_files)]

    @property
    def output_names(self) -> tuple[str, ...]:
        """All that the model is asked for, by the model's own names."""
        asked = [name for name in self.outputs.values() if name is not None]
        return tuple(dict.fromkeys([*asked, *([self.sentences.output] if self.sentences else [])]))

    @model_validator(mode="after")
    def _calibrated(self) -> Self:
        curves = [(scale, label) for scale in Scale for label in self.labels]
        missing = [(scale, label) for scale, label in curves if label not in self.calibration.get(scale, {})]
        if missing:
            raise wrong({("calibration", *place): "must have the knots x and y" for place in missing})
        return self


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

    def check_outputs(self, have: Collection[str]) -> None:
        """Raises ``PackDamaged`` where the model, whose outputs these are, lacks one that the manifest names."""
        for name in self.manifest.output_names:
            if name not in have:
                why = f"the model has no output named {shown(name)}, which the manifest names"
                raise PackDamaged(self.manifest.name, str(self.model), why)


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
    """The folder's manifest, checked whole. Raises ``PackDamaged`` naming the keys that are wrong."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PackDamaged(folder.name, str(path), f"it can't be read as JSON ({error})") from error
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise PackDamaged(folder.name, str(path), _why(error)) from error


def _why(error: ValidationError) -> str:
    """What is wrong with a manifest, in words."""
    found = error.errors(include_url=False)
    if any(one["loc"] == ("format",) for one in found):  # then nothing else that it says is known here
        return f"format must be {FORMAT}: this pack was made for another version of this service"
    told = [f"{dotted(one['loc']) or 'the manifest'} {in_words(one).rstrip('.')}" for one in found[:_TOLD]]
    return "; ".join((*told, *([f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else [])))


_TOLD = 5


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
