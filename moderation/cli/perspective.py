"""`moderation perspective`: what changes for those who come from Perspective, and what their moderators' labels say."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from moderation.cli.opening import open_database, open_services
from moderation.cli.perspective_log import BadLine, Logged, logged_scores, read_log
from moderation.cli.perspective_plot import plot
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import read_environment
from moderation.core.actor import SYSTEM
from moderation.core.errors import InvalidField
from moderation.core.intervals import ENOUGH, TOO_FEW, rank_correlation_interval, share_words
from moderation.core.scores import Scale, Scorer, ScoreRequest, Scores
from moderation.perspective.comparison import Comparison, compare
from moderation.perspective.requests import label_of
from moderation.perspective.suggestions import erase_suggestions
from moderation.scoring import build_scorer, pack_scorer
from moderation.storage.perspective_scores import texts_with_scores
from moderation.storage.suggestions import suggestions_of

CHUNK = 64


@click.group()
def command() -> None:
    """For those who come from Google's Perspective: compare scores; moderators' labels that their systems send."""


@command.command("compare")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", help="In place of FILE: the comments of a Coral archive that was imported into this site.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.8,
    show_default=True,
    help="Perspective's score from which your system holds a comment today.",
)
@click.option("--pack", metavar="NAME", help="The scoring pack; by default the configuration's.")
@click.option(
    "--plot",
    "plot_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("perspective-compare.svg"),
    show_default=True,
    help="Where the plot goes: what each would hold, by threshold.",
)
def compare_command(file: Path | None, site: str | None, threshold: float, pack: str | None, plot_file: Path) -> None:
    """Compare the scores that Perspective gave to texts with ours.

    FILE is CSV with a first line of names, or JSON Lines. Each row has a `text` and Perspective's score (0 to 1) for
    one or more attributes, under its name in any case: TOXICITY, toxicity, TOXICITY@6. In JSON Lines they may also
    stand under `attributeScores`, as Perspective answered. A row may name the `language` it is in.

    Prints, for each attribute: how well both agree on the order of the texts (Spearman's rank correlation; 1 is the
    same order), the share of texts that each holds at the threshold, the threshold at which ours holds as many as
    Perspective does today, and how many of the same texts those are; then how sure that is.

    A row that can't be used is named and left out, and the exit status is 1.
    """
    if (file is None) == (site is None):
        raise click.UsageError("Name a FILE, or a --site whose imported comments have Perspective's scores.")
    rows, bad = _read(file) if file else (_of_site(site or ""), [])
    for line in bad:
        click.echo(f"{file}, line {line.line}: {line.problem}", err=True)
    if not rows:
        raise InvalidField(str(file or site), "has no row that could be compared.")
    scored = list(_scored(rows, _scorer(pack)))
    unread = [scores.language.code for scores in scored if not scores.language.supported]
    pairs = [(row, scores) for row, scores in zip(rows, scored, strict=True) if scores.language.supported]
    series = {name: found for name in _attributes(rows) if (found := _series(name, pairs))[0]}
    compared = {name: compare(theirs, ours, threshold) for name, (theirs, ours) in series.items()}
    click.echo(_table(compared, threshold))
    click.echo("How sure that is, 95 times in 100:")
    for name, one in compared.items():
        click.echo(f"  {_how_sure(name, one)}")
    for name in _attributes(rows):
        if name not in series:
            click.echo(f"{name}: nothing to compare; the pack has no such label, or reads none of these texts.")
    if unread:
        codes = ", ".join(sorted(set(unread)))
        click.echo(f"Left out: {len(unread)} texts in languages that the pack doesn't read ({codes}).")
    if series:
        plot_file.write_text(plot(series, compared), encoding="utf-8")
        click.echo(f"Plot: {plot_file}")
    if bad:
        click.echo(f"Left out: {len(bad)} rows that could not be read; they are named above.")
        sys.exit(1)


@command.command("labels")
@click.option("--site", required=True, help="The site whose moderators' labels are wanted.")
def labels_command(site: str) -> None:
    """Print the labels that comments:suggestscore brought, as JSON Lines, oldest first.

    `scores` are ours at that time, on the same scale as comments:analyze.
    """
    with open_database() as database, database.reading() as session:
        for row in suggestions_of(session, site):
            line: dict[str, Any] = {
                "time": row.created_at.isoformat(),
                "clientToken": row.client_token,
                "labels": row.labels,
                "scores": row.scores,
                "pack": row.pack and {"name": row.pack, "version": row.pack_version},
                "language": row.language,
                "text": row.text,
            }
            click.echo(json.dumps(line, ensure_ascii=False))


@command.command("erase")
@click.option("--site", required=True, help="The site that the label came from.")
@click.option("--token", required=True, help="The clientToken that it came with, such as `comment:17`.")
def erase_command(site: str, token: str) -> None:
    """Erase text and token of the labels that came with a client token. The bare numbers stay."""
    with open_services() as services:
        erased = erase_suggestions(services, SYSTEM, site, token)
    click.echo(f"Erased {erased}." if erased else "There is nothing under this token.")


def _read(file: Path) -> tuple[list[Logged], list[BadLine]]:
    rows: list[Logged] = []
    bad: list[BadLine] = []
    for row in read_log(file):
        if isinstance(row, Logged):
            rows.append(row)
        else:
            bad.append(row)
    return rows, bad


def _of_site(site: str) -> list[Logged]:
    """What an archive of Coral brought: Perspective's scores of the comments that were imported into a site."""
    found: dict[str, tuple[str, dict[str, float]]] = {}
    with open_database() as database:
        for row in texts_with_scores(database, site):
            _, scores = found.setdefault(row.comment_id, (row.body, {}))
            scores |= logged_scores({row.attribute: row.score})
    return [
        Logged(line=number, text=body, scores=scores, language=None)
        for number, (body, scores) in enumerate(found.values(), start=1)
        if scores
    ]


