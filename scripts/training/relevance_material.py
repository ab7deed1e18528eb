"""What the fusion of relevance is fitted on: articles and comments written for it, and long comments cut in two.

The second half of a long comment stands in for a comment on the first half, which is cut into a title and paragraphs.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moderation.core.text.sentences import sentences

HERE = Path(__file__).parent
SOURCES = {"civil_comments": 6000, "wikipedia_talk": 5000, "contextual_abuse_reddit": 1500}
"""How many long comments of each file are cut in two."""
SAMPLE = {"civil_comments": 3000, "contextual_abuse_reddit": 1500, "wikipedia_talk": 700, "gab_hate": 300}
"""How many comments of each file stand for comments in general."""


@dataclass(slots=True, kw_only=True)
class Article:
    """A written article, or half of a long comment, with what is on it. ``near``: its field, another story."""

    title: str
    key_points: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    replies: list[tuple[str, str]] = field(default_factory=list)
    near: list[str] = field(default_factory=list)


def written_articles(path: Path = HERE / "relevance_articles.txt") -> list[Article]:
    """The file's articles, with what is on them."""
    found: list[Article] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        mark, text = line[0], line[2:].strip()
        if mark == "=":
            found.append(Article(title=text))
        elif mark == ">":
            parent, _, reply = text.partition("=>")
            found[-1].replies.append((parent.strip(), reply.strip()))
        else:
            lists = {"*": found[-1].key_points, "p": found[-1].paragraphs, "+": found[-1].comments, "-": found[-1].near}
            lists[mark].append(text)
    return found


def written_phrases() -> dict[str, list[str]]:
    """``relevance_phrases.txt``: lines by group."""
    groups: dict[str, list[str]] = {}
    for line in (HERE / "relevance_phrases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            group = groups.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            group.append(line)
    return groups


def read(data: Path, name: str) -> Iterator[dict[str, object]]:
    """Rows of ``data/train/NAME.jsonl.gz``."""
    with gzip.open(data / "train" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def texts(data: Path, name: str) -> list[str]:
    return [str(row["text"]) for row in read(data, name)]


def cut_comments(data: Path, rng: random.Random) -> list[Article]:
    """Long comments as articles, each with its own second half as the one comment on it."""
    found = []
    for name, wanted in SOURCES.items():
        candidates = [text for text in texts(data, name) if 220 <= len(text) <= 3000]
        rng.shuffle(candidates)
        made = (cut(text, rng) for text in candidates)
        kept = [article for article in made if article is not None]
        found += kept[:wanted]
    return found


def cut(text: str, rng: random.Random) -> Article | None:
    """None where the text has fewer than four sentences or its second half is too short or too long for a comment."""
    flat = " ".join(text.replace('"', " ").split())
    parts = [flat[start:end].strip() for start, end in sentences(flat)]
    parts = [part for part in parts if len(part) > 15]
    half = len(parts) // 2
    comment = " ".join(parts[half : half + rng.choice((1, 2, 2, 3, 4))])
    if len(parts) < 4 or not 50 <= len(comment) <= 600:
        return None
    title = max(parts[:half], key=lambda part: min(len(part), 110))[:160]
    paragraphs = [" ".join(parts[i : i + 2]) for i in range(0, min(half, 8), 2)]
    return Article(title=title, paragraphs=paragraphs, comments=[comment])


def comments_in_general(data: Path, rng: random.Random) -> list[str]:
    found = []
    for name, wanted in SAMPLE.items():
        candidates = [text[:600] for text in texts(data, name) if len(text) >= 30]
        found += rng.sample(candidates, min(wanted, len(candidates)))
    rng.shuffle(found)
    return found


def channel_comments(data: Path) -> tuple[list[str], list[str]]:
    """(advertisements, others) under videos."""
    rows = list(read(data, "youtube_spam"))
    by_kind: dict[bool, list[str]] = {True: [], False: []}
    for row in rows:
        labels = row["labels"]
        if isinstance(labels, dict):
            by_kind[labels.get("spam", 0) >= 0.5].append(str(row["text"])[:600])
    return by_kind[True], by_kind[False]
