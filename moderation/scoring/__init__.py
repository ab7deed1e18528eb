"""The scoring room: packs, the runtime, batching, languages, relevance. ``build_scorer`` is its door."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moderation.core.scores import PackStamp
from moderation.scoring.cores import Cores
from moderation.scoring.language import LanguageDetector
from moderation.scoring.packs import open_pack
from moderation.scoring.processor import available_threads
from moderation.scoring.routing import RoutedScorer
from moderation.scoring.runtime import DETOXIFY, choose, stamp
from moderation.scoring.scorer import PackScorer, judges_relevance

__all__ = ["PackScorer", "RoutedScorer", "build_scorer", "stamps_today"]


def build_scorer(
    pack_name: str = "builtin",
    runtime: str = "auto",
    packs_dir: Path = Path("var/packs"),
    languages: Mapping[str, str] | None = None,
    threads: int | None = None,
) -> PackScorer | RoutedScorer:
    """The scorer that the configuration asks for, every file of its packs checked by hash.

    ``languages`` maps a language's ISO 639-1 code to the pack that reads its comments. ``threads`` are inference
    threads, by default the cores that this machine or its cgroup gives. Models load at the first use or ``warm()``.
    Raises ``PackMissing``, ``PackDamaged`` or ``RuntimeUnknown``, all ``ScoringFailed``.
    """
    cores = Cores(threads or available_threads())
    detector = LanguageDetector()
    made: dict[str, PackScorer] = {}

    def scorer(name: str, runtime: str) -> PackScorer:
        if name not in made:
            pack = open_pack(name, packs_dir)
            # Detoxify runs its own packs only.
            theirs = "auto" if runtime == DETOXIFY else runtime
            embedder = None if name == "builtin" or judges_relevance(pack) else scorer("builtin", theirs)
            made[name] = PackScorer(pack, runtime=runtime, cores=cores, detector=detector, embedder=embedder)
        return made[name]

    main = scorer(pack_name, runtime)
    if not languages:
        return main
    return RoutedScorer(main, {code: scorer(name, runtime) for code, name in languages.items()}, detector)


def stamps_today(
    pack_name: str, runtime: str, packs_dir: Path, languages: Mapping[str, str] | None = None
) -> frozenset[PackStamp]:
    """What ``build_scorer``'s scorer would put on the scores that it makes here. Raises as that does; loads nothing."""
    manifests = [open_pack(name, packs_dir).manifest for name in {pack_name, *(languages or {}).values()}]
    return frozenset(stamp(manifest, choose(runtime, manifest)) for manifest in manifests)
