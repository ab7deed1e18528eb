"""The first process of a container ends when it is told to, while it starts too."""

from __future__ import annotations

import signal
import subprocess
import sys

STARTING = """
import os, signal, sys, types
import click

@click.command()
def command():
    print("starting", flush=True)
    signal.pause()

os.getpid = lambda: 1
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # which is what the system does for the first process
sys.modules["moderation.cli.worker"] = types.SimpleNamespace(command=command)
from moderation.cli import main
main(["worker"])
"""


def test_the_first_process_of_a_container_heeds_sigterm_while_it_starts() -> None:
    """What is told to stop before it has begun to serve ends at once, and isn't killed after its grace."""
    with subprocess.Popen([sys.executable, "-c", STARTING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "starting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
