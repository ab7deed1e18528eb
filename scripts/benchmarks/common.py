"""What every benchmark shares: its arguments, the machine it ran on, one table to read and one JSON file to compare.

A benchmark is a module of this folder with a ``main()`` that measures and hands its rows to ``report``::

    def main() -> None:
        options = arguments(__doc__).parse_args()
        report("scoring", [Row(measure="load_s", ours=1.9, unit="s")], json_file=options.json)

``scripts/bench NAME`` runs it as ``python -m scripts.benchmarks.NAME``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAMED_LIBRARIES = ("onnxruntime", "openvino", "tokenizers", "numpy", "flask", "sqlalchemy", "waitress")
"""Libraries whose version moves a figure, and so belongs beside it."""
LOAD_BEFORE = round(os.getloadavg()[0], 2)
"""What the machine did in the minute before: a bench's own work is no load that disturbs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measure: ours, what stands beside it, and the ratio where one is asked for.

    ``ratio`` is given only where the measure is a comparison (``_vs_``, times faster, growth); with one peer in
    ``beside`` and no ratio given the table shows none, so that nobody reads one that was never meant.
    """

    measure: str
    ours: float
    unit: str
    beside: Mapping[str, float] = field(default_factory=dict)
    ratio: float | None = None


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--json FILE``; a benchmark adds its own options to it."""
    first_line = (description or "").strip().splitlines()[0] if description else None
    parser = argparse.ArgumentParser(description=first_line)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here as JSON")
    return parser


def report(name: str, rows: Sequence[Row], *, json_file: Path | None = None, notes: Sequence[str] = ()) -> None:
    """Prints the table with the machine under it and, where asked, writes the same figures as JSON."""
    described = machine()
    print(f"\nbench {name}\n")
    print(_table(rows))
    for note in notes:
        print(f"  {note}")
    print("\nmachine: " + ", ".join(f"{key} {value}" for key, value in described.items()))
    if json_file is not None:
        json_file.write_text(
            json.dumps({"machine": described, "rows": [_as_json(row) for row in rows]}, indent=2) + "\n"
        )
        print(f"written: {json_file}")


def machine() -> dict[str, str | int | float]:
    """The machine in words and figures: what a reader needs to judge a number that was taken on it."""
    described: dict[str, str | int | float] = {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1),
        "vector_instructions": _vector_instructions(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": LOAD_BEFORE,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for library in NAMED_LIBRARIES:
        try:
            described[library] = version(library)
        except PackageNotFoundError:
            continue
    return described


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that at least ``share`` (0..1) of the values don't exceed."""
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def say(text: str) -> None:
    """A line of progress, on stderr and at once, so that the table on stdout stays whole."""
    print(text, file=sys.stderr, flush=True)


def _as_json(row: Row) -> dict[str, object]:
    return {
        "measure": row.measure,
        "ours": row.ours,
        "unit": row.unit,
        "beside": dict(row.beside),
        "ratio": row.ratio,
    }


def _table(rows: Sequence[Row]) -> str:
    cells = [("measure", "ours", "unit", "beside", "ratio")]
    for row in rows:
        beside = ", ".join(f"{name} {_figure(value)}" for name, value in row.beside.items())
        ratio = "" if row.ratio is None else _figure(row.ratio)
        cells.append((row.measure, _figure(row.ours), row.unit, beside, ratio))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _vector_instructions() -> str:
    """The instruction sets that decide how fast a model runs here."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    return " ".join(name for name in wanted if name in flags) or "unknown"


def _memory_gb() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
