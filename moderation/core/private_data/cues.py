"""Words around a number that tell what it is: in a dozen languages, within the same line."""

from __future__ import annotations

import regex

_PHONE = r"""
    tel|tel[eé]fono|t[eé]l[eé]phone|telephone|telefon(?:e|o|u|em|nummer|nr)?|phone|mobile|mob|cell(?:phone)?|handy|portable|m[oó]vil|celular|
    cellulare|telem[oó]vel|kom[oó]rka|gsm|mobiel|mobil(?:nummer|e)?|landline|whats?app|wapp|signal|viber|telegram|sms|
    atende|number|num(?:ber)?s?|n[uú]mero|numero|num[eé]ro|nummer|numer|nr|call(?:s|ed|ing)?|ring(?:s|ing)?|dial(?:s|ling|ing)?|text|message|contact|
    reach(?:ed)?|phoned|anrufen|ruft?|rufen|erreich(?:en|bar)|appel(?:ez|er|le|ons)|ll[aá]m\p{L}{1,6}|
    chiam\p{L}{1,4}|telefon\p{L}{1,8}|joindre|messag\p{L}{1,4}|escrib\p{L}{1,5}|liguem?|ligar|bel(?:len)?|dzwo[nń](?:cie|i[cć])?|zadzwo[nń]|नंबर|फोन|फ़ोन|रिंग|line
"""
_OTHER = r"""
    order|case|ref(?:erence)?|invoice|ticket|receipt|isbn|issn|doi|patent|serial|sn|file|docket|flight|train|model|
    version|firmware|build|ip|votes?|population|permit|application|licen[cs]e|article|section|page|code|tracking|parcel|item|id|petition|
    az|aktenzeichen|bestell(?:ung|nummer)|auftrag|commande|dossier|pedido|expediente|ordine|pratica|processo|zam[oó]wienie|sygnatura|
    bestelling|rs|usd|eur|gbp|inr|chf|pnr|grid|coordinates|siren|siret|vat|nip|regon|krs|cnpj|abn|acn|ein|hrb|company|charity|registration
"""
_CUE = regex.compile(rf"(?ix)(?<![^\W_])(?:(?P<phone>{_PHONE})|(?P<other>{_OTHER}))(?![^\W_])|(?P<money>[£€$₹¥])")
_UNIT = regex.compile(
    r"""(?ix)[\s)]{0,2}(?:[£€$₹%°]|(?:euros?|dollars?|pounds?|rupees?|crores?|lakhs?|people|persons?|personas|habitantes|inhabitants|
    votes?|votos|voix|stimmen|menschen|einwohner|personen|personnes|milli\w+|mil|mln|mld|billion\w*|km|kms|kg|tonnes?|tons?|miles?|metres?|
    meters?|kilomet\w+|z[lł](?:otych)?|kronor|kroner|reais|francs?|chf|eur|usd|gbp|years?|jahre|ans|a[nñ]os|homes|jobs|followers|views|
    hits|times|units|shares|copies)(?![^\W_]))"""
)
BEFORE = 48
"""Characters before a number that are looked at."""


def phone_cue(text: str, start: int) -> bool | None:
    """Whether the last telling word before a number speaks of a telephone (True) or of something else (False); None
    where nothing tells.
    """
    before = text[max(0, start - BEFORE) : start].rpartition("\n")[2]
    last = None
    for match in _CUE.finditer(before):
        last = match
    return None if last is None else last["phone"] is not None


def counts_something(text: str, end: int) -> bool:
    """Whether a unit follows: money, people, kilometres."""
    return _UNIT.match(text, end, end + 16) is not None


_PERSON = regex.compile(
    r"""(?ix)(?<![^\W_])(?:
    he|she|his|her|him|hers|their|they|them|my|our|me|lives?|living|lived|stays?|staying|resid\w{1,8}|home|house|family|parents|
    mother|father|wife|husband|daughter|son|neighbou?r|grand\w{2,8}|uncle|aunt|address|doxx?\w{0,4}|visit|visiting|
    wohn\w{0,8}|zuhause|adresse|hause|habit\w{1,6}|domicile|vive[ns]?|vivi\w{0,4}|direcci[oó]n|domicilio|abita\w{0,3}|casa|indirizzo|
    woont|wonen|adres|huis|mieszka\w{0,4}|dom|mora[mr]?|reside\w{0,3}|endere[cç]o|morada|bor|bopæl|hem|hjem|asuu|koti|
    रहता|रहती|रहते|घर|पता)(?![^\W_])"""
)


def speaks_of_a_home(text: str, start: int, end: int, *, before: int = 60, after: int = 0) -> bool:
    """Whether the words around a place speak of a person and where they live."""
    left = text[max(0, start - before) : start].rpartition("\n")[2]
    right = text[end : end + after].partition("\n")[0]
    return _PERSON.search(left) is not None or _PERSON.search(right) is not None
