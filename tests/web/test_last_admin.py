"""The last admin who can sign in stays one, whoever takes rights away, and however many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from moderation.accounts.accounts import disable_account, invite, set_grant, set_grants
from moderation.core.actor import EVERYWHERE
from moderation.core.errors import InvalidField
from moderation.services import Services
from moderation.storage.accounts import Granted, Role, all_accounts, grants_of
from tests.web.pages import Pages, on_both_databases

ADMIN = {EVERYWHERE: Granted(role=Role.ADMIN)}
MODERATOR = {EVERYWHERE: Granted(role=Role.MODERATOR)}
Taking = Callable[[Services, str], None]

WAYS: dict[str, Taking] = {
    "disabled": lambda services, name: disable_account(services, "test", name),
    "given another role": lambda services, name: set_grants(services, "test", name, MODERATOR),
    "given no role": lambda services, name: set_grants(services, "test", name, {}),
    "taken off every site": lambda services, name: set_grant(services, "test", name, EVERYWHERE, None),
    "moved to one site": lambda services, name: set_grants(services, "test", name, {"demo": Granted(role=Role.ADMIN)}),
}


def usable_admins(pages: Pages) -> list[str]:
    with pages.services.database.reading() as session:
        usable = [one for one in all_accounts(session) if one.disabled_at is None and one.password_hash]
        return [one.name for one in usable if grants_of(session, one.id) == ADMIN]


@on_both_databases
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", ["disabled", "given another role"])
def test_two_admins_taken_at_once_leave_one(pages: Pages, first: str, second: str) -> None:
    pages.account("berta", {EVERYWHERE: Role.ADMIN})
    begun = threading.Barrier(2)

    def slowly() -> datetime:
        time.sleep(0.15)  # at the start and before the commit of each: both are at work before either has ended
        return pages.clock()

    services = replace(pages.services, clock=slowly)

    def take(way: str, name: str) -> bool:
        begun.wait()
        try:
            WAYS[way](services, name)
        except InvalidField:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(take, first, "admin"), pool.submit(take, second, "berta")]
        assert sorted(one.result() for one in taken) == [False, True]
    assert len(usable_admins(pages)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_admin_who_can_t_sign_in_yet_or_any_more_is_no_other_admin(pages: Pages, way: str) -> None:
    invite(pages.services, "test", "invited", ADMIN)
    pages.account("gone", {EVERYWHERE: Role.ADMIN})
    disable_account(pages.services, "test", "gone")
    pages.account("of one site", {"demo": Role.ADMIN})
    pages.account("senior", {EVERYWHERE: Role.SENIOR})
    with pytest.raises(InvalidField, match="last admin"):
        WAYS[way](pages.services, "admin")
    assert usable_admins(pages) == ["admin"]


def test_two_changes_of_one_account_s_roles_at_once_both_hold(pages: Pages) -> None:
    pages.account("berta", {})
    begun = threading.Barrier(2)

    def slowly() -> datetime:
        time.sleep(0.15)
        return pages.clock()

    services = replace(pages.services, clock=slowly)

    def give(place: str) -> None:
        begun.wait()
        set_grant(services, "test", "berta", place, Granted(role=Role.SENIOR))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(give, (EVERYWHERE, "demo")))
    with pages.services.database.reading() as session:
        (berta,) = [one for one in all_accounts(session) if one.name == "berta"]
        assert sorted(grants_of(session, berta.id)) == [EVERYWHERE, "demo"]
