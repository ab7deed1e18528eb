"""What the desk's scripts say: their English stands in ``static/desk``, other languages travel with the page."""

from __future__ import annotations

from typing import Any

from moderation.core.messages import ENGLISH, noted
from moderation.web.shared.languages import gettext, language, plural_words

SAID = (
    noted(" %(number)s left alone: somebody else has decided since."),
    noted(" (open with %(by)s)"),
    noted(" Sign in"),
    noted("%(name)s has it open"),
    noted("%(name)s has that one open; here is the next."),
    noted("%(name)s has this comment open."),
    noted("%(name)s has this comment open. Nothing was changed yet."),
    noted("%(name)s has this comment open: press once more."),
    noted("Back in the queue"),
    noted("Banned"),
    noted("Comments that wait"),
    noted("Comments that waited when the network was last there"),
    noted("Do it all the same"),
    noted("Featured"),
    noted("Free again"),
    noted("Is the network there?"),
    noted("It could not be opened"),
    noted("It had not been done, so there is nothing to take back."),
    noted("Kept"),
    noted("Left to a senior"),
    noted("Look again"),
    noted("Look at it"),
    noted("Meanwhile: %(what)s."),
    noted("Muted"),
    noted("Not done: %(what)s"),
    noted("Note removed"),
    noted("Noted"),
    noted("Nothing further in this view."),
    noted("Nothing was overwritten."),
    noted("Press once more for “%(what)s” all the same."),
    noted("Published"),
    noted("Published and featured"),
    noted("Put away"),
    noted("Rejected"),
    noted("Sent to the newsroom"),
    noted("Reports set aside"),
    noted("Something broke on our side, and this was not done."),
    noted("Taken back"),
    noted("Taking back %(number)s comments, in the background"),
    noted("That was not done."),
    noted("That was the end of the list"),
    noted("That was the last one"),
    noted("The network is away. %(number)s of your actions wait here and go out as soon as it is back; go on reading."),
    noted("Trusted"),
    noted("Undo"),
    noted("Undoing…"),
    noted("Undone: %(what)s."),
    noted("You were signed out"),
    noted("You were signed out. %(number)s of your actions wait in this tab. Sign in again here and they go out."),
    noted("You were signed out. Load the page again to sign in."),
)
COUNTED = (
    ("%(number)s comment in it still waits:", "%(number)s comments in it still wait:"),
    ("%(number)s comment is open with a colleague:", "%(number)s comments are open with colleagues:"),
    ("%(shown)s new comment", "%(shown)s new comments"),
)


def script_words() -> dict[str, Any]:
    """The scripts' words by their English; nothing where the page is English. Of a text that differs with a number each
    form, by its English singular.
    """
    if language() == ENGLISH:
        return {}
    return {**{text: gettext(text) for text in SAID}, **{one: plural_words(one, many) for one, many in COUNTED}}
