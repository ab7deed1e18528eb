"""Functions that installed packages offer: the README's own package, and some that misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from moderation.cli import main
from moderation.core.errors import ConfigurationError
from moderation.outside.asking import check_reachable
from moderation.webhooks.signing import outside_secrets
from tests.commands import moderation
from tests.newsroom import Newsroom
from tests.outside.classifier import classifiers

POST = '[comments]\nmode = "post"\n'


@pytest.fixture
def room(front_door: Newsroom, package: None) -> Iterator[Newsroom]:
    front_door.hall.change(outside=classifiers(front_door))
    yield front_door
    front_door.hall.change(outside=None)


def configure(room: Newsroom, *functions: str, policy: str = "", more: str = "") -> None:
    listed = ", ".join(f'"{name}"' for name in functions)
    room.configure(f'[scoring.outside]\nfunctions = [{listed}]\nsignals = ["shouting"]\n{more}\n{policy}')


def test_the_function_of_the_readme_is_asked(room: Newsroom) -> None:
    configure(room, "my_classifier", policy="[policy.flag]\noutside.shouting_at_least = 0.5\n")
    check_reachable(room.services.configuration.current().scoring.outside)
    loud = room.accepted(body="THE TRAMS ARE BACK AND EVERYBODY WHO LIVES HERE IS HAPPY FOR ONCE")
    assert loud["reasons"] == ["outside: shouting 1.00, at or over 0.50"]
    calm = room.accepted(body="the new rails are laid, and those who live at the harbour hear nothing of it")
    assert calm["scores"]["outside"] == {"shouting": 0.0}


@pytest.mark.parametrize("name", ["raises", "hangs", "nonsense", "missing", "not_installed"])
def test_what_misbehaves_gives_no_signal_and_is_logged_without_a_text(
    room: Newsroom, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    configure(room, name, policy=POST + "[policy.reject]\noutside.shouting_at_least = 0.1\n", more="timeout_ms = 100")
    one = room.accepted("Something very private")
    assert (one["status"], one["scores"]["outside"]) == ("approved", {"shouting": None})
    assert name in caplog.text
    assert "very private" not in caplog.text


def test_of_two_the_higher_counts_and_one_that_fails_takes_nothing_from_the_other(room: Newsroom) -> None:
    configure(room, "raises", "my_classifier", policy="[policy.flag]\noutside.shouting_at_least = 0.5\n")
    one = room.accepted(body="THE TRAMS ARE BACK AND EVERYBODY WHO LIVES HERE IS HAPPY FOR ONCE")
    assert one["scores"]["outside"] == {"shouting": 1.0}


def test_a_function_that_is_not_installed_is_named(room: Newsroom, tmp_path: Path) -> None:
    configure(room, "nobody_s")
    with pytest.raises(ConfigurationError) as error:
        check_reachable(room.services.configuration.current().scoring.outside)
    assert "nobody_s" in str(error.value)
    assert "my_classifier" in str(error.value)
    file = tmp_path / "moderation.toml"
    file.write_text('[scoring.outside]\nfunctions = ["nobody_s"]\nsignals = ["shouting"]\n')
    result = CliRunner().invoke(main, ["policy", "check", str(file)])
    assert result.exit_code == 2
    assert "nobody_s" in result.output
    file.write_text('[scoring.outside]\nfunctions = ["my_classifier"]\nsignals = ["shouting"]\n')
    assert CliRunner().invoke(main, ["policy", "check", str(file)]).exit_code == 0


def test_the_secret_is_told_on_the_command_line(room: Newsroom) -> None:
    told = moderation(room.hall, "keys", "outside").output.strip()
    assert told == outside_secrets(room.services.keys.webhooks)[0]
    assert told.startswith("whsec_")
