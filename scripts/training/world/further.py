"""Goes on from a finished pack: ``scripts/train --pack world --from PACK`` teaches it more without starting anew.

The pack's whole numbers and their ranges are read back, so training begins with exactly what the pack answers
(``check`` measures it) and quantisation stays in the loop. It learns gently from written sentences, those of languages
that need it most oftener, and from a small part of every corpus seen again, where its own answers of before count more
than the raters': what it knew must not be lost for what is new. Its embedding is held to what it was.

Files in ``folder``, each made once and then kept: ``base/``, ``english-1.npy``, ``replayed.npy`` (the pack's own
answers), ``furthering.pt`` (where training stands), ``furthered.pt``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scripts.training.base import Base
from scripts.training.disguise import disguised
from scripts.training.examples import Example
from scripts.training.lexicon import Lexicon
from scripts.training.metrics import Floats
from scripts.training.model import Scorer
from scripts.training.restored import as_it_is, check, encoder_of
from scripts.training.sentences import written
from scripts.training.tokenized import batches, padded, together, tokenize
from scripts.training.train_step import keep
from scripts.training.trainer import DEVICE, Pace, Trainer
from scripts.training.world import frames, languages
from scripts.training.world.lessons import Lesson
from scripts.training.world.mix import DISGUISED
from scripts.training.world.teacher import taught
from scripts.training.world.train import LONGEST, keep_answers, kept_answers, taught_in_english

PACE = Pace(encoder=8e-5, heads=8e-4, warm_up=40, decays=True)
TOKENS = 1024
"""Of a batch: few texts are seen, so that many small steps teach more than a few large ones."""
STILL = 3
"""One in so many of the encoder's layers, the lowest, stays as it is: it saves time, and keeps what languages share."""
REPLAYED, ENGLISH, WRITTEN, WRITTEN_ENGLISH = 0.14, 0.2, 16_000, 800
"""Shares of the corpora's and of the English texts of a whole pass, and counts of written sentences."""
OWN_SHARE, WRITTEN_OWN_SHARE = 0.8, 0.4
"""What the pack's own answers of before count beside the raters' where a corpus is seen again, and beside what written
sentences are to teach; in the languages of ``WRITTEN_OFTEN``, which it reads badly, they count nothing there."""
OWN_SHARES = {"kmhas_ko_news_comments_valid_test": 0.9, "beep_ko_news_comments_with_title": 0.9}
"""The same for corpora that lost most when they were held less."""
OFTEN = {
    "offenseval2020_tr": 1.3,
    "mpold_ar_news_comments": 1.4,
    "gold_standard_toxicity_es": 2.0,
    "beep_ko_news_comments_with_title": 1.6,
}
"""Corpora of which more is seen."""
WRITTEN_OFTEN = {"hi-Latn": 2.5, "hi": 2.0, "ar": 1.3}
"""Languages of which more is written. Little more: what names a group in one language is unlearnt where others come up
less often."""
CHECKED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What goes on: the folder of the ``pack``, for ``minutes`` at most over ``scale`` of the mix.

    ``teacher`` is the folder of the pack that reads English.
    """

    pack: Path
    data: Path
    folder: Path
    teacher: Path
    seed: int
    minutes: float
    scale: float


def train(run: Further) -> tuple[Base, Scorer, Lexicon]:
    """What was trained, from the folder where it is there already; a run that was stopped goes on."""
    torch.manual_seed(run.seed)
    base = encoder_of(run.pack, run.folder / "base")
    model, lexicon = as_it_is(base, run.pack)
    rng = random.Random(run.seed)  # noqa: S311
    check(base, model, lexicon, run.pack, [one.text for one in frames.written(rng, CHECKED)])
    done = run.folder / "furthered.pt"
    if not done.exists():
        examples = mixture(run, base, model)
        data = tokenize(base.tokenizer, examples, LONGEST)
        lengths = [len(ids) for ids in data.ids]
        print(f"{len(examples):,} examples, {sum(lengths):,} tokens", flush=True)
        plan = batches(lengths, random.Random(run.seed), tokens=TOKENS)  # noqa: S311
        hold_still(model)
        trainer = Trainer(model, run.folder / "furthering.pt", minutes=run.minutes, pace=PACE)
        trainer.run(Lesson(model, base, lexicon, data, DEVICE, asked=""), plan)
        keep(model.state_dict(), done)
    model.load_state_dict(torch.load(done, weights_only=True))
    return base, model.eval(), lexicon.cpu()


def hold_still(model: Scorer) -> None:
    """Nothing below the upper layers learns."""
    model.encoder.embeddings.requires_grad_(False)
    layers = model.encoder.encoder.layer
    for layer in layers[: len(layers) // STILL]:
        layer.requires_grad_(False)


def mixture(run: Further, base: Base, model: Scorer) -> list[Example]:
    """Everything that is seen, in no particular order."""
    rng = random.Random(run.seed)  # noqa: S311
    share = REPLAYED * run.scale
    seen = [one for one in languages.examples(run.data, rng) if rng.random() < share * OFTEN.get(one.source, 1.0)]
    sentences = frames.written(rng, int(WRITTEN * run.scale), WRITTEN_OFTEN)
    english = taught_in_english(
        run.data, run.teacher, run.folder / "english-1.npy", run.seed + 1000, ENGLISH * run.scale
    )
    new = [one for one in sentences if one.source.split("/")[1] in WRITTEN_OFTEN]
    known = [*seen, *(one for one in sentences if one.source.split("/")[1] not in WRITTEN_OFTEN)]
    path = run.folder / "replayed.npy"
    if not path.exists():
        print(f"the pack {run.pack.name} reads {len(known):,} texts", flush=True)
        keep_answers(answers(base, model, [one.text for one in known]), path)
    held = [
        taught([one], said[None], own_share(one))[0]
        for one, said in zip(known, kept_answers(path, len(known)), strict=True)
    ]
    own = [*new, *written(rng, int(WRITTEN_ENGLISH * run.scale))]
    return [
        one if rng.random() >= DISGUISED else replace(one, text=disguised(one.text, rng))
        for one in [*held, *english, *own]
    ]


def own_share(one: Example) -> float:
    """What the pack's own answer of before counts."""
    return WRITTEN_OWN_SHARE if one.source.startswith("written/") else OWN_SHARES.get(one.source, OWN_SHARE)


def answers(base: Base, model: Scorer, texts: Sequence[str]) -> Floats:
    """Logits (texts, outputs) of the model's head, of each text's beginning."""
    rows = [row.ids for row in base.tokenizer.encode_batch(list(texts))]
    rows = [ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], ids[-1]] for ids in rows]
    found: NDArray[np.float64] = np.empty((len(rows), model.head[-1].out_features))
    lengths = [len(ids) for ids in rows]
    with torch.no_grad():
        for chosen in together(sorted(range(len(rows)), key=lengths.__getitem__), lengths):
            ids, mask = padded([rows[place] for place in chosen], base.pad, torch.device("cpu"))
            found[chosen] = model(ids, mask).logits.numpy()
    return found
