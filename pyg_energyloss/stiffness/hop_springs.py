"""Springs by the number of bonds between two atoms: a basis to fit, and the law it gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from pyg_energyloss.stiffness.bond_aware import BondAware, bond_hops
from pyg_energyloss.stiffness.inverse_square import InverseSquare

#: The classes of `hop_basis`, in its order.
HOP_CLASSES = ("bond", "angle", "torsion", "far")


def hop_basis(pos: ArrayLike, edge_index: Tensor | ArrayLike) -> NDArray[np.float64]:
    r"""Return unit springs by topological distance, the `basis` of `fit_springs`.

    One for bonds, 1-3 and 1-4 pairs each, 1 / d² for all pairs further apart.

    Args:
        pos: positions [n, 3], in Å.
        edge_index: the bonds [2, num_bonds], in one direction or both.

    Returns:
        [4, n, n], symmetric, in the order of `HOP_CLASSES`; the last in 1/Å².

    >>> chain = np.arange(5.0)[:, None] * [2.0, 0, 0]
    >>> bonds = [[0, 1, 2, 3], [1, 2, 3, 4]]
    >>> hop_basis(chain, bonds)[:, 0].tolist()[-1]  # only 0 and 4 are far apart: 1 / 8²
    [0.0, 0.0, 0.0, 0.0, 0.015625]
    """
    points = np.asarray(pos, dtype=np.float64)
    size = len(points)
    basis = np.zeros((len(HOP_CLASSES), size, size))
    bonds = torch.as_tensor(edge_index, dtype=torch.long, device="cpu").reshape(2, -1)
    for hop, keys in enumerate(bond_hops(bonds, size, 3)):
        basis[hop].flat[keys.numpy()] = 1.0
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1) + np.eye(size)
    far = (basis.sum(axis=0) == 0) & ~np.eye(size, dtype=bool)
    basis[3] = far / distance**2
    return basis


def hop_law(strengths: Sequence[float] | NDArray[np.floating]) -> BondAware:
    """Return the law of fitted springs, relative to a bond of one.

    Args:
        strengths: of bonds, 1-3 and 1-4 pairs, and c of c / d² for the others, as `fit_springs`
            returns them for a `hop_basis`.

    Raises:
        ValueError: `strengths` are not four numbers, or the bond is not positive.

    >>> hop_law([20.0, 5.0, 1.0, 2.0])
    BondAware(1, InverseSquare(0.1, softening=1e-05), angle=0.25, torsion=0.05)
    """
    values = [float(value) for value in strengths]
    if len(values) != len(HOP_CLASSES) or not values[0] > 0:
        raise ValueError(
            "`strengths` must be four numbers (bond, angle, torsion, far) with a positive bond, "
            f"got {values}"
        )
    angle, torsion, far = (value / values[0] for value in values[1:])
    law = InverseSquare(far) if far > 0 else torch.zeros_like
    return BondAware(1.0, law, angle=angle, torsion=torsion)
