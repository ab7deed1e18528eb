"""Bank accounts, payment cards and identity numbers: runs that look like one, then their check digits (python-stdnum)."""
# ruff: noqa: E501 - a pattern reads best in one piece

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import regex

from moderation.core.private_data.tokens import Tokens

_IBAN = regex.compile(r"(?i)(?<![^\W_])(?P<code>[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,32}+)")
_CARD = regex.compile(
    r"(?<![^\W_]|[.,+-])(?:[3-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5}|2[2-7]\d{2}([ -]?)\d{4}\3\d{4}\3\d{4})(?![^\W_]|[ -]?\d)"
)
_ACCOUNT_WORD = (
    r"(?:bank\s)?(?:account|acct|acc|a/c|kontonummer|konto|kto|compte|cuenta|conto|conta|rekening(?:nummer)?|rachun\w{1,4}|खाता)"
    r"(?:\s?(?:number|num|no|nr|n[º°]|nummer))?"
)
_ACCOUNT = regex.compile(
    rf"(?i)(?<![^\W_])(?:(?:sort\s?code|s/c)\W{{0,3}}(?:is\s)?\d\d[ -]?\d\d[ -]?\d\d(?:\W{{1,4}}(?:and\s)?(?:{_ACCOUNT_WORD})?\W{{0,3}}(?:is\s)?\d{{6,10}})?"
    rf"|{_ACCOUNT_WORD}\W{{0,3}}(?:is\s|:\s)?\d(?:[ -]?\d){{6,18}}+(?!\s?(?:followers|people|users|views|[€£$%]))"
    rf"|(?:routing|ifsc|aba)(?:\s(?:number|code|no))?\W{{0,3}}(?:is\s)?(?:\d{{9}}|[A-Z]{{4}}0[A-Z0-9]{{6}}))(?![^\W_])"
)
MAX_CHECKED = 200
"""Candidates of one text whose check digits are worked out; of what comes after, its looks decide."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """How an identity number looks, and the module of stdnum that checks it (None: its looks suffice); ``cue`` are words
    without which it isn't taken for one.
    """

    regions: frozenset[str]
    pattern: regex.Pattern[str]
    module: str | None
    cue: regex.Pattern[str] | None


def _identity(regions: str, pattern: str, module: str | None = None, cue: str | None = None) -> _Identity:
    return _Identity(
        frozenset(regions.split()),
        regex.compile(rf"(?i)(?<![^\W_]|[.,/-]\b)(?:{pattern})(?![^\W_]|[-./,]\d)"),
        module,
        None if cue is None else regex.compile(rf"(?i)(?<![^\W_])(?:{cue})"),
    )


_IDENTITIES = (
    _identity("GB", r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-Z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]"),
    _identity("GB", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs", r"nhs"),
    _identity("GB", r"[A-Z]{2,5}9{0,3}\d{6}[A-Z][A-Z9]\d[A-Z]{2}"),
    _identity("US", r"\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}", "us.ssn"),
    _identity("US", r"\d{3}[ -]?\d{2}[ -]?\d{4}", None, r"ssn|social"),
    _identity("US", r"9\d{2}-[5-9]\d-\d{4}", "us.itin"),
    _identity("CA", r"\d{3}[ -]\d{3}[ -]\d{3}|\d{9}", "ca.sin", r"sin\b|social insurance|nas\b"),
    _identity("IN", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar"),
    _identity("IN", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", None, r"aadh?aa?r|uid(?:ai)?|आधार"),
    _identity("IN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"),
    _identity("AU", r"\d{3}[ -]?\d{3}[ -]?\d{2,3}", "au.tfn", r"tfn|tax file"),
    _identity("AU", r"[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ -/]\d)?", None, r"medicare"),
    _identity("NZ", r"\d{2,3}[ -]?\d{3}[ -]?\d{3}", "nz.ird", r"ird\b"),
    _identity("IE", r"\d{7}[ -]?[A-W][A-IW]?", "ie.pps"),
    _identity("DE", r"\d{2} \d{3} \d{3} \d{3}|\d{11}", "de.idnr", r"steuer|idnr|identifikation"),
    _identity("DE", r"[LMNPRTVWXY][0-9CFGHJKLMNPRTVWXYZ]{8}\d?D?", None, r"personalausweis|ausweis|reisepass"),
    _identity("AT", r"\d{4}[ -]?\d{6}", "at.vnr", r"versicherung|svnr|sv-n"),
    _identity("CH", r"756\.?\d{4}\.?\d{4}\.?\d{2}", "ch.ssn"),
    _identity(
        "FR", r"[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])[ .]?\d{3}[ .]?\d{3}[ .]?\d\d", "fr.nir"
    ),
    _identity("ES", r"(?:\d{8}|\d{1,2}\.\d{3}\.\d{3})[ -]?[A-Z]", "es.dni"),
    _identity("ES", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", "es.nie"),
    _identity("IT", r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    _identity("NL", r"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}", "nl.bsn", r"bsn|burgerservice|sofi"),
    _identity("BE", r"\d\d\.?\d\d\.?\d\d[- ]?\d{3}\.?\d\d", "be.nn"),
    _identity("PL", r"\d{11}", "pl.pesel"),
    _identity("PT", r"\d{3} ?\d{3} ?\d{3}", "pt.nif", r"nif\b|contribuinte|fiscal"),
    _identity("PT", r"\d{8} ?\d ?[A-Z0-9]{2}\d", "pt.cc"),
    _identity("BR", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    _identity("BR", r"\d{9}-?\d{2}", "br.cpf", r"cpf"),
    _identity("SE", r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    _identity("DK", r"\d{6}-\d{4}", "dk.cpr"),
    _identity("FI", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", "fi.hetu"),
    _identity("NO", r"\d{6} ?\d{5}", "no.fodselsnummer"),
    _identity("MX", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
    _identity("ZA", r"\d{6} ?\d{4} ?\d{3}", "za.idnr"),
)
_PASSPORT = regex.compile(
    r"(?i)(?<![^\W_])(?:passport|reisepass|passeport|pasaporte|passaporto|passaporte|paspoort|paszport\w{0,2}|driving licen[cs]e|"
    r"driver'?s licen[cs]e|führerschein|permis de conduire)(?:\s?(?:number|num|no|nr|n[º°]|nummer|numéro|número|numero))?\W{0,3}(?:is\s|:\s)?"
    r"(?P<code>(?=[A-Z]{0,5}\d)[A-Z0-9]{6,18}+)(?![^\W_])"
)


_LONG = re.compile(r"\d(?:[ ./()-]{0,2}\d){5}")


def has_code(tokens: Tokens) -> bool:
    """Whether there are six digits in a row, or a long word with digits: without them there is nothing to find here."""
    return _LONG.search(tokens.text) is not None or any(
        len(tokens.words[at]) >= 8 and sum(map(str.isdigit, tokens.words[at])) >= 4 for at in tokens.numbered
    )


def accounts(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Bank accounts: IBANs, and numbers that words call an account."""
    checked = 0
    for at in tokens.numbered:
        match = _IBAN.match(tokens.text, tokens.spans[at][0])
        if match is not None:
            checked += 1
            length = _iban_length(match["code"]) if checked <= MAX_CHECKED else len(match["code"])
            if length:
                yield match.start(), match.start() + length
    if not tokens.known.isdisjoint(_ACCOUNT_WORDS):
        for match in _ACCOUNT.finditer(tokens.text):
            yield match.span()


