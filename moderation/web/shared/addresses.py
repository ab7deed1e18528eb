"""Addresses of this service, as the application has them and as a browser needs them.

Everywhere in the code a path of ours begins at the service's own root: ``/review``. Where it stands below a path of
somebody's host (``MODERATION_PUBLIC_URL``), that path comes in front as late as can be: in the attributes of templates,
in ``Location``, in the paths of cookies, and in ``desk/root.js`` for what scripts ask for.
"""

from __future__ import annotations

import re
from typing import Any

from flask import request
from jinja2.ext import Extension


def root() -> str:
    """The path that this service stands below, without a slash at its end; empty for a host of its own."""
    try:  # asked for with every link of a page
        return request.script_root
    except RuntimeError:  # no request
        return ""


def rooted(address: Any) -> Any:
    """A path of ours as a browser needs it; whatever else an attribute holds, other hosts above all, as it is."""
    ours = isinstance(address, str) and address.startswith("/") and not address.startswith("//")
    return root() + address if ours else address


def below_root(path: str) -> str | None:
    """A browser's path as the application has it; None for one that isn't below the root."""
    inside = path.startswith(f"{root()}/")
    return path[len(root()) :] if inside else None


def own_address() -> str:
    """The address of this service, with a slash at its end, for what is read elsewhere."""
    return request.url_root


_SENTENCES = re.compile(r"(\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\})", re.DOTALL)
_ATTRIBUTE = r"(?<=\s)(href|src|action|formaction|data-more)=\""
_WRITTEN = re.compile(_ATTRIBUTE + r"/(?!/)")
_FILLED_IN = re.compile(_ATTRIBUTE + r"\{\{\s*(.+?)\s*\}\}")


class RootedAttributes(Extension):
    """Puts the root in front of every path of ours in a template, when it is compiled: no page has to think of it.
    Sentences to be translated stay to the letter; what is filled in there says ``|rooted`` itself.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - as Jinja calls it
        pieces = _SENTENCES.split(source)
        for place in range(0, len(pieces), 2):
            filled_in = _FILLED_IN.sub(r'\1="{{ (\2)|rooted }}', pieces[place])
            pieces[place] = _WRITTEN.sub(r'\1="{{ root() }}/', filled_in)
        return "".join(pieces)
