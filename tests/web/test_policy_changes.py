"""Put in force: thresholds, lengths and reasons are changed on a page, and nothing of anybody's is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from moderation.accounts.sites import add_site
from moderation.config.configuration_edit import Where, values_in
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.database import Database
from tests.web.machines import Machine
from tests.web.pages import CALM, RUDE, WITHOUT_LIMITS, Pages, Visitor, fields_of

POLICY = "/admin/policy"
CHANGE, FORCE, FORMER, STEP_BACK = (f"{POLICY}/{end}" for end in ("change", "force", "former", "step-back"))
Opens = Callable[[str], Machine]


@pytest.fixture
def opens(database_url: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens machines over one database by their names."""
    opened: list[Machine] = []

    def open_(name: str) -> Machine:
        opened.append(Machine(database_url, tmp_path / name))
        return opened[-1]

    yield open_
    for machine in opened:
        machine.stop()


@pytest.fixture
def machine(opens: Opens) -> Machine:
    """A machine whose administrators of every site are Ada and Berta."""
    return furnished(opens("one"))


def furnished(machine: Machine) -> Machine:
    add_site(machine.pages.services, "test", "demo", "The Courier")
    for name in ("Ada", "Berta"):
        machine.pages.account(name, {"*": Role.ADMIN})
    return machine


def fill(page: Visitor, **wanted: str) -> Visitor:
    """Fills in the form and looks at what would change."""
    return page.post(CHANGE, {**fields_of(page.page.get_element_by_id("change")), **wanted})


def force(page: Visitor, **wanted: str) -> Visitor:
    """Changes something and confirms it."""
    return fill(page.open(CHANGE), **wanted).send(FORCE)


def problem(page: Visitor) -> str:
    return " ".join(page.texts("//*[@id='problem']"))


def there(machine: Machine, **where: str) -> dict[str, Any]:
    _ = machine.text
    values = values_in(machine.live.current(), Where(**where))
    conditions = {f"{effect}.{key}": threshold for (effect, key), threshold in values.conditions.items()}
    reasons = {f"reason.{reason_id}.{part}": text for (reason_id, part), text in values.reasons.items()}
    return {**conditions, **values.lengths, **reasons}


def test_a_change_is_shown_tried_confirmed_written_and_noted(machine: Machine) -> None:
    machine.pages.article()
    machine.file.chmod(0o640)
    for body, verdict in ((CALM, Verdict.APPROVE), (RUDE, Verdict.REJECT)):
        machine.pages.decide(machine.pages.say(body, by=body[:4]), verdict, "rude" if body == RUDE else None)
    before, events = machine.text, len(machine.changes())
    wanted = {"approve.toxicity_at_most": "0.1", "flag.links_at_least": "", "minimum_length": "40"}
    wanted |= {"reason.spam.reader": "It sells something.", "reason.hate.remove": "1"}
    wanted |= {"new.1.label": "Too heated", "new.1.reader": "It is  more heat than light."}
    page = fill(machine.signed_in().open(CHANGE), **wanted)
    assert page.status == 200
    assert page.texts("//ul[@class='difference']/li") == [
        "everywhere, approve: toxicity at or under not asked → 0.1",
        "everywhere, flag: links at or over 2 → not asked",
        "everywhere: characters at least 50 → 40",
        "reason “Hate” (hate): taken away",
        "reason spam: its writer is told “It advertises something.” → “It sells something.”",
        "new reason “Too heated” (too-heated): “It is more heat than light.”",
    ]
    assert (machine.text, machine.file.read_text(), len(machine.changes())) == (before, before, events)
    tried = page.texts("//div[@aria-label='Outcomes']//td")
    assert tried[:2] == ["0", "1"], "one comment would be published"
    (whole,) = page.page.xpath("//a[starts-with(@href, '/admin/what-if?')]/@href")
    assert machine.signed_in().open(whole).texts("//div[@aria-label='Outcomes']//td") == tried

    page.send(FORCE)
    assert page.status == 200
    assert "It is in force. It stands in moderation.toml" in page.text
    assert "by Ada, to version" in page.texts("//ol[@class='trail']/li")[0]
    now = machine.file.read_text()
    assert machine.text == now != before
    assert now.startswith(before[: before.index("minimum_length")])
    assert "minimum_length = 40          # characters a reader sees, after normalising and trimming\n" in now
    assert '[[reasons]]\nid = "too-heated"\nlabel = "Too heated"\nreader = "It is more heat than light."\n' in now
    assert machine.file.stat().st_mode & 0o777 == 0o640
    assert machine.file.with_name("moderation.toml.before").read_text() == before
    (actor, payload) = machine.changes()[events:][0]
    assert actor.startswith("account:")
    assert json.loads(payload)["source"] == "page"
    assert len(machine.changes()) == events + 1
    machine.restart()
    assert machine.text == now
    assert len(machine.changes()) == events + 1