_ACCOUNT_WORDS = frozenset(
    [
        "account",
        "acct",
        "acc",
        "a",
        "konto",
        "kontonummer",
        "kto",
        "compte",
        "cuenta",
        "conto",
        "conta",
        "rekening",
        "rekeningnummer",
        "rachunek",
        "rachunku",
        "konta",
        "खाता",
        "sort",
        "sortcode",
        "s",
        "routing",
        "ifsc",
        "aba",
    ]
)
_PAPERS = frozenset(
    [
        "passport",
        "reisepass",
        "passeport",
        "pasaporte",
        "passaporto",
        "passaporte",
        "paspoort",
        "paszport",
        "paszportu",
        "licence",
        "license",
        "führerschein",
        "permis",
    ]
)


def _iban_length(code: str) -> int:
    """Characters of the IBAN that this begins with; 0 where it begins with none."""
    iban = _module("iban")
    ends = [at + 1 for at, character in enumerate(code) if character not in " -"]
    for length in range(15, min(len(ends), 34) + 1):
        end = ends[length - 1]
        if _remainder(code[:end]) == 1 and iban(code[:end]):
            return end
    return 0


def _remainder(code: str) -> int:
    plain = code.replace(" ", "").replace("-", "").upper()
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97


def cards(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Payment cards."""
    luhn = _module("luhn")
    for at in tokens.numbered:
        match = _CARD.match(tokens.text, tokens.spans[at][0])
        if match is not None:
            digits = match[0].replace(" ", "").replace("-", "")
            if len(set(digits)) > 1 and luhn(digits):
                yield match.span()


def identities(tokens: Tokens, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Identity numbers of these regions, passports and licences that are called so."""
    called = [one for one in _identities_of(regions) if one.cue is None or one.cue.search(tokens.text)]
    checked = 0
    for at in _starts(tokens):
        start = tokens.spans[at][0]
        for identity in called:
            match = identity.pattern.match(tokens.text, start)
            if match is None or (
                identity.cue is not None and not identity.cue.search(tokens.text, max(0, start - 60), start)
            ):
                continue
            checked += 1
            if identity.module is None or checked > MAX_CHECKED or _module(identity.module)(match[0]):
                yield match.span()
                break
    if not tokens.known.isdisjoint(_PAPERS):
        for match in _PASSPORT.finditer(tokens.text):
            yield match.span("code")


def _starts(tokens: Tokens) -> Iterator[int]:
    """Where an identity number can begin: at what holds a digit, or at a letter or two before it."""
    before = -1
    for at in tokens.numbered:
        if at and at - 1 != before and tokens.words[at - 1].isalpha() and len(tokens.words[at - 1]) <= 3:
            yield at - 1
        if before != at - 1 or len(tokens.words[at]) > 1:  # in the middle of digits set apart nothing begins
            yield at
        before = at


@cache
def _identities_of(regions: tuple[str, ...]) -> tuple[_Identity, ...]:
    return tuple(identity for identity in _IDENTITIES if not identity.regions.isdisjoint(regions))


@cache
def _module(name: str) -> Callable[[str], bool]:
    """Whether stdnum's module of this name finds a number valid. Loaded when first asked."""
    module = import_module(f"stdnum.{name}")

    def is_valid(number: str) -> bool:
        return bool(module.is_valid(number))

    return is_valid
