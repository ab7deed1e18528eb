"""``[sign_in]`` of the configuration file: who signs in how, and what a provider's roles are here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from moderation.core.reach import MAXIMUM_SECTIONS
from moderation.core.strict_model import Table, ill, shown, wanted, wrong

EVERY_SITE = "*"
MAXIMUM_ROLES = 100
_RANKS = ("moderator", "senior", "admin")
_ROLES_WANTED = f"one of {', '.join(_RANKS)}"
_SCOPES_WANTED = 'a list of scopes such as ["profile", "groups"]'
_SECTIONS_WANTED = 'a list of sections such as ["sport", "opinion"]'


def _one_line(text: str) -> str:
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError
    return text.strip()


def _scopes(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.isascii() or not value.isprintable() or not value or any(c in value for c in ' "\\'):
            raise ill(f"holds {shown(value)}; it must be {_SCOPES_WANTED}.")
    return values


def _few_sections(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(values) > MAXIMUM_SECTIONS:
        raise ill(f"names more than {MAXIMUM_SECTIONS} sections; leave it out for all of them.")
    return values


Text = Annotated[str, AfterValidator(_one_line), wanted("a text of one line, of 200 characters at most")]
Texts = Annotated[tuple[Text, ...], Strict(False)]


class RoleFromClaim(Table):
    """``[[sign_in.oidc.roles]]``: what somebody may do here whose roles at the provider hold ``value``."""

    value: Text
    role: Annotated[Literal["moderator", "senior", "admin"], wanted(_ROLES_WANTED)]
    site: Text = EVERY_SITE
    sections: Annotated[Texts, AfterValidator(_few_sections), wanted(_SECTIONS_WANTED)] = ()
    extra: Annotated[tuple[Literal["batch_reject"], ...], Strict(False), wanted('[] or ["batch_reject"]')] = ()

    @property
    def rank(self) -> int:
        """The higher, the more it may."""
        return _RANKS.index(self.role)

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.sections and self.site == EVERY_SITE:
            raise wrong({("sections",): "needs a site beside it: sections belong to one."})
        if self.sections and self.role == "admin":
            raise wrong({("sections",): "can't stand beside the role admin, which is the whole site's."})
        return self


class Oidc(Table):
    """``[sign_in.oidc]``: what is asked of the OpenID provider that the environment names, and made of its answer."""

    name: Text | None = None
    scopes: Annotated[Texts, AfterValidator(_scopes), wanted(_SCOPES_WANTED)] = ("profile",)
    roles_claim: Text = "groups"
    new_accounts: Annotated[bool, wanted("true or false")] = False
    roles: Annotated[
        tuple[RoleFromClaim, ...],
        Strict(False),
        Field(max_length=MAXIMUM_ROLES),
        wanted(f"at most {MAXIMUM_ROLES} tables headed [[sign_in.oidc.roles]]"),
    ] = ()

    @model_validator(mode="after")
    def _new_ones_have_a_role(self) -> Self:
        if self.new_accounts and not self.roles:
            raise wrong({("new_accounts",): "makes nobody an account without [[sign_in.oidc.roles]]; add some."})
        return self

    @model_validator(mode="after")
    def _together_few_sections(self) -> Self:
        """Somebody may have every role at once, and is then limited to the sections of all that are as high."""
        together: dict[tuple[str, str], set[str]] = {}
        for number, role in enumerate(self.roles):
            sections = together.setdefault((role.site, role.role), set())
            sections.update(role.sections)
            if len(sections) > MAXIMUM_SECTIONS:
                words = f"names, with those before it, more than {MAXIMUM_SECTIONS} sections of one site."
                raise wrong({("roles", number, "sections"): words})
        return self

    def roles_of(self, claims: Mapping[str, Any]) -> tuple[RoleFromClaim, ...]:
        """Those of the roles that somebody with these claims has."""
        held = _values(claims, self.roles_claim)
        return tuple(role for role in self.roles if role.value in held)


class SignIn(Table):
    """``[sign_in]``"""

    idle_minutes: Annotated[int, Field(ge=15, le=720), wanted("a whole number of minutes from 15 to 720")] = 120
    passwords: Annotated[Literal["everybody", "admins"], wanted("one of everybody, admins")] = "everybody"
    oidc: Oidc = Oidc()


def _values(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The texts of a claim: one, or a list. A name that is no claim itself is a way down, such as
    ``realm_access.roles``.
    """
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(value for value in found if isinstance(value, str)) if isinstance(found, list) else frozenset()
