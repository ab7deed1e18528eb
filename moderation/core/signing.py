"""What is derived from the service's secret instead of being stored."""

from __future__ import annotations

import hmac

from moderation.core.comment import Author
from moderation.core.text.names import comparable_name, earlier_forms


def keyed(secret: str, purpose: str, *parts: str) -> str:
    """A keyed hash in hexadecimal, different for every purpose; parts can't run into each other."""
    message = "\x00".join((purpose, *(f"{len(part)}:{part}" for part in parts)))
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()


def receipt_for(secret: str, comment_id: str) -> str:
    """The text that lets whoever wrote a comment see and withdraw it: 32 hexadecimal digits."""
    return keyed(secret, "receipt", comment_id)[:32]


def is_receipt(secret: str, comment_id: str, receipt: str) -> bool:
    """Whether this is the comment's receipt, told in constant time."""
    return hmac.compare_digest(receipt_for(secret, comment_id).encode(), receipt.encode("utf-8", "replace"))


def author_key(secret: str, site_id: str, author: Author) -> str:
    """What stands for an author on a site: the site's id for them, else address and name, else the name alone. Names
    are compared with their disguise undone (``core.names``).

    A keyed hash, so that no address is stored.
    """
    if author.id is not None:
        return keyed(secret, "author id", site_id, author.id)
    return keyed(secret, "author name", site_id, author.address or "", comparable_name(author.name))


def comment_fingerprint(secret: str, site_id: str, external_id: str) -> str:
    """What is kept of an erased comment, so that no archive brings it back."""
    return keyed(secret, "erased comment", site_id, external_id)


def author_keys(secret: str, site_id: str, author: Author) -> tuple[str, ...]:
    """Every key under which an author may be known, the one for new authors first: names were compared by case alone
    before their disguise was undone, and who was known then stays known.
    """
    now = author_key(secret, site_id, author)
    if author.id is not None:
        return (now,)
    address = author.address or ""
    return (now, *(keyed(secret, "author", site_id, address, form) for form in earlier_forms(author.name)))
