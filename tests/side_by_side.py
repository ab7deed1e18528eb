"""Which tests a worker runs one after the other where several run side by side, and which are begun first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadFileScheduling

_TOGETHER = "tests/wordpress/"
_WHOLE_PROCESSES = ("tests/wordpress/", "tests/e2e/")
_BESIDE = 3
"""So many other files are begun for each file of whole processes."""
_LONG = (
    "tests/storage/test_full_tables.py",
    "tests/api/test_poisonous_texts.py",
    "tests/api/test_hung_databases.py",
    "tests/web/test_hostile_values.py",
    "tests/core/test_growth.py",
    "tests/api/test_schemathesis.py",
    "tests/web/test_generated_requests.py",
    "tests/desk/test_never_by_itself.py",
    "tests/imports/test_checking.py",
    "tests/imports/test_rescoring.py",
    "tests/webhooks/test_slow_receivers.py",
    "tests/storage/test_several_servers.py",
    "tests/web/test_under_a_path.py",
)
"""Files that take long for the number of their tests."""


class FileByFile(LoadFileScheduling):
    """A worker takes a file at a time; the files about WordPress are taken as one, which is installed once for them."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else super()._split_scope(nodeid)


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Files that take longest first, so that all workers end together; among them, from the first on, those of whole
    processes, which are mostly waited for while other files use the machine; the browser last.
    """
    tests = Counter(_file(item) for item in items)
    waiting = list(dict.fromkeys(_scope(file) for file in sorted(tests) if file.startswith(_WHOLE_PROCESSES)))
    waiting.sort(key=lambda scope: scope != _TOGETHER)
    others = sorted(
        (file for file in tests if _scope(file) not in waiting),
        key=lambda file: (0, _LONG.index(file)) if file in _LONG else (1, -tests[file]),
    )
    turns = {scope: number * _BESIDE - 0.5 for number, scope in enumerate(waiting)}
    turns |= {file: float(number) for number, file in enumerate(others)}

    def place(item: pytest.Item) -> tuple[bool, float]:
        in_browser = item.get_closest_marker("browser") is not None
        return in_browser, 0 if in_browser else turns[_scope(_file(item))]

    return sorted(items, key=place)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _scope(file: str) -> str:
    return _TOGETHER if file.startswith(_TOGETHER) else file
