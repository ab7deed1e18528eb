"""What a scoring pack says of itself, checked whole: its files by hash, labels, languages, outputs, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from moderation.core.scores import LABELS, Scale
from moderation.core.strict_model import ill, shown, wanted, wrong

FORMAT = 1
MODEL, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "manifest.json"


class _Stated(BaseModel):
    """A part of a manifest. An unknown key is left alone: another version of this service may have put it there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


def _rising(knots: tuple[float, ...]) -> tuple[float, ...]:
    if any(a >= b for a, b in pairwise(knots)):
        raise ValueError
    return knots


def _known_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    if labels != tuple(label for label in LABELS if label in labels):
        raise ill(f"must be some of {', '.join(LABELS)}, in this order")
    return labels


def _with_logits(outputs: Mapping[str, str | None]) -> Mapping[str, str | None]:
    if outputs.get("logits") is None:
        raise wrong({("logits",): "must name the model's output"})
    return {"embedding": None, **outputs}


def _known_scales(scales: Any) -> Any:
    return {scale: scales[scale] for scale in Scale if scale in scales} if isinstance(scales, dict) else scales


def _plain_files(files: Mapping[str, PackFile]) -> Mapping[str, PackFile]:
    for name in files:
        if Path(name).name != name or name in ("", ".."):
            raise ill(f"names {shown(name)}, which is no plain file name")
    for needed in (MODEL, TOKENIZER):
        if needed not in files:
            raise ill(f"must name {needed}")
    return files


Texts = Annotated[
    tuple[Annotated[str, Strict()], ...], Strict(False), Field(min_length=1), wanted("a list of at least one string")
]
Knots = Annotated[
    tuple[float, ...],
    Strict(False),
    Field(min_length=2),
    AfterValidator(_rising),
    wanted("two finite numbers or more that increase strictly"),
]


class Curve(_Stated):
    """A strictly increasing piecewise-linear map from a model's logit to a calibrated logit, by its knots."""

    x: Knots
    y: Knots

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.x) != len(self.y):
            raise ill("must have as many x as y")
        return self


Scales = Annotated[Mapping[Annotated[Scale, Strict(False)], Mapping[str, Curve]], BeforeValidator(_known_scales)]
"""By scale a curve for each label."""


class PackFile(_Stated):
    """A file by its SHA-256, 64 hexadecimal digits, and its size in bytes."""

    sha256: str
    size: Annotated[int, Field(alias="bytes", ge=0)]


class Sentences(_Stated):
    """``output``, f32 [texts, tokens, labels], tells of sentences: the largest over a sentence's tokens are the logits
    of that sentence.
    """

    output: str
    pool: Annotated[Literal["max"], wanted("'max'")]


class Manifest(_Stated):
    """What a pack says of itself. ``calibration`` holds a curve for each label on each scale,
    ``calibration_by_language`` those that stand in their place for texts in a language, as far as there are any,
    ``extra`` those of further outputs (``spam``).

    ``quantised``: the encoder's products are of whole numbers, with fixed scales. ``sentences``: sentences are scored
    in the pass that scores the whole; without it each is scored by itself. ``runtimes`` are those that it may run on
    because its scores were proved there; none named: all.
    """

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    name: str
    version: str
    created: str
    description: str
    labels: Annotated[Texts, AfterValidator(_known_labels)]
    languages: Texts
    max_tokens: Annotated[int, Field(ge=8)]
    pad_id: Annotated[int, Field(ge=0)]
    inputs: Texts
    outputs: Annotated[Mapping[str, str | None], AfterValidator(_with_logits)]
    quantised: Annotated[Literal["int8"] | None, wanted("'int8', or left out")] = None
    sentences: Sentences | None = None
    activation: Literal["sigmoid"]
    calibration: Scales
    calibration_by_language: Mapping[str, Scales] = {}
    extra: Mapping[str, Curve] = {}
    relevance: Mapping[str, Any] | None
    runtimes: Texts = ()
    files: Annotated[Mapping[str, PackFile], AfterValidator(_plain_files)]

    @property
    def output_names(self) -> tuple[str, ...]:
        """All that the model is asked for, by the model's own names."""
        asked = [name for name in self.outputs.values() if name is not None]
        return tuple(dict.fromkeys([*asked, *([self.sentences.output] if self.sentences else [])]))

    @model_validator(mode="after")
    def _of_what_it_has(self) -> Self:
        unread = [code for code in self.calibration_by_language if code not in self.languages]
        unknown = [
            (code, scale, label)
            for code, scales in self.calibration_by_language.items()
            for scale, curves in scales.items()
            for label in curves
            if label not in self.labels
        ]
        if unread or unknown:
            raise wrong(
                {("calibration_by_language", code): "is no language of the pack" for code in unread}
                | {("calibration_by_language", *map(str, place)): "is no label of the pack" for place in unknown}
            )
        return self

    @model_validator(mode="after")
    def _calibrated(self) -> Self:
        curves = [(scale, label) for scale in Scale for label in self.labels]
        missing = [(scale, label) for scale, label in curves if label not in self.calibration.get(scale, {})]
        if missing:
            raise wrong({("calibration", *place): "must have the knots x and y" for place in missing})
        return self
