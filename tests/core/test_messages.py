"""Messages as codes with parameters, and errors that say theirs in a language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.config.configuration_file import parse_configuration
from moderation.core import errors
from moderation.core.errors import AuthorBanned, DecidedMeanwhile, ModerationError, NotFound
from moderation.core.messages import LANGUAGES, Message, Moment, Style, Word, translated

ROOT = Path(__file__).resolve().parent.parent.parent
AT = datetime(2026, 3, 9, 8, 5, tzinfo=UTC)
OPERATORS = {errors.ConfigurationError, errors.ChainBroken}
"""Told to whoever runs the service, in English."""


def kinds(of: type[ModerationError]) -> list[type[ModerationError]]:
    return [kind for direct in of.__subclasses__() for kind in (direct, *kinds(direct))]


def test_every_error_of_the_core_has_a_code() -> None:
    ours = [kind for kind in kinds(ModerationError) if kind.__module__ == errors.__name__]
    assert [kind.__name__ for kind in ours if not kind.code and kind not in OPERATORS] == []
    assert len(ours) > 30


def test_an_error_without_a_code_of_its_own_is_told_by_its_docstring() -> None:
    class Unheard(NotFound):
        """Nobody has heard of it."""

    assert (str(Unheard()), Unheard().told("de")) == ("Nobody has heard of it.",) * 2
    assert Unheard.code == "not_found"


def test_a_moment_is_told_as_the_language_does() -> None:
    assert str(Moment(AT)) == "9 March 2026, 08:05 UTC"
    assert Moment(AT).told("de") == "9. März 2026, 08:05 UTC"
    assert str(Moment(AT, Style.CLOCK)) == "08:05 UTC on 09 March 2026"
    assert str(Moment(AT, Style.WEEKDAY, "Europe/Berlin")) == "Monday 9 March 2026 at 09:05 (Europe/Berlin)"
    assert Moment(AT, Style.WEEKDAY, "Europe/Berlin").told("fr") == "lundi 9 mars 2026, 09:05 (Europe/Berlin)"


def test_a_message_within_a_message_is_told_in_the_same_language() -> None:
    again = Message("discussion_opens_again", {"because": Message("discussion_outside_hours"), "when": Moment(AT)})
    assert str(again) == "This discussion is closed at the moment. Comments open again on 9 March 2026, 08:05 UTC."
    assert again.told("es").startswith("Este debate está cerrado en este momento. Los comentarios vuelven a abrirse:")


def test_what_only_the_desk_says_is_english_where_the_desk_is_not_translated() -> None:
    assert Message("not_undoable").told("de") == "Das lässt sich nicht zurücknehmen."
    assert Message("not_undoable").told("hi") == "This can't be taken back."


def test_what_somebody_wrote_is_never_filled_in() -> None:
    banned = AuthorBanned(None, "100 %(until)s of %s", None, None)
    assert "The reason: 100 %(until)s of %s" in banned.detail
    assert "100 %(until)s of %s" in banned.told("ar")


def test_a_status_is_told_in_words() -> None:
    error = DecidedMeanwhile(3, "approved", "berta", AT)
    assert "it is approved now, decided by berta at 08:05 UTC on 09 March 2026 (revision 3)" in error.detail
    assert "Er ist jetzt freigegeben, entschieden von berta" in error.told("de")


@pytest.mark.parametrize("kept", ["", "comment_too_short", "Bitte bleiben Sie beim Thema."])
def test_what_the_newsroom_worded_itself_stays(kept: str) -> None:
    assert translated(kept, "fr") == kept
    assert Word(kept).told("fr") == kept


@pytest.mark.parametrize("language", [language for language in LANGUAGES["reader"] if language != "en"])
def test_the_shipped_reasons_are_told_in_every_language(language: str) -> None:
    shipped = parse_configuration((ROOT / "config" / "moderation.toml").read_text(encoding="utf-8"))
    assert shipped.reasons
    for reason in shipped.reasons:
        assert translated(reason.reader, language) != reason.reader
        assert translated(reason.label, language) != reason.label
