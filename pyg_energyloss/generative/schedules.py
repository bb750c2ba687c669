"""Noise schedules: how much of the structure and how much noise a point in time has."""

from __future__ import annotations

import math
from typing import Protocol

from torch import Tensor


class NoiseSchedule(Protocol):
    """Maps time, 0 for the structure and 1 for noise, to x_t = α x + σ ε."""

    def __call__(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return α and σ, shaped like ``time``."""
        ...


class PolynomialSchedule:
    """Variance preserving: α² = (1 - 2 s) (1 - tᵖ)² + s and σ² = 1 - α².

    Args:
        power: p.
        precision: s; neither α² nor σ² ever falls below it.

    Raises:
        ValueError: the power is not positive, or the precision is not in (0, 0.5).

    >>> import torch
    >>> alpha, sigma = PolynomialSchedule(precision=1e-5)(torch.tensor([0.0, 1.0]))
    >>> round(1e5 * sigma[0].item() ** 2, 2), round(1e5 * alpha[1].item() ** 2, 2)
    (1.0, 1.0)

    Source: Hoogeboom et al., "Equivariant Diffusion for Molecule Generation in 3D", ICML 2022,
    appendix B; arXiv 2511.02087, appendix B, uses power 2 and precision 1e-5.
    """

    def __init__(self, *, power: float = 2.0, precision: float = 1e-5) -> None:
        if not power > 0:
            raise ValueError(f"`power` must be positive, got {power}")
        self.power, self.precision = power, _checked(precision)

    def __call__(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return α and σ, shaped like ``time``."""
        return _variance_preserving((1 - time**self.power).square(), self.precision)


class CosineSchedule:
    """Variance preserving: α² follows cos² of time, within the precision.

    Args:
        precision: s; neither α² nor σ² ever falls below it.
        offset: keeps the first steps from being too small.

    Raises:
        ValueError: the precision is not in (0, 0.5).

    >>> import torch
    >>> alpha, sigma = CosineSchedule(offset=0.0)(torch.tensor(0.5))
    >>> round(alpha.item(), 3), round(sigma.item(), 3)
    (0.707, 0.707)

    Source: Nichol, Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML 2021, eq 17.
    """

    def __init__(self, *, precision: float = 1e-5, offset: float = 0.008) -> None:
        self.precision, self.offset = _checked(precision), offset

    def __call__(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return α and σ, shaped like ``time``."""
        start = math.cos(self.offset / (1 + self.offset) * math.pi / 2) ** 2
        angle = (time + self.offset) / (1 + self.offset) * math.pi / 2
        return _variance_preserving(angle.cos().square() / start, self.precision)


class FlowSchedule:
    """Gaussian flow matching: straight lines, α = 1 - τ and σ = τ.

    Args:
        precision: τ runs from here to one minus this, so that neither end divides by zero.

    Raises:
        ValueError: the precision is not in (0, 0.5).

    >>> import torch
    >>> FlowSchedule(precision=0.01)(torch.tensor([0.0, 1.0]))[1]
    tensor([0.0100, 0.9900])

    Source: Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023; arXiv 2511.02087,
    A.7, has the energy loss for it.
    """

    def __init__(self, *, precision: float = 2e-3) -> None:
        self.precision = _checked(precision)

    def __call__(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return α and σ, shaped like ``time``."""
        sigma = self.precision + (1 - 2 * self.precision) * time
        return 1 - sigma, sigma


#: Schedules by name.
SCHEDULES: dict[str, type[PolynomialSchedule | CosineSchedule | FlowSchedule]] = {
    "cosine": CosineSchedule,
    "flow": FlowSchedule,
    "polynomial": PolynomialSchedule,
}


def _checked(precision: float) -> float:
    if not 0 < precision < 0.5:  # noqa: PLR2004 - above, α² would grow with time
        raise ValueError(f"`precision` must be in (0, 0.5), got {precision}")
    return precision


def _variance_preserving(kept: Tensor, precision: float) -> tuple[Tensor, Tensor]:
    squared = (1 - 2 * precision) * kept + precision
    return squared.sqrt(), (1 - squared).clamp(min=precision).sqrt()


def log_snr(alpha: Tensor, sigma: Tensor) -> Tensor:
    """Return log(α²/σ²), what a denoiser is told of the time.

    >>> import torch
    >>> log_snr(torch.tensor(1.0), torch.tensor(1.0))
    tensor(0.)
    """
    return 2 * (alpha.log() - sigma.log())
