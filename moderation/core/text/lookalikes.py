"""Characters that pass for Latin letters, or for Cyrillic ones. Curated after Unicode's confusables (UTS 39)."""

from __future__ import annotations

import unicodedata

# Letters of other scripts that no reader tells from the Latin one: a word made of nothing else may well be Latin.
_TWINS = {
    "a": "аα",
    "c": "сϲ",
    "d": "ԁ",
    "e": "е",
    "h": "һ",
    "i": "іι",
    "j": "јϳ",
    "l": "ӏ",
    "n": "ո",
    "o": "оοօ",
    "p": "рρ",
    "q": "ԛ",
    "s": "ѕ",
    "u": "սυ",
    "v": "ѵν",
    "w": "ԝ",
    "x": "хχ",
    "y": "уүγ",
    "A": "АΑᎪ",
    "B": "ВΒᏴ",
    "C": "СϹᏟ",
    "D": "Ꭰ",
    "E": "ЕΕᎬ",
    "G": "ԌᏀ",
    "H": "НΗᎻ",
    "I": "ІΙӀ",
    "J": "ЈͿᎫ",
    "K": "КΚᏦ",
    "L": "Ꮮ",
    "M": "МΜᎷ",
    "N": "Ν",
    "O": "ОΟՕ",
    "P": "РΡᏢ",
    "R": "Ꮢ",
    "S": "ЅՏᏚ",
    "T": "ТΤᎢ",
    "V": "ѴᏙ",
    "W": "ԜᎳ",
    "X": "ХΧ",
    "Y": "УҮΥ",
    "Z": "ΖᏃ",
}

# Letters that pass for a Latin one among Latin letters only.
_COUSINS = {
    "b": "ьвƄβЬƅᏏƀɓ",
    "c": "ҫᴄƈⅽ",
    "d": "ժɗⅾᏧɖ",
    "e": "єёҽεɛ℮ҿəǝ",
    "f": "ƒϝքꬵ",
    "g": "ցɡɢԍ",
    "h": "нհћђʜɦᏂ",
    "i": "ıɩїӏɨ",
    "j": "ʝ",
    "k": "кκқҝӄƙ",
    "l": "ⅼɭłƖʟǀ",
    "m": "мⅿɱ",
    "n": "пηռɴŋɳп",
    "o": "өσøɵӧო",
    "p": "ƿþ",
    "q": "գզʠ",
    "r": "гяɾʀꭇɽ",
    "s": "ʂꜱƽș",
    "t": "тτțƭʈ",
    "u": "υцμʋʉ",
    "v": "ⅴʌѵ",
    "w": "шщωѡաɯʍ",
    "x": "ҳжⅹ",
    "y": "ўұʏ",
    "z": "ʐƶʑ",
    "N": "ИЙ",
    "R": "ЯƦ",
    "W": "Ш",
    "E": "ЄΣ",
    "A": "Λ",
    "D": "Д",
}

# Latin letters in fancy dress: small capitals and squared ones, which compatibility normalisation leaves alone.
_DRESSED = {
    "abcdefghijklmnopqrstuvwxyz": "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ": "".join(map(chr, range(0x1F150, 0x1F16A))),
    "abcdefghijklmnopqrstuvwxyz ": "".join(map(chr, range(0x1F170, 0x1F18A))) + " ",
}
# Blocks of letters that are Latin ones but for their style: superscript, circled, full width, mathematical.
_STYLED = (
    (0x02B0, 0x02B9), (0x02E0, 0x02E4), (0x1D2C, 0x1D6B), (0x1D78, 0x1D79), (0x2071, 0x2080), (0x2090, 0x209D),
    (0x2100, 0x2150), (0x249C, 0x24EA), (0x2C7C, 0x2C7E), (0xA7F2, 0xA7F5), (0xAB5B, 0xAB60), (0xFB00, 0xFB07),
    (0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B), (0x1D400, 0x1D800), (0x1F110, 0x1F14A),
)  # fmt: skip

TWINS = {other: latin for latin, others in _TWINS.items() for other in others}
COUSINS = {other: latin for latin, others in _COUSINS.items() for other in others} | TWINS

CYRILLIC_TWINS = dict(zip("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ", strict=True))
"""Latin letters that no reader tells from the Cyrillic one."""
CYRILLIC = CYRILLIC_TWINS | dict(zip("bghikmnrtuëY", "ьдникмпгтиёУ", strict=True))
"""Those that pass for a Cyrillic one among Cyrillic letters."""


def _plain(character: str) -> str | None:
    """The ASCII letters or digits that a styled character stands for."""
    folded = unicodedata.normalize("NFKC", character).strip("()")
    return folded if folded.isascii() and folded.isalnum() and folded != character else None


STYLED = {
    **{dressed: plain for plains, row in _DRESSED.items() for plain, dressed in zip(plains, row, strict=True)},
    **{chr(code): plain for first, end in _STYLED for code in range(first, end) if (plain := _plain(chr(code)))},
}
for _key in [key for key, plain in STYLED.items() if key.isascii() or (len(plain) > 1 and not "ﬀ" <= key <= "ﬆ")]:
    del STYLED[_key]  # the marks for trade and number are words of their own
FULL_WIDTH_MARKS = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()}

REGIONAL = {chr(0x1F1E6 + place): letter for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
"""Letters of which two make a flag; alone, or where there is no such flag, they are shown as letters."""
FLAGS = frozenset(
    """AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP
    MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE
    RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT
    TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW""".lower().split()
)
"""The pairs of which Unicode makes flags."""
