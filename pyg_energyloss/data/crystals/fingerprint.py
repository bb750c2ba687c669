"""Which crystals are the same, and which are of one family, whatever cell they are given in."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from pyg_energyloss.data.crystals.table import CrystalTable
from pyg_energyloss.functional import CrystalSprings, crystal_springs

#: Neighbours whose distances are compared.
NEIGHBOURS = 32
#: Rounds of bonds that tell families apart.
SHELLS = 5


def distance_fingerprint(
    table: CrystalTable, *, neighbours: int = NEIGHBOURS
) -> NDArray[np.float64]:
    """Mean distance from an atom to its first, second, ... neighbour [num_crystals, neighbours], Å.

    The same for every cell, supercell, origin, order of atoms and mirror image of a crystal, and
    continuous in the positions. Beyond 2.4 mean spacings (see `crystal_springs`) that distance
    stands in.

    Args:
        table: The crystals.
        neighbours: How many.

    Source: average minimum distances, Widdowson et al., MATCH Commun. Math. Comput. Chem. 87, 529
    (2022); the limit is ours.
    """
    springs = _springs(table)
    source, length = springs.edge_index[0].numpy(), _lengths(table, springs)
    order = np.lexsort((length, source))
    source, length = source[order], length[order]
    rank = np.arange(len(source)) - np.searchsorted(source, source)
    kept = rank < neighbours
    volume = np.abs(np.linalg.det(table.cell)) / np.diff(table.ptr)
    near = np.repeat(2.4 * np.cbrt(volume)[table.owner, None], neighbours, axis=1)
    near[source[kept], rank[kept]] = length[kept]
    total = np.zeros((len(table), neighbours))
    np.add.at(total, table.owner, near)
    return total / np.diff(table.ptr)[:, None]


def unique_rows(
    table: CrystalTable, *, family: NDArray[np.int64] | None = None, tolerance: float = 0.05
) -> NDArray[np.int64]:
    """Rows [num_unique] that differ from every earlier one of their composition and family.

    Args:
        table: The crystals.
        family: Of each crystal, from `coordination_families`; None looks at distances alone.
        tolerance: Two crystals are the same if no mean neighbour distance differs by more, in Å.

    Raises:
        ValueError: the tolerance is negative.
    """
    if tolerance < 0:
        raise ValueError(f"`tolerance` must not be negative (Å), got {tolerance}")
    values, kind = distance_fingerprint(table), table.compositions()
    if family is not None:
        kind = kind * (family.max(initial=0) + 1) + family
    kept: dict[int, list[int]] = {}
    for row, own in enumerate(kind.tolist()):
        mine = kept.setdefault(own, [])
        if not mine or np.abs(values[mine] - values[row]).max(axis=1).min() > tolerance:
            mine.append(row)
    return np.array(sorted(row for rows in kept.values() for row in rows), dtype=np.int64)


def coordination_families(table: CrystalTable, *, bond: float = 1.85) -> NDArray[np.int64]:
    """A number for each crystal [num_crystals], the same where the net of bonds is.

    Nets are told apart by the coordination sequences of their atoms, how many atoms are 1, 2, ...
    bonds away; shares of atoms are compared, so that a supercell is of the same family.

    Args:
        table: The crystals.
        bond: Longest bond, Å; 1.85 is for carbon.

    Source: coordination sequences as in O'Keeffe and Hyde, Zeolites 19, 370 (1997).
    """
    sequences = _sequences(table, bond)
    known: dict[tuple[tuple[tuple[int, ...], int], ...], int] = {}
    found = []
    for start, stop in pairwise(table.ptr):
        counts = Counter(map(tuple, sequences[start:stop].tolist()))
        divisor = math.gcd(*counts.values())
        net = tuple(sorted((kind, number // divisor) for kind, number in counts.items()))
        found.append(known.setdefault(net, len(known)))
    return np.array(found, dtype=np.int64)


def _sequences(table: CrystalTable, bond: float) -> NDArray[np.int64]:
    """Number of atoms 1, 2, ... bonds away from each atom [num_atoms, SHELLS].

    All atoms walk at once. A row of a shell is one number: where the walk began, then the atom that
    was reached, counted within its crystal, then how many cells it is away.
    """
    springs = _springs(table, cutoff=bond)
    source, target = springs.atoms.numpy()
    shift = np.rint(springs.edge_shift.numpy()).astype(np.int64)
    order = np.argsort(source, kind="stable")
    source, target, shift = source[order], target[order], shift[order]
    first = np.searchsorted(source, np.arange(len(table.z) + 1))
    begin = table.ptr[:-1][table.owner]
    span = 2 * SHELLS * int(np.abs(shift).max(initial=0)) + 1
    # Adding this to a row walks along an edge.
    size = int(np.diff(table.ptr).max(initial=1))
    cells = ((shift[:, 0] * span) + shift[:, 1]) * span + shift[:, 2]
    step = (target - source) * span**3 + cells
    home = (((span // 2) * span) + span // 2) * span + span // 2
    start = np.arange(len(table.z))
    here = (start * size + start - begin) * span**3 + home
    before = np.empty(0, np.int64)
    found = np.zeros((len(start), SHELLS), np.int64)
    for shell in range(SHELLS):
        atom = here // span**3 % size + begin[here // span**3 // size]
        degree = first[atom + 1] - first[atom]
        edge = np.arange(degree.sum()) + np.repeat(first[atom] - np.cumsum(degree) + degree, degree)
        reached = np.unique(np.repeat(here, degree) + step[edge])
        following = np.setdiff1d(
            np.setdiff1d(reached, here, assume_unique=True), before, assume_unique=True
        )
        before, here = here, following
        found[:, shell] = np.bincount(here // span**3 // size, minlength=len(start))
    return found


def _springs(table: CrystalTable, cutoff: float | None = None) -> CrystalSprings:
    return crystal_springs(
        torch.from_numpy(table.pos),
        torch.from_numpy(table.cell),
        cutoff=cutoff,
        batch=torch.from_numpy(table.owner),
        num_graphs=len(table),
    )


def _lengths(table: CrystalTable, springs: CrystalSprings) -> NDArray[np.float64]:
    source, target = springs.atoms.numpy()
    pos, owner = table.pos, table.owner
    vector = np.einsum("ea,eab->eb", springs.edge_shift.numpy(), table.cell[owner[source]])
    found: NDArray[np.float64] = np.linalg.norm(pos[target] - pos[source] + vector, axis=1)
    return found
