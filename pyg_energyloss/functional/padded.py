"""Between padded (B, N, dim) tensors with a mask, as some frameworks use, and the flat layout."""

from __future__ import annotations

from torch import Tensor


def from_padded(pos: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the flat positions and the graph of every node of a padded batch.

    Args:
        pos: positions [num_graphs, max_nodes, dim]; entries where `mask` is false are ignored.
        mask: which entries are atoms [num_graphs, max_nodes]; boolean or 0 and 1.

    Returns:
        Positions [num_nodes, dim], with gradient, and `batch` [num_nodes]. The number of graphs
        is ``pos.size(0)``.

    Raises:
        ValueError: the shapes do not fit.

    >>> import torch
    >>> pos, batch = from_padded(torch.zeros(2, 3, 3), torch.tensor([[1, 1, 0], [1, 1, 1]]))
    >>> pos.shape, batch
    (torch.Size([5, 3]), tensor([0, 0, 1, 1, 1]))
    """
    if pos.dim() != 3 or mask.shape[:2] != pos.shape[:2]:  # noqa: PLR2004 - graphs, nodes, dim
        raise ValueError(
            "`pos` must have shape [num_graphs, max_nodes, dim] and `mask` [num_graphs, "
            f"max_nodes], got {tuple(pos.shape)} and {tuple(mask.shape)}"
        )
    keep = mask.reshape(mask.shape[:2]).bool()
    return pos[keep], keep.nonzero()[:, 0]


def to_padded(pos: Tensor, mask: Tensor) -> Tensor:
    """Return flat positions as a padded tensor [num_graphs, max_nodes, dim], zero elsewhere.

    Args:
        pos: positions [num_nodes, dim].
        mask: which entries are atoms [num_graphs, max_nodes], with num_nodes true ones.

    Raises:
        ValueError: `mask` has another number of true entries.

    >>> import torch
    >>> to_padded(torch.ones(2, 1), torch.tensor([[1, 0], [1, 0]]))[:, :, 0]
    tensor([[1., 0.],
            [1., 0.]])
    """
    keep = mask.reshape(mask.shape[:2]).bool()
    index = keep.nonzero()
    if index.size(0) != pos.size(0):
        raise ValueError(
            f"`mask` must have as many true entries as `pos` has rows ({pos.size(0)}), "
            f"got {index.size(0)}"
        )
    padded = pos.new_zeros(*keep.shape, pos.size(1))
    return padded.index_put((index[:, 0], index[:, 1]), pos)
