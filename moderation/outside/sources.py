"""Who is asked: a program at an address, or a Python function that an installed package offers."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from moderation.core.ids import new_id
from moderation.outside.question import LONGEST_ANSWER, NoAnswer, read_body
from moderation.webhooks.addresses import Resolver, resolved
from moderation.webhooks.sending import post
from moderation.webhooks.signing import signed_headers

GROUP = "moderation.signals"
"""The group of the entry points by which packages offer functions."""
MAX_AT_ONCE = 16
"""Calls of one function: one that hangs holds no more threads than these."""
Function = Callable[[Mapping[str, Any]], Any]


class Late(Exception):
    """No answer in time."""


class Source(Protocol):
    """One classifier."""

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        """Its answer, as JSON has it. Raises ``Late`` after so many seconds, ``NoAnswer``, or whatever went wrong."""
        ...


class Address:
    """A program at an address, asked by POST and signed as webhooks are, by Standard Webhooks."""

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool,
        secrets: Callable[[], Sequence[str]],
        clock: Callable[[], datetime],
        resolve: Resolver = resolved,
    ) -> None:
        self._url, self._allow_private, self._resolve = url, allow_private, resolve
        self._secrets, self._clock = secrets, clock

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        now = self._clock()
        body = json.dumps(question, ensure_ascii=False)
        sent = post(
            self._url,
            {"Content-Type": "application/json", **signed_headers(self._secrets(), new_id(now), now, body)},
            body.encode("utf-8", "replace"),
            allow_private=self._allow_private,
            resolve=self._resolve,
            seconds=seconds,
            max_characters=LONGEST_ANSWER,
        )
        if sent.overdue:
            raise Late
        if not sent.arrived:
            raise NoAnswer(sent.error or f"was answered with status {sent.status}")
        return read_body(sent.answer or "")


class Calls:
    """A function, called in threads of its own: however long it takes, nobody waits for it longer than is allowed."""

    def __init__(self, name: str, load: Callable[[], Function]) -> None:
        self._name, self._load = name, load
        self._function: Function | None = None
        self._free = threading.BoundedSemaphore(MAX_AT_ONCE)

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        if not self._free.acquire(blocking=False):
            raise Late
        answer = queue.SimpleQueue[tuple[Any, BaseException | None]]()

        def work() -> None:
            try:
                answer.put((self._loaded()(question), None))
            except BaseException as error:
                answer.put((None, error))
            finally:
                self._free.release()

        # One that never ends must not keep the process from ending.
        try:
            threading.Thread(target=work, name=f"signals {self._name}", daemon=True).start()
        except RuntimeError:  # the machine has no thread left; once it has, the function is asked again
            self._free.release()
            raise
        try:
            value, error = answer.get(timeout=seconds)
        except queue.Empty:
            raise Late from None
        if error is not None:
            raise NoAnswer(f"raised {type(error).__name__}") from None
        return value

    def _loaded(self) -> Function:
        if self._function is None:
            self._function = self._load()
        return self._function


@lru_cache(maxsize=1)  # installed packages don't change while a process runs
def installed() -> Mapping[str, EntryPoint]:
    """The functions that installed packages offer, by their names."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def function_named(name: str) -> Calls | None:
    """The function that is offered under this name; None where there is none."""
    entry = installed().get(name)
    return None if entry is None else Calls(name, entry.load)
