"""Which relabelling of the target fits a prediction best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.geometry.overlap import kabsch_overlap
from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.functional.kabsch import centred
from pyg_energyloss.functional.node_weight import total_weight, weighted
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.symmetry.images import Images, molecule_images


@dataclass(frozen=True, slots=True)
class BatchImages:
    """The relabellings of all graphs of a batch, one after the other.

    Attributes:
        node: nodes that an image moves [num_moves].
        becomes: the nodes whose target they get [num_moves].
        image: the image that a move belongs to [num_moves].
        graph: the graph of each image [num_images]; the first of each graph is the identity.
        first: the first image of each graph [num_graphs].
        count: number of images of each graph [num_graphs].
        whole: whether all automorphisms of a graph are listed [num_graphs]; if not, its images
            are steps of a descent.
    """

    node: Tensor
    becomes: Tensor
    image: Tensor
    graph: Tensor
    first: Tensor
    count: Tensor
    whole: Tensor

    def relabelling(self, chosen: Tensor, num_nodes: int) -> Tensor:
        """Return the node whose target each node gets [num_nodes] under images [num_graphs]."""
        used = torch.zeros_like(self.graph, dtype=torch.bool).index_fill(0, chosen, value=True)
        step = (self.becomes - self.node) * used[self.image]
        nodes = torch.arange(num_nodes, device=step.device)
        return nodes.index_add(0, self.node, step)


def batch_images(info: GraphInfo, colors: Tensor, bonds: Tensor) -> BatchImages:
    """Return the automorphisms of the molecules of a batch.

    Args:
        info: targets and graphs.
        colors: what an automorphism keeps [num_nodes].
        bonds: pairs [2, num_bonds].

    Raises:
        ImportError: igraph is missing.
    """
    kinds, pairs, counts, order = _by_graph(info, colors, bonds)
    starts = np.concatenate([[0], counts.cumsum()])
    owner = np.repeat(np.arange(len(counts)), counts)
    pairs = pairs[:, np.argsort(owner[pairs[0]], kind="stable")]
    cuts = np.searchsorted(owner[pairs[0]], np.arange(len(counts) + 1))
    found = [
        molecule_images(kinds[start:end], pairs[:, first:last] - start)
        for start, end, first, last in zip(
            starts[:-1], starts[1:], cuts[:-1], cuts[1:], strict=True
        )
    ]
    return _joined(found, starts, order, info.pos.device)


def best_by_superposition(pos_pred: Tensor, info: GraphInfo, images: BatchImages) -> Tensor:
    """Return the node whose target each node should get [num_nodes] for the least Kabsch error.

    Exact where all automorphisms are listed; elsewhere images are applied one after the other
    until none improves the superposition.
    """
    with torch.no_grad():
        weight = None if info.node_weight is None else info.node_weight.double()
        atoms = total_weight(info.pos.double(), weight, info.batch, info.num_graphs)
        pred, far = centred(pos_pred.double(), weight, info.batch, atoms)
        target, wide = centred(info.pos.double(), weight, info.batch, atoms)
        pred, target = weighted(pred / far, weight), target / wide
        node = torch.arange(len(pred), device=pred.device)
        if pred.is_cpu and pred.size(1) == 3:  # noqa: PLR2004 - space
            _compiled_search(pred, target, info.batch, images, node)
            return node
        while True:
            current = target[node]
            outer = current[:, :, None] * pred[:, None, :]
            start = graph_sum(outer, info.batch, info.num_graphs)
            change = current[images.becomes] - current[images.node]
            moved = change[:, :, None] * pred[images.node][:, None, :]
            covariance = start[images.graph].index_add(0, images.image, moved)
            chosen = least(-kabsch_overlap(covariance), images)
            node = node[images.relabelling(chosen, len(pred))]
            if bool(((chosen == images.first) | images.whole).all()):
                return node


def _compiled_search(
    pred: Tensor, target: Tensor, batch: Tensor | None, images: BatchImages, label: Tensor
) -> None:
    """The same, in machine code: no list of all images' covariances is made."""
    from pyg_energyloss.functional.engine.numba.images import search

    length = torch.bincount(images.image, minlength=len(images.graph))
    begin = torch.cat([length.new_zeros(1), length.cumsum(0)])
    graph = torch.zeros_like(label) if batch is None else batch.long()
    arrays = (graph, images.node, images.becomes, begin, images.first, images.count, images.whole)
    places = [array.contiguous().numpy() for array in (pred, target, *arrays, label)]
    search(*places)


def least(value: Tensor, images: BatchImages) -> Tensor:
    """Return the image of each graph [num_graphs] whose value [num_images] is least.

    The identity if no other is less by more than rounding.
    """
    value = torch.nan_to_num(value, nan=torch.inf)
    as_it_is = value[images.first]
    value = value.index_copy(0, images.first, as_it_is - 1e-9 * as_it_is.abs())
    best = value.new_full(images.first.shape, torch.inf)
    best = best.scatter_reduce(0, images.graph, value, reduce="amin")
    number = torch.arange(len(value), device=value.device)
    number = torch.where(value == best[images.graph], number, len(value))
    first = torch.full_like(images.first, len(value))
    return first.scatter_reduce(0, images.graph, number, reduce="amin")


def _by_graph(
    info: GraphInfo, colors: Tensor, bonds: Tensor
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Colours, bonds and numbers of nodes with the nodes of a graph adjacent, and their order."""
    kinds, pairs = colors.cpu().numpy().astype(np.int64), bonds.cpu().numpy().astype(np.int64)
    if info.node_weight is not None:
        # Nodes of other weight are of another kind; bonds to a node that is not there are not.
        weight = info.node_weight.detach().cpu().numpy()
        both = np.stack([kinds.astype(np.float64), weight.astype(np.float64)])
        kinds = np.unique(both, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)
        absent = np.flatnonzero(weight == 0)
        kinds[absent] = kinds.max(initial=0) + 1 + np.arange(len(absent))
        pairs = pairs[:, (weight[pairs] != 0).all(axis=0)]
    if info.batch is None:
        return kinds, pairs, np.array([len(kinds)]), None
    graph = info.batch.cpu().numpy()
    counts = np.bincount(graph, minlength=info.num_graphs)
    if (graph[1:] >= graph[:-1]).all():
        return kinds, pairs, counts, None
    order = np.argsort(graph, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return kinds[order], place[pairs], counts, order


def _joined(
    found: list[Images],
    starts: NDArray[np.int64],
    order: NDArray[np.int64] | None,
    device: torch.device,
) -> BatchImages:
    numbers = np.array([len(images.length) for images in found], dtype=np.int64)
    length = np.concatenate([images.length for images in found] or [np.empty(0, np.int64)])
    moves = np.concatenate(
        [images.moves for images in found] or [np.empty((2, 0), np.int64)], axis=1
    )
    moves = moves + np.repeat(starts[:-1], [images.moves.shape[1] for images in found])
    if order is not None:
        moves = order[moves]
    graph = np.repeat(np.arange(len(found)), numbers)
    image = np.repeat(np.arange(len(length)), length)
    whole = np.array([images.whole for images in found], dtype=bool)
    arrays = (moves[0], moves[1], image, graph, numbers.cumsum() - numbers, numbers, whole)
    return BatchImages(*[torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays])
