"""One training example, and the outputs that it may speak about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from moderation.core.scores import LABELS

SPAM = "spam"
"""An extra output beside the labels: relevance uses it, so that an advertisement quoting a headline isn't on-topic."""

OUTPUTS = (*LABELS, SPAM)
"""What the model answers, in the order of its logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text and what is known of it. A label that ``targets`` lacks is unknown and teaches nothing.

    ``targets`` are shares of raters, 0..1. ``weight`` says how far this source is trusted beside the others.
    """

    text: str
    targets: Mapping[str, float]
    source: str
    weight: float = 1.0


def held_back(text: str, share: float) -> bool:
    """Whether a text belongs to the slice that is never trained on: decided by the text itself, the same every time."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
