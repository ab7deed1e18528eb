"""The files of config/deploy name what there is: variables, commands, figures and paths of today."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click
import pytest

from moderation.app import OPERATIONS
from moderation.cli import main
from moderation.config.secret_files import SECRETS, SUFFIX
from moderation.config.settings import VARIABLES
from tests.deployment.reading import ROOT, compose, deployments, texts, unit

ELSEWHERE = frozenset({"MODERATION_HOST", "MODERATION_UPSTREAM", "MODERATION_VERSION"})
"""What the compose file and the proxy read themselves."""


def understand(arguments: Iterable[str]) -> None:
    """Reads a command line of `moderation` as that does. Raises ``click.ClickException`` for what it doesn't know."""
    command: click.Command = main
    name, rest = "moderation", list(arguments)
    while isinstance(command, click.Group):
        with command.make_context(name, rest[:1], resilient_parsing=True) as context:
            assert rest, f"{name} wants a subcommand"
            name, rest = rest[0], rest[1:]
            found = command.get_command(context, name)
        assert found is not None, f"there is no `moderation {name}`"
        command = found
    command.make_context(name, rest)


def test_every_variable_is_one_that_is_read() -> None:
    """A variable that nobody reads would be believed to be set."""
    known = VARIABLES.keys() | ELSEWHERE | {name + SUFFIX for name in SECRETS & VARIABLES.keys()}
    named = {
        (file, name) for file, text in texts().items() for name in re.findall(r"\bMODERATION_[A-Z_]*[A-Z]\b", text)
    }
    assert len(named) > 20
    assert not {(file, name) for file, name in named if name not in known}


def test_every_secret_is_handed_over_in_a_file() -> None:
    """No password stands in an environment, which `inspect` and `describe` repeat."""
    for file, text in texts().items():
        if not file.endswith((".md", ".example")):
            said = re.findall(r"\b(MODERATION_[A-Z_]*[A-Z])(?:=|: | *, value:)", text)
            assert SECRETS.isdisjoint(said), file


def test_every_command_is_one_that_is_understood() -> None:
    """What is started is parsed as the command would parse it."""
    lines = [["serve", "--host", "0.0.0.0"]]
    for service in compose()["services"].values():
        if service.get("image", "").startswith("moderation") and "entrypoint" not in service:
            lines.append(service["command"])
    for pod in deployments().values():
        lines += [one["args"] for one in [*pod["initContainers"], *pod["containers"]]]
    for file in ("moderation.service", "moderation-worker.service", "moderation-backup.service"):
        started = re.search(r"/opt/moderation/bin/moderation ([a-z][^\"]*[^\" ])", unit(file)["ExecStart"][0])
        assert started, file
        lines.append(started[1].split())
    assert len(lines) == 10
    for line in lines:
        understand([*line, "a.tar.gz"] if line == ["backup"] else line)


@pytest.mark.parametrize("name", ["Containerfile", "README.md"])
def test_what_is_told_to_type_is_there(name: str) -> None:
    """Subcommands that a text names exist."""
    text = texts()[name]
    for line in re.findall(r"(?:`|bin/)moderation ((?:[a-z-]+ ?)+)", text):
        command: click.Command = main
        for word in line.split():
            if not isinstance(command, click.Group):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"moderation {line}"
            command = found


def figures() -> set[str]:
    """The names of all figures that the code tells; those of a family are put together from their ends."""
    found = set()
    for path in (ROOT / "moderation").rglob("*.py"):
        code = path.read_text()
        found |= set(re.findall(r'"(moderation_[a-z_]+)"', code))
        for family in re.findall(r'f"(moderation_[a-z_]+_)\{name\}"', code):
            found |= {family + end for end in re.findall(r'\("([a-z_]+)", "', code)}
    return found


def test_figures_that_are_drawn_and_watched_are_told() -> None:
    """Dashboard, alerts and scaling name figures that the code tells."""
    sources = [
        text for name, text in texts().items() if name.startswith(("grafana/", "prometheus/", "kubernetes/autoscaling"))
    ]
    drawn = re.findall(r"\bmoderation_[a-z_]+\b(?=\\?[{\[)(,])", "\n".join(sources))
    used = {name if name.endswith("_total") else re.sub(r"_(bucket|sum|count)$", "", name) for name in drawn}
    assert len(used) > 25
    assert used <= figures(), used - figures()


def test_paths_that_are_asked_are_served() -> None:
    """Probes and health checks ask for what answers without a key."""
    asked = set(re.findall(r"127\.0\.0\.1:8000(/[a-z]+)", "\n".join(text for text in texts().values())))
    for pod in deployments().values():
        probes = [one[kind] for one in pod["containers"] for kind in one if kind.endswith("Probe")]
        asked |= {probe["httpGet"]["path"] for probe in probes if "httpGet" in probe}
    assert {"/healthz", "/readyz"} <= asked <= set(OPERATIONS)
