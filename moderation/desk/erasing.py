"""An administrator asks for a reader's data to be erased, from the author's page."""

from __future__ import annotations

from moderation.accounts.reachable import author_reached
from moderation.comments.erasing import Asker, ask_within
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import ADMIN, account_of
from moderation.services import Services
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


def erase_author(services: Services, admin: Actor, author_id: str, name: str) -> None:
    """Has all that is known of an author erased, in the background. ``name`` is the author's, typed once more.

    Raises ``AuthorNotFound``, ``RightMissing``, ``InvalidField`` for another name, and ``ErasureStopped``.
    """
    account_id = account_of(admin, ADMIN)

    def work(unit: UnitOfWork) -> None:
        author = author_reached(unit.session, admin, ADMIN, author_id, altogether=True)
        if name.split() != author.name.split():
            raise InvalidField("name", Message("confirming_name_differs"))
        ask_within(unit, services, Asker(actor=admin.reference, account_id=account_id), author.id)

    run_in_unit_of_work(services, work)
