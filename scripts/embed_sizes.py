"""Bytes that a page loads of the comment section: ``python -m scripts.embed_sizes``. Exit 1 where they are too many.
``--show embed.js`` prints that file instead, as pages get it.
"""

from __future__ import annotations

import argparse
import sys

from moderation.core.messages import ENGLISH, LANGUAGES
from moderation.web.embed.bundle import Asset, counts_script, embed_script, word_file

OTHERS = tuple(language for language in LANGUAGES["section"] if language != ENGLISH)
LIMITS = {"embed.js": 12_000, "counts.js": 1_000} | {f"embed.{language}.json": 3_000 for language in OTHERS}
"""``embed.js`` holds styles and English too."""


def files() -> dict[str, Asset]:
    """What there is to load."""
    words = {f"embed.{language}.json": word_file(language) for language in OTHERS}
    return {"embed.js": embed_script(), "counts.js": counts_script()} | words


def sizes() -> dict[str, int]:
    """Bytes of each file as gzip sends it."""
    return {name: len(asset.compressed) for name, asset in files().items()}


def main() -> int:
    """Prints the sizes; 1 where one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", choices=files(), metavar="FILE", help="print this file")
    shown = parser.parse_args().show
    if shown is not None:
        print(files()[shown].body.decode(), end="")
        return 0
    found = sizes()
    for name, size in found.items():
        print(f"{name:<14} {size:>6,} of {LIMITS[name]:,} bytes compressed")
    return int(any(size > LIMITS[name] for name, size in found.items()))


if __name__ == "__main__":
    sys.exit(main())
