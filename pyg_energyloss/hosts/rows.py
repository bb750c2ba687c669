"""Flat rows of what a host calls its loss with: already flat, or padded with a mask."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pyg_energyloss.functional import from_padded
from pyg_energyloss.hosts.context import HostContext, graph_of_nodes
from pyg_energyloss.losses.parts.reduce import reduce_graphs

#: One value per graph, in the shape of the prediction: what torch calls "none".
ELEMENTS = "elements"

FLAT, PADDED = 2, 3  # axes of [num_nodes, dim] and of [num_graphs, max_nodes, dim]


class Rows(NamedTuple):
    """The layout of one call: graph of each flat row, and the padding it came in."""

    batch: Tensor
    num_graphs: int
    mask: Tensor | None

    def flat(self, values: Tensor) -> Tensor:
        """Return values of nodes as flat rows; values of graphs, and flat ones, are left alone."""
        if self.mask is None or values.dim() < FLAT or values.shape[:2] != self.mask.shape:
            return values
        return from_padded(values, self.mask)[0]

    def spread(self, values: Tensor, like: Tensor) -> Tensor:
        """Return one value per graph in the shape of a prediction, zero on padding."""
        if self.mask is None:
            return values[self.batch].unsqueeze(-1).expand_as(like)
        column = values.reshape(-1, 1, 1) * self.mask.unsqueeze(-1)
        return column.expand_as(like)

    def reduced(self, values: Tensor, reduction: str, like: Tensor) -> Tensor:
        """Return values [num_graphs] reduced, or spread in the shape of a prediction."""
        if reduction == ELEMENTS:
            return self.spread(values, like)
        return reduce_graphs(values, reduction)


def rows_of(
    pred: Tensor,
    target: Tensor,
    context: HostContext,
    batch: Tensor | None = None,
    mask: Tensor | None = None,
) -> Rows:
    """Return the layout of a prediction and a target of the same shape.

    Args:
        pred: [num_nodes, dim], or padded [num_graphs, max_nodes, dim].
        target: the same shape.
        context: says which node belongs to which graph, or has the `mask` of the padding.
        batch: the graph of each node, where the host passes it.
        mask: True or 1 where a padded row is a node, [num_graphs, max_nodes] or with a last axis
            of 1, where the host passes it.

    Raises:
        MissingContextError: nothing says which node belongs to which graph.
        ValueError: shapes do not agree.

    >>> rows = rows_of(torch.ones(1, 2, 3), torch.ones(1, 2, 3), HostContext(),
    ...                mask=torch.tensor([[True, False]]))
    >>> rows.batch.tolist(), rows.flat(torch.ones(1, 2, 3)).shape
    ([0], torch.Size([1, 3]))
    """  # fmt: skip
    if pred.shape != target.shape or pred.dim() not in (FLAT, PADDED):
        raise ValueError(
            "`pred` and `target` must both have shape [num_nodes, dim], or padded [num_graphs, "
            f"max_nodes, dim], got {tuple(pred.shape)} and {tuple(target.shape)}; where a program "
            "scores something else, name its attribute or function that scores positions"
        )
    if pred.dim() == FLAT:
        given = context if batch is None else HostContext(values={"batch": batch})
        if batch is not None and (count := context.get("num_graphs")) is not None:
            given.values["num_graphs"] = count
        return Rows(*graph_of_nodes(given, len(pred)), None)
    if mask is None:
        mask = context.require("mask", "to tell atoms from padding")
    found = mask.reshape(mask.shape[:2]).bool() if mask.dim() >= FLAT else mask
    if found.shape != pred.shape[:2]:
        raise ValueError(
            f"`mask` must have shape {tuple(pred.shape[:2])} or that with a last axis of 1, got "
            f"{tuple(mask.shape)}"
        )
    return Rows(torch.where(found)[0], len(pred), found)


def equal_graphs(pred: Tensor, nodes: int) -> tuple[Tensor | None, Tensor | None]:
    """Graph of each row, or the mask of a padded prediction, where all graphs are of one size.

    Raises:
        ValueError: the rows are not a multiple of ``nodes``.

    >>> equal_graphs(torch.zeros(4, 3), 2)[0]
    tensor([0, 0, 1, 1])
    """
    rows = pred.size(-2) if pred.dim() == PADDED else len(pred)
    if nodes < 1 or rows % nodes or (pred.dim() == PADDED and rows != nodes):
        raise ValueError(
            f"`nodes` must be the number of nodes of each graph, got {nodes} for a prediction of "
            f"shape {tuple(pred.shape)}"
        )
    if pred.dim() == PADDED:
        return None, torch.ones(pred.shape[:2], dtype=torch.bool, device=pred.device)
    return torch.arange(len(pred), device=pred.device) // nodes, None


def factors(weights: Tensor, rows: Rows) -> tuple[Tensor | None, dict[str, Tensor]]:
    """Return weights of graphs [num_graphs], or those of nodes as a field of the batch.

    Raises:
        ValueError: they are weights of neither.
    """
    if weights.numel() in (1, rows.num_graphs):
        return weights.reshape(-1), {}
    flat = weights
    if rows.mask is not None and weights.shape[:2] == rows.mask.shape:
        flat = weights.reshape(rows.mask.shape)[rows.mask]
    if flat.numel() != len(rows.batch):
        raise ValueError(
            f"`weights` must have one value per graph, [{rows.num_graphs}], or per node, "
            f"[{len(rows.batch)}], got shape {tuple(weights.shape)}"
        )
    return None, {"pos_weight": flat.reshape(-1)}


def fits(pred: Tensor, context: HostContext, dim: int = 3) -> bool:
    """Whether a tensor has a position for each node of the host's batch, flat or padded.

    >>> fits(torch.zeros(2, 3), HostContext(values={"batch": torch.tensor([0, 1])}))
    True
    >>> fits(torch.zeros(5, 3), HostContext(values={"batch": torch.tensor([0, 1])}))
    False
    """
    if pred.dim() not in (FLAT, PADDED) or pred.size(-1) != dim:
        return False
    if pred.dim() == PADDED:
        mask = context.get("mask")
        return isinstance(mask, Tensor) and mask.shape[:2] == pred.shape[:2]
    batch = context.get("batch")
    return isinstance(batch, Tensor) and len(batch) == len(pred)
