"""The handedness of a structure as features of its molecular graph: chirality and E/Z."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.symmetry.stereo import StereoGraph

Indices = NDArray[np.int64]
#: Values of the feature: a neighbour's place, 1 to 4, about its centre; then cis and trans.
CIS, TRANS = 5, 6
STEREO_TAGS = 7


def stereo_tags(pairs: Indices, pos: NDArray[np.float32], graph: StereoGraph) -> Indices:
    """Return the tag of each pair of atoms, [num_pairs].

    The four neighbours of a centre are numbered 1 to 4 so that the first three run clockwise seen
    from the last; the pair (neighbour, centre) carries the number, and that says which hand the
    centre is. The outer atoms of a double bond are cis, 5, or trans, 6. All else is 0.

    Args:
        pairs: sources and targets [2, num_pairs], such as ``hop_index``; centres and their
            neighbours must be among them, and atoms three bonds apart for double bonds to count.
        pos: positions [num_nodes, 3].
        graph: what can be of either hand.
    """
    tags: dict[tuple[int, int], int] = {}
    for centre, *around in graph.centres:
        a, b, c, d = pos[around].astype(np.float64)
        if np.dot(a - d, np.cross(b - d, c - d)) < 0:
            around[2], around[3] = around[3], around[2]
        tags.update(((atom, centre), place + 1) for place, atom in enumerate(around))
    for first, second, third, last in graph.double_bonds:
        a, b, c, d = pos[[first, second, third, last]].astype(np.float64)
        together = np.dot(np.cross(b - a, c - b), np.cross(c - b, d - c)) > 0
        tags[first, last] = tags[last, first] = CIS if together else TRANS
    return np.array([tags.get(pair, 0) for pair in zip(*pairs.tolist(), strict=True)], np.int64)
