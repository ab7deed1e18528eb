"""The whole service on ten machines, by simulation: what becomes of it on a newspaper's day when a story breaks.

A model of queues (``simulation_parts/model.py``) runs with the figures that ``scripts/bench load`` has measured. First
it is this machine, and is compared with what was measured there; then ten machines, with the web nodes scoring and with
workers. ``--write`` writes the picture and the table of machines into ``config/deploy``.
"""

from __future__ import annotations

from pathlib import Path

from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.simulation_parts import sizing
from scripts.benchmarks.simulation_parts.day import HOURLY, Day, Story, busiest_share
from scripts.benchmarks.simulation_parts.figures import MEASURED, Figures, read
from scripts.benchmarks.simulation_parts.model import Machines, ceilings
from scripts.benchmarks.simulation_parts.runs import Run, closed_loop, first_over, steady, through_a_day

SEED = 20
SITES = 20
STORY = Story(hour=19.0, times=2.0, half_life=6.0)
BEFORE = 3.0
"""Minutes before the story from which on the model runs."""
HALF = 0.5
"""Of what ten machines can take whose web nodes score, an ordinary busiest hour brings so much."""
LATE = 2.0
"""Seconds for an answer that a reader notices."""
INLINE = Machines(web=6)
WORKERS = Machines(web=2, workers=4)
"""Of ten machines six serve and score; the others are the database, its standby, Redis with the broker, the proxy."""
TOLERANCE = 0.25
"""How far the model of one machine may be from what was measured there: threads of one process get in each other's way
more than its servers do, and clients and database work on the same cores.
"""
CLIENT_SECONDS = 0.0003
"""What a client costs the machine that it shares with the service: a guess, for a loop that reads and writes bytes."""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--figures", type=Path, default=MEASURED, help="of scripts/bench load --json (%(default)s)")
    parser.add_argument("--minutes", type=float, default=35.0, help="of the day with the story (default %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the picture and the table into config/deploy")
    options = parser.parse_args()
    figures = read(options.figures)
    share = story_share(SITES)
    most = min(ceilings(figures, INLINE, busiest=busiest_share(SITES)).values())
    day = Day(comments=HALF * most * 3600 * sum(HOURLY) / max(HOURLY), sites=SITES, story=STORY)

    say("one machine, as it was measured ...")
    rows = compared(figures)
    runs = {}
    for name, machines in {"inline": INLINE, "workers": WORKERS}.items():
        say(f"ten machines, {name}: {options.minutes:g} minutes of a day of {day.comments:,.0f} comments ...")
        runs[name] = through_a_day(
            figures, machines, day, hour=STORY.hour - BEFORE / 60, minutes=options.minutes, seed=SEED
        )
        rows += broken(name, runs[name], ceilings(figures, machines, busiest=share))
    report("simulation", rows, json_file=options.json, notes=notes(figures, day, runs))
    if options.write:
        write(figures, day, runs)


def story_share(sites: int) -> float:
    """The part of all comments that goes to the busiest site while the story is at its height."""
    return (busiest_share(sites) + STORY.times) / (1 + STORY.times)


def compared(figures: Figures) -> list[Row]:
    """The model of one machine, which serves, stores and asks, beside what was measured on it."""
    here = Machines(web=1, cores=figures.cores, shared=True, client=CLIENT_SECONDS)
    full = closed_loop(figures, here, clients=16, seconds=60, seed=SEED)
    half = steady(figures, here, per_second=figures.half_per_s, seconds=120, sites=1, seed=SEED)
    pairs = {
        "one_machine_per_s": (full.responded / 60, figures.inline_per_s, "comments/s"),
        "one_machine_p50_ms": (percentile(half.answers, 0.50) * 1000, figures.half_p50, "ms"),
        "one_machine_p95_ms": (percentile(half.answers, 0.95) * 1000, figures.half_p95, "ms"),
    }
    return [
        Row(measure=measure, ours=ours, unit=unit, beside={"measured": measured}, ratio=ours / measured)
        for measure, (ours, measured, unit) in pairs.items()
    ]


def broken(name: str, run: Run, most: dict[str, float]) -> list[Row]:
    """What becomes of those who write, and what gives way first."""
    first = min(most, key=most.__getitem__)
    return [
        Row(measure=f"{name}_gives_way_at", ours=most[first], unit="comments/s", beside={first: most[first]}),
        Row(measure=f"{name}_most_arrived_per_s", ours=max(one.per_second for one in run.moments), unit="comments/s"),
        Row(measure=f"{name}_answer_p95_s", ours=max(one.answer for one in run.moments), unit="s"),
        Row(measure=f"{name}_decision_p95_s", ours=max(one.decision for one in run.moments), unit="s"),
        Row(measure=f"{name}_most_unanswered", ours=max(one.in_flight for one in run.moments), unit="comments"),
        Row(measure=f"{name}_most_undecided", ours=max(one.undecided for one in run.moments), unit="comments"),
    ]


def notes(figures: Figures, day: Day, runs: dict[str, Run]) -> list[str]:
    lines = [
        f"{day.comments:,.0f} comments on an ordinary day, on {day.sites} sites; a story at {STORY.hour:.0f}:00 brings"
        f" {STORY.times:g} times the busiest hour, all to one site",
        f"the model of one machine is to be within {TOLERANCE:.0%} of what was measured, on a machine that does nothing"
        f" else; load then: {figures.machine.get('load_before', '?')}",
    ]
    for name, run in runs.items():
        late = first_over(run, lambda moment: moment.answer, LATE)
        when = f"answers take over {LATE:g} s from {clock(late.hour)} on" if late else f"no answer takes {LATE:g} s"
        used = ", ".join(f"{what} {part:.0%}" for what, part in run.used.items())
        lines.append(f"{name}: {when}; busiest: {run.busiest}; {used}")
    return lines


def clock(hour: float) -> str:
    return f"{int(hour):02d}:{int(hour * 60) % 60:02d}"


def write(figures: Figures, day: Day, runs: dict[str, Run]) -> None:
    from scripts.benchmarks.simulation_parts.picture import draw  # noqa: PLC0415 - matplotlib, only to draw

    folder = MEASURED.parent
    draw(folder / "ten-machines.svg", runs, story_hour=STORY.hour)
    (folder / "SIZING.md").write_text(sizing.chapter(figures, day, runs, late=LATE))
    print(f"written: {folder / 'ten-machines.svg'}, {folder / 'SIZING.md'}")


if __name__ == "__main__":
    main()
