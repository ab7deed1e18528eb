"""Made-up news comments for measuring speed: nobody's words, but as long as readers' comments are.

Under news articles half of the comments have fewer than 36 words and one in twenty more than 155; so it is here.
"""

from __future__ import annotations

import math
import random

_OPENINGS = (
    "I think",
    "Honestly,",
    "As somebody who works in this field I can say that",
    "It is high time that people noticed how",
    "What nobody mentions is that",
    "Sorry, but",
    "My neighbour keeps telling me that",
    "With all due respect,",
    "Let us not forget that",
    "Every few years we hear that",
)
_SUBJECTS = (
    "the minister",
    "this government",
    "the city council",
    "our so-called experts",
    "the opposition",
    "the average taxpayer",
    "these companies",
    "the unions",
    "the author of this article",
    "half of the people here",
)
_VERBS = (
    "will never admit that",
    "should explain why",
    "seems to believe that",
    "has known for years that",
    "keeps pretending that",
    "is right to say that",
    "would rather not hear that",
    "finally understands that",
)
_CLAIMS = (
    "the mines need ten years before they deliver anything",
    "prices went up by 12% since March",
    "nobody asked the people who live next to the railway",
    "we depend on two or three suppliers for everything in our pockets",
    "the old bridge was fine and only needed some paint",
    "a partnership with strings attached is no partnership",
    "their plan is a complete joke and an insult to everyone who pays for it",
    "schools and hospitals would have been the better investment",
    "only idiots would sign such a contract",
    "it worked well enough in other countries, e.g. in Canada",
)
_CLOSINGS = (
    "Shameful!",
    "Just my two cents.",
    "Wake up, people...",
    "Who pays for all of this?",
    "Well done.",
    "Get lost with your propaganda.",
    "Time will tell.",
    "See https://example.com/report for the figures.",
    "LOL.",
)


def made_up_comments(count: int, seed: int = 2026) -> list[str]:
    """The same comments for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    return [_comment(chance, words=chance.lognormvariate(math.log(36), 0.9)) for _ in range(count)]


def _comment(chance: random.Random, words: float) -> str:
    sentences = [chance.choice(_CLOSINGS)] if words < 8 else []
    while sum(len(sentence.split()) for sentence in sentences) < min(words, 180) - 5:
        parts = (_OPENINGS, _SUBJECTS, _VERBS, _CLAIMS)
        sentences.append(" ".join(chance.choice(part) for part in parts) + chance.choice(".....!?"))
        if chance.random() < 0.3:
            sentences.append(chance.choice(_CLOSINGS))
    return " ".join(sentences) or chance.choice(_CLOSINGS)
