"""A comment comes in, by the API or a page's form: counted against its limits, stored, and told in the figures."""

from __future__ import annotations

from moderation.comments import submit
from moderation.comments.edit import Edited, edit, writer_of
from moderation.comments.idempotency import Arrival, Idempotency, Sender
from moderation.core.comment import Submission
from moderation.watching import counts
from moderation.web.shared.access import services
from moderation.web.shared.limits import Limits, client_address, reader_key


def take_in(
    limits: Limits,
    sender: Sender,
    submission: Submission,
    *,
    reader: str | None,
    guests: str | None = None,
    idempotency: Idempotency | None = None,
) -> Arrival:
    """Takes a comment in for a ``reader``, and ``guests``, as ``Limits.count_comment`` has them. Without a secret key
    its address counts too. Raises what ``intake.submit`` and the limits raise.
    """

    def check() -> None:
        if not sender.vouches:
            limits.check_address()
        limits.check_comment(sender.site_id, reader, guests)

    def admit() -> None:
        with limits.all_or_nothing():
            if not sender.vouches:
                limits.count_address()
            limits.count_comment(sender.site_id, reader, guests)

    arrival = submit.submit(
        services(),
        sender,
        submission,
        idempotency=idempotency,
        check=check,
        admit=admit,
        take_back=limits.take_back,
    )
    if not arrival.replayed:
        counts.comments_arrived(sender.site_id, arrival.status.value)
    return arrival


def edit_in(limits: Limits, comment_id: str, body: str) -> Edited:
    """Takes an edit in by whoever holds the comment's receipt: it counts against their limits as a comment would.
    Raises what ``edit.edit`` and the limits raise.
    """
    with services().database.reading() as session:
        written = writer_of(session, comment_id, client_address())
    site_id, reader = written.comment.site_id, reader_key(services().keys.identity.newest.secret, written.author)

    def check() -> None:
        limits.check_address()
        limits.check_comment(site_id, reader)

    def admit() -> None:
        with limits.all_or_nothing():
            limits.count_address()
            limits.count_comment(site_id, reader)

    return edit(services(), comment_id, body, check=check, admit=admit, take_back=limits.take_back)