def test_a_place_is_changed_alone(machine: Machine) -> None:
    machine.pages.article(section="sport")
    page = machine.signed_in().open(f"{CHANGE}?section=sport")
    assert not page.page.xpath("//input[contains(@name, 'reason')]")
    fill(page, **{"flag.toxicity_at_least": "0.8", "maximum_length": "900"}).send(FORCE)
    assert "[policy.sections.sport.flag]\ntoxicity_at_least = 0.8\n" in machine.file.read_text()
    sport = there(machine, section="sport")
    assert (sport["flag.toxicity_at_least"], sport["maximum_length"]) == (0.8, 900)
    assert there(machine)["flag.toxicity_at_least"] == 0.5


def test_a_place_that_nobody_knows_is_not_everywhere(machine: Machine) -> None:
    page = machine.signed_in().open(CHANGE)
    events, said = machine.changes(), machine.file.read_text()
    sent: dict[str, str | list[str]] = {
        **fields_of(page.page.get_element_by_id("change")),
        "flag.toxicity_at_least": "0.9",
    }
    for place in ({"section": "gone"}, {"site": "gone"}, {"section": "\0"}):
        for action in (CHANGE, FORCE):
            page.post(action, {**sent, **place})
            assert page.status == 409
            assert "Nobody knows that site or section any more." in page.text
    assert (machine.changes(), machine.file.read_text()) == (events, said)


def test_what_a_form_was_made_from_is_asked_of_no_database_that_cannot_look_for_it(machine: Machine) -> None:
    page = machine.signed_in().open(CHANGE)
    page.post(CHANGE, {**fields_of(page.page.get_element_by_id("change")), "base": "a\0b"})
    assert page.status == 409
    assert "put in force meanwhile" in problem(page)


def test_when_somebody_else_was_faster_is_told_by_the_sites_clock(machine: Machine) -> None:
    machine.edit(WITHOUT_LIMITS + '[display]\ntime_zone = "Europe/Berlin"\n')
    assert machine.text.endswith('"Europe/Berlin"\n')
    ada, berta = machine.signed_in("Ada").open(CHANGE), machine.signed_in("Berta").open(CHANGE)
    force(ada, **{"flag.spam_at_least": "0.9"})
    fill(berta, **{"flag.toxicity_at_least": "0.7"})
    assert "by Ada on 14 January 2026, 10:00 CET" in problem(berta)


def test_what_was_tried_on_the_page_what_if_is_carried_over(machine: Machine) -> None:
    page = machine.signed_in().open("/admin/what-if").send("/admin/what-if", **{"reject.threat_at_least": "0.9"})
    (link,) = page.page.xpath(f"//a[starts-with(@href, '{CHANGE}')]/@href")
    fill(
        page.open(link),
    )
    assert page.texts("//ul[@class='difference']/li") == ["everywhere, reject: threat at or over not asked → 0.9"]


def test_of_two_administrators_the_second_is_told_and_loses_nothing(machine: Machine) -> None:
    ada, berta = machine.signed_in("Ada").open(CHANGE), machine.signed_in("Berta").open(CHANGE)
    fill(berta, **{"flag.toxicity_at_least": "0.7", "new.1.label": "Heat", "new.1.reader": "Too hot."})
    force(ada, **{"flag.spam_at_least": "0.9", "reason.rude.label": "Rude"})
    events, said = machine.changes(), machine.file.read_text()
    berta.send(FORCE)
    assert berta.status == 409
    assert "put in force meanwhile, by Ada on 14 January 2026" in problem(berta)
    assert "flag: spam at or over 0.8 → 0.9" in berta.text
    assert (machine.changes(), machine.file.read_text()) == (events, said)
    fill(
        berta,
    )
    assert berta.texts("//ul[@class='difference']/li") == [
        "everywhere, flag: toxicity at or over 0.5 → 0.7",
        "new reason “Heat” (heat): “Too hot.”",
    ]
    berta.send(FORCE)
    now = there(machine)
    assert (now["flag.toxicity_at_least"], now["flag.spam_at_least"]) == (0.7, 0.9)
    assert (now["reason.rude.label"], now["reason.heat.label"]) == ("Rude", "Heat")


