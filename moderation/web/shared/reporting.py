"""Reports and notices, for the API and for the pages that do the same without scripts."""

from __future__ import annotations

from moderation.comments.reports import ReportSender, reporter_keys
from moderation.core.actor import READER
from moderation.core.messages import Message, noted
from moderation.storage.legal import LegalCase, LegalOutcome
from moderation.web.shared.access import services
from moderation.web.shared.languages import language
from moderation.web.shared.limits import client_address

REDRESS = noted("notice_redress")
"""Where whoever disagrees with what became of their notice can turn."""


def reporter_of(site_id: str, kind: str, known_by: str, reference: str = READER) -> ReportSender:
    """A reporter known by something that is kept as a keyed hash alone."""
    keys = reporter_keys(services().keys.identity.secrets, site_id, kind, known_by)
    return ReportSender(site_id=site_id, keys=keys, reference=reference)


def reader_as_reporter(site_id: str) -> ReportSender:
    """Whoever asks, known by their network: no cookie is needed."""
    return reporter_of(site_id, "address", client_address())


def notice_sentence(legal_case: LegalCase) -> str:
    """Where a notice stands, in a sentence for whoever sent it."""
    code = {
        None: noted("notice_received"),
        LegalOutcome.ACTED: noted("notice_acted_upon"),
        LegalOutcome.REFUSED: noted("notice_refused"),
    }[LegalOutcome(legal_case.outcome) if legal_case.outcome else None]
    return Message(code).told(language())
