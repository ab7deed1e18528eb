"""How good the built-in pack's scores are, as far as labelled comments in a folder can show it.

Everything goes through the scorer that the service itself uses. ``--data DIR`` names the folder with ``dev/`` (and
``train/``, whose held-back comments the pack never saw); the project itself doesn't need it. What stands beside as
``aim`` was set for other, held-out comments: read it as a direction. Where ``DIR`` holds ``dev/languages/`` there is a
table by language too, each text scored by the pack that the service would choose for it.
"""

from __future__ import annotations

from pathlib import Path

from moderation.core.errors import ScoringFailed
from moderation.scoring import RoutedScorer, build_scorer, pack_scorer
from scripts.benchmarks.common import Row, arguments, report, say
from scripts.benchmarks.quality_parts.languages import by_language
from scripts.training.measures import Bench, Measured, every_measure


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds dev/ and train/")
    parser.add_argument("--pack", default="builtin", help="the pack to measure (builtin)")
    parser.add_argument("--runtime", default="auto", help="how to run it (auto)")
    parser.add_argument("--maximum", type=int, default=1500, help="comments per set at most (1500)")
    options = parser.parse_args()
    if not (options.data / "dev").is_dir():
        raise SystemExit(f"{options.data} has no folder dev/. --data names the folder that holds it.")
    scorer = pack_scorer(options.pack, options.runtime)
    bench = Bench(scorer=scorer, data=options.data, maximum=options.maximum)
    rows, notes = [], []
    for name, measure in every_measure():
        say(f"measuring {name} ...")
        try:
            found = measure(bench)
        except ScoringFailed as problem:  # a pack without weights for relevance, say: the other rows still count
            notes.append(f"not measured: {name} ({problem})")
            continue
        say("  " + ", ".join(f"{one.name} {one.value:.3f}" for one in found))
        rows += [_row(one) for one in found]
        notes += [note for one in found for note in one.notes]
    packs = build_scorer(options.pack, options.runtime)
    many = isinstance(packs, RoutedScorer) or len(packs.languages) > 1
    if many and (options.data / "dev" / "languages").is_dir():
        say("measuring language by language ...")
        for one in by_language(packs, options.data, options.maximum):
            if isinstance(one, str):
                notes.append(one)
            else:
                rows.append(one)
    stamp = scorer.stamp
    notes.append(
        f"pack {stamp.name} {stamp.version}, {stamp.runtime} {stamp.precision}; {options.maximum} a set at most"
    )
    report("quality", rows, json_file=options.json, notes=notes)


def _row(measured: Measured) -> Row:
    beside = {} if measured.aim is None else {"aim": measured.aim}
    return Row(measure=measured.name, ours=measured.value, unit=measured.unit, beside=beside)


if __name__ == "__main__":
    main()
