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
        sample_values = getattr(self.inner, "sample_values", None)
        shared = (pos_target, mask, weights)
        if sample_values is not None and _same_for_samples(pos_pred, *shared):
            # The samples of an axis of their own have one target: it is looked at once.
            mask, weights = (t if t is None else t[:, 0] for t in (mask, weights))
            data = _flat(pos_pred[:, 0].shape, pos_target[:, 0], mask, weights)
            values: Tensor = sample_values(pos_pred.transpose(0, 1).flatten(1, 2), data)
            return values.t()
        values = self.inner(pos_pred.flatten(0, -2), _flat(pos_pred.shape, *shared))
        return values.reshape(pos_pred.shape[:-2])


def _same_for_samples(
    pos_pred: Tensor, pos_target: Tensor, mask: Tensor | None, weights: Tensor | None
) -> bool:
    """Whether predictions [targets, samples, nodes, dim] of a target have all else in common."""
    if pos_pred.dim() != 4 or pos_pred.numel() == 0 or pos_target.dim() != 4:  # noqa: PLR2004
        return False
    others = [tensor for tensor in (mask, weights) if tensor is not None]
    axes = all(tensor.dim() == 3 and tensor.size(1) == 1 for tensor in others)  # noqa: PLR2004
    return axes and pos_target.size(1) == 1


def _flat(
    shape: torch.Size, pos_target: Tensor, mask: Tensor | None, weights: Tensor | None
) -> Data:
    """The target of padded positions of a shape as one PyG batch."""
    target = _spread("pos_target", pos_target, shape)
    count = shape[:-2].numel()
    graph = torch.arange(count, device=target.device).repeat_interleave(shape[-2])
    data = Data(pos=target.flatten(0, -2), batch=graph)
    data.num_graphs = count
    if mask is not None:
        data.pos_mask = _spread("mask", mask.bool(), shape[:-1]).reshape(-1)
    if weights is not None:
        data.pos_weight = _spread("weights", weights, shape[:-1]).reshape(-1)
    return data


def _spread(name: str, value: Tensor, shape: torch.Size) -> Tensor:
    try:
        return value.expand(shape)
    except RuntimeError as error:
        raise ValueError(
            f"`{name}` must have shape {tuple(shape)}, or one that broadcasts to it; got "
            f"{tuple(value.shape)}"
        ) from error
