"""The configuration in force: reloaded when its file has been still, and never worse than the last good one."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select

from moderation.app import create_app
from moderation.bootstrap import build_services
from moderation.config.configuration import Configuration
from moderation.config.live import LiveConfiguration
from moderation.config.on_disk import ConfigurationOnDisk
from moderation.core.actor import Actor
from moderation.core.errors import ConfigurationError
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.services import Services
from moderation.storage.audit import EventRow
from tests.doubles import NOON, ObedientScorer, StandingClock
from tests.newsroom import open_hall, settings_for

STRICT, LOOSE = "[policy.reject]\nthreat_at_least = 0.5\n", "[policy.reject]\nthreat_at_least = 0.9\n"


class Watch:
    """Two clocks that go at the same pace."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """Keeps in memory what the database keeps, and takes every file for an edit."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.fails = False

    def newest_text(self) -> str | None:
        return self.texts[-1] if self.texts else None

    def newest_hash(self) -> str | None:
        return sha256(self.texts[-1].encode()).hexdigest() if self.texts else None

    def propose(self, new: Configuration, *, last_read: str | None, anyway: bool = False) -> None:
        if self.fails:
            raise OSError("the database is gone")
        if new.text not in self.texts[-1:]:
            self.texts.append(new.text)


class Desk:
    """A file, a clock and what was kept of the configurations."""

    def __init__(self, folder: Path, text: str = STRICT) -> None:
        self.file = folder / "moderation.toml"
        self.watch = Watch()
        self.versions = Kept()
        self.write(text)
        self.watch.now += 10

    def write(self, text: str | bytes, ahead: float = 0.0) -> None:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(self.file, ns=(0, int((self.watch.now + ahead) * 1e9)))

    def open(self, *kept: str) -> LiveConfiguration:
        self.versions = Kept(*kept)
        disk = ConfigurationOnDisk(self.file, self.file.parent)
        return LiveConfiguration(disk, self.versions, monotonic=self.watch, wall=self.watch)

    def later(self, live: LiveConfiguration, seconds: float) -> str:
        self.watch.now += seconds
        return live.current().text


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_change_takes_effect_once_the_file_was_still_for_a_second(desk: Desk) -> None:
    live = desk.open()
    desk.write(LOOSE)
    assert desk.later(live, 0.9) == STRICT
    assert desk.later(live, 0.6) == LOOSE
    assert desk.versions.texts == [STRICT, LOOSE]


def test_a_file_that_is_still_being_written_waits(desk: Desk) -> None:
    live = desk.open()
    for _ in range(5):
        desk.write(LOOSE)
        assert desk.later(live, 0.8) == STRICT
    assert desk.later(live, 1.0) == LOOSE


def test_a_file_from_the_future_is_believed_after_a_second_all_the_same(desk: Desk) -> None:
    live = desk.open()
    desk.write(LOOSE, ahead=86_400)
    assert desk.later(live, 0.6) == STRICT
    assert desk.later(live, 1.1) == LOOSE


@pytest.mark.parametrize("broken", ["[policy.reject", "[policy.reject]\nthreat = 1", b"\xff\xfe", "[policy.rej"])
def test_a_broken_file_is_refused_and_the_last_good_one_stays(desk: Desk, broken: str | bytes) -> None:
    live = desk.open()
    desk.write(broken)
    assert desk.later(live, 2) == STRICT
    assert live.refused is not None
    assert desk.versions.texts == [STRICT]
    # ... for a process that starts now too.
    later = desk.open(STRICT)
    assert later.current().text == STRICT
    assert later.refused is not None
    desk.write(LOOSE)
    assert desk.later(live, 2) == LOOSE
    assert live.refused is None


def test_a_file_that_is_gone_changes_nothing(desk: Desk) -> None:
    live = desk.open()
    desk.file.unlink()
    assert desk.later(live, 2) == STRICT
    assert desk.open(STRICT).current().text == STRICT


def test_without_a_last_good_one_a_broken_file_stops_the_start(desk: Desk) -> None:
    desk.write("[policy.reject]\nthreat = 1")
    with pytest.raises(ConfigurationError, match=r"policy\.reject\.threat"):
        desk.open()


def test_a_cut_off_file_is_refused_though_it_parses(desk: Desk) -> None:
    whole = "[policy.flag]\nlinks_at_least = 2\n\n[policy.reject]\nthreat_at_least = 0.5\n"
    desk.write(whole)
    live = desk.open()
    for cut in (whole[:33], whole[:20], whole[:-3], ""):
        desk.write(cut)
        assert desk.later(live, 2) == whole
        assert live.refused is not None
        assert desk.open(whole).current().text == whole


def test_an_edit_that_breaks_off_is_refused_though_it_parses_and_is_no_beginning_of_what_was(desk: Desk) -> None:
    whole = "[policy.flag]\nlinks_at_least = 2\n\n[policy.reject]\nthreat_at_least = 0.5\ninsult_at_least = 0.9\n"
    desk.write(whole)
    live = desk.open()
    edited = whole.replace("= 2", "= 5")
    for place in range(edited.index("5") + 1, len(edited) - 1):
        desk.write(edited[:place])
        assert desk.later(live, 2) == whole, edited[:place]
        assert live.refused is not None
    # Written to its end, or ended so on purpose, it is obeyed.
    desk.write(edited)
    assert desk.later(live, 2) == edited
    meant = "[policy.flag]\nlinks_at_least = 6\n# nothing is refused any more\n"
    desk.write(meant)
    assert desk.later(live, 2) == meant
    assert live.refused is None


