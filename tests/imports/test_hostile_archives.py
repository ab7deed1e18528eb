"""Archives made to do harm end in a sentence: depths without a bottom, and what unpacks into far more than it is."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ijson
import pytest

from moderation.imports.archive import READERS
from moderation.imports.reading import DEEPEST, json_elements
from moderation.imports.records import Untaken
from tests.commands import moderation
from tests.newsroom import Hall, hall_over

DEEP = 100_000
SHAPES = {
    "lists": "[" * DEEP,
    "objects": '{"comments":' * DEEP,
    "closed": "[" * DEEP + "]" * DEEP,
    "elements": "<disqus>" + "<a>" * DEEP,
    "one line": '{"id": "' + "x" * DEEP,
}


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall_over("sqlite", request, tmp_path_factory.mktemp("hall")) as opened:
        yield opened


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [*sorted(READERS), "moderation"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_it_ends_in_a_sentence(here: Hall, tmp_path: Path, kind: str, shape: str, packed: bool) -> None:
    site = here.new_site()
    content = SHAPES[shape].encode()
    archive = tmp_path / "archive"
    archive.write_bytes(gzip.compress(content) if packed else content)
    result = moderation(here, "import", kind, str(archive), "--site", site.site)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (1, 2)
    assert result.output.strip()
    assert site.stored() == 0


def elements(file: Path, content: bytes) -> list[object]:
    file.write_bytes(content)
    return [one.code if isinstance(one, Untaken) else one[1] for one in json_elements(file, "item", lambda _: None)]


@pytest.mark.parametrize("deep", [DEEPEST - 2, DEEPEST - 1, DEEPEST], ids=["just", "too deep", "far too deep"])
@pytest.mark.parametrize("before", [0, 5_000], ids=["at once", "after many"])
def test_what_comes_before_an_element_that_goes_too_deep_is_read(tmp_path: Path, deep: int, before: int) -> None:
    calm = {"body": 'He said "[" and \\" and {', "votes": [1]}
    deepest = b'{"a":' * deep + b"[]" + b"}" * deep
    content = json.dumps([calm] * before).encode()[:-1] + (b", " if before else b"") + deepest + b"]"
    found = elements(tmp_path / "archive.json", content)
    assert found[:before] == [calm] * before
    if deep > DEEPEST - 2:
        assert found[before:] == ["breaks_off"]
    else:
        assert len(found) == before + 1
        assert isinstance(found[-1], dict)


@pytest.mark.parametrize("longer", range(0, 40, 3))
def test_brackets_of_a_text_count_for_nothing_wherever_the_file_is_cut_into_pieces(tmp_path: Path, longer: int) -> None:
    one = {"body": "x" * longer + '\\"[{' * 20_000 + "\\", "quoted": '[{"' * 20_000}
    assert elements(tmp_path / "archive.json", json.dumps([one, one]).encode()) == [one, one]


def test_looking_how_deep_it_goes_costs_little_beside_reading_it(tmp_path: Path) -> None:
    comment = {
        "id": "c",
        "body": 'Some "words" of [a] text. ' * 10,
        "author": {"id": 1},
        "votes": [1, 2],
        "parent": None,
    }
    file = tmp_path / "archive.json"
    file.write_bytes(content := json.dumps([comment] * 5_000).encode())

    def seconds(read: Callable[[], Iterator[object]]) -> float:
        def once() -> float:
            begun = time.thread_time()
            assert sum(1 for _ in read()) == 5_000
            return time.thread_time() - begun

        return min(once() for _ in range(5))

    bare = seconds(lambda: ijson.items(io.BytesIO(content), "item", use_float=True))
    assert seconds(lambda: json_elements(file, "item", lambda _: None)) < 4 * bare
