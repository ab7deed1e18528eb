"""The tokenizer: MiniLM's own, with emoji as words.

MiniLM's vocabulary reads every emoji as "unknown", so a raised fist and a heart look the same to it. Each emoji gets
two pieces (at the start of a word and inside one), whose vectors begin as the mean of their Unicode names' pieces.
"""

from __future__ import annotations

import copy
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from tokenizers import Tokenizer

EMOJI_RANGES = ((0x2600, 0x27BF), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF))


def emoji() -> list[str]:
    """The single characters that become words, in code point order; only those that Unicode names."""
    points = (point for first, last in EMOJI_RANGES for point in range(first, last + 1))
    return [chr(point) for point in points if _is_emoji(chr(point))]


def _is_emoji(character: str) -> bool:
    skin_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return skin_tone or (unicodedata.category(character) == "So" and unicodedata.name(character, "") != "")


def with_emoji(original: Mapping[str, Any]) -> tuple[Tokenizer, dict[int, list[int]]]:
    """The tokenizer that a tokenizer.json describes, with emoji in it, and for each new id the original ids of its
    name's pieces."""
    described: dict[str, Any] = copy.deepcopy({**original, "truncation": None, "padding": None})
    plain = Tokenizer.from_str(json.dumps(described))
    vocabulary: dict[str, int] = described["model"]["vocab"]
    names: dict[int, list[int]] = {}
    for character in emoji():
        pieces = plain.encode(unicodedata.name(character).lower(), add_special_tokens=False).ids
        for piece in (character, f"##{character}"):
            if piece not in vocabulary:
                names[len(vocabulary)] = pieces
                vocabulary[piece] = len(vocabulary)
    return Tokenizer.from_str(json.dumps(described)), names
