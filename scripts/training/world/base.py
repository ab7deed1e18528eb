"""The encoder that the pack "world" starts from: weights from one file, tokenizer from another, the vocabulary cut."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertModel

from scripts.training.base import Base
from scripts.training.model import pooled
from scripts.training.tokenized import padded
from scripts.training.world.cut import cut
from scripts.training.world.four_bits import read

QUERY = "query: "
"""What this encoder was trained to find before a text whose embedding is asked for."""
SAME = (
    "The train was late again, and nobody told us why.",
    "Der Zug hatte wieder Verspätung, und niemand hat uns gesagt, warum.",
    "Le train était encore en retard, et personne ne nous a dit pourquoi.",
    "El tren volvió a llegar tarde y nadie nos dijo por qué.",
    "Поезд снова опоздал, и никто не сказал нам почему.",
    "电车又晚点了，没有人告诉我们为什么。",
    "電車がまた遅れたが、誰も理由を教えてくれなかった。",
    "기차가 또 늦었는데 아무도 이유를 말해 주지 않았다.",
    "تأخر القطار مرة أخرى ولم يخبرنا أحد بالسبب.",
    "ट्रेन फिर से देर से आई, और किसी ने हमें कारण नहीं बताया।",
)
OTHER = ("I like to bake bread on Sundays.", "La bourse a perdu deux pour cent hier.")
AT_LEAST = 0.86
"""The cosine that every translation must have with the first of them; the others have 0.75 to 0.79."""


def put_together(weights: Path, described: dict[str, object], wanted: set[str], folder: Path) -> None:
    """Writes ``folder`` as transformers keeps an encoder; tokenizer.json, by which it counts as made, at last."""
    sizes, values = read(weights)
    smaller, kept = cut(described, wanted)
    words = "embeddings.word_embeddings.weight"
    values[words] = np.ascontiguousarray(values[words][kept])
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.inner,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=sizes.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config)
    for part in model.pooler.parameters():  # nobody asks it; zeros are the same every time
        torch.nn.init.zeros_(part)
    missing, unknown = model.load_state_dict({name: torch.from_numpy(v) for name, v in values.items()}, strict=False)
    if unknown or any(not name.startswith("pooler.") for name in missing):
        raise SystemExit(f"{weights} doesn't hold this encoder: {[*unknown, *missing][:3]}.")
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    new = folder / "tokenizer.new"
    new.write_text(json.dumps(smaller, ensure_ascii=False), encoding="utf-8")
    new.replace(folder / "tokenizer.json")


def agreement(base: Base) -> tuple[float, float]:
    """Cosines with the first of ``SAME``: the lowest of its translations, the highest of what says something else."""
    rows = [row.ids for row in base.tokenizer.encode_batch([*SAME, *OTHER])]
    ids, mask = padded(rows, base.pad, torch.device("cpu"))
    with torch.no_grad():
        found = pooled(base.encoder().eval()(input_ids=ids, attention_mask=mask).last_hidden_state, mask)
    alike = found[1:] @ found[0]
    return float(alike[: len(SAME) - 1].min()), float(alike[len(SAME) - 1 :].max())


def check(base: Base) -> None:
    """Raises ``SystemExit`` where translations aren't near one another: then weights or vocabulary were misread."""
    same, other = agreement(base)
    if same < max(AT_LEAST, other):
        raise SystemExit(
            f"Translations are {same:.3f} alike to this encoder, other sentences {other:.3f}: "
            "its weights or its vocabulary were misread."
        )
