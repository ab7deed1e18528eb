"""What happens on ten machines when a story breaks, drawn."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from scripts.benchmarks.simulation_parts.runs import Run

COLOURS = {"inline": "#b5482a", "workers": "#2a6fb5"}
NAMES = {"inline": "web nodes score (inline)", "workers": "workers score"}


def draw(file: Path, runs: dict[str, Run], *, story_hour: float) -> None:
    """Writes an SVG of a few kilobytes, the same for the same runs."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ten machines", "font.size": 9}):
        figure = Figure(figsize=(7.5, 7.5), layout="constrained")
        arrivals, queue, answers = figure.subplots(3, 1, sharex=True)
        for name, run in runs.items():
            moments = run.moments[::3]
            minutes = [(one.hour - story_hour) * 60 for one in moments]
            colour, label = COLOURS[name], NAMES[name]
            if name == "inline":
                arrivals.plot(minutes, [one.per_second for one in moments], color="#444444", lw=1)
            waiting = [one.in_flight + one.undecided for one in moments]
            queue.plot(minutes, waiting, color=colour, lw=1.2, label=label)
            answers.plot(
                minutes, [max(one.answer, 0.001) for one in moments], color=colour, lw=1.2, label=f"answer, {label}"
            )
            if name == "workers":
                decisions = [max(one.decision, 0.001) for one in moments]
                answers.plot(minutes, decisions, color=colour, lw=1.2, ls=":", label=f"decision, {label}")
        arrivals.set_ylabel("comments a second")
        arrivals.set_title("Ten machines, an evening, a story that breaks at 0 (simulated)", fontsize=10)
        queue.set_ylabel("comments that wait")
        answers.set_ylabel("p95 wait in seconds")
        answers.set_yscale("log")
        answers.minorticks_off()
        answers.set_xlabel("minutes since the story broke")
        for one in (queue, answers):
            one.legend(frameon=False, fontsize=8)
        for one in (arrivals, queue, answers):
            one.axvline(0, color="#999999", lw=0.6)
            one.spines[["top", "right"]].set_visible(False)
        arrivals.set_ylim(bottom=0)
        figure.savefig(file, format="svg", metadata={"Date": None})
