"""Processes of `moderation` that need no second of imports each: forked off one that has them behind it.

They are processes of their own in all else: killed, stopped, waited for and heard like those of ``subprocess.Popen``.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from moderation.cli import main

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "moderation.cli.serve", "moderation.cli.web_process", "moderation.cli.worker"])


class Forked:
    """`moderation ARGUMENTS`, begun. Its log goes into a file, and so does what it prints unless it is ``heard``: then
    that comes out of ``stdout``.
    """

    def __init__(self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path, heard: bool) -> None:
        said, says = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=_run, args=(arguments, environment, log, says if heard else None))
        self._process.start()
        self.stdout: IO[str] | None = os.fdopen(os.dup(said.fileno()), encoding="utf-8") if heard else None
        said.close()
        says.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("moderation", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(arguments: Sequence[str], environment: Mapping[str, str], log: Path, says: Connection | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    if says is not None:
        os.dup2(says.fileno(), 1)
        says.close()
    main(arguments, prog_name="moderation")
