"""`moderation policy`: check a configuration file, and try it on what was decided before."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from moderation.cli.opening import open_database
from moderation.cli.times import Moment
from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import read_environment
from moderation.core.comment import Status
from moderation.core.decision import Outcome
from moderation.core.errors import ConfigurationError, ScoringFailed
from moderation.core.scores import PackStamp
from moderation.outside.asking import check_reachable
from moderation.policy_lab.replay import Replayed, Tally, replay_all, tally, told
from moderation.scoring import stamps_today
from moderation.storage.replay import scored_by, stamps_of

_WOULD = {Outcome.APPROVED: "would publish", Outcome.PENDING: "would wait", Outcome.REJECTED: "would reject"}
_DID = {Status.APPROVED.value: "approved", Status.REJECTED.value: "rejected", None: "nobody decided"}


@click.group()
def command() -> None:
    """The configuration file with its policy (MODERATION_CONFIG, default config/moderation.toml)."""


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check_command(file: Path | None) -> None:
    """Tell whether a configuration file is right. If not, name the key that is wrong, and exit with 2."""
    file = file or read_environment().config_path
    configuration = _read(file)
    try:
        check_reachable(configuration.scoring.outside)
    except ConfigurationError as error:
        click.echo(f"{file}: {error.detail}", err=True)
        sys.exit(2)
    click.echo(f"{file} is right. Policy {configuration.policy.version}.")


@command.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", type=Moment(), help="Only comments received since then: 2026-03-02, or 2026-03-02T12:00:00Z.")
@click.option("--each", is_flag=True, help="Instead of counts, a JSON line for each comment decided differently.")
def replay_command(file: Path, since: datetime | None, each: bool) -> None:
    """Tell what the policy in FILE would have decided on stored comments, beside what moderators did."""
    other = _read(file)
    with open_database() as database, database.reading() as session:
        chunks = replay_all(session, other, since=since)
        if each:
            _print_each(session, chunks, other)
        else:
            _print_tally(tally(_counted(chunks)), other)
            _print_packs(scored_by(session, since=since), other)


def _read(file: Path) -> Configuration:
    try:
        return parse_configuration(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(file), f"can't be read: {error}") from error
    except ConfigurationError as error:
        for problem in error.details:
            click.echo(f"{file}: {problem}", err=True)
        sys.exit(2)


def _counted(chunks: Iterator[Replayed]) -> Iterator[Replayed]:
    shown = sys.stderr.isatty()
    with click.progressbar(length=0, label="comments", file=sys.stderr, show_pos=True, hidden=not shown) as bar:
        for chunk in chunks:
            bar.update(len(chunk.past))
            yield chunk


def _print_tally(counted: Tally, other: Configuration) -> None:
    did = [*_DID, *sorted({by for _, by in counted.counts if by not in _DID} - {None}, key=str)]
    click.echo(f"Policy {other.policy.version} on {counted.comments} comments, beside what moderators did:")
    click.echo("".join(["", *(f"{_DID.get(by, by):>16}" for by in did)]).rjust(14 + 16 * len(did)))
    for outcome, words in _WOULD.items():
        click.echo(f"{words:<14}" + "".join(f"{counted.counts[outcome, by]:>16}" for by in did))
        if outcome is Outcome.PENDING:
            click.echo(f"{'  flagged':<14}" + "".join(f"{counted.flagged[by]:>16}" for by in did))
    click.echo(f"Decided differently than by the policy of their day: {counted.changed}.")


def _print_packs(scored: Mapping[PackStamp, int], other: Configuration) -> None:
    """By which packs the comments were scored, for nothing is scored anew, and whether that would be otherwise now."""
    for stamp, count in sorted(scored.items(), key=lambda one: -one[1]):
        click.echo(f"Decided from the scores of {_named(stamp)}: {count}.")
    asked = other.scoring
    try:
        today = stamps_today(asked.pack, asked.runtime, read_environment().packs, asked.languages)
    except ScoringFailed as error:
        click.echo(f"What would be scored now can't be told. {error}")
        return
    if changed := sum(count for stamp, count in scored.items() if stamp not in today):
        click.echo(
            f"Here and now it would be {' or '.join(sorted(map(_named, today)))}: another pack or another precision "
            f"than for {changed} of these, whose scores could come out otherwise."
        )


def _named(stamp: PackStamp) -> str:
    return f"{stamp.name} {stamp.version} on {stamp.runtime}, {stamp.precision}"


def _print_each(session: Session, chunks: Iterator[Replayed], other: Configuration) -> None:
    for chunk in chunks:
        changed = told(session, chunk, chunk.changed.nonzero()[0].tolist(), other)
        stamps = stamps_of(session, [one.comment_id for one in changed])
        for one in changed:
            stamp = stamps.get(one.comment_id)
            line = {
                "id": one.comment_id,
                "before": one.before,
                "after": one.after.outcome,
                "reasons": one.after.words,
                "moderator": one.by_person,
                "pack": None if stamp is None else asdict(stamp),
            }
            click.echo(json.dumps(line, ensure_ascii=False))
