"""The repository's own history, where there is one: a copy of the files alone, or of the last commit, has none."""

from __future__ import annotations

import subprocess
from functools import cache

from tests.e2e.service import ROOT

VERSIONS = "moderation/storage/migrations/versions"


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def newest_migration() -> str:
    return max((ROOT / VERSIONS).glob("0*.py")).name


@cache
def version_before() -> str | None:
    """The commit before the one that brought the newest migration; None where nothing tells it."""
    file = f"{VERSIONS}/{newest_migration()}"
    try:
        came = git("log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "HEAD", "--", file)
        before = f"{came.split()[-1].decode()}^1" if came.strip() else "HEAD"  # it isn't committed yet
        return git("rev-parse", "--verify", "--quiet", f"{before}^{{commit}}").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return None
