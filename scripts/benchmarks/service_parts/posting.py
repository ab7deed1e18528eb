"""Comments for the service and for the pack alone: the same texts under the same article, and what they took."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from itertools import count

from moderation.core.scores import ArticleText, ScoreRequest
from moderation.scoring import build_scorer
from scripts.benchmarks.service_parts.clients import Answer, ask, request
from scripts.benchmarks.service_parts.service import KEY, ROOT, Service

ALLOWED = 0.004
"""CPU seconds that a comment may cost beyond its scoring: with it, the cores' bound is what they could take in."""

WARM = 64
"""The first so many of the seeds' texts are of every language that there is: then every pack has been loaded."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What so many comments took, each: CPU seconds of the process at work, and seconds on the clock."""

    cpu: float
    clock: float

    @property
    def per_second(self) -> float:
        return 1 / self.clock


def bound(scoring_cpu: float) -> float:
    """Comments a second, were all cores busy with their scoring and what else is allowed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return cores / (scoring_cpu + ALLOWED)


def first_article() -> dict[str, object]:
    """An article of the demo's."""
    found: dict[str, object] = json.loads(sorted((ROOT / "seeds" / "articles").glob("*.json"))[0].read_text())
    return found


def seeds_texts(number: int) -> list[str]:
    """So many comments, made from the demo's, no two of them alike to the letter."""
    bodies = [seed["body"] for seed in json.loads((ROOT / "seeds" / "comments.json").read_text())]
    return [f"{bodies[place % len(bodies)]} ({place})" for place in range(number)]


class Pack:
    """The pack as the service uses it: the article prepared once, each comment with an author's name of its own, since
    the service's comments have that too and names that were scored before are remembered.
    """

    def __init__(self, article: dict[str, object]) -> None:
        self._scorer = build_scorer()
        self._authors = count()
        self._article = self._scorer.prepare(
            ArticleText(title=str(article["title"]), paragraphs=tuple(paragraphs(article)))
        )
        self.score_all(paragraphs(article) * 5)

    def score_all(self, texts: list[str], *, together: int = 1) -> Speed:
        """Scores every text, so many in a batch."""
        asked = [
            ScoreRequest(text=text, article=self._article, name=reader("pack", next(self._authors))) for text in texts
        ]
        cpu, clock = time.process_time(), time.perf_counter()
        for first in range(0, len(asked), together):
            self._scorer.score(asked[first : first + together])
        return Speed((time.process_time() - cpu) / len(texts), (time.perf_counter() - clock) / len(texts))


def paragraphs(article: dict[str, object]) -> list[str]:
    found = article["paragraphs"]
    assert isinstance(found, list)
    return found


def reader(part: str, number: int) -> str:
    """Every comment has another author: names that differ in a digit alone may be one name, as "1" is read for "l"."""
    return f"Reader {part} {''.join(_SYLLABLES[int(digit)] for digit in str(number))}"


_SYLLABLES = ("ba", "de", "fi", "go", "ku", "ma", "ne", "po", "ru", "so")


HEADERS = {"Authorization": f"Bearer {KEY}"}


def register(service: Service, article: dict[str, object]) -> None:
    body = json.dumps({"title": article["title"], "text": "\n\n".join(paragraphs(article))}).encode()
    (answer,) = ask(service.port, [request("PUT", "/api/v1/articles/bench", body, HEADERS)], clients=1)
    assert answer.status == 201, answer.body


def post_all(service: Service, texts: list[str], part: str, *, clients: int) -> Speed:
    """Posts every text, each client one after the other, as fast as it is answered."""
    cpu, clock = service.cpu(), time.perf_counter()
    posted(service, texts, part, clients=clients)
    return Speed((service.cpu() - cpu) / len(texts), (time.perf_counter() - clock) / len(texts))


def posted(
    service: Service, texts: list[str], part: str, *, clients: int, per_second: float | None = None
) -> list[Answer]:
    """Posts every text; each must be taken in."""
    requests = [
        request(
            "POST",
            "/api/v1/articles/bench/comments",
            json.dumps({"author": {"name": reader(part, number)}, "body": text}).encode(),
            HEADERS,
        )
        for number, text in enumerate(texts)
    ]
    answers = ask(service.port, requests, clients=clients, per_second=per_second)
    for answer in answers:
        if answer.status not in (201, 202):
            raise RuntimeError(f"{answer.status}: {answer.body.decode()}")
    return answers
