"""Van der Waals radii, for clashes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Å, by atomic number.
_RADII = {
    1: 1.20,
    5: 1.92,
    6: 1.70,
    7: 1.55,
    8: 1.52,
    9: 1.47,
    14: 2.10,
    15: 1.80,
    16: 1.80,
    17: 1.75,
    34: 1.90,
    35: 1.85,
    53: 1.98,
}
#: Å, of elements that are not in the table.
_OTHERS = 2.0


def van_der_waals_radii(z: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the radius of each atom [num_nodes] in Å; 2 Å where none is tabulated.

    >>> van_der_waals_radii([1, 6, 92]).tolist()
    [1.2, 1.7, 2.0]

    Source: Bondi, J. Phys. Chem. 68, 441 (1964); B: Mantina et al., J. Phys. Chem. A 113, 5806
    (2009).
    """
    return np.array([_RADII.get(int(number), _OTHERS) for number in z])
