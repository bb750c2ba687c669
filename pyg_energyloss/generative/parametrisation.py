r"""From what a generative model predicts to the structure that it thereby predicts.

A structure loss compares structures. With the noising x_t = α x + σ ε (or x_t = (1-t) x + t ε for
flow matching) every parametrisation is a linear map away from the clean structure x, and the
squared error in the model's own variable is a known weight times that of the structure::

    |ε - ε̂|² = (α²/σ²) |x - x̂|²     |v - v̂|² = (1 + α²/σ²) |x - x̂|² = |x - x̂|²/σ² if α² + σ² = 1
    |s - ŝ|² = (α²/σ⁴) |x - x̂|²     |u - û|² = |x - x̂|²/t²

so a loss in x takes that weight to keep the balance of noise levels a model was tuned for.

Source: arXiv 2511.02087, eqs 11-14 and A.7.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Level = Tensor | float


def x0_from_epsilon(x_t: Tensor, epsilon: Tensor, alpha: Level, sigma: Level) -> Tensor:
    """Return x̂ = (x_t - σ ε̂) / α.

    >>> x0_from_epsilon(torch.tensor([2.0]), torch.tensor([1.0]), 0.8, 0.4)
    tensor([2.])
    """
    return (x_t - sigma * epsilon) / alpha


def x0_from_velocity(x_t: Tensor, velocity: Tensor, alpha: Level, sigma: Level) -> Tensor:
    """Return x̂ = α x_t - σ v̂, where v = α ε - σ x and α² + σ² = 1.

    >>> x0_from_velocity(torch.tensor([1.0]), torch.tensor([0.0]), 0.6, 0.8)
    tensor([0.6000])
    """
    return alpha * x_t - sigma * velocity


def x0_from_score(x_t: Tensor, score: Tensor, alpha: Level, sigma: Level) -> Tensor:
    """Return x̂ = (x_t + σ² ŝ) / α, where s = ∇ log p(x_t) = -ε / σ.

    >>> x0_from_score(torch.tensor([1.0]), torch.tensor([-0.5]), 0.5, 1.0)
    tensor([1.])
    """
    return (x_t + sigma**2 * score) / alpha


def x0_from_flow(x_t: Tensor, flow: Tensor, time: Level) -> Tensor:
    """Return x̂ = x_t - t û, where u = (x_t - x) / t = ε - x.

    >>> x0_from_flow(torch.tensor([1.0]), torch.tensor([2.0]), 0.25)
    tensor([0.5000])
    """
    return x_t - time * flow


def epsilon_from_x0(x_t: Tensor, x0: Tensor, alpha: Level, sigma: Level) -> Tensor:
    """Return ε̂ = (x_t - α x̂) / σ.

    >>> epsilon_from_x0(torch.tensor([2.0]), torch.tensor([2.0]), 0.8, 0.4)
    tensor([1.0000])
    """
    return (x_t - alpha * x0) / sigma


def score_from_epsilon(epsilon: Tensor, sigma: Level) -> Tensor:
    """Return ŝ = -ε̂ / σ.

    >>> score_from_epsilon(torch.tensor([1.0]), 0.5)
    tensor([-2.])
    """
    return -epsilon / sigma


def epsilon_weight(alpha: Level, sigma: Level) -> Any:
    """Return α²/σ², the weight of a loss in x for a model that predicts noise.

    >>> epsilon_weight(0.8, 0.4)
    4.0
    """
    return alpha**2 / sigma**2


def velocity_weight(alpha: Level, sigma: Level) -> Any:
    """Return 1 + α²/σ², the weight of a loss in x for a model that predicts v.

    >>> velocity_weight(1.0, 1.0)
    2.0
    """
    return 1 + alpha**2 / sigma**2


def score_weight(alpha: Level, sigma: Level) -> Any:
    """Return α²/σ⁴, the weight of a loss in x for a model that predicts the score.

    >>> score_weight(1.0, 0.5)
    16.0
    """
    return alpha**2 / sigma**4


def flow_weight(time: Level, *, least: float = 1e-3) -> Any:
    """Return 1/t², the weight of a loss in x for flow matching; t counts as `least` below it.

    Args:
        time: t in [0, 1]; 0 is the clean structure.
        least: where the weight stops growing.

    >>> flow_weight(torch.tensor([0.5, 0.0]), least=0.1).round(decimals=2)
    tensor([  4., 100.])
    """
    if isinstance(time, Tensor):
        return time.clamp(min=least).square().reciprocal()
    return 1.0 / max(time, least) ** 2


def degree_weight(weight: Level, degree: float) -> Any:
    r"""Return w^(p/2): the weight w of a square, for a loss that grows like the p-th power.

    A denoiser whose error in the model's own variable has size 1 at every level is off by w^(-½) in
    the structure (by σ for a velocity, by σ/α for noise). A square of that is 1/w, so w makes its
    values equal over the levels, and its gradients in the network's output too: w · 2|e| · w^(-½)
    with |e| = w^(-½) is 2. The value of an absolute error is w^(-½) and its gradient in e does not
    shrink with e at all: w would make it w · 1 · w^(-½), which grows as 1/σ at small noise, and the
    few molecules of the smallest noise would be all that counts. Its weight is w^(½).

    Args:
        weight: w, of a squared error.
        degree: p, 2 for a square and 1 for an absolute error.

    >>> degree_weight(4.0, 2.0), degree_weight(4.0, 1.0)
    (4.0, 2.0)
    """
    return weight ** (degree / 2)


def per_node(level: Tensor, batch: Tensor | None) -> Tensor:
    """Return the noise level [num_graphs] of the graph of each node, as [num_nodes, 1].

    >>> per_node(torch.tensor([0.1, 0.2]), torch.tensor([0, 0, 1])).flatten()
    tensor([0.1000, 0.1000, 0.2000])
    """
    flat = level.reshape(-1)
    return (flat if batch is None else torch.index_select(flat, 0, batch))[:, None]
