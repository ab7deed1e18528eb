"""Clients that cost next to nothing, as they share the cores with the service that they ask: requests are made
beforehand, and of an answer no more is read than its status and its length.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. ``seconds`` are counted from when it was due, or else from when it was sent."""

    status: int
    seconds: float
    body: bytes


def request(method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A request in JSON over a connection that is kept."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: application/json, text/plain, */*",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def ask(port: int, requests: Sequence[bytes], *, clients: int, per_second: float | None = None) -> list[Answer]:
    """Sends every request once, through so many clients at a time: each asks again as soon as it is answered or, at an
    even rate, when its next request is due. One that then has to wait for a free client waits on the clock.
    """
    return asyncio.run(_ask(port, requests, clients, per_second))


async def _ask(port: int, requests: Sequence[bytes], clients: int, per_second: float | None) -> list[Answer]:
    waiting = _due(requests, per_second)
    answers: list[Answer] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for due, asked in waiting:
            if due is not None:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter() if due is None else due
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            answers.append(Answer(int(head.split(maxsplit=2)[1]), time.perf_counter() - began, body))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    return answers


def _due(requests: Sequence[bytes], per_second: float | None) -> Iterator[tuple[float | None, bytes]]:
    began = time.perf_counter() + 0.2
    for number, asked in enumerate(requests):
        yield (began + number / per_second if per_second else None), asked
