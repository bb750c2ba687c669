"""Which atoms and double bonds of a molecular graph can be of either hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.symmetry.refinement import refined_colors

Indices = NDArray[np.int64]
#: Bonds of a tetrahedral centre, and of one end of a double bond.
_TETRAHEDRAL, _TRIGONAL = 4, 3
_DOUBLE = 2


class StereoGraph:
    """The stereo centres and stereo double bonds that the bonds alone allow.

    A centre has four neighbours of four classes, a double bond two classes at either end; classes
    are those of `refined_colors`. Centres that depend on each other through a ring, as in
    1,4-dimethylcyclohexane, are not found this way; RDKit knows them.

    Args:
        bonds: each once, [num_bonds, 2].
        z: atomic numbers [num_nodes].
        bond_type: 1, 2, 3 or 4 (aromatic) [num_bonds]; without it there are no double bonds.

    >>> fluorochlorobromomethane = np.array([[0, 1], [0, 2], [0, 3], [0, 4]])
    >>> StereoGraph(fluorochlorobromomethane, np.array([6, 1, 9, 17, 35])).centres
    [(0, 4, 3, 2, 1)]
    """

    def __init__(self, bonds: Indices, z: Indices, bond_type: Indices | None = None) -> None:
        self.bonds, self.z, self.bond_type = bonds, z, bond_type
        self.keys = refined_colors(bonds, z, bond_colors=bond_type)
        self.neighbours: list[list[int]] = [[] for _ in range(len(z))]
        for i, j in bonds.tolist():
            self.neighbours[i].append(j)
            self.neighbours[j].append(i)

    @property
    def centres(self) -> list[tuple[int, int, int, int, int]]:
        """Each centre and its neighbours in the order of their ranks."""
        found = []
        for atom, around in enumerate(self.neighbours):
            if len(around) == _TETRAHEDRAL and self._distinct(around):
                first, second, third, last = self.ranked(around)
                found.append((atom, first, second, third, last))
        return found

    @property
    def double_bonds(self) -> list[tuple[int, int, int, int]]:
        """The four atoms in a row of each double bond with two classes at either end."""
        return [chain for chain, distinct in self.all_double_bonds if distinct]

    @property
    def all_double_bonds(self) -> list[tuple[tuple[int, int, int, int], bool]]:
        """The four atoms of each double bond that can be twisted, and whether twisting it tells."""
        if self.bond_type is None:
            return []
        found = []
        for i, j in self.bonds[self.bond_type == _DOUBLE].tolist():
            ends = (
                [a for a in self.neighbours[i] if a != j],
                [d for d in self.neighbours[j] if d != i],
            )
            if all(1 <= len(end) < _TRIGONAL for end in ends):
                # One neighbour and a lone pair, as of nitrogen, are of two classes.
                distinct = all(self._distinct(end) for end in ends)
                chain = (self.ranked(ends[0])[0], i, j, self.ranked(ends[1])[0])
                found.append((chain, distinct))
        return found

    def ranked(self, atoms: Sequence[int]) -> list[int]:
        """Return atoms with the heaviest first, and equal ones by what they are bonded to."""
        return sorted(atoms, key=lambda atom: (-int(self.z[atom]), int(self.keys[atom])))

    def _distinct(self, atoms: Sequence[int]) -> bool:
        return len({int(self.keys[atom]) for atom in atoms}) == len(atoms)
