"""The handedness of a structure as features of its molecular graph: chirality and E/Z."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.symmetry.stereo import StereoGraph

Indices = NDArray[np.int64]
#: Places of the neighbours about a centre are 1 to 4; 0 is none.
_PLACES = 5
#: Values of the feature, see `stereo_tags`.
CIS, TRANS = _PLACES**2, _PLACES**2 + 1
_SIBLINGS = TRANS + 1
STEREO_TAGS = _SIBLINGS + (_PLACES - 1) ** 2


def mirrored_tags() -> list[int]:
    """Return, for each tag, the one that the mirror image of the structure has in its place.

    A mirror swaps the third and the fourth neighbour of every centre; cis stays cis.

    >>> mirrored_tags()[:10]
    [0, 1, 2, 4, 3, 5, 6, 7, 9, 8]
    """
    place = [0, 1, 2, 4, 3]
    bonds = [place[tag % _PLACES] + _PLACES * place[tag // _PLACES] for tag in range(CIS)]
    count = _PLACES - 1
    siblings = [
        _SIBLINGS + count * (place[tag // count + 1] - 1) + place[tag % count + 1] - 1
        for tag in range(count**2)
    ]
    return [*bonds, CIS, TRANS, *siblings]


def hand_of(pos: NDArray[np.float32], graph: StereoGraph) -> int:
    """Return the hand of a whole structure, 1 or -1: minus that of its mirror image.

    It is that of the centre of the lowest key, seen from the neighbour of the last rank, so it does
    not depend on how the atoms are numbered. Centres that share a key vote; where they come to no
    decision, as in a meso form, the next key counts. A structure without an answer has the hand 1.

    Args:
        pos: positions [num_nodes, 3].
        graph: what can be of either hand.
    """
    votes: dict[int, int] = {}
    for centre, *around in graph.centres:
        key = int(graph.keys[centre])
        votes[key] = votes.get(key, 0) + (1 if _volume(pos, around) > 0 else -1)
    return next((1 if votes[key] > 0 else -1 for key in sorted(votes) if votes[key]), 1)


def stereo_tags(pairs: Indices, pos: NDArray[np.float32], graph: StereoGraph) -> Indices:
    """Return the tag of each pair of atoms, [num_pairs].

    The four neighbours of a centre are numbered 1 to 4 so that the first three run clockwise seen
    from the last, which says which hand the centre is. A bond from a to b has the tag p + 5 q: a is
    the p-th neighbour of the centre b, b the q-th of the centre a, each 0 if it is no such centre.
    Two neighbours of one centre, the p-th and the q-th, have the tag 22 + 4 p + q, so that either
    learns both places in one message. The outer atoms of a double bond are cis, 25, or trans, 26.
    All else is 0.

    Args:
        pairs: sources and targets [2, num_pairs], such as ``hop_index``; centres and their
            neighbours must be among them, and atoms three bonds apart for double bonds to count.
        pos: positions [num_nodes, 3].
        graph: what can be of either hand.
    """
    tags: dict[tuple[int, int], int] = {}
    bonds: dict[tuple[int, int], int] = {}
    for centre, *around in graph.centres:
        if _volume(pos, around) < 0:
            around[2], around[3] = around[3], around[2]
        for place, atom in enumerate(around, 1):
            bonds[atom, centre] = bonds.get((atom, centre), 0) + place
            bonds[centre, atom] = bonds.get((centre, atom), 0) + _PLACES * place
            for other_place, other in enumerate(around, 1):
                if other != atom:
                    sibling = _SIBLINGS + (_PLACES - 1) * (place - 1) + other_place - 1
                    tags[atom, other] = sibling
    for first, second, third, last in graph.double_bonds:
        a, b, c, d = pos[[first, second, third, last]].astype(np.float64)
        together = np.dot(np.cross(b - a, c - b), np.cross(c - b, d - c)) > 0
        tags[first, last] = tags[last, first] = CIS if together else TRANS
    # In a ring of three, two neighbours are bonded: the bond's tag counts.
    tags.update(bonds)
    return np.array([tags.get(pair, 0) for pair in zip(*pairs.tolist(), strict=True)], np.int64)


def _volume(pos: NDArray[np.float32], around: list[int]) -> float:
    """Six times the signed volume of the four neighbours of a centre."""
    a, b, c, d = pos[around].astype(np.float64)
    return float(np.dot(a - d, np.cross(b - d, c - d)))
