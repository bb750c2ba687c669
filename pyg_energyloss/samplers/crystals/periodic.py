"""Periodic structures: which image of an atom is meant, and edges that fix atoms to the lattice."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray

from pyg_energyloss.functional import crystal_springs, minimum_image
from pyg_energyloss.functional.crystals.lattice import reduce_cell
from pyg_energyloss.rigidity.frame import TOLERANCE
from pyg_energyloss.rigidity.lateration import MIN_SINE
from pyg_energyloss.samplers.sample import Lattice, PairSample


def neighbour_cells(lattice: Lattice) -> NDArray[np.int64]:
    """Shifts of the home cell and those around it along the repeated axes, home first."""
    ranges = [(0, -1, 1) if repeats else (0,) for repeats in lattice.pbc]
    return np.array(list(itertools.product(*ranges)), np.int64)


def full_cell(lattice: Lattice) -> NDArray[np.float64]:
    """The cell with zeros along the axes that do not repeat."""
    repeats = np.asarray(lattice.pbc, bool)
    cell: NDArray[np.float64] = np.where(
        repeats[:, None], np.asarray(lattice.cell, np.float64), 0.0
    )
    return cell


def nearest_image(
    pos: NDArray[np.floating], pairs: NDArray[np.int64], lattice: Lattice
) -> NDArray[np.int64]:
    """Shift [num_pairs, dim] that makes ``pos[j] - pos[i] + shift @ cell`` shortest.

    That of `functional.minimum_image`, in numpy.
    """
    points = torch.from_numpy(np.array(pos, np.float64))
    shift = minimum_image(
        points,
        torch.from_numpy(np.array(pairs)),
        torch.from_numpy(full_cell(lattice)),
        pbc=torch.tensor(lattice.pbc),
    )
    return shift.numpy().astype(np.int64)


def image_pairs(
    pos: NDArray[np.float64], lattice: Lattice, *, cutoff: float | None = None
) -> PairSample:
    """All images within a cutoff, each pair once with weight 1, an atom's own images included.

    Args:
        pos: positions [num_nodes, dim].
        lattice: the cell.
        cutoff: largest distance; None as `functional.crystal_springs`.
    """
    springs = crystal_springs(
        torch.from_numpy(np.array(pos, np.float64)),
        torch.from_numpy(full_cell(lattice)),
        pbc=torch.tensor(lattice.pbc),
        cutoff=cutoff,
    )
    pairs, shift = springs.atoms.numpy(), springs.edge_shift.numpy().astype(np.int64)
    # Of the two directions of an atom's own image keep the one whose first step is forward.
    step = np.sign(shift)[np.arange(len(shift)), (shift != 0).argmax(axis=1)]
    once = (pairs[0] < pairs[1]) | ((pairs[0] == pairs[1]) & (step > 0))
    return PairSample(pairs[:, once], np.ones(np.count_nonzero(once)), shift[once])


def image_distance(
    pos: NDArray[np.float64], sample: PairSample, lattice: Lattice
) -> NDArray[np.float64]:
    """Lengths of pairs between images [num_pairs]."""
    shift = (
        np.zeros((sample.pairs.shape[1], pos.shape[1])) if sample.shift is None else sample.shift
    )
    vector = pos[sample.pairs[1]] - pos[sample.pairs[0]] + shift @ full_cell(lattice)
    length: NDArray[np.float64] = np.linalg.norm(vector, axis=1)
    return length


def periodic_neighbours(pos: NDArray[np.float64], lattice: Lattice, *, near: int) -> PairSample:
    """Each atom's nearest other atoms, images included: pairs i < j with shifts, weight 1."""
    rows: list[NDArray[np.int64]] = []
    short, change = _reduced(lattice)
    for v in range(len(pos) if len(pos) > 1 else 0):
        atom, shift, _ = _images_around(pos, v, short)
        rows.append(_rows(v, atom[:near], shift[:near] @ change))
    return _once(rows, pos.shape[1])


