"""The field that a target configuration exerts on each of its spins."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds, without_column


def local_field(edge_index: Tensor, coupling: Tensor, spins: Tensor, *, h0: float = 0.0) -> Tensor:
    """Return the local field of every spin.

    ``h_i = sum_j J_ij y_j + h0 y_i``. The energy of a prediction s in this field is
    ``-sum_i h_i s_i``: linear, hence convex, in s, and least at ``s_i = sign(h_i)``. With
    ``h0 = 0`` a ground state y has ``y_i h_i >= 0`` everywhere, so that y is a minimiser; with
    ``h0 > 0`` it is the only one. For any other y it takes ``h0 > max_i sum_j |J_ij|``: at most 4
    on a square lattice with ``|J| <= 1``.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        spins: target configuration y, +1 or -1, [num_nodes].
        h0: extra field along the target, in units of J.

    Returns:
        h [num_nodes], differentiable in ``coupling`` and ``spins``.

    Raises:
        ValueError: wrong shapes, or directions of a bond that disagree.

    Example:
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> local_field(edges, torch.tensor([1.0, -0.5]), torch.tensor([1.0, 1.0, -1.0]))
        tensor([ 1.0000,  1.5000, -0.5000])

    Source: Kaba et al., arXiv 2511.02087, equation 16 and A.6. There the sign is left to the reader
    and ``h0`` is printed inside the sum over neighbours; the bounds they state on ``h0`` hold for
    the form above, which is the one used here.
    """
    values = without_column(spins)
    if values.dim() != 1:
        raise ValueError(f"`spins` must have shape [num_nodes], got {list(spins.shape)}")
    bonds, weight = undirected_bonds(edge_index, coupling)
    dtype = torch.promote_types(values.dtype, weight.dtype)
    if not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    values, weight = values.to(dtype), weight.to(dtype)
    field = h0 * values
    field = field.index_add(0, bonds[0], weight * values[bonds[1]])
    return field.index_add(0, bonds[1], weight * values[bonds[0]])
