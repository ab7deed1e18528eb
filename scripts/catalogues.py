"""Brings the catalogues of messages up to date with the code: ``python -m scripts.catalogues``.

What the code says anew is added without a translation, what it says no longer is taken out;
``tests/core/test_catalogues.py`` names what is still to be translated.
"""

from __future__ import annotations

from contextlib import redirect_stderr
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po

from moderation.core.messages import ENGLISH, FOLDER, LANGUAGES, catalogue, is_code

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = ("noted", "Message", "counted:1,1")
"""Our own names, beside those of gettext, for what holds a message."""


def extracted(domain: str) -> Catalog:
    """Everything that the code says in a domain."""
    with TemporaryDirectory() as folder:
        found = Path(folder) / "found.pot"
        keywords = [f"--keyword={keyword}" for keyword in KEYWORDS]
        mapping = FOLDER / f"{domain}.toml"
        with redirect_stderr(StringIO()):
            CommandLineInterface().run(  # type: ignore[no-untyped-call]
                ["pybabel", "-q", "extract", "-F", str(mapping), "-o", str(found), *keywords, str(ROOT)]
            )
        return read_po(BytesIO(found.read_bytes()))


def wanted(code: Catalog, language: str) -> list[Message]:
    """What a catalogue has to hold of that: English has words for codes alone, everything else is English itself."""
    messages = [message for message in code if message.id]
    return [message for message in messages if is_code(_first(message))] if language == ENGLISH else messages


def _first(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[0])


def _update(domain: str, language: str, code: Catalog) -> int:
    """Rewrites one catalogue; how many of its messages lack words."""
    before = catalogue(domain, language)
    after = Catalog(locale=language)
    for message in wanted(code, language):
        old = before.get(message.id, message.context)
        words = old.string if old is not None and bool(old.pluralizable) == bool(message.pluralizable) else ""
        after.add(message.id, words, flags=message.flags, auto_comments=message.auto_comments, context=message.context)
    with (FOLDER / language / f"{domain}.po").open("wb") as file:
        file.write(_HEADER.format(language=language, plurals=after.plural_forms).encode())
        write_po(file, after, width=120, no_location=True, sort_output=True, omit_header=True)
    return sum(1 for message in after if message.id and not all(_words(message) or ("",)))


def _words(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def main() -> None:
    """Updates every catalogue."""
    for domain, languages in LANGUAGES.items():
        code = extracted(domain)
        for language in languages:
            missing = _update(domain, language, code)
            print(f"{language}/{domain}: {len(code)} messages, {missing} to be translated")


if __name__ == "__main__":
    main()