def test_what_cannot_be_kept_yet_is_tried_again_and_hurts_nobody(desk: Desk) -> None:
    live = desk.open()

    desk.versions.fails = True
    desk.write(LOOSE)
    assert desk.later(live, 2) == STRICT
    desk.versions.fails = False
    assert desk.later(live, 2) == LOOSE


def test_scoring_is_read_at_start_alone(desk: Desk) -> None:
    live = desk.open()
    desk.write('[scoring]\nmode = "worker"\n' + LOOSE)
    desk.later(live, 2)
    assert live.current().scoring.mode == "inline"
    assert live.current().policy.rules_for().reject[0].threshold == 0.9


def test_a_kept_configuration_of_another_version_is_not_needed(desk: Desk) -> None:
    assert desk.open("[gone]\nkey = 1").current().text == STRICT


# --- with the database -----------------------------------------------------------------------------------------------


def changes(services: Services) -> int:
    with services.database.reading() as session:
        query = select(func.count()).select_from(EventRow).where(EventRow.event == "policy.changed")
        return session.scalar(query) or 0


def started(url: str, folder: Path) -> Services:
    return build_services(settings_for(url, folder), scorer=ObedientScorer(), clock=StandingClock())


def aged(file: Path, text: str) -> None:
    file.write_text(text)
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))


def test_each_change_is_one_audit_event_however_many_processes_see_it(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "moderation.toml"
    aged(file, STRICT)
    processes = [started(database_url, tmp_path) for _ in range(3)]
    assert changes(processes[0]) == 1
    file.write_text(LOOSE)
    os.utime(file, (NOON.timestamp() + 60, NOON.timestamp() + 60))
    for services in processes:
        services.configuration._looked -= 10  # type: ignore[attr-defined]
        assert services.configuration.current().text == LOOSE
    assert changes(processes[0]) == 2
    for services in processes:
        services.database.close()


OUTSIDE = '[scoring.outside]\n{}\nsignals = ["shouting"]\n'


@pytest.mark.parametrize("asks", ['functions = ["nobody_s"]', 'url = "https://192.168.0.7/"'])
def test_a_classifier_that_nobody_can_ask_is_refused_in_the_file_and_stops_no_later_start(
    sqlite_url: str, tmp_path: Path, asks: str
) -> None:
    file = tmp_path / "moderation.toml"
    aged(file, OUTSIDE.format(asks))
    with pytest.raises(ConfigurationError, match=r"scoring\.outside"):
        started(sqlite_url, tmp_path)
    aged(file, STRICT)
    services = started(sqlite_url, tmp_path)
    file.write_text(STRICT + OUTSIDE.format(asks))
    os.utime(file, (NOON.timestamp() + 60, NOON.timestamp() + 60))
    services.configuration._looked -= 10  # type: ignore[attr-defined]
    assert services.configuration.current().text == STRICT
    assert services.configuration.refused is not None  # type: ignore[attr-defined]
    services.database.close()
    again = started(sqlite_url, tmp_path)
    assert again.configuration.current().text == STRICT
    again.database.close()


def test_a_change_in_the_middle_of_a_decision_does_not_wait_for_itself(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "moderation.toml"
    aged(file, "[rate_limits]\nenabled = false\n")
    services = started(sqlite_url, tmp_path)
    hall = open_hall(sqlite_url, tmp_path)
    newsroom = hall.new_site()
    newsroom.put_article()
    comment = newsroom.accepted()["id"]
    client = create_app(services).test_client()
    moderator = Actor(reference="account:mo", name="Mo", rights={newsroom.site: frozenset({"moderate"})})
    for number, outcome in enumerate((Verdict.APPROVE, Verdict.REJECT, Verdict.REOPEN), start=1):
        file.write_text(f"[policy.reject]\nthreat_at_least = 0.{number}\n")
        os.utime(file, (NOON.timestamp() + number, NOON.timestamp() + number))
        services.configuration._looked -= 10  # type: ignore[attr-defined]
        decide_comment(services, moderator, comment, Ruling(verdict=outcome))
    assert changes(services) == 4
    file.write_text("[rate_limits]\nenabled = true\n")
    os.utime(file, (NOON.timestamp() + 9, NOON.timestamp() + 9))
    services.configuration._looked -= 10  # type: ignore[attr-defined]
    headers = {"Authorization": f"Bearer {newsroom.secret}"}
    content = {"author": {"name": "Ada", "id": "ada"}, "body": newsroom.text()}
    assert client.post("/api/v1/articles/trams/comments", json=content, headers=headers).status_code == 202
    assert changes(services) == 5
    for opened in (services, hall.services):
        opened.database.close()


def test_processes_that_see_a_change_in_the_same_moment_make_one_event_of_it(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "moderation.toml"
    aged(file, STRICT)
    processes = [started(database_url, tmp_path) for _ in range(4)]
    file.write_text(LOOSE)
    os.utime(file, (NOON.timestamp() + 60, NOON.timestamp() + 60))
    barrier = threading.Barrier(4)

    def look(services: Services) -> str:
        services.configuration._looked -= 10  # type: ignore[attr-defined]
        barrier.wait()
        return services.configuration.current().text

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(look, processes)) == {LOOSE}
    assert changes(processes[0]) == 2
    for services in processes:
        services.database.close()
