"""Quantisation in the loop: the encoder's products computed as a processor computes them in whole numbers.

Inputs of a product become whole numbers from 0 to 255: each dimension has an offset and a step of its own (smoothing),
so that none of the 256 levels is wasted on another dimension's outliers, and the steps are multiplied into the weights.
Weights become whole numbers from -127 to 127 with one scale per output. Attention's own products, softmax, norms, heads
and embeddings stay in floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

HALF = 128
"""Levels are kept from -128 to 127 while training: bf16 holds these exactly, and their sums stay small."""
MOST = 127
TAILS = (0.0, 3e-4, 1e-3, 3e-3)
"""Shares of a dimension's values that are cut off at either end of its range."""
WIDER = 0.02
"""How much wider than what was seen the range is where nothing is cut off."""
SAMPLED, JUDGED = 400, 2000
USUAL, SMOOTHINGS = 0.9, (0.6, 0.75, 1.0)
"""How far a dimension's step follows its range: 1 wholly, 0 all dimensions alike."""
NOISE_COUNTS = 4.0
"""Rounded inputs err anew in every text, rounded weights always alike, which training mends: what the former count."""


class _Levels(torch.autograd.Function):
    """Rounded levels; the gradient passes as if nothing was rounded, and stops where the range ends."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, per_level: torch.Tensor, offset: torch.Tensor, kind: torch.dtype
    ) -> torch.Tensor:
        levels = torch.addcmul(offset, x, per_level).round_().clamp_(-HALF, HALF - 1).to(kind)
        ctx.save_for_backward(levels, per_level)
        return levels

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        levels, per_level = ctx.saved_tensors
        inside = (levels > -HALF) & (levels < HALF - 1)
        return torch.where(inside, gradients[0], 0.0) * per_level, None, None, None


class Inputs(torch.nn.Module):
    """What a product is fed, as levels: ``round(x / step) + ...`` with ``step`` and ``middle`` (dimensions) each."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("step", torch.ones(size))
        self.register_buffer("middle", torch.zeros(size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Levels (..., dimensions) from -128 to 127, whole numbers in floating point (in autocast's, where it's on)."""
        per_level = 1 / self.step
        kind = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else torch.float32
        return _Levels.apply(x.float(), per_level, -0.5 - self.middle * per_level, kind)

    @property
    def at_zero(self) -> torch.Tensor:
        """The input that level 0 stands for, (dimensions)."""
        return self.middle + 0.5 * self.step


class QuantisedLinear(torch.nn.Module):
    """A linear layer whose product is one of whole numbers; ``exact`` switches that off."""

    def __init__(self, linear: torch.nn.Linear, inputs: Inputs) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.inputs = inputs
        self.exact = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.exact:
            return torch.nn.functional.linear(x, self.weight, self.bias)
        whole, scale = self.whole()
        product = torch.nn.functional.linear(self.inputs(x), whole)
        return torch.addcmul(self.shifted(whole, scale), product.float(), scale)

    def whole(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights (outputs, inputs) in whole numbers and the scale of each output; both carry gradients."""
        smoothed = self.weight.float() * self.inputs.step
        scale = (smoothed.detach().abs().amax(1) / MOST).clamp(min=1e-12)
        exact = smoothed / scale[:, None]
        return exact + (exact.round() - exact).detach(), scale

    def shifted(self, whole: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """The bias with what level 0 of the inputs stands for."""
        return self.bias + (whole * (self.inputs.at_zero / self.inputs.step)).sum(1) * scale


def quantise(encoder: torch.nn.Module, batches: Iterable[dict[str, torch.Tensor]]) -> None:
    """Replaces the encoder's linear layers in place, with ranges from what flows through on ``batches``.

    Layers that are fed the same tensor share their levels: it is rounded once.
    """
    linears = {name: part for name, part in encoder.named_modules() if isinstance(part, torch.nn.Linear)}
    seen = _watched(encoder, linears, batches)
    made: dict[int, Inputs] = {}
    for name, statistics in seen.items():
        group = [other for other, theirs in seen.items() if theirs is statistics]
        if id(statistics) not in made:
            made[id(statistics)] = statistics.inputs([linears[other].weight for other in group])
        replace(encoder, name, QuantisedLinear(linears[name], made[id(statistics)]))


def replace(module: torch.nn.Module, name: str, part: torch.nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(module.get_submodule(parent), last, part)


@contextmanager
def exactly(module: torch.nn.Module) -> Iterator[None]:
    """Within, nothing is rounded."""
    parts = [part for part in module.modules() if isinstance(part, QuantisedLinear)]
    for part in parts:
        part.exact = True
    try:
        yield
    finally:
        for part in parts:
            part.exact = False


class _Seen:
    """A sample of what a product is fed, over all tokens."""

    def __init__(self) -> None:
        self.sample: list[torch.Tensor] = []

    def add(self, rows: torch.Tensor) -> None:
        self.sample.append(rows[torch.randperm(len(rows))[:SAMPLED]])

    def inputs(self, weights: list[torch.Tensor]) -> Inputs:
        """The levels whose product errs least: first over what is cut off at both ends, then over smoothings."""
        rows, weight = torch.cat(self.sample), torch.cat([w.detach() for w in weights])
        ordered = rows.sort(0).values
        ends = []
        for tail in TAILS:
            place = int(tail * len(rows))
            low, high = ordered[place], ordered[-1 - place]
            ends.append((low, high) if tail else (low - WIDER * (high - low), high + WIDER * (high - low)))
        judged = rows[:: max(1, len(rows) // JUDGED)]
        low, high = min(ends, key=lambda end: _error(judged, weight, _levels(end[0], end[1], weight, USUAL)))
        found = [_levels(low, high, weight, smoothing) for smoothing in (USUAL, *SMOOTHINGS)]
        return min(found, key=lambda inputs: _error(judged, weight, inputs))


def _levels(low: torch.Tensor, high: torch.Tensor, weight: torch.Tensor, smoothing: float) -> Inputs:
    inputs = Inputs(len(low))
    spread = (high - low).clamp(min=1e-6)
    relative = spread**smoothing / weight.abs().amax(0).clamp(min=1e-6) ** (1 - smoothing)
    inputs.middle.copy_((high + low) / 2)
    inputs.step.copy_(relative * (spread / relative).amax() / (2 * HALF - 1))
    return inputs


def _error(rows: torch.Tensor, weight: torch.Tensor, inputs: Inputs) -> float:
    """The squared error of a product: of its rounded inputs with exact weights, and of its rounded weights."""
    rounded = inputs(rows) * inputs.step + inputs.at_zero
    smoothed = weight * inputs.step
    scale = smoothed.abs().amax(1, keepdim=True) / MOST
    whole = (smoothed / scale).round() * scale / inputs.step
    by_inputs = ((rounded - rows) @ weight.T).square().mean()
    by_weights = (rows @ (whole - weight).T).square().mean()
    return float(NOISE_COUNTS * by_inputs + by_weights)


def _watched(
    encoder: torch.nn.Module, linears: dict[str, torch.nn.Linear], batches: Iterable[dict[str, torch.Tensor]]
) -> dict[str, _Seen]:
    """For each layer that takes part what it is fed; layers fed by one tensor share one object."""
    seen: dict[str, _Seen] = {}
    fed: list[tuple[str, torch.Tensor]] = []
    hooks = [
        part.register_forward_pre_hook(lambda _, given, name=name: fed.append((name, given[0])))
        for name, part in linears.items()
    ]
    with torch.no_grad():
        for batch in batches:
            encoder(**batch)
            real = batch["attention_mask"].bool()
            shared: dict[int, _Seen] = {}
            for name, x in fed:
                if x.shape[:-1] != real.shape:
                    continue  # a pooler's, which reads one token and isn't asked
                first = id(x) not in shared
                statistics = seen.setdefault(name, shared.get(id(x)) or _Seen())
                shared[id(x)] = statistics
                if first:
                    statistics.add(x[real].float())
            fed.clear()
    for hook in hooks:
        hook.remove()
    return seen