def nearest_pairs(
    pairs: NDArray[np.int64], length: NDArray[np.float64], near: int
) -> NDArray[np.bool_]:
    """Which pairs join an atom with one of its ``near`` nearest, of either end [num_pairs].

    Example:
        >>> pairs = np.array([[0, 0, 1], [1, 2, 2]])
        >>> nearest_pairs(pairs, np.array([1.0, 3.0, 2.0]), 1).tolist()
        [True, False, True]
    """
    atom = np.concatenate([pairs[0], pairs[1]])
    number = np.tile(np.arange(len(length)), 2)
    order = np.lexsort((number, length[number], atom))
    ranked = atom[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    chosen = np.zeros(len(length), np.bool_)
    chosen[number[order[rank < near]]] = True
    return chosen


def periodic_backbone(
    pos: NDArray[np.float64], lattice: Lattice, *, near: int, tolerance: float = TOLERANCE
) -> PairSample:
    """Edges that fix every atom relative to the lattice, and its nearest neighbours.

    The images of the first atom are where the lattice says. Every further atom is joined to images
    of earlier atoms that span what those span, so by the induction of `rigidity.laterate` the
    lengths fix the structure up to motions that keep the lattice. Images of an atom and itself have
    lengths that the lattice fixes; they are left out.

    Args:
        pos: positions [num_nodes, dim].
        lattice: the cell.
        near: nearest neighbours, images included, that each atom is joined to.
        tolerance: heights below this share of the cell's longest vector count as zero.

    Returns:
        Pairs i < j with shifts, each once, all with weight 1.
    """
    limit = tolerance * float(np.linalg.norm(full_cell(lattice), axis=1).max())
    rows: list[NDArray[np.int64]] = []
    short, change = _reduced(lattice)
    for v in range(len(pos) if len(pos) > 1 else 0):
        atom, shift, vector = _images_around(pos, v, short)
        earlier = np.flatnonzero(atom < v)
        chosen = np.concatenate(
            [np.arange(min(near, len(atom))), earlier[spanning(vector[earlier], limit)]]
        )
        rows.append(_rows(v, atom[chosen], shift[chosen] @ change))
    return _once(rows, pos.shape[1])


def _reduced(lattice: Lattice) -> tuple[Lattice, NDArray[np.int64]]:
    found = reduce_cell(np.asarray(lattice.cell)[None], np.asarray(lattice.pbc, bool)[None])
    repeats = tuple(bool(flag) for flag in found.repeats[0])
    return Lattice(found.cell[0], repeats), found.change[0]


def _images_around(
    pos: NDArray[np.float64], v: int, lattice: Lattice
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Other atoms' images around atom v, nearest first: atoms, shifts, vectors from v."""
    num_nodes, dim = pos.shape
    everyone = np.arange(num_nodes)
    cells = neighbour_cells(lattice)
    home = nearest_image(pos, np.stack([np.full(num_nodes, v), everyone]), lattice)
    shift = (home[:, None] + cells).reshape(-1, dim)
    atom = np.repeat(everyone, len(cells))
    vector = pos[atom] - pos[v] + shift @ full_cell(lattice)
    ranked = np.argsort(np.einsum("ij,ij->i", vector, vector), kind="stable")
    ranked = ranked[atom[ranked] != v]
    return atom[ranked], shift[ranked], vector[ranked]


def _rows(v: int, atom: NDArray[np.int64], shift: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.full((len(atom), 1), v), atom[:, None], shift], axis=1)


def _once(rows: list[NDArray[np.int64]], dim: int) -> PairSample:
    table = np.concatenate([np.empty((0, 2 + dim), np.int64), *rows])
    backward = table[:, 0] > table[:, 1]
    table[backward, :2] = table[backward, 1::-1]
    table[backward, 2:] *= -1
    table = np.unique(table, axis=0)
    return PairSample(table[:, :2].T.copy(), np.ones(len(table)), table[:, 2:].copy())


def spanning(points: NDArray[np.float64], limit: float) -> NDArray[np.int64]:
    """The nearest points that span all of them, as `rigidity.choose_anchors` picks."""
    if len(points) == 0:
        return np.empty(0, np.int64)
    chosen = [0]
    rest = points - points[0]
    square = np.einsum("ij,ij->i", rest, rest)
    wanted = np.where(square > 0.0, MIN_SINE**2 * square, np.inf)
    for _ in range(points.shape[1]):
        good = np.flatnonzero(square >= wanted)
        pick = int(good[0]) if len(good) else int(square.argmax())
        if square[pick] <= limit * limit:
            break
        chosen.append(pick)
        axis = rest[pick] / np.sqrt(square[pick])
        rest = rest - np.outer(rest @ axis, axis)
        square = np.einsum("ij,ij->i", rest, rest)
    return np.array(chosen, np.int64)


def without(sample: PairSample, other: PairSample) -> PairSample:
    """The pairs of ``sample`` that are not, image for image, among those of ``other``."""
    if sample.shift is None or other.shift is None:
        raise ValueError("`sample` and `other` must both have shifts")
    taken = {(*p, *s) for p, s in zip(other.pairs.T.tolist(), other.shift.tolist(), strict=True)}
    kept = [
        (*p, *s) not in taken
        for p, s in zip(sample.pairs.T.tolist(), sample.shift.tolist(), strict=True)
    ]
    chosen = np.array(kept, bool)
    return sample.select(chosen, sample.weight[chosen])
