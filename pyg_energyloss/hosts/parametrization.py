"""From what a generative host predicts to positions: x0, epsilon, velocity, score, flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Parametrization(NamedTuple):
    """How a prediction p at x_t = alpha x0 + sigma epsilon stands for a sample x0.

    ``to_x0(p, x_t, alpha, sigma)`` gives the sample; ``weight(alpha, sigma)`` is the factor w with
    ``|p - p'|^2 = w |x0 - x0'|^2``.
    """

    to_x0: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    weight: Callable[[Tensor, Tensor], Tensor]


#: Source: arXiv 2511.02087, eqs 11-14 for epsilon and flow; velocity: Salimans, Ho, ICLR 2022.
PARAMETRIZATIONS = {
    "x0": Parametrization(
        lambda p, _x, _a, _s: p,
        lambda a, _s: torch.ones_like(a),
    ),
    "epsilon": Parametrization(
        lambda p, x, a, s: (x - s * p) / a,
        lambda a, s: a.square() / s.square(),
    ),
    # v = alpha epsilon - sigma x0
    "velocity": Parametrization(
        lambda p, x, a, s: (a * x - s * p) / (a.square() + s.square()),
        lambda a, s: (a.square() + s.square()).square() / s.square(),
    ),
    # the score is minus epsilon over sigma
    "score": Parametrization(
        lambda p, x, a, s: (x + s.square() * p) / a,
        lambda a, s: a.square() / s.square().square(),
    ),
    # u = epsilon - x0, with alpha = 1 - t and sigma = t in flow matching
    "flow": Parametrization(
        lambda p, x, a, s: (x - s * p) / (a + s),
        lambda a, s: (a + s).square() / s.square(),
    ),
}


def parametrization(name: str) -> Parametrization:
    """Return the parametrization called ``name``.

    Raises:
        ValueError: there is none; the message lists them.

    >>> one = torch.ones(1)
    >>> parametrization("epsilon").to_x0(one, 3 * one, 2 * one, one)
    tensor([1.])
    """
    if name not in PARAMETRIZATIONS:
        raise ValueError(
            f"`parametrization` must be one of {', '.join(PARAMETRIZATIONS)}; got {name!r}"
        )
    return PARAMETRIZATIONS[name]
