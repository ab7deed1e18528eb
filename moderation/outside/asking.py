"""Classifiers beside the pack are asked about comments, each within its time, and not at all while it fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import Counter

from moderation.config.outside import Outside
from moderation.core.errors import ConfigurationError, InvalidField
from moderation.core.scores import ScoreRequest, Scores
from moderation.outside.breaker import Breaker
from moderation.outside.question import NoAnswer, question_of, signals_in_answer
from moderation.outside.sources import GROUP, Address, Late, Source, function_named, installed
from moderation.services import Clock, ConfigurationInForce, utc_now
from moderation.webhooks.addresses import Resolver, resolved, target_of

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Comments of a batch that are asked about together."""

asked_for = Counter(
    "moderation_outside_total",
    "Questions to classifiers beside the pack: answered, failed, late, or skipped while one fails again and again.",
    ["classifier", "result"],
)


@dataclass(eq=False, slots=True)
class _Classifier:
    """Who is asked, under the name that figures and logs have for it."""

    name: str
    source: Source
    breaker: Breaker = field(default_factory=Breaker)


class Classifiers:
    """``services.OtherClassifiers``, as the configuration in force names them. ``secrets`` sign questions, the newest
    first.
    """

    def __init__(
        self,
        configuration: ConfigurationInForce,
        secrets: Callable[[], Sequence[str]],
        *,
        clock: Clock = utc_now,
        resolve: Resolver = resolved,
    ) -> None:
        self._configuration, self._secrets = configuration, secrets
        self._clock: Callable[[], datetime] = clock
        self._resolve = resolve
        self._lock = threading.Lock()
        self._of: Outside | None = None
        self._made: tuple[_Classifier, ...] = ()

    def ask(
        self, asked: Sequence[tuple[ScoreRequest, Scores]], *, timeout_s: float | None = None
    ) -> Sequence[Mapping[str, float | None] | None]:
        """As ``services.OtherClassifiers`` says."""
        settings = self._configuration.current().scoring.outside
        if not settings.on:
            return [None] * len(asked)
        classifiers = self._classifiers(settings)
        whole = settings.timeout_ms / 1000
        seconds = whole if timeout_s is None else min(whole, timeout_s)

        def one(about: tuple[ScoreRequest, Scores]) -> Mapping[str, float | None]:
            return _said(classifiers, settings.signals, *about, seconds=seconds, in_full=seconds == whole)

        if len(asked) == 1:
            return [one(asked[0])]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="outside") as pool:
            return list(pool.map(one, asked))

    def _classifiers(self, settings: Outside) -> tuple[_Classifier, ...]:
        """Made once, and anew when the configuration changes."""
        with self._lock:
            if self._of != settings:
                self._of, self._made = settings, tuple(self._make(settings))
            return self._made

    def _make(self, settings: Outside) -> list[_Classifier]:
        found: list[_Classifier] = []
        if settings.url is not None:
            address = Address(
                settings.url,
                allow_private=settings.allow_private,
                secrets=self._secrets,
                clock=self._clock,
                resolve=self._resolve,
            )
            found.append(_Classifier("address", address))
        for name in settings.functions:
            calls = function_named(name)
            if calls is None:
                log.error("no installed package offers the function %s in the group %s", name, GROUP)
            else:
                found.append(_Classifier(name, calls))
        return found


def check_reachable(settings: Outside) -> None:
    """Raises ``ConfigurationError`` for an address that no question may go to, or a function that isn't installed."""
    if settings.url is not None:
        try:
            target_of(settings.url, allow_private=settings.allow_private)
        except InvalidField as error:
            raise ConfigurationError("scoring.outside.url", f"{error.message}") from error
    for name in settings.functions:
        if name not in installed():
            there = ", ".join(sorted(installed())) or "none"
            raise ConfigurationError(
                "scoring.outside.functions",
                f"holds {name!r}, which no installed package offers in the group {GROUP}. There are: {there}.",
            )


def _said(
    classifiers: Sequence[_Classifier],
    names: Sequence[str],
    request: ScoreRequest,
    scores: Scores,
    *,
    seconds: float,
    in_full: bool,
) -> Mapping[str, float | None]:
    """What all of them say; where two give one signal, the higher counts. They share the time; it isn't ``in_full``
    where whoever asks can't wait for as long as the configuration allows, nor for one to whom those before it have left
    little.
    """
    ends = time.monotonic() + seconds
    said: dict[str, float | None] = dict.fromkeys(names)
    for classifier in classifiers:
        left = ends - time.monotonic()
        enough = in_full and left >= seconds / 2
        question = question_of(request, scores)  # each has its own: what a function does to it concerns nobody else
        for name, value in _asked(classifier, question, names, left, in_full=enough).items():
            said[name] = max(value, said[name] or 0.0)
    return said


def _asked(
    classifier: _Classifier, question: Mapping[str, object], names: Sequence[str], seconds: float, *, in_full: bool
) -> Mapping[str, float]:
    if seconds <= 0:
        return _nothing(classifier, "late")
    if not classifier.breaker.may_ask():
        return _nothing(classifier, "skipped")
    why = "no answer in time"
    try:
        found = signals_in_answer(classifier.source.ask(question, seconds), names)
    except Late:
        result = "late"
    except NoAnswer as error:
        result, why = "failed", str(error)
    except Exception as error:  # whatever a classifier does, no comment is lost for it
        result, why = "failed", type(error).__name__
    else:
        classifier.breaker.succeeded()
        asked_for.labels(classifier.name, "answered").inc()
        return found
    # Never what was asked nor what was answered: both may hold somebody's words.
    log.warning("the classifier %s gave no signals: %s", classifier.name, why)
    blame = in_full or result != "late"  # one that keeps its time isn't left alone for want of it
    if blame and classifier.breaker.failed():
        log.error("the classifier %s fails again and again; it is left alone for a while", classifier.name)
    return _nothing(classifier, result)


def _nothing(classifier: _Classifier, result: str) -> Mapping[str, float]:
    asked_for.labels(classifier.name, result).inc()
    return {}
