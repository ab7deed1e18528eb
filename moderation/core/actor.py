"""Who does something: what the audit chain names, and what they may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYWHERE = "*"
POLICY = "policy"
"""The actor of a decision that the policy made."""
IMPORT = "import"
"""The actor of what an archive from elsewhere brings."""
READER = "reader"
SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody with rights. ``reference`` enters the audit chain and holds no name; ``name`` is for moderators' eyes.

    ``rights`` maps a site id, or ``*`` for every site, to the rights held there. What follows from them for a comment,
    an article, an author or a site is for ``core.reach`` alone to say.
    """

    reference: str
    name: str
    account_id: str | None = None
    language: str | None = None
    """In which an account wants its pages; None: as the site has it, or the browser."""
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sections: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Sites on which the rights hold in these sections alone."""
