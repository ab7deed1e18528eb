"""Finds what tells where somebody is to be found: telephone numbers, e-mail addresses, bank accounts, cards, identity
numbers and postal addresses, as a reader sees them. Pure; takes time in proportion to the text's length.
"""

from moderation.core.private_data.places import (
    DEFAULT_REGIONS,
    KNOWN_REGIONS,
    Kind,
    Place,
    PrivateData,
    private_data,
    what_is_allowed,
)

__all__ = ["DEFAULT_REGIONS", "KNOWN_REGIONS", "Kind", "Place", "PrivateData", "private_data", "what_is_allowed"]
