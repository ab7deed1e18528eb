"""A letter every morning, for whoever has asked for it on their account's page: how much waits for them, since when,
and what the law's clocks say. Never a comment's words.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from moderation.accounts.reachable import sites_reached
from moderation.accounts.sign_in import account_at_work
from moderation.comments.writers_mail import check_mail_is_on, sealed
from moderation.core.actor import Actor
from moderation.core.mail_addresses import mail_address
from moderation.core.messages import Message, Moment
from moderation.core.reach import READ, SENIOR, reachable, scopes, sites_of, whole
from moderation.mail.writing import Letter, Writing
from moderation.services import Services
from moderation.storage.comments import Comment
from moderation.storage.desk_lists import COUNTED, Order, Wanted, how_many, page_of
from moderation.storage.legal import pressing
from moderation.storage.mails import (
    Mail,
    MailKind,
    find_digest,
    forget_digest,
    keep_digest,
    post,
    the_digests_due,
)
from moderation.storage.sites import Site

MORNING = time(7)
"""By the clock of the account's sites."""
AT_ONCE = 100


def ask_for_digest(services: Services, owner: Actor, email: str, language: str) -> None:
    """Has a letter sent to the owner of an account every morning from the next one on, in place of an earlier one.
    Raises ``InvalidField``.
    """
    check_mail_is_on(services, "mail address")
    kept = sealed(services.keys, to=mail_address(email, "mail address"))
    account_id, at = owner.account_id or "", _next_morning(services, owner)
    services.database.writing(
        lambda session: keep_digest(session, account_id, sealed=kept, language=language, next_at=at)
    )


def end_digest(services: Services, account_id: str) -> None:
    """No more letters; the address is erased, with one that waits."""
    services.database.writing(lambda session: forget_digest(session, account_id))


def post_digests(services: Services) -> int:
    """Has every letter sent whose morning has come; returns how many. Of several processes one does each."""
    posted = 0
    with services.database.reading() as session:
        due = the_digests_due(session, services.clock(), AT_ONCE)
    for account_id in due:
        owner = account_at_work(services, account_id)
        if owner is None:  # they are shut out: nobody tells them anything any more
            end_digest(services, account_id)
            continue
        following, now = _next_morning(services, owner), services.clock()
        posted += services.database.writing(partial(_post, account_id=account_id, now=now, following=following))
    return posted


def _post(session: Session, *, account_id: str, now: datetime, following: datetime) -> bool:
    row = find_digest(session, account_id, lock=True)
    if row is None or row.next_at > now:
        return False
    row.next_at = following
    post(session, MailKind.DIGEST, account_id, sealed=row.sealed, language=row.language, now=now)
    return True


def _next_morning(services: Services, owner: Actor) -> datetime:
    zone = _zone(services, owner)
    now = services.clock()
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), MORNING, zone)
    # Not a day of 24 hours: the clock may be put forward or back.
    return today if today > now else datetime.combine(local.date() + timedelta(days=1), MORNING, zone)


def _zone(services: Services, owner: Actor) -> ZoneInfo:
    return services.configuration.current().display.zone_of(*sites_of(owner))


def digest(writing: Writing, mail: Mail, needed: dict[str, str]) -> Letter | None:
    """The letter; None where nothing waits, and for an account that is shut out."""
    services = writing.services
    owner = account_at_work(services, mail.subject)
    if owner is None:
        return None
    sites = sites_reached(writing.session, owner, READ)
    lines = [line for site in sites if (line := _of_site(writing, owner, site)) is not None]
    law = _of_the_law(writing, owner, sites)
    if not lines and law is None:
        return None
    url = writing.settings.public_url
    parts = [
        "\n".join(lines) + f"\n{url}/review" if lines else None,
        None if law is None else f"{law}\n{url}/legal",
        writing.leads(Message("mail_digest_stop"), f"{url}/account"),
    ]
    return Letter(
        to=needed["to"],
        subject=writing.says(Message("mail_digest_subject")),
        paragraphs=tuple(part for part in parts if part is not None),
    )


def _of_site(writing: Writing, owner: Actor, site: Site) -> str | None:
    wanted = Wanted(scopes=scopes(owner, READ, [site.id]), order=Order.OLDEST)
    count, oldest = how_many(writing.session, wanted), page_of(writing.session, wanted, limit=1)
    if not count or not oldest:
        return None
    since = writing.session.get_one(Comment, oldest[0]).received_at
    zone = str(writing.services.configuration.current().display.zone_of(site.id))
    number = f"{COUNTED}+" if count > COUNTED else str(count)
    return writing.says(
        Message("mail_digest_site", {"site": site.name, "number": number, "since": Moment(since, zone=zone)})
    )


def _of_the_law(writing: Writing, owner: Actor, sites: tuple[Site, ...]) -> str | None:
    theirs = [site.id for site in sites if reachable(owner, SENIOR, whole(site.id))]
    now = writing.services.clock()
    soon = now + timedelta(hours=writing.services.configuration.current().legal.due_soon_hours)
    found = pressing(writing.session, theirs, now=now, soon=soon)
    if not (found.overdue or found.soon):
        return None
    return writing.says(Message("mail_digest_legal", {"overdue": found.overdue, "soon": found.soon}))
