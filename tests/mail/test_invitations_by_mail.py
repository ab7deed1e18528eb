"""``moderation users invite --mail`` and ``moderation mail``: from the command line to the letter and the account."""

from __future__ import annotations

import pytest
from click.testing import Result

from tests.commands import moderation
from tests.mail.post_office import LATER, Mailing


def run(mailing: Mailing, *arguments: str, server: bool = True) -> Result:
    mails = {
        "MODERATION_SMTP_URL": f"smtp://127.0.0.1:{mailing.office.port}",
        "MODERATION_MAIL_FROM": "comments@news.example",
        "MODERATION_PUBLIC_URL": "https://comments.example",
    }
    return moderation(mailing.newsroom.hall, *arguments, **(mails if server else {}))


def ahead(mailing: Mailing) -> None:
    """The command's clock is the machine's."""
    mailing.newsroom.clock.now = mailing.mails()[-1].created_at


def test_an_invitation_goes_by_mail_and_opens_the_account(mailing: Mailing) -> None:
    name = f"berta {mailing.newsroom.site}"
    invited = run(
        mailing, "users", "invite", name, "--role", "moderator", "--mail", "berta@example.org", "--language", "de"
    )
    assert invited.exit_code == 0, invited.output
    assert "/invitation/" not in invited.output
    assert "\tinvitation\t" in run(mailing, "mail", "list").output
    ahead(mailing)
    assert mailing.send() == 1
    assert mailing.office.to == ["berta@example.org"]
    assert mailing.office.letters[0]["Subject"] == "Sie sind eingeladen, Kommentare zu moderieren"
    assert mailing.office.letters[0]["List-Unsubscribe"] is None
    assert name in mailing.office.texts[0]
    page = mailing.newsroom.client.get(mailing.link(0, "/invitation/"))
    assert (page.status_code, name in page.text) == (200, True)
    (mail,) = mailing.mails()
    assert mail.sealed is None
    assert "sent 20" in run(mailing, "mail", "list").output


def test_of_two_invitations_only_the_newer_is_sent(mailing: Mailing) -> None:
    name = f"carla {mailing.newsroom.site}"
    run(mailing, "users", "invite", name, "--role", "moderator", "--mail", "carla@example.org")
    again = run(mailing, "users", "invite-again", name, "--mail", "carla@example.org")
    assert again.exit_code == 0, again.output
    ahead(mailing)
    assert mailing.send() == 1
    assert mailing.newsroom.client.get(mailing.link(0, "/invitation/")).status_code == 200


@pytest.mark.parametrize("address", ["nobody", "a@b.example\r\nBcc: c@d.example"])
def test_a_wrong_address_invites_nobody(mailing: Mailing, address: str) -> None:
    name = f"dora {mailing.newsroom.site}"
    refused = run(mailing, "users", "invite", name, "--role", "moderator", "--mail", address)
    assert refused.exit_code == 2
    assert "is no mail address" in refused.output
    assert name not in run(mailing, "users", "list").output


def test_without_a_mail_server_nobody_is_invited_by_mail(mailing: Mailing) -> None:
    name = f"emma {mailing.newsroom.site}"
    arguments = ("users", "invite", name, "--role", "moderator", "--mail", "emma@example.org")
    refused = run(mailing, *arguments, server=False)
    assert refused.exit_code == 2
    assert "sends no mail" in refused.output
    assert name not in run(mailing, "users", "list").output
    assert run(mailing, "mail", "test", "emma@example.org", server=False).exit_code == 2


def test_a_server_is_tried_from_the_command_line(mailing: Mailing) -> None:
    tried = run(mailing, "mail", "test", "ada@example.org")
    assert (tried.exit_code, tried.output) == (0, "The mail server took the letter.\n")
    assert "https://comments.example" in mailing.office.texts[0]
    mailing.office.answer = LATER
    tried = run(mailing, "mail", "test", "ada@example.org")
    assert (tried.exit_code, tried.output) == (1, "the mail server said 451 4.3.0 come again\n")
    assert run(mailing, "mail", "test", "ada").exit_code == 2
