"""What this machine's processor can do, and how much of it this process may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_INT8 = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
_BF16 = "amx_bf16"
_CPUINFO = Path("/proc/cpuinfo")


def multiplies_int8() -> bool:
    """Whether the processor has instructions for products of whole numbers. Without them sums of such products
    overflow unless the engine is told to make them otherwise, and they are slower than f32.
    """
    return not _INT8.isdisjoint(flags())


def multiplies_bf16() -> bool:
    """Whether the processor has instructions for matrices in bf16. Those for vectors alone (AVX512-BF16) are slower
    than f32.
    """
    return _BF16 in flags()


def multiplies_dynamic_int8() -> bool:
    """Whether OpenVINO quantises what flows where it is told to, rather than multiply in f32 all the same."""
    return "avx512_vnni" in flags()


@cache
def flags() -> frozenset[str]:
    """The processor's instruction sets by their names in Linux; none known elsewhere."""
    try:
        info = _CPUINFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    line = next((line for line in info.splitlines() if line.startswith("flags")), "")
    return frozenset(line.split())


def available_threads(
    processes: int = 1, *, proc: Path = Path("/proc/self"), cgroups: Path = Path("/sys/fs/cgroup")
) -> int:
    """Inference threads of one process: the cores that this machine or its cgroups give, shared among ``processes``.

    ``proc`` is this process's folder under ``/proc``, ``cgroups`` where the tree of cgroups is mounted.
    """
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    cores = min([cores, *_quotas(proc, cgroups)])
    return max(1, int(cores) // max(1, processes))


def _quotas(proc: Path, cgroups: Path) -> Iterator[float]:
    """In cores, the CPU quotas of this process's cgroup and of those above it: each of them holds. A container sees its
    own as the top of the tree, a service of systemd lies deep in it.
    """
    v2, v1 = _own_groups(proc)
    for folder in _upwards(cgroups, v2):
        yield from _quota(folder / "cpu.max")
    for mount in ("cpu", "cpu,cpuacct"):
        for folder in _upwards(cgroups / mount, v1):
            yield from _quota(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")


def _own_groups(proc: Path) -> tuple[str, str]:
    """The paths of this process's cgroup of version 2 and of that of version 1 that shares out the processor."""
    v2 = v1 = "/"
    for line in _words_of(proc / "cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            v2 = path
        elif "cpu" in controllers.split(","):
            v1 = path
    return v2, v1


def _upwards(top: Path, path: str) -> Iterator[Path]:
    """The folder of a cgroup and those above it. A path from outside a container leads nowhere in it: the top stays."""
    folder = top / path.lstrip("/")
    if ".." in folder.parts:
        folder = top
    while folder != top:
        yield folder
        folder = folder.parent
    yield top


def _quota(*files: Path) -> Iterator[float]:
    """A quota in cores, of files that together hold microseconds and the period that they are for; none, if none."""
    words = [word for file in files for word in _words_of(file)]
    if len(words) == 2 and all(word.isascii() and word.isdigit() for word in words) and int(words[1]) and int(words[0]):
        yield int(words[0]) / int(words[1])


def _words_of(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return []
