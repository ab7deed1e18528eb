"""The table ``[scoring.outside]`` of the configuration file: classifiers beside the pack."""

from __future__ import annotations

from typing import Annotated, Self

import regex
from pydantic import AfterValidator, Strict, model_validator

from moderation.core.conditions import OUTSIDE, OUTSIDE_NAME
from moderation.core.policy import Policy
from moderation.core.strict_model import Place, Table, ill, shown, wanted, whole_number, wrong

MAX_SIGNALS = 20
"""Each is kept with every comment."""
_ADDRESS = regex.compile(r"https?://[!-~]{1,1000}")


def _web_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError
    return text


def _signal_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not OUTSIDE_NAME.fullmatch(name) or name.endswith(("_at_least", "_at_most")):
            raise ill(f"holds {shown(name)}; each is a name of small letters, digits and _, such as clickbait.")
    if len(names) > MAX_SIGNALS or len(set(names)) < len(names):
        raise ill(f"holds {len(names)} names; at most {MAX_SIGNALS} are possible, each once.")
    return names


_Texts = Annotated[tuple[Annotated[str, Strict()], ...], Strict(False)]
_Address = Annotated[str, AfterValidator(_web_address), wanted('an address such as "https://one.example/"')]


class Outside(Table):
    """Classifiers at an address (``url``) or as Python functions, by the names of their entry points, with the names of
    the ``signals`` that they give, which the policy may ask about.
    """

    url: _Address | None = None
    functions: Annotated[_Texts, wanted('a list of entry points such as ["my_classifier"]')] = ()
    signals: Annotated[_Texts, AfterValidator(_signal_names), wanted('a list of names such as ["clickbait"]')] = ()
    timeout_ms: Annotated[int, whole_number(10, 5000)] = 500
    allow_private: Annotated[bool, wanted("true or false")] = False

    @property
    def on(self) -> bool:
        return self.url is not None or bool(self.functions)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.on and not self.signals:
            raise wrong({("signals",): 'is missing: name what the classifier gives, such as signals = ["clickbait"].'})
        if self.signals and not self.on:
            raise wrong({("url",): "is missing, and so is functions: nobody gives these signals."})
        if self.url is not None and self.url.startswith("http://") and not self.allow_private:
            raise wrong({("url",): "begins with http://, which others can read; allow_private = true lets that be."})
        return self


def check_asked(policy: Policy, outside: Outside) -> None:
    """Raises ``pydantic.ValidationError`` where the policy asks for a signal that no classifier gives."""
    listed = f"It lists {', '.join(outside.signals)}." if outside.signals else "It lists none."
    found: dict[Place, str] = {}
    for place, overrides in policy.places:
        for effect, keys in overrides.items():
            for key in keys:
                if key.signal.startswith(OUTSIDE) and key.signal.removeprefix(OUTSIDE) not in outside.signals:
                    where = ("policy", *place, effect, *key.path)
                    found[where] = f"asks for a signal that [scoring.outside] doesn't list. {listed}"
    if found:
        raise wrong(found)
