"""What the WordPress plugin says, for translators: `python -m scripts.wordpress_words` writes its `.pot` file anew."""

from __future__ import annotations

import re
from pathlib import Path

PLUGIN = Path(__file__).parents[1] / "config" / "integrations" / "wordpress"
DOMAIN = "reader-comment-moderation"
POT = PLUGIN / "languages" / f"{DOMAIN}.pot"

_TEXT = r"'((?:[^'\\]|\\.)*)'"
_CALL = re.compile(
    rf"\b(?:(?:esc_html|esc_attr)?__|esc_html_e|esc_attr_e|_e)\(\s*{_TEXT}\s*,\s*'{DOMAIN}'\s*\)"
    rf"|\b_n\(\s*{_TEXT}\s*,\s*{_TEXT}\s*,[^;]*?'{DOMAIN}'\s*\)"
)
_ANY_CALL = re.compile(r"\b(?:__|_n|_e|_x|esc_html__|esc_attr__|esc_html_e|esc_attr_e)\(\s*'")
_HINT = re.compile(r"/\* (translators: .*?) \*/")


def template() -> str:
    """The whole file. Raises ``ValueError`` for a text that it can't read."""
    found: dict[tuple[str, str | None], tuple[list[str], list[str]]] = {}
    for file in sorted(PLUGIN.rglob("*.php")):
        code, name = file.read_text(), file.relative_to(PLUGIN).as_posix()
        calls = list(_CALL.finditer(code))
        if len(calls) != len(_ANY_CALL.findall(code)):
            raise ValueError(f"{name} says something that is not of the form __( '…', '{DOMAIN}' )")
        for call in calls:
            one, singular, plural = call.groups()
            places, hints = found.setdefault((one or singular, plural), ([], []))
            if name not in places:
                places.append(name)
            hint = _hint_before(code, call.start())
            if hint is not None and hint not in hints:
                hints.append(hint)
    head = (
        f'msgid ""\nmsgstr ""\n"Project-Id-Version: Reader Comment Moderation\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n"X-Domain: {DOMAIN}\\n"\n'
    )
    return "\n".join([head, *(_entry(*text, *where) for text, where in found.items())])


def _hint_before(code: str, at: int) -> str | None:
    """The hint to translators on the line of a call or the one above."""
    lines = code[:at].split("\n")[-2:]
    hints = _HINT.findall("\n".join(lines))
    return hints[-1] if hints else None


def _entry(text: str, plural: str | None, places: list[str], hints: list[str]) -> str:
    lines = [*(f"#. {hint}" for hint in hints), f"#: {' '.join(places)}"]
    if "%" in text:
        lines.append("#, php-format")
    lines.append(f"msgid {_quoted(text)}")
    if plural is None:
        lines.append('msgstr ""')
    else:
        lines += [f"msgid_plural {_quoted(plural)}", 'msgstr[0] ""', 'msgstr[1] ""']
    return "\n".join(lines) + "\n"


def _quoted(php: str) -> str:
    """A text in PHP's single quotes as gettext writes it."""
    text = re.sub(r"\\(['\\])", r"\1", php)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> None:
    POT.write_text(template())


if __name__ == "__main__":
    main()
