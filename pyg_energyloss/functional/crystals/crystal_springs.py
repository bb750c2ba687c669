"""The springs of periodic structures: every image within a cutoff of the true crystal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional import node_weight as nodes
from pyg_energyloss.functional.crystals.image_search import find_images
from pyg_energyloss.functional.crystals.lattice import ReducedCell
from pyg_energyloss.functional.crystals.minimum_image import reduced_cells
from pyg_energyloss.functional.graphs import compute_dtype, resolve_batch

#: The default cutoff in units of the mean spacing, so that about 58 images are within it.
REACH = 2.4


@dataclass(frozen=True, slots=True)
class CrystalSprings:
    """Springs between images of atoms.

    Row r of ``atom`` [num_rows] and ``shift`` [num_rows, dim] (whole numbers, floating) stands for
    atom ``atom[r]`` at ``pos[atom[r]] + shift[r] @ cell``; ``edge_index`` [2, num_springs] names
    rows, sources first, of which the first num_nodes are one image of each atom, in order.
    """

    edge_index: Tensor
    atom: Tensor
    shift: Tensor
    edge_weight: Tensor | None = None

    @property
    def atoms(self) -> Tensor:
        """The atoms at both ends [2, num_springs]."""
        return self.atom[self.edge_index]

    @property
    def edge_shift(self) -> Tensor:
        """Cells between the two ends [num_springs, dim]: y_j + edge_shift @ cell - y_i."""
        return self.shift[self.edge_index[1]] - self.shift[self.edge_index[0]]


def crystal_springs(
    pos: Tensor,
    cell: Tensor,
    *,
    pbc: Tensor | None = None,
    cutoff: float | None = None,
    reach: float = REACH,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    present: Tensor | None = None,
) -> CrystalSprings:
    """Join every atom to every image within the cutoff, its own images too, in both directions.

    The cell is reduced and the images are found by cell lists on the CPU, in time and memory that
    grow with their number. Images of one distance are in or out together, whatever the rounding.

    Args:
        pos: true positions [num_nodes, dim], anywhere, in Å; up to three dimensions.
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å. A cell of zeros
            does not repeat: such a structure gets all its pairs within the cutoff.
        pbc: which lattice vectors repeat [num_graphs, dim] or [dim]; None means all.
        cutoff: largest distance; None means `reach` times the mean spacing of each structure (the
            edge of the cube that holds one atom on average), and no limit where nothing repeats.
        reach: cutoff in units of the mean spacing; of no use with `cutoff`.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        present: nodes that count [num_nodes], bool; None means all.

    Returns:
        The springs, on the device of `pos`.

    Raises:
        ValueError: a shape, the cutoff or the reach is wrong, or positions are not finite.

    >>> springs = crystal_springs(torch.zeros(1, 3), 3 * torch.eye(3), cutoff=3.0)
    >>> springs.edge_shift.abs().sum(dim=1).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if pos.dim() != 2 or pos.size(1) > 3:  # noqa: PLR2004 - the search is written for space
        raise ValueError(f"`pos` must have shape [num_nodes, 1 to 3], got {tuple(pos.shape)}")
    if cutoff is not None and not 0.0 < cutoff < np.inf:
        raise ValueError(f"`cutoff` must be a positive length or None, got {cutoff}")
    if not 0.0 < reach < np.inf:
        raise ValueError(f"`reach` must be a positive number of mean spacings, got {reach}")
    dim = pos.size(1)
    batch, count = resolve_batch(pos, batch, num_graphs)
    if cell.shape[-2:] != (dim, dim) or cell.numel() not in (dim * dim, count * dim * dim):
        raise ValueError(
            f"`cell` must have shape [num_graphs, {dim}, {dim}] = {(count, dim, dim)}, "
            f"got {tuple(cell.shape)}"
        )
    points = nodes.present(pos.detach(), present).cpu().double().numpy()
    if not np.isfinite(points).all():
        raise ValueError("`pos` must be finite, got NaN or infinity in the true positions")
    counts = np.ones(len(points), np.bool_) if present is None else present.cpu().numpy()
    reduced = reduced_cells(cell.reshape(-1, dim, dim).expand(count, dim, dim), pbc)
    graph = np.zeros(len(points), np.int64) if batch is None else batch.cpu().numpy()
    order = np.argsort(graph, kind="stable")
    points, graph, counts = points[order], graph[order], counts[order]
    if cutoff is None:
        limit = reach * mean_spacing(points[counts], graph[counts], reduced)
    else:
        limit = np.full(count, cutoff)
    found = find_images(points, graph, reduced, limit, counts)
    # Back to the order of the caller: rows of atoms first, then the images.
    name = np.concatenate([order, np.arange(len(order), len(found.atom))])
    atom, shift = np.empty_like(found.atom), np.empty_like(found.shift)
    atom[name] = order[found.atom]
    shift[name] = np.einsum("na,nab->nb", found.shift, reduced.change[graph[found.atom]])
    edges = np.stack([name[found.source], name[found.target]])
    return CrystalSprings(
        torch.from_numpy(edges).to(pos.device),
        torch.from_numpy(atom).to(pos.device),
        torch.from_numpy(shift).to(pos.device, compute_dtype(pos)),
    )


