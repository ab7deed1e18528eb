"""The scoring room: packs, the runtime, batching, languages, relevance. ``build_scorer`` is its door."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moderation.core.scores import PackStamp
from moderation.scoring.batching import BatchingScorer
from moderation.scoring.cores import Cores
from moderation.scoring.language import LanguageDetector
from moderation.scoring.manifest import Manifest
from moderation.scoring.packs import BUILTIN, WORLD, find_pack, installed, open_pack
from moderation.scoring.processor import available_threads
from moderation.scoring.queues import PackQueues
from moderation.scoring.routing import RoutedScorer
from moderation.scoring.runtime import DETOXIFY, RuntimeUnproved, choose, stamp
from moderation.scoring.scorer import PackScorer, judges_relevance

__all__ = [
    "PackScorer",
    "RoutedScorer",
    "ServedScorer",
    "build_scorer",
    "for_many_threads",
    "pack_scorer",
    "stamps_today",
]

ServedScorer = BatchingScorer | PackQueues
"""What a service's threads ask together."""


def build_scorer(
    pack_name: str = BUILTIN.name,
    runtime: str = "auto",
    packs_dir: Path = Path("var/packs"),
    languages: Mapping[str, str] | None = None,
    threads: int | None = None,
) -> PackScorer | RoutedScorer:
    """The scorer that the configuration asks for, every file of its packs checked by hash.

    ``languages`` maps a language's ISO 639-1 code to the pack that reads its comments. What none of these packs reads
    goes to the pack ``world`` where that is installed, whose files are checked when it is first needed. ``threads`` are
    inference threads, by default the cores that this machine or its cgroup gives. Models load at the first use or
    ``warm()``. Raises ``PackMissing``, ``PackDamaged`` or ``RuntimeUnknown``, all ``ScoringFailed``.
    """
    packs = _Packs(runtime, packs_dir, threads)
    main = packs.scorer(pack_name)
    rest = packs.rest(pack_name)
    named = {code: packs.scorer(name) for code, name in (languages or {}).items()}
    return main if rest is None and not named else RoutedScorer(main, named, packs.detector, rest)


def pack_scorer(
    pack_name: str = BUILTIN.name,
    runtime: str = "auto",
    packs_dir: Path = Path("var/packs"),
    threads: int | None = None,
) -> PackScorer:
    """One pack alone, whatever language a text is in. Raises as ``build_scorer`` does."""
    return _Packs(runtime, packs_dir, threads).scorer(pack_name)


def for_many_threads(scorer: PackScorer | RoutedScorer) -> ServedScorer:
    """Gathers what many threads ask into batches."""
    return PackQueues(scorer) if isinstance(scorer, RoutedScorer) else BatchingScorer(scorer, at_once=scorer.at_once)


def stamps_today(
    pack_name: str, runtime: str, packs_dir: Path, languages: Mapping[str, str] | None = None
) -> frozenset[PackStamp]:
    """What ``build_scorer``'s scorer would put on the scores that it makes here. Raises as that does; loads nothing."""
    manifests = [open_pack(name, packs_dir).manifest for name in {pack_name, *(languages or {}).values()}]
    stamps = {stamp(manifest, choose(runtime, manifest)) for manifest in manifests}
    if WORLD.name in installed(packs_dir):
        manifest = find_pack(WORLD.name, packs_dir).manifest
        stamps.add(stamp(manifest, _proved(runtime, manifest)))
    return frozenset(stamps)


class _Packs:
    """The scorers of a process by their packs' names, each made once; they share its cores."""

    def __init__(self, runtime: str, packs_dir: Path, threads: int | None) -> None:
        self.detector = LanguageDetector()
        self._runtime = runtime
        self._packs_dir = packs_dir
        self._cores = Cores(threads or available_threads())
        self._made: dict[str, PackScorer] = {}

    def scorer(self, name: str) -> PackScorer:
        """A pack that is asked for by its name."""
        if name not in self._made:
            pack = open_pack(name, self._packs_dir)
            embedder = None if name == BUILTIN.name or judges_relevance(pack) else self._embedder()
            self._made[name] = PackScorer(
                pack, runtime=self._runtime, cores=self._cores, detector=self.detector, embedder=embedder
            )
        return self._made[name]

    def rest(self, main: str) -> PackScorer | None:
        """``world``, which nobody need ask for, where it is installed and isn't the main pack."""
        if main == WORLD.name or WORLD.name not in installed(self._packs_dir):
            return None
        pack = find_pack(WORLD.name, self._packs_dir)
        embedder = None if judges_relevance(pack) else self._embedder()
        self._made[WORLD.name] = PackScorer(
            pack,
            runtime=_proved(self._runtime, pack.manifest),
            cores=self._cores,
            detector=self.detector,
            embedder=embedder,
        )
        return self._made[WORLD.name]

    def _embedder(self) -> PackScorer:
        """What answers for relevance where a pack doesn't."""
        if BUILTIN.name not in self._made:
            pack = open_pack(BUILTIN.name, self._packs_dir)
            self._made[BUILTIN.name] = PackScorer(
                pack, runtime=_proved(self._runtime, pack.manifest), cores=self._cores, detector=self.detector
            )
        return self._made[BUILTIN.name]


def _proved(runtime: str, manifest: Manifest) -> str:
    """The runtime that is asked for; for a pack that nobody asked for, and that can't run on it, the fastest.

    Detoxify runs its own packs only.
    """
    try:
        return "auto" if runtime == DETOXIFY else choose(runtime, manifest)
    except RuntimeUnproved:
        return "auto"
