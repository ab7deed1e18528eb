"""Rebuilds the built-in pack: trains, exports, calibrates, and prints what the held-back comments say of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.training.base import Base, packaged
from scripts.training.pack import Stated, export
from scripts.training.train_step import Run, train

ROOT = Path(__file__).resolve().parents[2]
BUILTIN = ROOT / "moderation" / "scoring" / "packs" / "builtin"


def main() -> None:
    """One full run; what is already done in ``--work`` isn't done again."""
    parser = argparse.ArgumentParser(prog="scripts/train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/*.jsonl.gz")
    parser.add_argument(
        "--out", type=Path, default=BUILTIN, help="where the pack goes (default: the built-in one's folder)"
    )
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "training", help="checkpoints, to go on from")
    parser.add_argument(
        "--minutes", type=float, default=85.0, help="of training at most; a branch's rate decays to fit (85)"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full mix, for a short run (1.0)")
    parser.add_argument("--from", dest="pack", type=Path, help="a pack's folder: its weights are only quantised")
    parser.add_argument("--base", type=Path, help="encoder to start from (default: all-MiniLM-L6-v2 from its package)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="builtin", help="name that the manifest states")
    parser.add_argument("--version", default="1.3.0", help="version that the manifest states")
    parser.add_argument("--languages", nargs="+", default=["en"], help="codes of the languages that the pack reads")
    given = parser.parse_args()
    if not (given.data / "train").is_dir():
        raise SystemExit(f"{given.data} has no folder train/. --data names the folder that holds it.")
    given.work.mkdir(parents=True, exist_ok=True)
    run = Run(
        base=Base.read(given.base or packaged()),
        data=given.data,
        folder=given.work,
        seed=given.seed,
        minutes=given.minutes,
        scale=given.scale,
        pack=given.pack and given.pack / "model.onnx",
    )
    model, lexicon = train(run)
    print(f"exporting and calibrating into {given.out}")
    stated = Stated(
        name=given.name,
        version=given.version,
        languages=tuple(given.languages),
        pad_id=run.base.pad,
        relevance=given.base is None,
    )
    export(model, lexicon, run.base.tokenizer, given.data, given.out, stated)
    print("done; scripts/bench quality --data DIR shows what it is worth")


if __name__ == "__main__":
    main()
