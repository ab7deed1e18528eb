"""Term lists: moderators add words that hold a comment, on a whole site or under one article, and take them off."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from moderation.accounts.reachable import article_reached, site_reached
from moderation.core.actor import Actor
from moderation.core.errors import ArticleNotFound, InvalidField, NotFound, TermNotFound
from moderation.core.ids import is_id, new_id
from moderation.core.messages import Message
from moderation.core.reach import MODERATE, account_of
from moderation.core.text.folding import folded
from moderation.core.text.written import as_written
from moderation.core.wordlist import term_text
from moderation.desk.actions import Changed, Reversal, acted
from moderation.services import Services
from moderation.storage.actions import ActionItem
from moderation.storage.base import locked
from moderation.storage.database import lock
from moderation.storage.site_rules import Term, live_terms
from moderation.storage.site_rules_cache import site_rules_changed, site_rules_lock
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

TERMS = "terms"
"""The kind of action that adding to a list is. Taking a term off can't be undone: its text is gone."""
MAX_TERMS = 2000
"""Terms of one list."""
LONGEST_WHY = 200


def add_terms(
    services: Services, actor: Actor, site_id: str, texts: Sequence[str], why: str, *, article_id: str | None = None
) -> str | None:
    """Adds terms to a site's list, or to that of one of its articles, and returns the action's id; None where every
    one is on the list already.

    ``why`` says to moderators why such a comment waits; it stays in decisions, so it must not repeat the term. Each
    addition is an audit event without the term's text. Raises ``SiteNotFound``, ``ArticleNotFound``, ``RightMissing``,
    ``InvalidField``.
    """
    found = [term_text(text) for text in texts if text.strip()]
    if not found:
        raise InvalidField("terms", Message("terms_missing"))
    if len(found) > MAX_TERMS:
        raise InvalidField("terms", Message("terms_too_many", {"number": len(found), "maximum": MAX_TERMS}))
    why = as_written(why, "why")
    if not 1 <= len(why) <= LONGEST_WHY:
        raise InvalidField("why", Message("terms_why_length", {"maximum": LONGEST_WHY}))
    if any(folded(text) in folded(why) for text in found):
        raise InvalidField("why", Message("terms_why_repeats"))

    def work(unit: UnitOfWork) -> str | None:
        _check_place(unit, actor, site_id, article_id)
        account_id = account_of(actor, MODERATE)
        lock(unit.session, site_rules_lock(site_id))
        there = {folded(term.term) for term in live_terms(unit.session, site_id, article_id)}
        first = {folded(text): text for text in reversed(found)}
        new = [text for key, text in reversed(first.items()) if key not in there]
        if len(there) + len(new) > MAX_TERMS:
            raise InvalidField(
                "terms", Message("terms_would_be_too_many", {"number": len(there) + len(new), "maximum": MAX_TERMS})
            )
        added = []
        for text in new:
            term = Term(
                id=new_id(unit.now),
                site_id=site_id,
                article_id=article_id,
                term=text,
                why=why,
                account_id=account_id,
                made_at=unit.now,
            )
            unit.session.add(term)
            added.append(Changed(subject=term.id, before={"listed": False}, revision=None))
            unit.event(site_id, actor.reference, "term.added", term.id, {"article": article_id})
        if not added:
            return None
        site_rules_changed(unit.session, site_id)
        words = f"{len(added)} words added to the wordlist" if len(added) > 1 else "Word added to the wordlist"
        return acted(unit, actor, TERMS, words, added, site_id=site_id)

    return run_in_unit_of_work(services, work)


def remove_term(services: Services, actor: Actor, term_id: str) -> None:
    """Takes a term off its list, once or several times. Its text is erased: it may be somebody's name.

    Raises ``TermNotFound`` and ``RightMissing``.
    """

    run_in_unit_of_work(services, lambda unit: _off(unit, actor, term_id))


def reverse_terms(of: Reversal, item: ActionItem) -> bool:
    """Takes an added term off again. False where somebody has done so since."""
    return _off(of.unit, of.actor, item.subject, undoes=of.action.id)


def _off(unit: UnitOfWork, actor: Actor, term_id: str, *, undoes: str | None = None) -> bool:
    query = locked(select(Term).where(Term.id == term_id))
    term = unit.session.scalar(query) if is_id(term_id) else None
    if term is None:
        raise TermNotFound
    try:
        _check_place(unit, actor, term.site_id, term.article_id)
    except NotFound as error:
        raise TermNotFound from error
    if term.removed_at is not None:
        return False
    term.removed_at, term.term = unit.now, ""
    payload = {"article": term.article_id, **({"undoes": undoes} if undoes else {})}
    unit.event(term.site_id, actor.reference, "term.removed", term.id, payload)
    site_rules_changed(unit.session, term.site_id)
    return True


def _check_place(unit: UnitOfWork, actor: Actor, site_id: str, article_id: str | None) -> None:
    if article_id is None:
        site_reached(unit.session, actor, MODERATE, site_id)
    elif article_reached(unit.session, actor, MODERATE, article_id).site_id != site_id:
        raise ArticleNotFound
