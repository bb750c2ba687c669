"""One step of a sampler, from noise level t down to level s; tensors in, tensors out."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.generative.parametrisation import epsilon_from_x0

Levels = tuple[Tensor, Tensor]


def ddim_step(x_t: Tensor, x0: Tensor, now: Levels, then: Levels) -> Tensor:
    """Return x_s = α_s x̂ + σ_s ε̂ with the ε̂ that x̂ implies; nothing is drawn.

    Along straight lines (`FlowSchedule`) this is Euler's step of the flow's ODE.

    >>> one = torch.ones(1)
    >>> ddim_step(one, 0 * one, (0 * one, one), (0.6 * one, 0.8 * one))
    tensor([0.8000])

    Source: Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, eq 12, η = 0.
    """
    return then[0] * x0 + then[1] * epsilon_from_x0(x_t, x0, *now)


def ancestral_step(x_t: Tensor, x0: Tensor, now: Levels, then: Levels, noise: Tensor) -> Tensor:
    """Draw x_s from q(x_s | x_t, x̂), the posterior of the noising process.

    Formula: α_ts = α_t/α_s, σ²_ts = σ²_t - α²_ts σ²_s, mean (α_ts σ²_s x_t + α_s σ²_ts x̂)/σ²_t,
    standard deviation σ_ts σ_s/σ_t.

    >>> one = torch.ones(1)
    >>> ancestral_step(one, one, (0 * one, one), (0.6 * one, 0.8 * one), 0 * one)
    tensor([0.6000])

    Source: Kingma et al., "Variational Diffusion Models", NeurIPS 2021, appendix A.
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = now, then
    ratio = alpha_t / alpha_s
    step = (sigma_t.square() - (ratio * sigma_s).square()).clamp(min=0)
    mean = (ratio * sigma_s.square() * x_t + alpha_s * step * x0) / sigma_t.square()
    return mean + step.sqrt() * sigma_s / sigma_t * noise


def heun_correction(
    x_t: Tensor, first: Tensor, second: Tensor, now: Levels, then: Levels
) -> Tensor:
    """Return x_s of Heun's step of the probability-flow ODE from ε̂ at both ends.

    Formula: with y = x/α and λ = σ/α the ODE is dy/dλ = ε̂, so y_s = y_t + Δλ (ε̂_t + ε̂_s)/2.

    Args:
        x_t: sample at the start.
        first: ε̂ at the start.
        second: ε̂ at the end of a DDIM step.
        now: α and σ at the start.
        then: α and σ at the end.

    Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
    NeurIPS 2022, algorithm 1.
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = now, then
    slope = 0.5 * (first + second)
    out: Tensor = alpha_s * (x_t / alpha_t + (sigma_s / alpha_s - sigma_t / alpha_t) * slope)
    return out


def time_grid(steps: int, *, device: torch.device | str = "cpu") -> Tensor:
    """Return times from 1 down to 0 in equal steps, [steps + 1].

    Raises:
        ValueError: there is less than one step.

    >>> time_grid(2)
    tensor([1.0000, 0.5000, 0.0000])
    """
    if steps < 1:
        raise ValueError(f"`steps` must be at least 1, got {steps}")
    return torch.linspace(1.0, 0.0, steps + 1, device=device)
