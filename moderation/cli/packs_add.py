"""`moderation packs add`: brings one of Detoxify's models, or a checkpoint in its format, as a scoring pack."""

from __future__ import annotations

import re
from pathlib import Path

import click

from moderation.config.settings import read_environment
from moderation.core.errors import InvalidField
from moderation.scoring.detoxify_extra import require_extra
from moderation.scoring.packs import BUILTIN, WORLD

PUBLISHED = ("original", "unbiased", "multilingual", "original-small", "unbiased-small")

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")  # as moderation.scoring.packs finds them
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="add", epilog=f"Detoxify's own models: {', '.join(PUBLISHED)}.")
@click.argument("name")
@click.option(
    "--checkpoint", type=_FILE, metavar="FILE", help="Take the checkpoint from this file, not from the network."
)
@click.option(
    "--tokenizer", type=_FOLDER, metavar="DIR", help="Take the tokenizer and config.json of its base model from here."
)
@click.option("--replace", is_flag=True, help="Put it in the place of an installed pack of this name.")
@click.option(
    "--trust-checkpoint", is_flag=True, help="Open a checkpoint that could run code; only if you know who made it."
)
def add(name: str, checkpoint: Path | None, tokenizer: Path | None, replace: bool, trust_checkpoint: bool) -> None:
    """Convert a Detoxify model to a scoring pack called NAME.

    Fetches the checkpoint that Detoxify names (or takes FILE), converts it to ONNX, and installs it once its
    scores equal Detoxify's on a set of texts. Serving the pack then needs no torch.
    """
    _check(name, checkpoint)
    require_extra("Converting a Detoxify model")
    from moderation.scoring import detoxify_checkpoint, detoxify_convert  # noqa: PLC0415 - torch, a matter of seconds
    from moderation.scoring.detoxify_proof import as_table  # noqa: PLC0415 - likewise

    packs_dir = read_environment().packs
    detoxify_convert.refuse_taken(name, packs_dir, replace=replace)
    path = checkpoint or detoxify_checkpoint.fetch_published(name)
    read = detoxify_checkpoint.read_checkpoint(path, trust=trust_checkpoint)
    click.echo(f"Checkpoint {read.path.name}, SHA-256 {read.sha256}: {read.base_model}, {len(read.classes)} labels.")
    comparisons = detoxify_convert.install(
        read,
        str(tokenizer.resolve()) if tokenizer else read.base_model,
        name=name,
        packs_dir=packs_dir,
        replace=replace,
        say=click.echo,
    )
    click.echo(as_table(comparisons))
    click.echo(
        f"Installed {packs_dir / name}. To score with it, set in config/moderation.toml:\n[scoring]\npack = {name!r}"
    )


def _check(name: str, checkpoint: Path | None) -> None:
    shipped = (BUILTIN.name, WORLD.name)
    if name in shipped or not _NAME.fullmatch(name):
        ours = " or ".join(map(repr, shipped))
        raise InvalidField("NAME", f"{name!r} can't name a pack: use small letters, digits, - _ and ., and not {ours}.")
    if checkpoint is None and name not in PUBLISHED:
        raise InvalidField(
            "NAME", f"Detoxify has no model {name!r}; it has {', '.join(PUBLISHED)}. --checkpoint FILE takes another."
        )
