"""The hinge of a margin as a loss on spins."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.spins.flip import FlipRule
from pyg_energyloss.functional.spins.spin_classification import spin_margin
from pyg_energyloss.losses.spins.spin_info import SpinInfo
from pyg_energyloss.losses.spins.spin_loss import SpinLoss


class MarginLoss(SpinLoss):
    """Score spins one by one by how far they fall short of a margin.

    Formula: `pyg_energyloss.functional.spin_margin`.

    Args:
        margin: score from which on a right spin costs nothing.
        flip: choice of the target's global sign, see `SpinLoss`.
        normalize: divide by the number of "spins", or not (None).
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1))
        >>> data.y = torch.tensor([1.0, 1.0])
        >>> MarginLoss()(torch.tensor([0.5, 3.0]), data)
        tensor(0.2500)

    Source: Kaba et al., arXiv 2511.02087, section 5 (a baseline).
    """

    def __init__(
        self,
        *,
        margin: float = 1.0,
        flip: str | FlipRule | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__(flip=flip, normalize=normalize, reduction=reduction)
        if not margin > 0:
            raise ValueError(f"`margin` must be positive, got {margin}")
        self.margin = margin

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:
        """Return the hinge of each graph [num_graphs]."""
        target = sign * info.required_spins()
        return spin_margin(
            logits, target, margin=self.margin, batch=info.batch, num_graphs=info.num_graphs
        )
