"""From what a generative host predicts to positions: x0, epsilon, velocity, score, flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pyg_energyloss.generative.parametrisation import (
    epsilon_weight,
    score_weight,
    x0_from_epsilon,
    x0_from_flow,
    x0_from_score,
    x0_from_velocity,
)


class Parametrization(NamedTuple):
    """How a prediction p at x_t = alpha x0 + sigma epsilon stands for a sample x0.

    ``to_x0(p, x_t, alpha, sigma)`` gives the sample; ``weight(alpha, sigma)`` is the factor w with
    ``|p - p'|^2 = w |x0 - x0'|^2``.
    """

    to_x0: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    weight: Callable[[Tensor, Tensor], Tensor]


#: The maps of `pyg_energyloss.generative`, for any alpha and sigma: theirs for velocity and flow
#: assume alpha^2 + sigma^2 = 1 and alpha + sigma = 1, which the divisors undo.
PARAMETRIZATIONS = {
    "x0": Parametrization(
        lambda p, _x, _a, _s: p,
        lambda a, _s: torch.ones_like(a),
    ),
    "epsilon": Parametrization(
        lambda p, x, a, s: x0_from_epsilon(x, p, a, s),
        epsilon_weight,
    ),
    "velocity": Parametrization(
        lambda p, x, a, s: x0_from_velocity(x, p, a, s) / (a.square() + s.square()),
        lambda a, s: (a.square() + s.square()).square() / s.square(),
    ),
    "score": Parametrization(
        lambda p, x, a, s: x0_from_score(x, p, a, s),
        score_weight,
    ),
    "flow": Parametrization(
        lambda p, x, a, s: x0_from_flow(x, p, s) / (a + s),
        lambda a, s: (a + s).square() / s.square(),
    ),
    # The same with time running from noise to data: p = x0 - epsilon.
    "flow_to_data": Parametrization(
        lambda p, x, a, s: x0_from_flow(x, -p, s) / (a + s),
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
