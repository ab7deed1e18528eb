"""What this machine's processor can do, and how much of it this process may take."""

from __future__ import annotations

import os
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


@cache
def flags() -> frozenset[str]:
    """The processor's instruction sets by their names in Linux; none known elsewhere."""
    try:
        info = _CPUINFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return frozenset()
    line = next((line for line in info.splitlines() if line.startswith("flags")), "")
    return frozenset(line.split())


def available_threads(processes: int = 1) -> int:
    """Inference threads of one process: the cores that this machine or its cgroup gives, shared among ``processes``."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _cgroup_cores()
    return max(1, int(min(cores, quota) if quota else cores) // max(1, processes))


def _cgroup_cores() -> float | None:
    """The CPU quota of this process's cgroup in cores, version 2 then 1; None without one."""
    for quota_file, period_file in (
        ("/sys/fs/cgroup/cpu.max", None),
        ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
    ):
        try:
            words = Path(quota_file).read_text(encoding="ascii").split()
            if period_file:
                words += Path(period_file).read_text(encoding="ascii").split()
            if words[0] not in ("max", "-1"):
                return int(words[0]) / int(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            continue
    return None
