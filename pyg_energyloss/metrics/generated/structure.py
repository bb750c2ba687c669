"""The atoms of a generated molecule, if they are a structure at all."""

from __future__ import annotations

import numpy as np
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.data.structure import Structure

#: Å; atoms closer than this are on top of each other. The shortest bond, of H2, is 0.74 Å.
COINCIDENT = 0.1


def structure(molecule: Data) -> Structure | None:
    """Return the atoms of a molecule, or None if every evaluator is to count it as a failure.

    That is a molecule of fewer than two atoms, with positions that are not finite, with atomic
    numbers that are no element's, or with two atoms less than 0.1 Å apart (which tables of bond
    lengths, having no lower limits, would call a triple bond).

    Args:
        molecule: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.

    >>> import torch
    >>> structure(Data(z=torch.tensor([1, 1]), pos=torch.zeros(2, 3))) is None
    True
    """
    found = Structure.from_data(molecule)
    z, pos = found.z, found.pos
    if len(z) < 2 or not np.isfinite(pos).all():  # noqa: PLR2004 - a bond needs two
        return None
    if z.min() < 1 or z.max() >= len(SYMBOLS):
        return None
    distance = np.linalg.norm(pos[:, None] - pos[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return None if distance.min() < COINCIDENT else found
