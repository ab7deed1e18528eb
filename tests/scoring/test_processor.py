"""Inference threads are the cores that a machine's cgroups leave, shared among its processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from moderation.scoring import processor


@dataclass(frozen=True)
class Machine:
    """A machine of sixteen cores whose cgroups are files below a folder."""

    proc: Path
    cgroups: Path

    def says(self, groups: str, files: dict[str, str]) -> None:
        self.proc.mkdir()
        (self.proc / "cgroup").write_text(groups)
        for name, content in files.items():
            path = self.cgroups / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def threads(self, processes: int = 1) -> int:
        return processor.available_threads(processes, proc=self.proc, cgroups=self.cgroups)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)), raising=False)
    return Machine(proc=tmp_path / "self", cgroups=tmp_path / "cgroup")


SERVICE = "system.slice/moderation.service"


@pytest.mark.parametrize(
    ("groups", "files", "threads"),
    [
        pytest.param("0::/\n", {}, 16, id="no quota anywhere"),
        pytest.param("0::/\n", {"cpu.max": "400000 100000\n"}, 4, id="a container on version 2"),
        pytest.param("0::/\n", {"cpu.max": "max 100000\n"}, 16, id="a container without a quota"),
        pytest.param("0::/\n", {"cpu.max": "3200000 100000\n"}, 16, id="a quota above what there is"),
        pytest.param("0::/\n", {"cpu.max": "250000 100000\n"}, 2, id="half a core counts for nothing"),
        pytest.param("0::/\n", {"cpu.max": "50000 100000\n"}, 1, id="half a core still gives a thread"),
        pytest.param("0::/\n", {"cpu.max": "mad as a hatter"}, 16, id="nonsense"),
        pytest.param(f"0::/{SERVICE}\n", {f"{SERVICE}/cpu.max": "300000 100000"}, 3, id="a service of systemd"),
        pytest.param(
            f"0::/{SERVICE}\n",
            {f"{SERVICE}/cpu.max": "max 100000", "system.slice/cpu.max": "600000 100000"},
            6,
            id="the slice above a service",
        ),
        pytest.param(
            f"0::/{SERVICE}\n",
            {f"{SERVICE}/cpu.max": "500000 100000", "system.slice/cpu.max": "600000 100000"},
            5,
            id="the smallest of all holds",
        ),
        pytest.param("0::/../../else\n", {"cpu.max": "200000 100000"}, 2, id="a path that leads out of the container"),
        pytest.param(
            "4:memory:/a\n3:cpu,cpuacct:/docker/b\n",
            {"cpu/cpu.cfs_quota_us": "700000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            7,
            id="a container on version 1",
        ),
        pytest.param(
            "3:cpu,cpuacct:/docker/b\n",
            {"cpu/docker/b/cpu.cfs_quota_us": "800000", "cpu/docker/b/cpu.cfs_period_us": "100000"},
            8,
            id="version 1 seen from outside a container",
        ),
        pytest.param(
            "1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 16, id="version 1, no quota"
        ),
    ],
)
def test_a_quota_of_the_processor_is_what_a_process_has(
    machine: Machine, groups: str, files: dict[str, str], threads: int
) -> None:
    """The smallest quota of a process's cgroup and those above it is what there is, and never more than the cores."""
    machine.says(groups, files)
    assert machine.threads() == threads


@pytest.mark.parametrize(("processes", "threads"), [(1, 6), (2, 3), (4, 1), (9, 1)])
def test_processes_share_what_there_is(machine: Machine, processes: int, threads: int) -> None:
    """No process takes another's cores, and each has one thread at least."""
    machine.says("0::/\n", {"cpu.max": "600000 100000\n"})
    assert machine.threads(processes) == threads


def test_a_machine_without_cgroups_has_its_cores(machine: Machine) -> None:
    """Where there are no such files, the cores count."""
    assert machine.threads(4) == 4
