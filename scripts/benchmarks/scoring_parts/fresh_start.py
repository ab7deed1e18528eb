"""Loads the packs in a fresh process and says how long it took and how much memory they hold: one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()


GERMAN = "Ich finde, dass der Minister völlig recht hat, wenn er mehr in unsere Industrie investieren will."
"""What the built-in pack leaves to ``world``, where that is installed."""


def main(texts: list[str]) -> None:
    from moderation.core.scores import ScoreRequest  # noqa: PLC0415 - importing is part of what is measured
    from moderation.scoring import PackScorer, RoutedScorer, build_scorer  # noqa: PLC0415 - likewise

    def score_all(scorer: PackScorer) -> None:
        scorer.warm(wait=True)
        for text in texts:
            scorer.score([ScoreRequest(text=text)])
        for start in range(0, len(texts), 32):
            scorer.score([ScoreRequest(text=text) for text in texts[start : start + 32]])

    packs = build_scorer()
    builtin = packs.main if isinstance(packs, RoutedScorer) else packs
    builtin.warm()
    builtin.score([ScoreRequest(text=texts[0])])
    found = {"load_s": time.perf_counter() - BEGAN}
    score_all(builtin)
    found["resident_mb"] = _resident_mb()
    if isinstance(packs, RoutedScorer):
        began = time.perf_counter()
        packs.score([ScoreRequest(text=GERMAN)])
        found["world_load_s"] = time.perf_counter() - began
        score_all(packs.scorers[-1])
        found["resident_with_world_mb"] = _resident_mb()
    print(json.dumps(found))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(json.load(sys.stdin))
