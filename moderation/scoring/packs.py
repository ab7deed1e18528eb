"""Scoring packs on disk: finding them, reading their manifest whole, and checking every file against its hash.

A pack is a folder: ``manifest.json``, and the files it names with their SHA-256 (the model, the tokenizer, the card).
Those that the service brings lie beside this module; others under a directory that settings own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from moderation.core.errors import ScoringFailed
from moderation.core.strict_model import dotted, in_words, shown
from moderation.scoring.manifest import FORMAT, MANIFEST, MODEL, TOKENIZER, Manifest

BUILTIN, WORLD = (Path(__file__).parent / "packs" / name for name in ("builtin", "world"))
"""The packs that the service brings: one for English, and one for many languages, which an installation may lack."""
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
    """A pack's folder isn't what its manifest says, or the manifest can't be used. ``whole`` are the names of installed
    packs that can be used in its place, where somebody has looked.
    """

    pack: str
    file: str
    why: str
    whole: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        told = f"The scoring pack {self.pack!r} can't be used: {self.file}: {self.why}."
        if self.whole:
            told += f" Whole are: {', '.join(self.whole)}; `pack` under [scoring] names the one that scores."
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack whose files are what its manifest says; unless ``checked``, that is still to be found out."""

    folder: Path
    manifest: Manifest
    checked: bool = True

    @property
    def model(self) -> Path:
        return self.folder / MODEL

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    def check(self) -> None:
        """Raises ``PackDamaged`` where a file isn't what the manifest says."""
        for problem in problems(self.folder, self.manifest):
            raise problem

    def check_outputs(self, have: Collection[str]) -> None:
        """Raises ``PackDamaged`` where the model, whose outputs these are, lacks one that the manifest names."""
        for name in self.manifest.output_names:
            if name not in have:
                why = f"the model has no output named {shown(name)}, which the manifest names"
                raise PackDamaged(self.manifest.name, str(self.model), why)


def installed(packs_dir: Path) -> dict[str, Path]:
    """The folders of all packs by name, those that the service brings first. Another folder counts once it has a
    manifest.
    """
    found = {BUILTIN.name: BUILTIN}
    others = sorted(packs_dir.iterdir()) if packs_dir.is_dir() else []
    for folder in (WORLD, *others):
        if (folder / MANIFEST).is_file() and _NAME.fullmatch(folder.name):
            found.setdefault(folder.name, folder)
    return found


def open_pack(name: str, packs_dir: Path) -> Pack:
    """The pack of this name, every file checked. Raises ``PackMissing``, or ``PackDamaged``, which names those that are
    whole.
    """
    try:
        return open_folder(_folder(name, packs_dir))
    except PackDamaged as damaged:
        damaged.whole = tuple(other for other, folder in installed(packs_dir).items() if _is_whole(folder))
        raise


def _is_whole(folder: Path) -> bool:
    try:
        open_folder(folder)
    except ScoringFailed:
        return False
    return True


def find_pack(name: str, packs_dir: Path) -> Pack:
    """The same, its files to be checked when it is first used."""
    folder = _folder(name, packs_dir)
    return Pack(folder=folder, manifest=read_manifest(folder), checked=False)


def _folder(name: str, packs_dir: Path) -> Path:
    folders = installed(packs_dir)
    if name not in folders:
        raise PackMissing(name, tuple(folders))
    return folders[name]


def open_folder(folder: Path) -> Pack:
    """The pack in this folder, every file checked. Raises ``PackDamaged``."""
    pack = Pack(folder=folder, manifest=read_manifest(folder))
    pack.check()
    return pack


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
