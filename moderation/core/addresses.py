"""When two addresses of the web name one article: told from their canonical form, so that one question to an index
answers it.
"""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import SplitResult, quote, urlsplit

import regex

from moderation.core.article_ids import LONGEST as LONGEST_NAME
from moderation.core.errors import InvalidField
from moderation.core.messages import Message

LONGEST = 2000
"""Characters of an address, as it is written and as it is kept."""

_ADDRESS = regex.compile(
    r"(?i)https?://(?P<host>[^/?#@\s\\:\[\]]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^?#]*+)?"
    r"(?:\?(?P<query>[^#]*+))?(?:#.*+)?",
    regex.DOTALL,
)
_ESCAPE = regex.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_USUAL_PORTS = ("", "80", "443")
_NAMED = regex.compile(r"[a-z0-9._-]+")
_TRACKING = regex.compile(
    r"(?i)utm_.*+|(?:fb|g|d|tw|y|tt)clid|msclkid|gbraid|wbraid|li_fat_id|mc_[ce]id|igsh(?:id)?|_g[al]|"
    r"ref_(?:src|url)|at_(?:medium|campaign)|cmp(?:id)?|_hs(?:enc|mi)|mkt_tok|s_cid|wt_mc|xtor|icid|ncid|smid|smtyp"
)
"""Parameters that say how a reader came, and not what they read."""


def canonical_address(address: str) -> str:
    """An address without what doesn't tell articles apart: scheme, ``www.``, a usual port, a slash at the end, tracking
    parameters, the order of the others, the fragment, and how characters are escaped: ``news.example/trams?page=2``.

    ASCII, at most ``LONGEST`` characters. Raises ``InvalidField`` for what is no address of the web.
    """
    text = address.strip()
    found = _ADDRESS.fullmatch(text) if len(text) <= LONGEST else None
    host = _host(found["host"]) if found else None
    if found is None or host is None:
        raise InvalidField("url", Message("address_unusable", {"maximum": LONGEST}))
    port = found["port"] or ""
    where = host if port in _USUAL_PORTS else f"{host}:{port}"
    path = _escaped(found["path"] or "").rstrip("/")
    kept = sorted(part for part in _escaped(found["query"] or "").split("&") if part and not _tracks(part))
    whole = f"{where}{path}?{'&'.join(kept)}" if kept else f"{where}{path}"
    if len(whole) > LONGEST:
        raise InvalidField("url", Message("address_too_long", {"maximum": LONGEST}))
    return whole


def taken_apart(text: str) -> SplitResult:
    """The parts of what may be an address. What can't be taken apart, such as ``//[``, has none."""
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")


def host_of(canonical: str) -> str:
    """The host, and the port where it is an unusual one, of a canonical address."""
    return canonical.partition("/")[0].partition("?")[0]


def name_of(canonical: str) -> str:
    """The id of an article that is known by nothing but its canonical address."""
    name = f"https://{canonical}"
    if len(name) <= LONGEST_NAME:
        return name
    digest = sha256(canonical.encode()).hexdigest()[:32]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}#{digest}"


def _host(text: str) -> str | None:
    host = text.lower().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if ":" not in host and _NAMED.fullmatch(host) is None:
        return None  # what a sign of another script becomes may be a slash
    return host.removeprefix("www.") or None


def _escaped(text: str) -> str:
    """With every character escaped that must be and no other."""
    ascii_ = quote(text, safe="%/:@!$&'()*+,;=~?[]", errors="replace")
    return _ESCAPE.sub(_plain, ascii_)


def _plain(escape: regex.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _tracks(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.partition("=")[0]) is not None
