"""Rebuilds a built-in pack: trains, exports, calibrates, and prints what the held-back comments say of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from scripts.training import continued
from scripts.training.base import Base
from scripts.training.base import packaged as minilm
from scripts.training.lexicon import Lexicon
from scripts.training.manifest import Stated, next_version, state_more
from scripts.training.model import Scorer
from scripts.training.pack import export
from scripts.training.train_step import Run, train
from scripts.training.world import further, measured, packaged
from scripts.training.world import scales as world_scales
from scripts.training.world import train as world_train

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "moderation" / "scoring" / "packs"


def main() -> None:
    """One full run; what is already done in ``--work`` isn't done again."""
    given = _parser().parse_args()
    if not (given.data / "train").is_dir():
        raise SystemExit(f"{given.data} has no folder train/. --data names the folder that holds it.")
    out = given.out or PACKS / given.pack
    work = given.work or ROOT / "var" / ("training" if given.pack == "builtin" else f"training-{given.pack}")
    work.mkdir(parents=True, exist_ok=True)
    given.version = given.version or next_version(given.weights or out)  # two packs never state the same
    if given.pack == "builtin":
        _in_english(given, work, out)
    else:
        _in_many_languages(given, work, out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/*.jsonl.gz")
    parser.add_argument("--pack", choices=("builtin", "world"), default="builtin", help="which one (builtin)")
    parser.add_argument("--out", type=Path, help="where the pack goes (default: its folder in the service)")
    parser.add_argument("--work", type=Path, help="checkpoints, to go on from (default: a folder of var/)")
    parser.add_argument("--minutes", type=float, default=85.0, help="of training at most; the rate decays to fit (85)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full mix, for a short run (1.0)")
    parser.add_argument("--passes", type=int, default=2, help="over the mix, for world (2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--version",
        help="version that the manifest states (default: the one after that of --from, or of the pack in --out)",
    )
    parser.add_argument(
        "--from",
        dest="weights",
        type=Path,
        help="a pack's folder: one of whole numbers is taught further, for what --minutes and --scale allow; another "
        "is only quantised",
    )
    english = parser.add_argument_group("builtin alone")
    english.add_argument(
        "--share", type=float, default=1.0, help="with --from: how far the weights go towards what was taught (1.0)"
    )
    english.add_argument(
        "--base", type=Path, help="encoder to start from (default: all-MiniLM-L6-v2, from its package)"
    )
    english.add_argument("--name", default="builtin", help="name that the manifest states")
    english.add_argument("--languages", nargs="+", default=["en"], help="codes of the languages that the pack reads")
    return parser


def _in_english(given: argparse.Namespace, work: Path, out: Path) -> None:
    base = Base.read(given.base or minilm())
    shared = {"data": given.data, "folder": work, "seed": given.seed, "minutes": given.minutes, "scale": given.scale}
    if given.weights and _is_of_whole_numbers(given.weights):
        model, lexicon = continued.train(continued.Run(base=base, pack=given.weights, share=given.share, **shared))
    else:
        pack = given.weights and given.weights / "model.onnx"
        model, lexicon = train(Run(base=base, pack=pack, **shared))
    print(f"exporting and calibrating into {out}")
    stated = Stated(
        name=given.name,
        version=given.version,
        languages=tuple(given.languages),
        pad_id=base.pad,
        relevance=given.base is None,
    )
    export(model, lexicon, base.tokenizer, given.data, out, stated)
    print("done; scripts/bench quality --data DIR shows what it is worth")


def _is_of_whole_numbers(pack: Path) -> bool:
    """Raises ``SystemExit`` where there is no pack."""
    path = pack / "manifest.json"
    if not path.is_file():
        raise SystemExit(f"{pack} is no pack: it has no manifest.json. --from names a pack's folder.")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest.get("quantised") == "int8"


def _in_many_languages(given: argparse.Namespace, work: Path, out: Path) -> None:
    if given.weights is None:
        base, model, lexicon = _from_the_start(given, work)
    else:
        base, model, lexicon = further.train(
            further.Further(
                pack=given.weights,
                data=given.data,
                folder=work,
                teacher=PACKS / "builtin",
                seed=given.seed,
                minutes=given.minutes,
                scale=given.scale,
            )
        )
    print(f"exporting and calibrating into {out}")
    stated = Stated(
        name="world",
        version=given.version,
        languages=packaged.LANGUAGES,
        pad_id=base.pad,
        relevance=False,
    )
    before = given.weights and json.loads((given.weights / "manifest.json").read_text(encoding="utf-8"))
    export(model, lexicon, base.tokenizer, given.data, out, stated, world_scales.calibrate)
    if before:  # the embedding was held to what it was
        state_more(out, relevance=before["relevance"])
    print(measured.table(measured.figures_of_folder(out, given.data)))


def _from_the_start(given: argparse.Namespace, work: Path) -> tuple[Base, Scorer, Lexicon]:
    run = world_train.Run(
        base=packaged.prepared(work / "base", given.data),
        data=given.data,
        folder=work,
        teacher=PACKS / "builtin",
        seed=given.seed,
        minutes=given.minutes,
        scale=given.scale,
        passes=given.passes,
    )
    return (run.base, *world_train.train(run))


if __name__ == "__main__":
    main()
