"""Any structure loss on padded positions, one value per sample."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.losses.parts.per_graph import per_graph


class PaddedLoss(torch.nn.Module):
    """Call a structure loss on padded positions [..., max_nodes, dim], a value for each of [...].

    For hosts that pad, with or without a separate axis of samples, as AlphaFold 3 and its
    relatives. Nothing is gathered: the prediction is read as it lies, padding has weight zero. The
    target, mask and weights are given once for all samples. Losses that need bonds need PyG
    batches.

    Args:
        inner: the structure loss; its reduction is not used.

    Raises:
        TypeError: `inner` has no attribute `reduction`.

    >>> from pyg_energyloss import DistanceLoss
    >>> target = torch.tensor([[[[0.0], [1.0], [9.0]]]])  # one structure of two atoms, padded
    >>> samples = torch.tensor([[[[0.0], [3.0], [0.0]], [[0.0], [4.0], [0.0]]]])
    >>> mask = torch.tensor([[[True, True, False]]])
    >>> PaddedLoss(DistanceLoss())(samples, target, mask=mask)
    tensor([[2., 3.]])
    """

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = per_graph(inner)

    def forward(
        self,
        pos_pred: Tensor,
        pos_target: Tensor,
        *,
        mask: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Return the value of each sample [...].

        Args:
            pos_pred: predicted positions [..., max_nodes, dim].
            pos_target: true positions, of that shape or one that broadcasts to it, such as
                [num_targets, 1, max_nodes, dim] beside [num_targets, num_samples, max_nodes, dim].
            mask: which entries are atoms, boolean or 0 and 1, broadcast to [..., max_nodes].
            weights: how much each atom counts, broadcast to [..., max_nodes].

        Raises:
            ValueError: the shapes do not fit.
        """
        if pos_pred.dim() < 3:  # noqa: PLR2004 - samples, nodes, dim
            raise ValueError(
                "`pos_pred` must have shape [..., max_nodes, dim] with an axis of samples, got "
                f"{tuple(pos_pred.shape)}"
            )
        *samples, nodes, dim = pos_pred.shape
        count = torch.Size(samples).numel()
        graph = torch.arange(count, device=pos_pred.device).repeat_interleave(nodes)
        target = _spread("pos_target", pos_target, pos_pred.shape)
        data = Data(pos=target.reshape(-1, dim), batch=graph)
        data.num_graphs = count
        if mask is not None:
            data.pos_mask = _spread("mask", mask.bool(), pos_pred.shape[:-1]).reshape(-1)
        if weights is not None:
            data.pos_weight = _spread("weights", weights, pos_pred.shape[:-1]).reshape(-1)
        values: Tensor = self.inner(pos_pred.reshape(-1, dim), data)
        return values.reshape(samples)


def _spread(name: str, value: Tensor, shape: torch.Size) -> Tensor:
    try:
        return value.expand(shape)
    except RuntimeError as error:
        raise ValueError(
            f"`{name}` must have shape {tuple(shape)}, or one that broadcasts to it; got "
            f"{tuple(value.shape)}"
        ) from error
