"""Positions, and weights of times, from what a host predicts and what its batch carries."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pyg_energyloss.hosts.context import HostContext
from pyg_energyloss.hosts.parametrization import parametrization as find_parametrization
from pyg_energyloss.hosts.rows import Rows
from pyg_energyloss.hosts.schedule import per_graph, per_node

TARGETS = ("call", "batch")


@dataclass(frozen=True, slots=True)
class Predictions:
    """How predictions are read: the options of `FlatLoss` of the same names.

    Raises:
        ValueError: one of them is unknown, or ``scale`` is not positive.

    >>> import torch
    >>> rows = Rows(torch.tensor([0]), 1, None)
    >>> Predictions("x0", scale=10.0).positions(torch.ones(1, 3), HostContext(), rows)
    tensor([[10., 10., 10.]])
    """

    parametrization: str
    weighting: str | None = None
    target: str = "call"
    scale: float = 1.0

    def __post_init__(self) -> None:
        find_parametrization(self.parametrization)
        if self.weighting is not None:
            find_parametrization(self.weighting)
        if self.target not in TARGETS:
            known = " or ".join(map(repr, TARGETS))
            raise ValueError(f"`target` must be {known}, got {self.target!r}")
        if not self.scale > 0:
            raise ValueError(f"`scale` must be positive, got {self.scale!r}")

    def positions(self, values: Tensor, context: HostContext, rows: Rows) -> Tensor:
        """Return what flat predictions stand for [num_nodes, dim], Å.

        Raises:
            MissingContextError: they are no positions, and x_t or its time is missing.
        """
        if self.parametrization == "x0":
            return self.scale * values
        purpose = f"to turn a prediction of {self.parametrization} into positions"
        x_t = rows.flat(context.require("x_t", purpose))
        alpha, sigma = self._schedule(context, rows, purpose, x_t)
        to_x0 = find_parametrization(self.parametrization).to_x0
        return self.scale * to_x0(values, x_t, alpha, sigma)

    def true_positions(self, target: Tensor, context: HostContext, rows: Rows) -> Tensor:
        """Return those of the call's target, or of the batch [num_nodes, dim], Å.

        Raises:
            MissingContextError: the batch has none, or what the target needs is missing.
        """
        if self.target == "call":
            return self.positions(rows.flat(target), context, rows)
        pos: Tensor = context.require("pos", "as the true positions")
        return self.scale * rows.flat(pos).to(target)

    def weighted(self, values: Tensor, context: HostContext, rows: Rows) -> Tensor:
        """Return values of graphs [num_graphs], each times the weight of its time.

        Raises:
            MissingContextError: nothing says which time it is.
        """
        if self.weighting is None:
            return values
        purpose = f"to weigh graphs as {self.weighting} does"
        alpha, sigma = (
            per_graph(value, rows.batch, rows.num_graphs, values)
            for value in self._schedule(context, rows, purpose, values)
        )
        return find_parametrization(self.weighting).weight(alpha, sigma) * values

    def _schedule(
        self, context: HostContext, rows: Rows, purpose: str, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Alpha and sigma of each node [num_nodes, 1]; a flow may name only one of them."""
        flow = "flow" in (self.parametrization[:4], (self.weighting or "")[:4])
        if flow and context.get("sigma") is None and context.get("alpha") is not None:
            alpha = _of_nodes("alpha", context, rows, purpose, like)
            return alpha, 1.0 - alpha
        if flow and context.get("alpha") is None and context.get("sigma") is not None:
            sigma = _of_nodes("sigma", context, rows, purpose, like)
            return 1.0 - sigma, sigma
        alpha = _of_nodes("alpha", context, rows, purpose, like)
        return alpha, _of_nodes("sigma", context, rows, purpose, like)


def _of_nodes(field: str, context: HostContext, rows: Rows, purpose: str, like: Tensor) -> Tensor:
    values = context.require(field, purpose)
    if isinstance(values, Tensor):
        values = rows.flat(values)
    return per_node(values, rows.batch, len(rows.batch), like)
