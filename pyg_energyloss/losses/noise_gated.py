"""The energy where noise is small, MSE where it is large: each where it is the right loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.degree import degree_of
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.per_graph import per_graph
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs


class NoiseGatedLoss(LossArithmetic):
    r"""Mix two losses of a denoiser by the noise of each graph.

    Formula: g · low + (1 - g) · high with g = 1/(1 + (r/c)⁴) and r = σ/α the noise in units of the
    clean structure, read from ``data.noise_ratio`` [num_graphs]. Without that attribute g = 1.

    Where the two grow with different powers of the error (`degree`: 1 of absolute springs, 2 of
    MSE), low counts r^(difference) as much: an absolute error times the noise is a square's like.

    The minimiser of an energy is the score at small noise only (proposition 4.4). At large noise
    the average over all structures that are possible is needed, which is what MSE is minimised by,
    and an energy is not.

    Args:
        low: Loss at small noise.
        high: Loss at large noise.
        crossover: c, where both count half; Å.
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: ``crossover`` is not positive, or the reduction is unknown.

    >>> from torch_geometric.data import Data
    >>> from pyg_energyloss import CoordinateMSELoss, CoordinateMAELoss
    >>> loss = NoiseGatedLoss(CoordinateMAELoss(), CoordinateMSELoss(), crossover=0.5)
    >>> data = Data(pos=torch.zeros(1, 1), noise_ratio=torch.tensor([0.5]))
    >>> loss(torch.tensor([[2.0]]), data)  # (0.5 * 2 + 4) / 2
    tensor(2.5000)

    Source: ours; arXiv 2511.02087 names the limit in section 4 and leaves it open.
    """

    def __init__(
        self,
        low: torch.nn.Module,
        high: torch.nn.Module,
        *,
        crossover: float = 0.5,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if not crossover > 0:
            raise ValueError(f"`crossover` must be positive, got {crossover}")
        self.low, self.high = per_graph(low), per_graph(high)
        self.crossover, self.reduction = crossover, check_reduction(reduction)

    @property
    def degree(self) -> float:
        """That of the loss at large noise, which the other one is brought to."""
        return degree_of(self.high)

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of ``pos_pred`` [num_nodes, dim] against ``data.pos``."""
        low = self.low(pos_pred, data)
        ratio = getattr(data, "noise_ratio", None)
        if ratio is None:
            return reduce_graphs(low, self.reduction)
        gate = 1 / (1 + (ratio / self.crossover) ** 4)
        power = self.degree - degree_of(self.low)
        low = low if power == 0 else ratio**power * low
        return reduce_graphs(gate * low + (1 - gate) * self.high(pos_pred, data), self.reduction)
