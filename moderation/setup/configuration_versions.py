"""Which configuration is in force, by the database: the newest that was put there, once, as one audit event.

A file that was edited since this machine last read it is put in force; one that wasn't changes nothing, whatever was
put in force since. A machine that is behind, its file not what is in force, is catching up: what it reads counts only
if it was never in force before. One that has read none counts as behind where somebody has used the policy page last.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.core.actor import SYSTEM
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import ModerationError
from moderation.storage.database import lock
from moderation.storage.policies import KeptConfiguration, newest_configuration, newest_hash, was_in_force
from moderation.unit_of_work import UnitOfWork, WriteContext, run_in_unit_of_work

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class ForceChangedMeanwhile(ModerationError):
    """Something else was put in force since: ``text`` by ``actor``, at this time. Nothing was overwritten."""

    text: str
    actor: str
    at: datetime


class ConfigurationVersions:
    """The configurations that this database keeps."""

    def __init__(self, context: WriteContext) -> None:
        self._context = context

    def newest_hash(self) -> str | None:
        with self._context.database.reading() as session:
            return newest_hash(session)

    def newest_text(self) -> str | None:
        with self._context.database.reading() as session:
            kept = newest_configuration(session)
            return kept.text if kept else None

    def propose(self, new: Configuration, *, last_read: str | None, anyway: bool = False) -> None:
        """Puts in force what a file says if it is an edit, or ``anyway``; however many processes see it, once.
        ``last_read`` is the SHA-256 of what the file said when this machine read it last; None: it never has.
        """

        def work(unit: UnitOfWork) -> None:
            lock(unit.session, "configuration")
            last = newest_configuration(unit.session)
            version = new.policy.version
            if last is not None and (last.hash, last.policy_version) == (new.hash, version):
                return
            if last is not None and last.hash == new.hash:
                # The defaults of another version of this service make another policy of the same text.
                _keep(unit, new, last, last.actor, "upgrade")
            elif last is None or anyway or _is_edit(unit.session, last, new.hash, last_read):
                _keep(unit, new, last, SYSTEM, "file")
            elif new.hash != last_read:
                log.warning("the configuration file says what was in force earlier; what is in force now stays")

        run_in_unit_of_work(self._context, work)

    def put_in_force(self, new: Configuration, *, base: str, actor: str, source: str) -> None:
        """Puts in force what somebody has made of the configuration with the SHA-256 ``base``. Raises
        ``ForceChangedMeanwhile`` where another one is in force by now.
        """

        def work(unit: UnitOfWork) -> None:
            lock(unit.session, "configuration")
            last = newest_configuration(unit.session)
            if last is not None and last.hash != base:
                raise ForceChangedMeanwhile(text=last.text, actor=last.actor, at=last.effective_at)
            _keep(unit, new, last, actor, source)

        run_in_unit_of_work(self._context, work)


def _is_edit(session: Session, last: KeptConfiguration, hash_: str, last_read: str | None) -> bool:
    if hash_ == last_read:
        return False
    up_to_date = last.from_file if last_read is None else last_read == last.hash
    return up_to_date or not was_in_force(session, hash_)


def _keep(unit: UnitOfWork, new: Configuration, last: KeptConfiguration | None, actor: str, source: str) -> None:
    version = new.policy.version
    row = {"hash": new.hash, "policy_version": version, "text": new.text, "effective_at": unit.now, "actor": actor}
    unit.session.execute(insert(KeptConfiguration).values(row))
    payload = {"configuration": new.hash, "policy": version, "before": last.hash if last else None, "source": source}
    unit.event(SYSTEM_CHAIN, SYSTEM if source == "upgrade" else actor, "policy.changed", version, payload)
