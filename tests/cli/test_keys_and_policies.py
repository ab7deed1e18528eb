"""Accounts, keys and policies from the command line, beside the service that uses them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.config.configuration_file import parse_configuration
from moderation.scoring import stamps_today
from moderation.storage.audit import events_of
from tests.newsroom import Hall, Newsroom
from tests.scoring.small_pack import write_pack

PASSWORD = "a long enough password\n"


@pytest.fixture
def site(hall: Hall) -> Newsroom:
    newsroom = hall.new_site()
    newsroom.put_article()
    return newsroom


def run(hall: Hall, *arguments: str, stdin: str | None = None) -> Result:
    environment = {
        "MODERATION_DATABASE_URL": hall.services.database.url,
        "MODERATION_VAR": str(hall.services.settings.var),
    }
    return CliRunner().invoke(main, arguments, env=environment, input=stdin)


def test_keys_made_and_revoked_on_the_command_line_work_at_once(hall: Hall, site: Newsroom) -> None:
    key = run(hall, "sites", "secret-key", site.site, "--right", "read").output.strip()
    assert site.server("GET", "/api/v1/articles/trams/comments", key).status_code == 200
    assert site.comment(headers={"Authorization": f"Bearer {key}"}).status_code == 403
    listed = run(hall, "sites", "list").output
    assert key not in listed
    key_id = next(line.split()[0] for line in listed.splitlines() if f"...{key[-4:]}" in line)
    assert run(hall, "sites", "revoke", key_id).exit_code == 0
    assert site.server("GET", "/api/v1/articles/trams/comments", key).status_code == 401


def test_origins_replace_those_that_the_key_had_and_the_answer_says_so(hall: Hall, site: Newsroom) -> None:
    made = run(hall, "sites", "publishable-key", site.site, "--origin", "https://old.example")
    key = made.output.strip()
    asked = ("--origin", "https://news.example", "--origin", "https://www.news.example")
    said = run(hall, "sites", "origins", key, *asked).output
    assert said.strip() == (
        "The key works from https://news.example, https://www.news.example. It no longer does from https://old.example."
    )
    line = next(line for line in run(hall, "sites", "list").output.splitlines() if key in line)
    assert line.endswith(f"publishable {key}, from https://news.example, https://www.news.example")
    again = run(hall, "sites", "origins", line.split()[0], "--origin", "https://news.example:443").output
    assert again.strip().startswith("The key works from https://news.example. It no longer")
    assert "in the place of all that it had" in " ".join(run(hall, "sites", "origins", "--help").output.split())


def test_a_publishable_key_is_revoked_by_what_it_says(hall: Hall, site: Newsroom) -> None:
    key = run(hall, "sites", "publishable-key", site.site, "--origin", "https://news.example").output.strip()
    assert run(hall, "sites", "revoke", key).exit_code == 0
    (line,) = (line for line in run(hall, "sites", "list").output.splitlines() if key in line)
    assert "revoked" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sites", "secret-key", "nowhere"), "no site 'nowhere'"),
        (("sites", "origins", "pk_nothing", "--origin", "https://news.example"), "names no publishable key"),
        (("sites", "add", "The Daily"), "small letters"),
        (("sites", "add", "system"), "small letters"),
        (("sites", "publishable-key", "{site}", "--origin", "news.example"), "not an origin"),
        (("sites", "revoke", "nothing"), "names no key"),
        (("users", "token", "nobody", "--right", "moderate"), "no account"),
        (("users", "roles", "nobody", "--role", "admin"), "no account"),
        (("users", "revoke-token", "nothing"), "names no token"),
        (("users", "tokens", "nobody"), "no account"),
        (("users", "invite-again", "nobody"), "no account"),
        (("users", "second-factor-off", "nobody"), "no account"),
        (("users", "sign-out", "nobody"), "no account"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    hall: Hall, site: Newsroom, arguments: tuple[str, ...], said: str
) -> None:
    result = run(hall, *(argument.replace("{site}", site.site) for argument in arguments))
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


def test_accounts_and_tokens_live_and_end(hall: Hall, site: Newsroom) -> None:
    assert run(hall, "users", "add", "root", "--role", "admin", stdin=PASSWORD).exit_code == 0
    assert run(hall, "users", "add", "mo", "--role", f"{site.site}=moderator", stdin=PASSWORD).exit_code == 0
    assert "already" in run(hall, "users", "add", "mo", "--role", "moderator", stdin=PASSWORD).output
    assert "no site" in run(hall, "users", "roles", "mo", "--role", "nowhere=moderator").output
    assert "own" in run(hall, "users", "token", "mo", "--right", "articles").output
    token = run(hall, "users", "token", "mo", "--right", "moderate").output.strip()
    comment = site.accepted()["id"]
    assert site.decide(comment, "approve", token).status_code == 200
    token_id = run(hall, "users", "tokens", "mo").output.split()[0]
    assert token not in run(hall, "users", "tokens", "mo").output
    assert run(hall, "users", "revoke-token", token_id).exit_code == 0
    assert site.decide(comment, "reject", token).status_code == 401
    assert "revoked" in run(hall, "users", "tokens", "mo").output
    assert "last admin" in run(hall, "users", "disable", "root").output
    assert "last admin" in run(hall, "users", "roles", "root", "--role", "moderator").output
    assert run(hall, "users", "disable", "mo").exit_code == 0
    with hall.services.database.reading() as session:
        events = [event.event for event in events_of(session, "system")]
    assert {"account.created", "token.created", "token.revoked", "account.disabled"} <= set(events)


def test_a_role_is_limited_to_sections_and_more_is_granted_by_name(hall: Hall, site: Newsroom) -> None:
    here = site.site
    only = ("--role", f"{here}=senior", "--section", f"{here}=sport", "--section", f"{here}=opinion")
    assert run(hall, "users", "add", "sam", *only, "--extra", f"{here}=batch_reject", stdin=PASSWORD).exit_code == 0
    listed = run(hall, "users", "list").output
    assert f"sam\t{here}=senior in sport, opinion + batch_reject" in listed
    with hall.services.database.reading() as session:
        granted = [event.payload for event in events_of(session, "system") if event.event == "account.created"][-1]
    told = {"role": "senior", "sections": ["sport", "opinion"], "extra": ["batch_reject"]}
    assert json.loads(granted)["roles"] == {here: told}


def test_somebody_is_invited_and_let_in_again_on_the_command_line(hall: Hall, site: Newsroom) -> None:
    invitation = run(hall, "users", "invite", "ida", "--role", f"{site.site}=moderator").output.strip()
    assert site.client.get(invitation).status_code == 200
    again = run(hall, "users", "invite-again", "ida").output.strip()
    assert [site.client.get(path).status_code for path in (invitation, again)] == [404, 200]
    assert run(hall, "users", "second-factor-off", "ida").exit_code == 0
    assert run(hall, "users", "sign-out", "ida").exit_code == 0


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (("--role", "{site}=admin", "--section", "{site}=sport"), "can't limit an administrator"),
        (("--role", "moderator", "--role", "{site}=moderator", "--section", "{site}=sport"), "every site"),
        (("--role", "moderator", "--section", "{site}=sport"), "needs a role for the site"),
        (("--role", "{site}=moderator", "--extra", "batch_reject"), "needs a role for every site"),
        (("--role", "moderator", "--extra", "emperor"), "'emperor' is not known here"),
    ],
)
def test_rights_that_make_no_sense_are_refused_in_words(
    hall: Hall, site: Newsroom, rights: tuple[str, ...], said: str
) -> None:
    asked = [word.replace("{site}", site.site) for word in rights]
    result = run(hall, "users", "add", "sue", *asked, stdin=PASSWORD)
    assert result.exit_code != 0
    assert said in result.output


def test_a_policy_is_tried_on_what_was_decided(hall: Hall, site: Newsroom, tmp_path: Path) -> None:
    comments = [site.accepted(words)["id"] for words in ("threat=0.95", "threat=0.6", "")]
    site.decide(comments[0], "reject")
    site.decide(comments[2], "approve")
    other = tmp_path / "other.toml"
    other.write_text("[policy.reject]\nthreat_at_least = 0.9\n[policy.approve]\nthreat_at_most = 0.1\n")
    result = run(hall, "policy", "replay", str(other), "--each")
    assert result.exit_code == 0, result.output
    lines = {line["id"]: line for line in map(json.loads, result.output.splitlines())}
    changed = {(one, lines[one]["after"], lines[one]["moderator"]) for one in comments if one in lines}
    assert changed == {(comments[0], "rejected", "rejected"), (comments[2], "approved", "approved")}
    tallied = run(hall, "policy", "replay", str(other)).output
    assert f"Policy {parse_configuration(other.read_text()).policy.version} on " in tallied


@pytest.mark.usefixtures("without_world")
@pytest.mark.parametrize(("runtime", "otherwise"), [("openvino-int8", False), ("openvino-f32", True)])
def test_a_replay_says_which_pack_and_precision_it_decides_from_and_whether_that_would_be_otherwise_now(
    hall: Hall, site: Newsroom, tmp_path: Path, runtime: str, otherwise: bool
) -> None:
    packs = hall.services.settings.packs
    write_pack(packs / "whole", name="whole", quantised=True)
    (site.scorer.stamp,) = stamps_today("whole", "openvino-int8", packs)
    comment = site.accepted("threat=0.95")
    answer = site.server("GET", f"/api/v1/comments/{comment['id']}").json
    assert answer is not None
    stored = answer["scores"]["pack"]
    assert stored == {"name": "whole", "version": "1", "runtime": "openvino", "precision": "int8"}
    other = tmp_path / "other.toml"
    other.write_text(f'[scoring]\npack = "whole"\nruntime = "{runtime}"\n[policy.reject]\nthreat_at_least = 0.9\n')
    result = run(hall, "policy", "replay", str(other))
    assert result.exit_code == 0, result.output
    found = re.findall(r"^Decided from the scores of (.+): (\d+)\.$", result.output, re.MULTILINE)
    counts = {pack: int(count) for pack, count in found}
    now = re.search(r"Here and now it would be (.+): another .+ than for (\d+) of these", result.output)
    changed = 0 if now is None else int(now[2])
    assert changed == sum(counts.values()) - (0 if otherwise else counts["whole 1 on openvino, int8"])
    assert now is None or now[1] == f"whole 1 on openvino, {'f32' if otherwise else 'int8'}"
    each = map(json.loads, run(hall, "policy", "replay", str(other), "--each").output.splitlines())
    assert next(line["pack"] for line in each if line["id"] == comment["id"]) == stored


def test_the_chains_of_a_service_in_use_verify_and_their_heads_are_known_again(hall: Hall, site: Newsroom) -> None:
    site.decide(site.accepted()["id"])
    printed = run(hall, "audit", "verify")
    assert printed.exit_code == 0
    head = next(line for line in printed.output.splitlines() if site.site in line).rsplit(" ", 1)[1]
    site.accepted()
    assert run(hall, "audit", "verify", "--expect-head", head).exit_code == 0
    assert run(hall, "audit", "verify", "--expect-head", "0" * 64).exit_code == 1
    lines = [json.loads(line) for line in run(hall, "audit", "export").output.splitlines()]
    mine = [line for line in lines if line["chain"] == site.site]
    assert [line["sequence"] for line in mine] == list(range(1, len(mine) + 1))
