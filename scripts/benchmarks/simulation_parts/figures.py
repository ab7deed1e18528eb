"""What one comment costs, as ``scripts/bench load --json`` has measured it: what simulation and sizing start from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parents[3] / "config" / "deploy" / "load.json"
"""Where the figures stand that the deployment's chapter quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of what the machine could do at most was reached, and the goal (0..1 both)."""

    reached: float
    goal: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """CPU in milliseconds a comment, unless it says otherwise. ``inline`` is the web process's with scoring, ``taken``
    its own where a worker scores; ``worker`` is the worker's with scoring, in batches. ``held`` is how long (ms) a
    transaction keeps its site's audit chain. Bytes are those on disk, memory is in MB.
    """

    cores: int
    scoring: float
    scoring_in_batches: float
    inline: float
    taken: float
    worker: float
    database_inline: float
    database_taken: float
    database_worker: float
    held: float
    transaction: float
    sqlite_bytes: float
    postgres_bytes: float
    web_mb: float
    worker_mb: float
    sqlite_per_s: float
    inline_per_s: float
    drained_per_s: float
    inline_of_bound: Share
    drained_of_pack: Share
    by_each_per_s: float
    by_each_of_pack: Share
    half_per_s: float
    half_p50: float
    half_p95: float
    machine: dict[str, Any]


def read(file: Path = MEASURED) -> Figures:
    """Raises ``SystemExit`` where there are none."""
    try:
        found = json.loads(file.read_text())
        rows = {row["measure"]: row for row in found["rows"]}
        ours = {measure: float(row["ours"]) for measure, row in rows.items()}
        return Figures(
            cores=int(found["machine"]["cores"]),
            scoring=float(rows["postgres_inline_cpu_ms"]["beside"]["scoring alone"]),
            scoring_in_batches=float(rows["postgres_worker_cpu_ms"]["beside"]["scoring alone"]),
            inline=ours["postgres_inline_cpu_ms"],
            taken=ours["postgres_worker_taken_cpu_ms"],
            worker=ours["postgres_worker_cpu_ms"],
            database_inline=ours["postgres_database_cpu_ms"],
            database_taken=ours["postgres_worker_taken_database_cpu_ms"],
            database_worker=ours["postgres_worker_database_cpu_ms"],
            held=ours["postgres_chain_held_ms"],
            transaction=ours["postgres_transaction_ms"],
            sqlite_bytes=ours["sqlite_bytes_per_comment"],
            postgres_bytes=ours["postgres_bytes_per_comment"],
            web_mb=ours["postgres_inline_resident_mb"],
            worker_mb=ours["postgres_worker_resident_mb"],
            sqlite_per_s=ours["sqlite_inline_per_s"],
            inline_per_s=ours["postgres_inline_per_s"],
            drained_per_s=float(rows["postgres_worker_vs_pack"]["ours"]),
            inline_of_bound=_share(rows["postgres_inline_vs_bound"]),
            drained_of_pack=_share(rows["postgres_worker_vs_pack"]),
            by_each_per_s=float(rows["postgres_worker_for_each_core_vs_pack"]["ours"]),
            by_each_of_pack=_share(rows["postgres_worker_for_each_core_vs_pack"]),
            half_per_s=ours["postgres_inline_half_per_s"],
            half_p50=ours["postgres_inline_p50_ms"],
            half_p95=ours["postgres_inline_p95_ms"],
            machine=dict(found["machine"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(
            f"{file} holds no figures ({error!r}): scripts/bench load --json {file} measures them."
        ) from None


def _share(row: dict[str, Any]) -> Share:
    return Share(reached=float(row["ratio"]), goal=float(row["beside"]["goal of the ratio"]))
