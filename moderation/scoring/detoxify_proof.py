"""Shows that a converted pack says what Detoxify says: the same texts through both, on every runtime of this machine.

Nothing here needs torch but the ``Detoxify`` that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import ScoringFailed
from moderation.scoring.encoder import Encoder
from moderation.scoring.packs import Pack
from moderation.scoring.processor import available_threads, multiplies_bf16, multiplies_dynamic_int8
from moderation.scoring.runtime import DYNAMIC_INT8, load

FULL, FAST = 0.001, 0.02
"""The greatest allowed difference between two scores (0..1), in full precision and in what is faster."""

TEXTS: tuple[str, ...] = (
    "",
    "a",
    "?!",
    "Thanks for the careful reporting, I learnt something about the harbour today.",
    "You are a complete idiot and so is everyone who agrees with you.",
    "you're an idiot",
    "YOU ARE AN IDIOT!!!",
    "What a load of rubbish. Did the author even read the report?",
    "Shut up, nobody asked you, moron.",
    "I will find out where you live and then you will be sorry.",
    "People like them should not be allowed in this country, send them all back.",
    "As a gay man I found this article moving.",
    "Muslims, Jews and Christians live in that street; ask any of them.",
    "My black neighbour, who uses a wheelchair, runs the best bakery in town.",
    "The women in that ministry did the work and the men gave the interviews.",
    "That is damn good news for once.",
    "Damn you and your damn newspaper, this is total crap.",
    "What the hell is wrong with these people, they stink.",
    "He looks like a pig and he thinks like one.",
    "I disagree with the minister, but his point about rents is fair.",
    "The figures in the third paragraph don't add up: 12,000 of 3.4 million is 0.35%, not 3.5%.",
    "See https://example.org/report?page=12&lang=en for the whole report.",
    "Buy cheap watches now at example.com!!! Best price, click here $$$",
    "i d i o t",
    "1d10t, st*pid, $tupid",
    "so goooood, sooooo baaaaad",
    "😀👍🏽 great!!! 😡🤬",
    "Ça alors, quel article idiot : même l’émission d’hier était meilleure.",
    "El ministro no sabe nada, es un completo idiota.",
    "Questo articolo è bellissimo, grazie.",
    "Você é um idiota, cale a boca.",
    "Это полная чушь, автор дурак.",
    "Bu yazı çok güzel olmuş, teşekkürler.",
    "Der Artikel ist gut, aber die Überschrift führt in die Irre.",
    "この記事はとても参考になりました。",
    "هذا المقال ممتاز",
    "  spaces   and\n\nnew lines\tand tabs  ",
    '"Quoted" – dashes — and ‘other’ marks … with ½ and №',
    "don't can't won't it's y'all",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
)
_PARAGRAPH = (
    "I have read this newspaper for thirty years and I have rarely seen a story told so badly. The council decided in "
    "March, not in May; the school was closed before the fire, not after it. Whoever wrote this is lazy or stupid. "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How far one runtime's scores were from Detoxify's. ``label`` and ``text`` say where they were farthest."""

    runtime: str
    scores: int
    mean: float
    largest: float
    allowed: float
    label: str
    text: str

    @property
    def holds(self) -> bool:
        return self.largest < self.allowed  # never for a score that isn't a number


@dataclass(eq=False, slots=True)
class ProofFailed(ScoringFailed):
    """A converted pack's scores aren't Detoxify's."""

    comparisons: list[Comparison]

    @property
    def detail(self) -> str:
        return (
            "The converted pack's scores differ from Detoxify's by more than is allowed, in full precision; it was not "
            f"installed.\n{as_table(self.comparisons)}"
        )


def prove(original: Any, pack: Pack) -> list[Comparison]:
    """Compares ``pack`` with ``original`` (a ``Detoxify``) on every runtime here.

    Raises ``ProofFailed`` if a runtime in full precision is too far off. In a faster one that can be the model's nature
    rather than a mistake in its conversion: such a pack is good, but not for that runtime.
    """
    texts = [*TEXTS, *_long_texts(original.tokenizer, pack.manifest.max_tokens)]
    texts = [text for text in texts if _tokens(original.tokenizer, text) <= pack.manifest.max_tokens]
    answers = [original.predict(text) for text in texts]
    theirs = np.array([[answer[label] for label in pack.manifest.labels] for answer in answers])
    comparisons = [_compare(name, allowed, pack, texts, theirs) for name, allowed in _runtimes()]
    if not all(comparison.holds for comparison in comparisons if comparison.allowed == FULL):
        raise ProofFailed(comparisons)
    return comparisons


def as_table(comparisons: Sequence[Comparison]) -> str:
    """Lines for people: one runtime each, differences between scores of 0..1."""
    lines = [f"{'runtime':<21} {'scores':>6} {'mean':>9} {'largest':>9} {'allowed':>8}  where it is largest"]
    lines += [
        f"{c.runtime:<21} {c.scores:>6} {c.mean:>9.6f} {c.largest:>9.6f} {c.allowed:>8}  {c.label}: {c.text!r:.60}"
        + ("" if c.holds else "  TOO MUCH: never run so")
        for c in comparisons
    ]
    return "\n".join(lines)


def _runtimes() -> Iterator[tuple[str, float]]:
    yield "onnxruntime-f32", FULL
    yield "openvino-f32", FULL
    if multiplies_bf16():
        yield "openvino-bf16", FAST
    if multiplies_dynamic_int8():
        yield DYNAMIC_INT8, FAST


def _compare(name: str, allowed: float, pack: Pack, texts: Sequence[str], theirs: NDArray[np.float64]) -> Comparison:
    encoded = Encoder(pack, load(pack, name, available_threads())).encode(texts)
    ours = 1.0 / (1.0 + np.exp(-np.stack([e.logits for e in encoded]).astype(np.float64)))
    apart = np.abs(ours - theirs)
    row, column = divmod(int(np.argmax(apart)), apart.shape[1])
    return Comparison(
        runtime=name,
        scores=apart.size,
        mean=float(apart.mean()),
        largest=float(apart.max()),
        allowed=allowed,
        label=pack.manifest.labels[column],
        text=texts[row],
    )


def _long_texts(tokenizer: Any, window: int) -> Iterator[str]:
    """Texts of about half the window, and as close to the whole of it as words allow: every position is read."""
    words = (_PARAGRAPH * (window // 20 + 1)).split()
    for limit in (window // 2, window):
        low, high = 1, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _tokens(tokenizer, " ".join(words[:middle])) <= limit else (low, middle - 1)
        yield " ".join(words[:low])


def _tokens(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text)["input_ids"])