def mean_spacing(
    pos: NDArray[np.float64], graph: NDArray[np.int64], reduced: ReducedCell
) -> NDArray[np.float64]:
    """Edge of the cube that holds one atom on average, for each structure [num_structures].

    Across axes that do not repeat, a structure is as thick as an even layer with the same spread
    would be, and half a spacing more on both sides. Infinite where nothing repeats.

    Args:
        pos: positions [num_nodes, dim].
        graph: structure of each node [num_nodes], sorted.
        reduced: the cells.

    Example:
        >>> from pyg_energyloss.functional.crystals.lattice import reduce_cell
        >>> cube = reduce_cell(2 * np.eye(3)[None], np.ones((1, 3), bool))
        >>> mean_spacing(np.zeros((2, 3)), np.zeros(2, int), cube).round(3).tolist()
        [1.587]
    """
    dim, count = pos.shape[1], len(reduced.cell)
    atoms = np.bincount(graph, minlength=count).clip(min=1)
    spacing = np.full(count, np.inf)
    whole = reduced.repeats.all(axis=1)
    spacing[whole] = (np.abs(np.linalg.det(reduced.cell[whole])) / atoms[whole]) ** (1.0 / dim)
    for index in np.flatnonzero(reduced.repeats.any(axis=1) & ~whole):
        mine, flags = pos[graph == index], reduced.repeats[index]
        along, across = reduced.cell[index, flags], reduced.cell[index, ~flags]
        volume = np.sqrt(np.linalg.det(along @ along.T)) / atoms[index]
        offset = (mine - mine.mean(axis=0)) @ across.T
        thickness = np.sqrt(12.0 * (offset**2).sum(axis=1).mean() / len(across))
        found = volume ** (1.0 / len(along))
        for _ in range(100):
            found = (volume * (thickness + found) ** len(across)) ** (1.0 / dim)
        spacing[index] = found
    return spacing


def listed_springs(
    edge_index: Tensor,
    edge_shift: Tensor,
    num_nodes: int,
    *,
    edge_weight: Tensor | None = None,
) -> CrystalSprings:
    """Return given edges between images as springs.

    Args:
        edge_index: pairs of atoms [2, num_edges].
        edge_shift: cells between the two ends [num_edges, dim].
        num_nodes: number of atoms.
        edge_weight: factor of each edge [num_edges].

    >>> listed_springs(torch.tensor([[0], [0]]), torch.ones(1, 3), 1).edge_shift
    tensor([[1., 1., 1.]])
    """
    number = torch.arange(num_nodes + edge_index.size(1), device=edge_index.device)
    shift = edge_shift.to(torch.promote_types(edge_shift.dtype, torch.float32))
    return CrystalSprings(
        torch.stack([edge_index[0], number[num_nodes:]]),
        torch.cat([number[:num_nodes], edge_index[1]]),
        torch.cat([shift.new_zeros(num_nodes, shift.size(1)), shift]),
        edge_weight,
    )
