"""A structure loss with the call that hosts use: ``loss(pred, target)`` on flat tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts.batch import HostBatch
from pyg_energyloss.hosts.context import HostContext, current_context
from pyg_energyloss.hosts.named import named_per_graph
from pyg_energyloss.hosts.parametrization import parametrization as find_parametrization
from pyg_energyloss.hosts.recall import Recall, in_backward
from pyg_energyloss.hosts.rows import Rows, rows_of
from pyg_energyloss.hosts.schedule import per_graph, per_node
from pyg_energyloss.losses.reduce import check_reduction, reduce_graphs

#: One value per graph, in the shape of the prediction: what torch calls "none".
ELEMENTS = "elements"


class FlatLoss(torch.nn.Module):
    """Score flat predictions by a structure loss, in the context of the host's batch.

    Prediction and target are turned into positions first, so hosts that predict positions, noise
    or velocity get the same value in the same state. All arguments are plain values, for
    configuration files. It has no parameters and no buffers: checkpoints do not change. Where a
    host pads its batches, the context or the call has a mask.

    Args:
        loss: name of a registered loss, or a callable ``loss(pos_pred, data)`` that returns one
            value per graph.
        options: options of the loss.
        parametrization: what the host predicts: "x0", "epsilon", "velocity", "score", "flow" or
            "flow_to_data". All but "x0" need ``x_t``, ``alpha`` and ``sigma`` in the context.
        weighting: weight each graph like a squared error in this parametrization would, "epsilon"
            for a denoising network; None weighs all alike.
        weight: factor of the result.
        reduction: over graphs: "mean", "sum", "none" for one value per graph, or "elements" for
            the value of its graph at each element of the prediction, for hosts that weigh and
            average themselves.

    Raises:
        ValueError: an option is not one of the above, or the loss is one for spins.
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
            self.name = loss
            self.loss: Callable[..., Tensor] = named_per_graph(loss, options or {})
        elif options:
            raise ValueError("`options` are for a `loss` given by name; got a callable")
        else:
            self.name = repr(loss)
            self.loss = loss
        self.options = dict(options or {})
        self.parametrization = parametrization
        self.weighting = weighting
        self.weight = float(weight)
        self.reduction = reduction if reduction == ELEMENTS else check_reduction(reduction)
        #: Called with (positions of the target, context) at each call; adapters watch by it.
        self.on_call: Callable[[Tensor, HostContext], None] | None = None
        self._recall = Recall()
        # What it stands in for; kept out of the submodules, so that checkpoints do not change.
        self.__dict__["replaced"] = None
        find_parametrization(parametrization)
        if weighting is not None:
            find_parametrization(weighting)

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        *,
        batch: Tensor | None = None,
        mask: Tensor | None = None,
        weights: Tensor | None = None,
        reduction: str | None = None,
    ) -> Tensor:
        """Return the loss of a prediction against a target of the same shape.

        Args:
            pred: [num_nodes, dim], or padded [num_graphs, max_nodes, dim].
            target: the same shape.
            batch: graph of each node, where the host passes it; else from the context.
            mask: which padded rows are nodes, where the host passes it; else from the context.
            weights: factor of each graph [num_graphs].
            reduction: in place of the one of the constructor, where the host passes one; "none"
                then means what it does in torch, "elements".

        Raises:
            MissingContextError: no adapter has said which batch this is, or it lacks a field.
            ValueError: shapes do not agree with each other or with the batch.
        """
        context = self._context(target, given=batch is not None or mask is not None)
        rows = rows_of(pred, target, context, batch, mask)
        true = self._positions(rows.flat(target), context, rows).detach()
        if self.on_call is not None:
            self.on_call(true, context)
        data = HostBatch(context, true, rows.batch, rows.num_graphs)
        values = self.loss(self._positions(rows.flat(pred), context, rows), data)
        if values.shape != (rows.num_graphs,):
            raise ValueError(
                f"`loss` must return one value per graph, [{rows.num_graphs}]; "
                f"got shape {tuple(values.shape)} from {self.name}; give it reduction='none'"
            )
        if weights is not None:
            values = values * _graph_weights(weights, rows.num_graphs)
        value = self._reduced(self._weighted(values, context, rows), rows, pred, reduction)
        self._recall.keep(context, target, value)
        return value

    def _context(self, target: Tensor, *, given: bool) -> HostContext:
        if in_backward() and (found := self._recall.find(target)) is not None:
            return found
        return current_context(optional=given)

    def _reduced(self, values: Tensor, rows: Rows, pred: Tensor, reduction: str | None) -> Tensor:
        if reduction is None:
            reduction = self.reduction
        elif check_reduction(reduction) == "none":
            reduction = ELEMENTS
        if reduction == ELEMENTS:
            return rows.spread(values, pred)
        return reduce_graphs(values, reduction)

    def _positions(self, values: Tensor, context: HostContext, rows: Rows) -> Tensor:
        if self.parametrization == "x0":
            return values
        purpose = f"to turn a prediction of {self.parametrization} into positions"
        x_t = rows.flat(context.require("x_t", purpose))
        alpha = self._per_node("alpha", context, rows, purpose, x_t)
        sigma = self._per_node("sigma", context, rows, purpose, x_t)
        return find_parametrization(self.parametrization).to_x0(values, x_t, alpha, sigma)

    @staticmethod
    def _per_node(
        field: str, context: HostContext, rows: Rows, purpose: str, like: Tensor
    ) -> Tensor:
        values = context.require(field, purpose)
        if isinstance(values, Tensor):
            values = rows.flat(values)
        return per_node(values, rows.batch, len(rows.batch), like)

    def _weighted(self, values: Tensor, context: HostContext, rows: Rows) -> Tensor:
        if self.weighting is None:
            return self.weight * values
        purpose = f"to weigh graphs as {self.weighting} does"
        alpha, sigma = (
            per_graph(
                self._per_node(field, context, rows, purpose, values),
                rows.batch,
                rows.num_graphs,
                values,
            )
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


def _graph_weights(weights: Tensor, num_graphs: int) -> Tensor:
    if weights.numel() not in (1, num_graphs):
        raise ValueError(
            f"`weights` must have one value per graph, [{num_graphs}], got shape "
            f"{tuple(weights.shape)}; weights of nodes go into the batch as `pos_weight`"
        )
    return weights.reshape(-1)
