"""The pair energy of crystals from fractional coordinates, between nearest images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pyg_energyloss.functional import pair_energy

Stiffness = Callable[[Tensor], Tensor]


def periodic_energy(
    predicted: Tensor,
    true: Tensor,
    batch: Tensor,
    cell: Tensor,
    *,
    stiffness: Stiffness,
    cutoff: float | None = None,
) -> Tensor:
    """Return the energy of each crystal [num_crystals].

    Each predicted atom is taken at the image nearest to the true one, and springs join nearest
    images of the true crystal, each pair in both directions as in eq 7.

    Args:
        predicted: fractional positions [num_nodes, 3].
        true: fractional positions [num_nodes, 3].
        batch: crystal of each atom [num_nodes].
        cell: lattice vectors as rows [num_crystals, 3, 3], Å.
        stiffness: distance -> k.
        cutoff: springs only between atoms closer than this in the true crystal, Å; None joins all.
    """
    moved = predicted - true
    predicted = true + moved - moved.detach().round()
    edge_index, edge_shift = nearest_image_pairs(true, batch)
    if cutoff is not None:
        vectors = true[edge_index[1]] - true[edge_index[0]] + edge_shift
        near = _cartesian(vectors, cell, batch[edge_index[0]]).norm(dim=-1) < cutoff
        edge_index, edge_shift = edge_index[:, near], edge_shift[near]
    return pair_energy(
        _cartesian(predicted, cell, batch),
        _cartesian(true, cell, batch),
        edge_index,
        stiffness=stiffness,
        batch=batch,
        num_graphs=len(cell),
        cell=cell,
        edge_shift=edge_shift,
    )


def nearest_image_pairs(x: Tensor, batch_idx: Tensor) -> tuple[Tensor, Tensor]:
    """Return all ordered pairs of different atoms of each crystal, at their nearest images.

    The image is found by wrapping fractional coordinates; in a very skewed cell that is not
    reduced it is a near one, not always the nearest.

    Args:
        x: fractional positions [num_nodes, 3].
        batch_idx: crystal of each atom [num_nodes], in any order.

    Returns:
        ``edge_index`` [2, num_edges] and ``edge_shift`` [num_edges, 3] in cells.

    >>> x = torch.tensor([[0.1, 0.0, 0.0], [0.9, 0.0, 0.0]])
    >>> nearest_image_pairs(x, torch.zeros(2, dtype=torch.long))[1].tolist()
    [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    same = (batch_idx[:, None] == batch_idx[None]) & ~torch.eye(
        len(x), dtype=torch.bool, device=x.device
    )
    edge_index = same.nonzero().t().contiguous()
    shift = -(x[edge_index[1]] - x[edge_index[0]]).round()
    return edge_index, shift + 0.0


def _cartesian(fractional: Tensor, cell: Tensor, batch_idx: Tensor) -> Tensor:
    return (fractional[:, :, None] * cell[batch_idx]).sum(dim=1)
