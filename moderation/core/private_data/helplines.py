"""Numbers that everybody may call: helplines whose numbers look like anybody's own.

Emergency numbers and short codes are shorter than a telephone number, and numbers free of charge are nobody's own:
neither is ever taken for private, so they needn't stand here.
"""

HELPLINES = (
    "+91 91529 87821",  # iCall
    "+91 99996 66555",  # Vandrevala Foundation
    "+91 98204 66726",  # AASRA
    "+91 22 2754 6669",  # AASRA
    "+91 44 2464 0050",  # Sneha
    "+39 02 2327 2327",  # Telefono Amico
    "+34 717 003 717",  # Teléfono de la Esperanza
    "+351 213 544 545",  # SOS Voz Amiga
    "+351 808 24 24 24",  # SNS 24
    "+48 22 484 88 01",  # Centrum Wsparcia
    "+33 1 45 39 40 00",  # Suicide Écoute
    "+49 30 19240",  # poison control, Berlin
    "+41 44 251 51 51",  # Tox Info Suisse
    "+46 771 220 060",  # Jourhavande kompis
    "+44 300 123 3393",  # Mind
    "+44 345 767 8000",  # SANEline
    "+353 1 817 1000",  # poisons information, Ireland
    "+1 212 673 3000",  # Samaritans of New York
)