def _scorer(pack: str | None) -> Scorer:
    settings = read_environment()
    text = settings.config_path.read_text(encoding="utf-8") if settings.config_path.exists() else ""
    asked = parse_configuration(text).scoring
    if pack:
        return pack_scorer(pack, asked.runtime, settings.packs)
    return build_scorer(asked.pack, asked.runtime, settings.packs, languages=asked.languages)


def _scored(rows: Sequence[Logged], scorer: Scorer) -> Iterator[Scores]:
    with click.progressbar(
        length=len(rows), label="scoring", file=sys.stderr, show_pos=True, hidden=not sys.stderr.isatty()
    ) as bar:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            yield from scorer.score([_request(row) for row in chunk], scale=Scale.BALANCED)
            bar.update(len(chunk))


def _request(row: Logged) -> ScoreRequest:
    return ScoreRequest(text=row.text, languages=(row.language,) if row.language else (), explain=False)


def _attributes(rows: Sequence[Logged]) -> list[str]:
    """Every attribute that some row has, the commonest first."""
    count = Counter(name for row in rows for name in row.scores)
    return sorted(count, key=lambda name: (-count[name], name))


def _series(name: str, pairs: Sequence[tuple[Logged, Scores]]) -> tuple[list[float], list[float]]:
    """Perspective's scores and ours of the texts that have both."""
    label = label_of(name) or name.lower()
    both = [
        (row.scores[name], scores.toxicity[label])
        for row, scores in pairs
        if name in row.scores and label in scores.toxicity
    ]
    return [theirs for theirs, _ in both], [ours for _, ours in both]


def _table(compared: dict[str, Comparison], threshold: float) -> str:
    head = ("attribute", "texts", "rank agreement", f"held at {threshold:g}:", "", "same rate at", "of the same")
    under = ("", "", "", "Perspective", "ours", "", "")
    lines = [head, under, *(_cells(name, one) for name, one in compared.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _how_sure(name: str, one: Comparison) -> str:
    """The same with intervals, in a sentence."""
    if one.texts < ENOUGH:
        return f"{name}: {one.texts} texts, {TOO_FEW}."
    theirs, ours = (round(held * one.texts) for held in (one.held_by_them, one.held_by_us))
    words = f"{name}: Perspective holds {share_words(theirs, one.texts, digits=1)}"
    words += f", ours {share_words(ours, one.texts, digits=1)}"
    if one.held_by_both is not None:
        words += f"; of the same {share_words(round(one.held_by_both * theirs), theirs)}"
    if one.rank_agreement is not None:
        low, high = rank_correlation_interval(one.rank_agreement, one.texts)
        words += f"; rank agreement {one.rank_agreement:.3f} ({low:.3f} to {high:.3f})"
    return f"{words}."


def _cells(name: str, one: Comparison) -> tuple[str, ...]:
    return (
        name,
        str(one.texts),
        "all alike" if one.rank_agreement is None else f"{one.rank_agreement:.3f}",
        f"{one.held_by_them:.2%}",
        f"{one.held_by_us:.2%}",
        "none held" if one.same_rate is None else f"{one.same_rate:.3f}",
        "" if one.held_by_both is None else f"{one.held_by_both:.0%}",
    )
