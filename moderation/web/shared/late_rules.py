"""Routes that are ready to be asked at once, and to have their addresses written when the first one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """Compiles what writes its addresses when it is first wanted. There are two such functions for each route, most of
    which a process never calls, and they took most of the time in which an application is made.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: LateRule, /, **values: Any) -> tuple[str, str]:
            now: Callable[..., tuple[str, str]] = compiled(append_unknown).__get__(rule, None)
            if append_unknown:
                rule._build_unknown = now
            else:
                rule._build = now
            return now(**values)

        return build
