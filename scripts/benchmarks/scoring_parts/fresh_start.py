"""Loads a pack in a fresh process and says how long it took and how much memory it holds: one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()


def main(texts: list[str]) -> None:
    from moderation.core.scores import ScoreRequest  # noqa: PLC0415 - importing is part of what is measured
    from moderation.scoring import build_scorer  # noqa: PLC0415 - likewise

    scorer = build_scorer()
    scorer.warm()
    scorer.score([ScoreRequest(text=texts[0])])
    load_s = time.perf_counter() - BEGAN
    scorer.warm(wait=True)
    for text in texts:
        scorer.score([ScoreRequest(text=text)])
    for start in range(0, len(texts), 32):
        scorer.score([ScoreRequest(text=text) for text in texts[start : start + 32]])
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    print(json.dumps({"load_s": load_s, "resident_mb": pages * os.sysconf("SC_PAGE_SIZE") / 1e6}))


if __name__ == "__main__":
    main(json.load(sys.stdin))
