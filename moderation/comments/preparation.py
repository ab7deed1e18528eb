"""An article is prepared for relevance within the time that a comment's scores may take, or goes without.

The work is done in a thread of its own, and one article's only once at a time: whoever asks for it meanwhile waits for
the same work, and not at all where that has taken too long already. What comes late is there for the next who asks.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Protocol

from moderation.core.errors import ScoringTooSlow
from moderation.core.scores import ArticleText, PreparedArticle

MAX_AT_ONCE = 8
"""Articles: preparing takes all cores as it is."""


class Prepares(Protocol):
    """The scorer, as far as it is needed here."""

    def prepare(self, article: ArticleText) -> PreparedArticle: ...


@dataclass(eq=False, slots=True)
class _Work:
    scorer: Prepares  # kept, so that its id stays its own
    begun: float = field(default_factory=time.monotonic)
    answer: Future[PreparedArticle] = field(default_factory=Future)


_works: dict[tuple[int, ArticleText], _Work] = {}
_lock = threading.Lock()


def prepare_in_time(scorer: Prepares, article: ArticleText, timeout_s: float) -> PreparedArticle:
    """The scorer's side of an article. Raises ``ScoringTooSlow`` where the work takes over ``timeout_s`` seconds, from
    when it was begun by whomever; else whatever the scorer raises.
    """
    key = (id(scorer), article)
    work = _work_on(key, scorer)
    try:
        prepared = work.answer.result(max(0.0, work.begun + timeout_s - time.monotonic()))
    except TimeoutError:
        if not work.answer.done():
            raise ScoringTooSlow from None
        prepared = work.answer.result()  # done in this very moment, or the scorer's own error
    finally:
        _forget(key, work)
    return prepared


def finish(timeout_s: float = 30.0) -> None:
    """Waits for what is being prepared: a process that ends inside the pack's engine is aborted."""
    with _lock:
        under_way = [work.answer for work in _works.values()]
    wait(under_way, timeout_s)


def _work_on(key: tuple[int, ArticleText], scorer: Prepares) -> _Work:
    with _lock:
        work = _works.get(key)
        if work is not None:
            return work
        for done in [other for other, work in _works.items() if work.answer.done()]:
            del _works[done]
        if len(_works) >= MAX_AT_ONCE:
            raise ScoringTooSlow
        work = _works[key] = _Work(scorer)
    # A thread that never ends must not keep the process from ending; for one that does end, ``finish`` waits.
    threading.Thread(target=_prepare, args=(work, key[1]), name="preparing", daemon=True).start()
    return work


def _forget(key: tuple[int, ArticleText], work: _Work) -> None:
    with _lock:
        if work.answer.done() and _works.get(key) is work:
            del _works[key]


def _prepare(work: _Work, article: ArticleText) -> None:
    try:
        work.answer.set_result(work.scorer.prepare(article))
    except BaseException as error:  # it belongs to whoever waits for the answer
        work.answer.set_exception(error)