def test_a_file_that_is_edited_meanwhile_is_not_overwritten(machine: Machine) -> None:
    ada = fill(machine.signed_in().open(CHANGE), **{"flag.toxicity_at_least": "0.7"})
    _ = machine.text
    machine.live._looked += 1000  # nobody looks at the file before the form comes
    for edit in (WITHOUT_LIMITS.replace("maximum_length = 5000", "maximum_length = 4000"), "[policy"):
        events = machine.changes()
        machine.edit(edit)
        ada.send(FORCE)
        assert ada.status == 409
        assert "Somebody has edited moderation.toml by hand" in problem(ada)
        assert (machine.file.read_text(), machine.changes()) == (edit, events)
    machine.edit(WITHOUT_LIMITS + "# by hand\n")
    machine.live._looked -= 1000
    assert machine.text.endswith("# by hand\n")
    ada.send(FORCE)
    assert ada.status == 409
    assert "put in force meanwhile, by the file" in problem(ada)
    fill(
        ada,
    ).send(FORCE)
    assert there(machine)["flag.toxicity_at_least"] == 0.7
    assert machine.file.read_text().endswith("# by hand\n")


def test_one_step_back_puts_in_force_what_was_before(machine: Machine) -> None:
    before = machine.text
    assert machine.signed_in().open(FORMER).status == 409
    force(machine.signed_in(), minimum_length="40")
    now = machine.text
    ada, berta = machine.signed_in("Ada").open(FORMER), machine.signed_in("Berta").open(FORMER)
    assert ada.texts("//ul[@class='difference']/li") == ["everywhere: characters at least 40 → 50"]
    ada.send(STEP_BACK)
    assert "What was in force before is in force again." in ada.text
    assert machine.text == machine.file.read_text() == before
    assert berta.send(STEP_BACK).status == 409
    assert machine.text == before
    assert json.loads(machine.changes()[-1][1])["source"] == "step back"
    berta.send(STEP_BACK)
    assert machine.text == machine.file.read_text() == now
    assert [actor.partition(":")[0] for actor, _ in machine.changes()] == ["system", *["account"] * 3]


