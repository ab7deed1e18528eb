"""The figures as Prometheus reads them. What is counted: ``counts``.

One process keeps its counts in memory. Several keep them in files of a folder, one a process, and whoever is asked adds
up all: those of a process that has ended stay, as what it counted has happened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from moderation import __version__

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client that names the folder."""


class Build(Collector):
    """Which version this is, as a label of a figure that is always 1."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("moderation_build_info", "The version that runs here.", labels=["version"])
        family.add_metric([__version__], 1)
        yield family


def count_together(folder: Path) -> None:
    """Has this process, and those that it forks, keep their counts in this folder, before anything is counted."""
    os.environ[FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # else chosen at its import


def forget_former_processes(folder: Path) -> None:
    """Removes the counts of a former start: of processes that run no more, and those under our own number. Call it
    before anything is counted.
    """
    for file in folder.glob("*.db"):
        named = re.search(r"_(\d+)\.db$", file.name)
        if named and (int(named[1]) == os.getpid() or not _runs(int(named[1]))):
            file.unlink(missing_ok=True)


def _forget_what_ended_processes_were_at(folder: Path) -> None:
    """What they have counted stays; how they stood (gauges of the kind ``live``) goes with them."""
    for file in folder.glob("gauge_live*.db"):
        named = re.search(r"_(\d+)\.db$", file.name)
        if named and not _runs(int(named[1])):
            file.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def figures(beside: Iterable[Collector]) -> bytes:
    """All figures as Prometheus reads them: of every process where several count together, and those ``beside``."""
    registry = CollectorRegistry()
    for collector in (Build(), *beside):
        registry.register(collector)
    if FOLDER in os.environ:
        _forget_what_ended_processes_were_at(Path(os.environ[FOLDER]))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # registers itself
    else:
        registry.register(REGISTRY)
    return generate_latest(registry)
