"""What a backup says of itself: a gzipped tar of ``manifest.json``, the configuration file, and the database, in this
order. Anything that opens a ``.tar.gz`` opens it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from moderation.config.settings import Settings
from moderation.core.errors import ModerationError
from moderation.core.signing import keyed

FORMAT = "moderation backup"
VERSION = 1
MANIFEST, CONFIGURATION, DATABASE = "manifest.json", "moderation.toml", "moderation.sqlite3"
LARGEST_MANIFEST = 4 * 2**20


@dataclass(eq=False, slots=True)
class BackupRefused(ModerationError):
    """A backup that isn't made, or isn't brought back: nothing was changed."""

    why: str

    @property
    def detail(self) -> str:
        return self.why


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Part(_Table):
    """One file in it. ``size`` in bytes; ``sha256`` in hexadecimal."""

    name: str
    size: int
    sha256: str


class Chain(_Table):
    """An audit chain's newest event."""

    chain: str
    sequence: int
    hash: str


class Manifest(_Table):
    """``made_at``: the moment that it shows, in UTC. ``moderation``: the version that made it. ``revision``: its last
    migration. ``secret_key``: the check value (``check_value``) of the secret key that its keys are kept under.
    ``counts``: rows of each table. ``signature``: of all the rest, under that key.
    """

    format: str
    version: int
    made_at: str
    moderation: str
    revision: str
    secret_key: str
    database: Part
    configuration: Part | None
    chains: list[Chain]
    counts: dict[str, int]
    signature: str = ""

    def signed(self, secret_key: str) -> Manifest:
        return self.model_copy(update={"signature": self._signature(secret_key)})

    def is_signed(self, secret_keys: Sequence[str]) -> bool:
        """Whether one of these keys signed it as it is."""
        kept = self.signature.encode()
        return any(hmac.compare_digest(self._signature(key).encode(), kept) for key in secret_keys)

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return json.dumps(self.model_dump(), indent=2, ensure_ascii=False) + "\n"

    def _signature(self, secret_key: str) -> str:
        signed = self.model_dump(exclude={"signature"})
        return keyed(secret_key, FORMAT, json.dumps(signed, sort_keys=True, ensure_ascii=False))


def read_manifest(text: bytes) -> Manifest:
    """Raises ``BackupRefused`` for what is no manifest, or one of a later version."""
    try:
        said: Any = json.loads(text)
        version = said["version"]
        known = said["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        known, version = False, 0
    if not known:
        raise BackupRefused("It is no backup of this service: its manifest.json says something else.") from None
    if isinstance(version, int) and version > VERSION:
        raise BackupRefused(f"A newer version of this service made it ({said.get('moderation')}). Install that one.")
    try:
        return Manifest.model_validate(said)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BackupRefused(
            f"Its manifest.json is damaged, at {where or 'its beginning'}. Take another backup."
        ) from None


def check_value(secret_key: str) -> str:
    """Eight digits that tell secret keys apart, and are too few, and too dear to compute, to find one by."""
    made = hashlib.scrypt(secret_key.encode(), salt=FORMAT.encode(), n=2**14, r=8, p=1, maxmem=2**26, dklen=4)
    return made.hex()


def keys_at_hand(settings: Settings) -> tuple[str, ...]:
    """The secret key, and those before it."""
    return (settings.secret_key, *settings.previous_secret_keys)