@pytest.mark.parametrize("name", ["moderation.toml", "m" * 250])
def test_a_file_that_cannot_be_written_stays_and_the_change_is_in_force(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name != machine.file.name:  # no name is left for a file beside it
        machine.file.rename(machine.folder / name)
        monkeypatch.setattr(Machine, "file", property(lambda self: self.folder / name))
        machine.restart()
    else:
        machine.file.chmod(0o444)
    said = machine.file.read_text()
    page = force(machine.signed_in(), minimum_length="40")
    assert page.status == 200
    assert f"{name} on this machine could not be written" in page.text
    assert machine.file.read_text() == said
    assert machine.file.stat().st_mode & 0o777 in (0o444, 0o644)
    assert [file.name for file in machine.folder.iterdir() if file.is_file()] == [name]
    machine.restart()
    assert there(machine)["minimum_length"] == 40
    assert "says something else than what is in force" in machine.signed_in().open(POLICY).text
    machine.file.chmod(0o644)
    machine.edit(said + "# and it says more\n")
    assert there(machine)["minimum_length"] == 50


def executed(database: Database, statement: str) -> None:
    database.writing(lambda session: session.execute(text(statement)))


def test_where_nothing_can_be_written_the_text_is_offered(machine: Machine) -> None:
    page = fill(machine.signed_in().open(CHANGE), minimum_length="40")
    said, database = machine.file.read_text(), machine.pages.services.database
    for statement in REFUSING[database.engine.dialect.name]:
        executed(database, statement)
    page.send(FORCE)
    assert page.status == 503
    assert "can’t be written just now. Nothing was changed." in problem(page)
    (offered,) = page.page.xpath("//details[@open]//textarea")
    assert "minimum_length = 40 " in offered.text_content()
    assert machine.text == machine.file.read_text() == said
    if database.engine.dialect.name != "sqlite":  # the database is used again
        database.writing(lambda session: session.execute(text("DROP TRIGGER full_up ON configurations")))
        database.writing(lambda session: session.execute(text("DROP FUNCTION full_up")))


REFUSING = {
    "sqlite": ("CREATE TRIGGER full_up BEFORE INSERT ON configurations BEGIN SELECT RAISE(ABORT, 'full up'); END",),
    "postgresql": (
        "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''full up''; END'",
        "CREATE TRIGGER full_up BEFORE INSERT ON configurations FOR EACH ROW EXECUTE FUNCTION full_up()",
    ),
}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("flag.toxicity_at_least", "1.2", "“1.2” is no number from 0 to 1"),
        ("approve.links_at_most", "-1", "“-1” is no number of 0 or more"),
        ("reject.threat_at_least", "much", "“much” is no number"),
        ("minimum_length", "", "Nothing is no whole number from 0 to 100,000"),
        ("minimum_length", "6000", "6000 is over the longest"),
        ("maximum_length", "1e3", "“1e3” is no whole number"),
        ("reason.spam.reader", " ", "Write the sentence"),
        ("reason.spam.label", "x" * 81, "At most 80 characters"),
        ("new.2.label", "Only a name", "Write the sentence"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_kept(
    pages: Pages, field: str, value: str, words: str
) -> None:
    page = fill(pages.signed_in().open(CHANGE), **{"maximum_length": "4000", field: value})
    assert page.status == 422
    where = "new.2.reader" if field == "new.2.label" else field
    (found,) = page.page.xpath(f"//input[@id='{where}']")
    assert found.get("aria-invalid") == "true"
    said = page.texts(f"//*[@id='{where}-error']")
    assert len(said) == 1
    assert words in said[0]
    assert f"{where}-error" in found.get("aria-describedby")
    assert page.page.xpath(f"//input[@id='{field}']/@value") == [value.strip()]
    if field != "maximum_length":
        assert page.page.xpath("//input[@id='maximum_length']/@value") == ["4000"]
    good = {"minimum_length": "50", "maximum_length": "4500"}.get(field, "0.5" if "_at_" in field else "Words")
    assert fill(page, **{field: good, where: good}).status == 200


def test_one_can_go_back_to_the_form_with_everything_in_it(machine: Machine) -> None:
    page = fill(machine.signed_in().open(CHANGE), minimum_length="40")
    page.send(FORCE)  # stands for whoever pressed it in another tab
    fill(page.open(CHANGE), minimum_length="30")
    fields = {name: value for form in page.page.forms if form.action == FORCE for name, value in form.form_values()}
    page.post(CHANGE, fields | {"edit": "1"})
    assert page.page.xpath("//input[@id='minimum_length']/@value") == ["30"]
    assert fill(page, minimum_length="40").status == 422
    assert "Nothing is changed yet" in problem(page)


def test_who_does_not_administer_every_site_and_whoever_has_no_token_changes_nothing(machine: Machine) -> None:
    machine.pages.account("Local", {"demo": Role.ADMIN})
    local, ada = machine.signed_in("Local"), machine.signed_in()
    assert "Change it" not in local.open(POLICY).text
    assert [local.open(path).status for path in (CHANGE, FORMER)] == [403, 403]
    events = machine.changes()
    fields = {name: value for name, value in ada.open(CHANGE).page.forms[-1].form_values() if name != "csrf_token"}
    for path in (CHANGE, FORCE, STEP_BACK):
        assert ada.post(path, fields | {"minimum_length": "40"}).status == 400
    assert machine.changes() == events


# --- several machines -------------------------------------------------------------------------------------------------


def test_what_is_put_in_force_on_one_machine_holds_on_every_one_and_no_older_file_undoes_it(opens: Opens) -> None:
    one, two = furnished(opens("one")), opens("two")
    events = len(one.changes())
    force(one.signed_in(), minimum_length="40")
    assert there(two)["minimum_length"] == 40
    assert two.file.read_text() == WITHOUT_LIMITS
    for machine in (two, one):
        machine.restart()
        assert there(machine)["minimum_length"] == 40
    three = opens("three")  # a new machine with the file of the day before
    assert there(three)["minimum_length"] == 40
    assert len(one.changes()) == events + 1
    force(two.signed_in(), minimum_length="30")  # its file was behind, and is not any more
    assert one.text == two.text == two.file.read_text() == three.text
    one.restart()
    assert there(one)["minimum_length"] == 30


def test_an_edited_file_takes_over_from_the_page(opens: Opens) -> None:
    one, two = furnished(opens("one")), opens("two")
    force(one.signed_in(), minimum_length="40")
    two.edit(WITHOUT_LIMITS.replace("minimum_length = 50", "minimum_length = 60"))
    assert (there(two)["minimum_length"], there(one)["minimum_length"]) == (60, 60)
    force(one.signed_in(), minimum_length="20")
    one.stop()
    one.edit(WITHOUT_LIMITS)  # back to what once was, while nothing ran: an edit where the file was what is in force
    one.start()
    assert (there(one)["minimum_length"], there(two)["minimum_length"]) == (50, 50)


def test_a_machine_that_catches_up_with_a_file_undoes_nothing(opens: Opens) -> None:
    one, two = furnished(opens("one")), opens("two")
    newer = WITHOUT_LIMITS.replace("minimum_length = 50", "minimum_length = 60")
    one.edit(newer)
    assert there(one)["minimum_length"] == 60
    force(one.signed_in(), minimum_length="40")
    two.edit(newer)
    assert there(two)["minimum_length"] == 40
    two.restart()
    assert there(two)["minimum_length"] == 40


def test_a_configuration_that_this_version_cannot_read_stays_out_here(opens: Opens) -> None:
    one, two = furnished(opens("one")), opens("two")
    force(one.signed_in(), minimum_length="40")
    assert there(two)["minimum_length"] == 40
    rename = text("UPDATE configurations SET hash = 'newer', text = '[from_tomorrow]' WHERE text LIKE '%= 40 %'")
    one.pages.services.database.writing(lambda session: session.execute(rename))
    assert there(two)["minimum_length"] == 40
    two.restart()  # then its file alone counts
    assert there(two)["minimum_length"] == 50
