"""What a denoising network is asked to output, as small objects: structure and loss weight."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from pyg_energyloss.generative.parametrisation import (
    epsilon_weight,
    x0_from_epsilon,
)


class Prediction(Protocol):
    """Reads a clean sample from the network's output, and weighs a loss on it."""

    def clean(self, output: Tensor, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return the clean sample x̂ [num_nodes, k] for levels [num_nodes, 1]."""
        ...

    def weight(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return what a loss on x̂ is multiplied by, shaped like the levels."""
        ...


class PredictNoise:
    """The network's output is ε̂: x̂ = (x_t - σ ε̂)/α, weight α²/σ².

    >>> import torch
    >>> one = torch.ones(1)
    >>> PredictNoise().clean(one, 2 * one, 0.8 * one, 0.4 * one)
    tensor([2.])

    Source: arXiv 2511.02087, eq 12.
    """

    def clean(self, output: Tensor, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return x̂ = (x_t - σ ε̂)/α."""
        return x0_from_epsilon(x_t, output, alpha, sigma)

    def weight(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return α²/σ²."""
        out: Tensor = epsilon_weight(alpha, sigma)
        return out


class PredictVelocity:
    """The output is v̂ of v = α ε - σ x: x̂ = (α x_t - σ v̂)/(α² + σ²), weight (α² + σ²)²/σ².

    For variance preserving noise this is the usual v; along straight lines it stays well behaved at
    both ends, where ε̂ or the flow û do not.

    >>> import torch
    >>> one = torch.ones(1)
    >>> PredictVelocity().clean(0 * one, one, 0.6 * one, 0.8 * one)
    tensor([0.6000])

    Source: Salimans, Ho, "Progressive Distillation for Fast Sampling of Diffusion Models", ICLR
    2022.
    """

    def clean(self, output: Tensor, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return x̂ = (α x_t - σ v̂)/(α² + σ²)."""
        return (alpha * x_t - sigma * output) / (alpha.square() + sigma.square())

    def weight(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return (α² + σ²)²/σ²."""
        return (alpha.square() + sigma.square()).square() / sigma.square()


class PredictFlow:
    """The output is û of u = ε - x along x_t = (1-t) x + t ε: x̂ = x_t - t û, weight 1/t².

    >>> import torch
    >>> half = torch.full((1,), 0.5)
    >>> PredictFlow().clean(half, half, half, half)
    tensor([0.2500])

    Source: arXiv 2511.02087, A.7.
    """

    def clean(self, output: Tensor, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return x̂ = (x_t - σ û)/(α + σ)."""
        return (x_t - sigma * output) / (alpha + sigma)

    def weight(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return (α + σ)²/σ²."""
        return (alpha + sigma).square() / sigma.square()


#: Predictions by name.
PREDICTIONS: dict[str, type[PredictNoise | PredictVelocity | PredictFlow]] = {
    "flow": PredictFlow,
    "noise": PredictNoise,
    "velocity": PredictVelocity,
}
