"""The mean of an energy over independent categorical states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

#: (energy(states, data) -> [num_graphs], log-probabilities [num_nodes, num_states], data).
Expectation = Callable[[Callable[[Tensor, Any], Tensor], Tensor, Any], Tensor]


def multilinear(energy: Callable[[Tensor, Any], Tensor], log_q: Tensor, data: Any) -> Tensor:
    """Return the energy at the probabilities.

    It is the exact mean if the energy is linear in the state of each node, the others held fixed:
    fields, pair energies, products over distinct nodes.

    Example:
        >>> multilinear(
        ...     lambda q, data: q[:, 0].sum().reshape(1), torch.full((4, 2), 0.5).log(), None
        ... )
        tensor([2.])
    """
    return energy(log_q.exp(), data)


class ScoreFunction:
    """Estimate the mean, and its gradient, of any energy from samples.

    The gradient is ``mean of (E_s - mean of the others) grad ln q(s)``: unbiased, with the mean of
    the other samples as control variate. The value is the sample mean.

    Args:
        samples: configurations per call, at least two.
        seed: of the generator that draws them.

    Raises:
        ValueError: fewer than two samples.

    Example:
        >>> certain = torch.tensor([[1.0, 1e-9]]).log()
        >>> ScoreFunction(samples=2)(lambda s, data: s[:, :1].sum(0), certain, None)
        tensor([1.])

    Source: REINFORCE with a leave-one-out baseline, Kool et al., ICLR workshop 2019.
    """

    def __init__(self, *, samples: int = 16, seed: int = 0) -> None:
        if samples < 2:  # noqa: PLR2004 - the control variate needs another sample
            raise ValueError(f"`samples` must be at least 2, got {samples}")
        self.samples = samples
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, energy: Callable[[Tensor, Any], Tensor], log_q: Tensor, data: Any) -> Tensor:
        """Return the estimate [num_graphs]."""
        batch = getattr(data, "batch", None)
        probability = log_q.detach().exp()
        draws = torch.multinomial(
            probability.cpu(), self.samples, replacement=True, generator=self.generator
        ).to(log_q.device)
        values, scores = [], []
        for drawn in draws.T:
            with torch.no_grad():
                values.append(energy(F.one_hot(drawn, log_q.size(-1)).to(log_q.dtype), data))
            chosen = log_q.gather(-1, drawn.unsqueeze(-1)).squeeze(-1)
            score = chosen.new_zeros(values[0].shape)
            scores.append(
                score + chosen.sum() if batch is None else score.index_add(0, batch, chosen)
            )
        value, score = torch.stack(values), torch.stack(scores)
        mean = value.mean(dim=0)
        advantage = (value - mean) / (self.samples - 1)
        # The difference has value zero and the gradient of the score.
        return mean + (advantage * (score - score.detach())).sum(dim=0)
