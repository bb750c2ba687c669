"""Any structure loss, with atoms that the molecular graph cannot tell apart exchanged freely."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.degree import degree_of
from pyg_energyloss.losses.best_image import (
    BatchImages,
    batch_images,
    best_by_superposition,
    least,
)
from pyg_energyloss.losses.kabsch_mse import KabschMSELoss
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.per_graph import per_graph
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs


class SymmetricLoss(LossArithmetic):
    r"""Take the least of a loss over the relabellings that leave the molecular graph as it is.

    .. math:: \min_{\pi \in \mathrm{Aut}(G)} L(\hat y, y_\pi)

    The hydrogens of a methyl group, the two sides of a phenyl ring: a model that is not told which
    is which cannot know, and an ordinary loss asks it to. Up to 512 automorphisms all are tried,
    which for `KabschMSELoss` costs little more than that loss itself; another inner loss is
    evaluated once for every image of the most symmetric molecule of the batch. In a molecule with
    more, exchanges (of each methyl group and the like, and a sample of all) are made as long as
    one improves the superposition: an upper bound. Automorphisms are found on the CPU, once for
    each molecular graph.

    Args:
        inner: the structure loss; None means `KabschMSELoss()`.
        colors: name of the attribute [num_nodes] that an automorphism must keep, the elements;
            None if all nodes are alike.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    Raises:
        TypeError: `inner` has no attribute `reduction`.
        ValueError: `reduction` is unknown.

    >>> from torch_geometric.data import Data
    >>> water = Data(pos=torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]))
    >>> water.z, water.edge_index = torch.tensor([8, 1, 1]), torch.tensor([[0, 0], [1, 2]])
    >>> exchanged = water.pos[[0, 2, 1]] + 0.0
    >>> from pyg_energyloss import CoordinateMSELoss
    >>> SymmetricLoss(CoordinateMSELoss())(exchanged, water), CoordinateMSELoss()(exchanged, water)
    (tensor(0.), tensor(0.4444))

    Source: Zhu et al., "Direct Molecular Conformation Generation" (DMCG), TMLR 2022, eq 3.
    """

    def __init__(
        self,
        inner: torch.nn.Module | None = None,
        *,
        colors: str | None = "z",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.inner = per_graph(KabschMSELoss() if inner is None else inner)
        self.colors = colors
        self.reduction = check_reduction(reduction)

    @property
    def degree(self) -> float:
        """That of the inner loss, see `degree_of`."""
        return degree_of(self.inner)

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, dim] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks bonds, the attribute `colors`, or what the inner
                loss needs.
            ImportError: igraph is missing.
        """
        info = graph_info(data)
        images = batch_images(info, *self._graph(data, info))
        simple = type(self.inner) is KabschMSELoss
        node = torch.arange(len(pos_pred), device=info.pos.device)
        if simple or not bool(images.whole.all()):
            node = best_by_superposition(pos_pred, info, images)
        if isinstance(self.inner, KabschMSELoss) and self.inner.mirror:
            mirrored = best_by_superposition(-pos_pred, info, images)
            node = self._better(pos_pred.detach(), data, node, mirrored, info.batch)
        if not simple:
            node = node[self._best_by_trying(pos_pred.detach(), data, node, images)]
        values = self.inner(pos_pred, _relabelled(data, node))
        return reduce_graphs(values, self.reduction)

    def _better(
        self, pos_pred: Tensor, data: Any, node: Tensor, other: Tensor, batch: Tensor | None
    ) -> Tensor:
        """Of two relabellings, that with the lower value in each graph."""
        with torch.no_grad():
            before, after = (self.inner(pos_pred, _relabelled(data, n)) for n in (node, other))
        less = (after < before).reshape(-1)
        return torch.where(less[0] if batch is None else less[batch], other, node)

    def _best_by_trying(
        self, pos_pred: Tensor, data: Any, node: Tensor, images: BatchImages
    ) -> Tensor:
        """The relabelling on top of `node` that makes the inner loss least."""
        value = pos_pred.new_full(images.graph.shape, torch.inf, dtype=torch.float64)
        last = torch.where(images.whole, images.count, 1) - 1
        with torch.no_grad():
            for rank in range(int(last.max()) + 1 if len(last) else 0):
                image = images.first + last.clamp(max=rank)
                tried = _relabelled(data, node[images.relabelling(image, len(node))])
                value = value.index_copy(0, image, self.inner(pos_pred, tried).double())
        return images.relabelling(least(value, images), len(node))

    def _graph(self, data: Any, info: GraphInfo) -> tuple[Tensor, Tensor]:
        bonds = getattr(data, "edge_index", None)
        if bonds is None:
            raise ValueError(
                "`data.edge_index` must hold the bonds: the exchanges that are free are those of "
                "the molecular graph"
            )
        if self.colors is None:
            return info.pos.new_zeros(len(info.pos), dtype=torch.long), bonds
        kinds = getattr(data, self.colors, None)
        if kinds is None:
            raise ValueError(
                f"`data.{self.colors}` must tell the elements apart; name another attribute with "
                "`colors=`, or pass colors=None if all nodes are alike"
            )
        return kinds.reshape(-1), bonds

    def __repr__(self) -> str:
        shown = "" if self.reduction == "mean" else f", reduction={self.reduction!r}"
        return f"SymmetricLoss({self.inner!r}{shown})"


def _relabelled(data: Any, node: Tensor) -> Any:
    """`data` with each node's target taken from another one."""
    changed = copy.copy(data)
    changed.pos = data.pos[node]
    return changed
