"""Who does something: what the audit chain names, and what they may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYWHERE = "*"
POLICY = "policy"
"""The actor of a decision that the policy made."""
READER = "reader"
SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody with rights. ``reference`` enters the audit chain and holds no name; ``name`` is for moderators' eyes.

    ``rights`` maps a site id, or ``*`` for every site, to the rights held there.
    """

    reference: str
    name: str
    account_id: str | None = None
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sections: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Sites on which the rights hold in these sections alone."""

    def may(self, right: str, site_id: str) -> bool:
        """Whether the right is held on this site, be it in some sections alone: whether it holds for a certain comment,
        article or author is for ``core.reach`` to say.
        """
        return right in self.rights.get(site_id, ()) or right in self.rights.get(EVERYWHERE, ())

    def may_anywhere(self, right: str) -> bool:
        return any(right in held for held in self.rights.values())
