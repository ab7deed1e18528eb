"""Which tests a worker runs one after the other where several run side by side, and which are begun first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadFileScheduling

_TOGETHER = "tests/wordpress/"
_WHOLE_PROCESSES = ("tests/wordpress/", "tests/e2e/")
_LONG = (
    "tests/web/test_hostile_values.py",
    "tests/core/test_growth.py",
    "tests/api/test_schemathesis.py",
    "tests/web/test_generated_requests.py",
    "tests/desk/test_never_by_itself.py",
    "tests/imports/test_checking.py",
)
"""Files that take long for the number of their tests."""


class FileByFile(LoadFileScheduling):
    """A worker takes a file at a time; the files about WordPress are taken as one, which is installed once for them."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else super()._split_scope(nodeid)


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Files of whole processes, then those that take longest, so that all workers end together; the browser last."""
    tests = Counter(_file(item) for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str]:
        file = _file(item)
        if item.get_closest_marker("browser"):
            return 3, 0, ""
        if file.startswith(_WHOLE_PROCESSES):
            return 0, _WHOLE_PROCESSES.index(_folder(file)), ""
        return (1, _LONG.index(file), "") if file in _LONG else (2, -tests[file], file)

    return sorted(items, key=place)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _folder(file: str) -> str:
    return file.rpartition("/")[0] + "/"
