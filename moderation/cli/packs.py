"""`moderation packs`: the installed scoring packs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.cli.packs_add import add
from moderation.config.settings import read_environment
from moderation.scoring.manifest import Manifest
from moderation.scoring.packs import PackDamaged, PackMissing, installed, problems, read_manifest


@click.group()
def command() -> None:
    """The scoring packs: the built-in one, and Detoxify's models converted under var/packs."""


command.add_command(add)


@command.command("list")
def list_command() -> None:
    """Show the installed packs with their labels and languages."""
    for name, folder in installed(read_environment().packs).items():
        try:
            manifest = read_manifest(folder)
        except PackDamaged as error:
            click.echo(f"{name}: {error}")
            continue
        click.echo(f"{name}: {manifest.name} {manifest.version}, {_megabytes(manifest)} MB, {folder}")
        click.echo(f"  {manifest.description}")
        click.echo(f"  labels {' '.join(manifest.labels)}; languages {' '.join(manifest.languages)}")


@command.command("verify")
@click.argument("name", required=False)
def verify_command(name: str | None) -> None:
    """Check every file of the packs (or of one) against its hash. Exit with 1 if one is wrong, and name it."""
    folders = installed(read_environment().packs)
    if name is not None and name not in folders:
        raise PackMissing(name, tuple(folders))
    wrong = [problem for folder in ([folders[name]] if name else folders.values()) for problem in _verified(folder)]
    sys.exit(1 if wrong else 0)


def _verified(folder: Path) -> list[PackDamaged]:
    try:
        manifest = read_manifest(folder)
    except PackDamaged as error:
        found = [error]
    else:
        found = problems(folder, manifest)
        if not found:
            click.echo(f"{folder}: {len(manifest.files)} files are what the manifest says.")
    for problem in found:
        click.echo(str(problem), err=True)
    return found


def _megabytes(manifest: Manifest) -> int:
    return round(sum(file.size for file in manifest.files.values()) / 1e6)
