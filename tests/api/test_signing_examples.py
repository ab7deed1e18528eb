"""What the README says about signing a reader's token, run as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.services import utc_now
from tests.api.test_reader_tokens import send
from tests.newsroom import Newsroom
from tests.signing import SECRET, take_tokens

README = (Path(__file__).parents[2] / "moderation/web/embed/README.md").read_text()
NAME = 'Zoë "Ada" O’Hara / 1'


def example(language: str) -> str:
    (code,) = re.findall(rf"<!-- signed by {language} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    return str(code)


def interpreter(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"no {name} here")
    return found


@pytest.mark.parametrize("language", ["Python", "PHP", "JavaScript"])
def test_a_token_signed_as_the_readme_says_counts(newsroom: Newsroom, language: str) -> None:
    newsroom.clock.now = utc_now()
    take_tokens(newsroom)
    values = ", ".join(json.dumps(value, ensure_ascii=False) for value in (SECRET, newsroom.site, "reader-17", NAME))
    commands = {
        "Python": [sys.executable, "-c", f"{example('Python')}\nprint(reader_token({values}))"],
        "PHP": ["php", "-r", f"{example('PHP')}\necho reader_token({values});"],
        "JavaScript": ["node", "-e", f"{example('JavaScript')}\nconsole.log(readerToken({values}));"],
    }
    first, *others = commands[language]
    command = [first if language == "Python" else interpreter(first), *others]
    token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert send(newsroom, token).status_code == 202
