"""What the simulation and the table of machines start from is what ``scripts/bench load`` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.benchmarks.common import report
from scripts.benchmarks.load_parts import audit, inline, workers
from scripts.benchmarks.load_parts.soak import Sample, Soaked
from scripts.benchmarks.service_parts.posting import Speed
from scripts.benchmarks.simulation_parts.figures import read

FAST, SLOW = Speed(cpu=0.008, clock=0.005), Speed(cpu=0.012, clock=0.010)


def test_what_was_measured_is_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served = inline.Inline(
        pack=[SLOW],
        service=[Speed(cpu=0.016, clock=0.009)],
        half=55.0,
        waits=[0.02, 0.03],
        stored=8000.0,
        database_cpu=0.0015,
        resident_mb=500.0,
    )
    worked = workers.Workers(
        taken=Speed(cpu=0.004, clock=0.003),
        taken_database_cpu=0.001,
        pack=[FAST],
        drained=180.0,
        packs_again=[FAST],
        drained_by_each=190.0,
        cpu_of_each=0.009,
        cpu=0.010,
        database_cpu=0.002,
        together=90.0,
        half=45.0,
        waits=[0.01],
        decided=[0.2],
        resident_mb=450.0,
    )
    clocked = audit.Clocked(transactions=10, whole=0.05, chain=0.005, commit=0.015)
    chained = audit.Audit(alone={"sqlite": clocked, "postgres": clocked}, with_and_without={(1, 1): (90.0, 100.0)})
    rows = [row for name in ("sqlite", "postgres") for row in inline.rows(name, served)]
    rows += [*workers.rows(worked), *audit.rows(chained)]
    report("load", rows, json_file=tmp_path / "load.json")
    capsys.readouterr()

    figures = read(tmp_path / "load.json")
    assert (figures.scoring, figures.scoring_in_batches, figures.inline) == pytest.approx((12.0, 8.0, 16.0))
    assert (figures.taken, figures.worker) == pytest.approx((4.0, 10.0))
    assert (figures.held, figures.transaction) == pytest.approx((2.0, 5.0))
    ratios = {row.measure: row.ratio for row in rows}
    assert ratios["postgres_worker_vs_pack"] == pytest.approx(180 / 200)
    assert {row.measure: row.ours for row in rows}["audit_share"] == pytest.approx(10.0)


def test_without_figures_it_says_how_to_measure_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="scripts/bench load"):
        read(tmp_path / "load.json")


def test_growth_is_counted_from_when_the_service_had_settled() -> None:
    samples = [
        Sample(at=at, resident_mb=min(400.0, 100.0 + 5 * at) + at / 10, files=30, threads=20, wal_mb=4.0)
        for at in range(5, 605, 5)
    ]
    soaked = Soaked(samples=samples, answers=[], per_second=10.0, database="SQLite")
    first, end, growth = soaked.growth(lambda one: one.resident_mb)
    assert first == pytest.approx(409.0)
    assert end == pytest.approx(457.0)
    assert growth == pytest.approx((457 / 409 - 1) * 100)
