"""Cross-entropy of spins as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.spins.spin_classification import spin_cross_entropy
from pyg_energyloss.losses.spins.spin_info import SpinInfo
from pyg_energyloss.losses.spins.spin_loss import SpinLoss


class SpinCrossEntropyLoss(SpinLoss):
    """Score spins one by one by the probability of the true value: the usual baseline.

    Formula: `pyg_energyloss.functional.spin_cross_entropy`.

    Args:
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
        >>> SpinCrossEntropyLoss()(torch.zeros(2), data)  # ln 2
        tensor(0.6931)

    Source: Kaba et al., arXiv 2511.02087, section 5 (a baseline); ``flip`` is not in the paper.
    """

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:
        """Return the cross-entropy of each graph [num_graphs] in nats."""
        target = sign * info.required_spins()
        return spin_cross_entropy(logits, target, batch=info.batch, num_graphs=info.num_graphs)
