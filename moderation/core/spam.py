"""How likely a comment is spam: it reads like advertising, or several authors sent it. One number, with its words.

Either is enough: 1 - (1 - reads) * (1 - sent). ``reads`` is the pack's judgement, moved up by links and by how little
the comment has to do with its article; ``sent`` is 0 for a text that nobody else sent, and grows with every author.
"""

from __future__ import annotations

import math

PER_LINK = 0.6
"""Times the logarithm of one more than the links, added to the log-odds of advertising."""
OFF_TOPIC = 1.0
"""Times the distance of the relevance from one half, added to the log-odds: half a unit each way."""
NOT_SENT = 0.6
"""What every other author of nearly the same text leaves of the doubt: four of them make 0.87."""
MIN_WORDS = 8
"""Words under which two texts may well be alike by chance: "Thank you for this great article"."""


def spam_probability(reads: float, *, relevance: float | None, links: float, alike: int) -> float:
    """0..1. ``reads`` is the pack's own judgement of advertising, ``alike`` how many other authors sent nearly the same
    text. Without an article there is no ``relevance``.
    """
    bounded = max(1e-6, min(1 - 1e-6, reads))
    odds = math.log(bounded / (1 - bounded)) + PER_LINK * math.log1p(links)
    if relevance is not None:
        odds += OFF_TOPIC * (0.5 - relevance)
    advertises = 1.0 / (1.0 + math.exp(-odds))
    return 1.0 - (1.0 - advertises) * NOT_SENT**alike


def spam_words(reads: float | None, links: float, alike: float) -> str:
    """What it was made of, such as "reads like advertising (0.91); 3 links; 4 other authors sent nearly the same"."""
    words = [] if reads is None else [f"reads like advertising ({reads:.2f})"]
    if links:
        words.append(f"{links:g} link{'s' if links > 1 else ''}")
    if alike:
        words.append(f"{alike:g} other author{'s' if alike > 1 else ''} sent nearly the same text")
    return "; ".join(words)
