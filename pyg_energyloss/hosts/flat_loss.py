"""A structure loss with the call that hosts use: ``loss(pred, target)`` on flat tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.hosts.context import HostContext, current_context, graph_of_nodes
from pyg_energyloss.hosts.parametrization import parametrization as find_parametrization
from pyg_energyloss.losses.reduce import check_reduction, reduce_graphs

#: Graph information that the loss may want, passed on as it is in the host's batch.
PASSED_ON = ("ptr", "energy_edge_index", "energy_edge_weight")


class FlatLoss(torch.nn.Module):
    """Score flat predictions by a structure loss, in the context of the host's batch.

    Prediction and target are turned into positions first, so hosts that predict positions, noise
    or velocity get the same value in the same state. All arguments are plain values, for
    configuration files. It has no parameters and no buffers: checkpoints do not change.

    Args:
        loss: name of a registered loss, or a callable ``loss(pos_pred, data)`` that returns one
            value per graph.
        options: options of the loss.
        parametrization: what the host predicts: "x0", "epsilon", "velocity", "score" or "flow".
            All but "x0" need ``x_t``, ``alpha`` and ``sigma`` in the context.
        weighting: weight each graph like a squared error in this parametrization would, "epsilon"
            for a denoising network; None weighs all alike.
        weight: factor of the result.
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: an option is not one of the above.
        UnknownNameError: no loss is called so.

    >>> from pyg_energyloss.hosts import batch_context
    >>> loss = FlatLoss(options={"stiffness": "constant", "normalize": None})
    >>> with batch_context(batch=torch.tensor([0, 0])):
    ...     loss(torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])).round(decimals=4)
    tensor(4.)
    """

    def __init__(
        self,
        loss: str | Callable[..., Tensor] = "pair_energy",
        *,
        options: Mapping[str, Any] | None = None,
        parametrization: str = "x0",
        weighting: str | None = None,
        weight: float = 1.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if isinstance(loss, str):
            from pyg_energyloss import registry

            self.name = loss
            self.loss = registry.create("loss", loss, **{**(options or {}), "reduction": "none"})
        elif options:
            raise ValueError("`options` are for a `loss` given by name; got a callable")
        else:
            self.name = repr(loss)
            self.loss = loss
        self.options = dict(options or {})
        self.parametrization = parametrization
        self.weighting = weighting
        self.weight = float(weight)
        self.reduction = check_reduction(reduction)
        # What it stands in for; kept out of the submodules, so that checkpoints do not change.
        self.__dict__["replaced"] = None
        find_parametrization(parametrization)
        if weighting is not None:
            find_parametrization(weighting)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Return the loss of a prediction [num_nodes, dim] against a target of the same shape.

        Raises:
            MissingContextError: no adapter has said which batch this is, or it lacks a field.
            ValueError: shapes do not agree with each other or with the batch.
        """
        if pred.shape != target.shape or pred.dim() != 2:  # noqa: PLR2004 - [num_nodes, dim]
            raise ValueError(
                "`pred` and `target` must both have shape [num_nodes, dim], got "
                f"{tuple(pred.shape)} and {tuple(target.shape)}"
            )
        context = current_context()
        batch, num_graphs = graph_of_nodes(context, len(pred))
        data = SimpleNamespace(
            pos=self._positions(target, context, batch).detach(),
            batch=batch,
            num_graphs=num_graphs,
            **{field: context.get(field) for field in PASSED_ON},
        )
        values = self.loss(self._positions(pred, context, batch), data)
        if values.shape != (num_graphs,):
            raise ValueError(
                f"`loss` must return one value per graph, [{num_graphs}]; "
                f"got shape {tuple(values.shape)} from {self.name}; give it reduction='none'"
            )
        return reduce_graphs(self._weighted(values, context, batch), self.reduction)

    def _positions(self, values: Tensor, context: HostContext, batch: Tensor) -> Tensor:
        if self.parametrization == "x0":
            return values
        purpose = f"to turn a prediction of {self.parametrization} into positions"
        x_t = context.require("x_t", purpose)
        alpha = per_node(context.require("alpha", purpose), batch, len(values), x_t)
        sigma = per_node(context.require("sigma", purpose), batch, len(values), x_t)
        return find_parametrization(self.parametrization).to_x0(values, x_t, alpha, sigma)

    def _weighted(self, values: Tensor, context: HostContext, batch: Tensor) -> Tensor:
        if self.weighting is None:
            return self.weight * values
        purpose = f"to weigh graphs as {self.weighting} does"
        alpha, sigma = (
            per_graph(context.require(field, purpose), batch, len(values), values)
            for field in ("alpha", "sigma")
        )
        return self.weight * find_parametrization(self.weighting).weight(alpha, sigma) * values

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            # Hosts ask their loss for more than a value: a reduction, or a metric's compute().
            replaced = self.__dict__.get("replaced")
            if replaced is None or not hasattr(replaced, name):
                raise
            return getattr(replaced, name)

    def __repr__(self) -> str:
        return (
            f"FlatLoss({self.name!r}, options={self.options}, parametrization="
            f"{self.parametrization!r}, weighting={self.weighting!r}, weight={self.weight})"
        )


def per_node(values: Tensor | float, batch: Tensor, num_nodes: int, like: Tensor) -> Tensor:
    """Return a schedule's values as a column [num_nodes, 1].

    Args:
        values: a number, one value per graph, or one per node; further axes of size 1 are dropped.
        batch: graph of each node [num_nodes].
        num_nodes: number of nodes.
        like: gives dtype and device.

    Raises:
        ValueError: another number of values.
    """
    found = torch.as_tensor(values, dtype=like.dtype, device=like.device).reshape(-1)
    if len(found) == 1:
        return found.expand(num_nodes).unsqueeze(-1)
    # With as many graphs as nodes every graph is one node, and both readings agree up to order.
    if len(found) == num_nodes:
        return found.unsqueeze(-1)
    graphs = int(batch.max()) + 1 if len(batch) else 0
    if len(found) < graphs:
        raise ValueError(
            f"`alpha` and `sigma` must have 1, {graphs} (graphs) or {num_nodes} (nodes) values, "
            f"got {len(found)}"
        )
    return found[batch].unsqueeze(-1)


def per_graph(values: Tensor | float, batch: Tensor, num_graphs: int, like: Tensor) -> Tensor:
    """Return a schedule's values per graph [num_graphs]; see `per_node`.

    Values per node are the same within a graph; their mean is taken.
    """
    found = torch.as_tensor(values, dtype=like.dtype, device=like.device).reshape(-1)
    if len(found) == 1:
        return found.expand(num_graphs)
    if len(found) == num_graphs and len(batch) != num_graphs:
        return found
    column = per_node(values, batch, len(batch), like)[:, 0]
    count = graph_sum(torch.ones_like(column), batch, num_graphs).clamp(min=1.0)
    return graph_sum(column, batch, num_graphs) / count
