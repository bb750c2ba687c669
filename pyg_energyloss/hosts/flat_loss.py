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
from pyg_energyloss.hosts.rows import Rows, equal_graphs, factors, rows_of
from pyg_energyloss.hosts.schedule import per_graph, per_node
from pyg_energyloss.hosts.swaps.recall import Recall, in_backward
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs

#: One value per graph, in the shape of the prediction: what torch calls "none".
ELEMENTS = "elements"
CHECKS = ("stop", "warn")
TARGETS = ("call", "batch")


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
        target: "call", what the host passes, or "batch", the positions in its batch, for hosts
            whose target is more than the structure, such as a flow with noise of its own.
        scale: length of the host's unit, Å: positions are multiplied by it, for hosts that
            normalise them; stiffness laws are in Å.
        weight: factor of the result.
        keep: factor of the loss that it stands in for, which is then added; 0 replaces it.
        nodes: number of nodes of each graph, for hosts whose graphs are all of one size and whose
            batch does not tell them apart; 0 asks the batch.
        check: what an adapter does when the host calls the loss with something else than the
            batch's positions, or not at all: "stop" or "warn".
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
        target: str = "call",
        scale: float = 1.0,
        weight: float = 1.0,
        keep: float = 0.0,
        nodes: int = 0,
        check: str = "stop",
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
        self.target = _one_of("target", target, TARGETS)
        if not float(scale) > 0:
            raise ValueError(f"`scale` must be positive, got {scale!r}")
        self.scale = float(scale)
        self.weight = float(weight)
        self.keep, self.nodes = float(keep), nodes
        self.check = _one_of("check", check, CHECKS)
        self.reduction = reduction if reduction == ELEMENTS else check_reduction(reduction)
        #: Called with (target, positions of the batch) at each call; adapters watch by it.
        self.on_call: Callable[[Tensor, Tensor | None], None] | None = None
        self._recall = Recall()
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
            mask: which padded rows are nodes, where the host passes it, else from the context; of
            flat predictions [num_nodes]: which nodes count, as ``pos_mask``.
            weights: factor of each graph [num_graphs], or of each node in the shape of its rows,
            as ``pos_weight``.
            reduction: in place of the one of the constructor, where the host passes one; "none"
                then means what it does in torch, "elements".

        Raises:
            MissingContextError: no adapter has said which batch this is, or it lacks a field.
            ValueError: shapes do not agree with each other or with the batch.
        """
        if self.nodes and batch is None and mask is None:
            batch, mask = equal_graphs(pred, self.nodes)
        context = self._context(target, given=batch is not None or mask is not None)
        rows = rows_of(pred, target, context, batch, mask)
        true = self._true(target, context, rows).detach()
        if self.on_call is not None:
            pos = context.get("pos")
            self.on_call(true / self.scale, rows.flat(pos) if isinstance(pos, Tensor) else None)
        given = {} if mask is None or rows.mask is not None else {"pos_mask": mask.bool().flatten()}
        factor = None
        if weights is not None:
            factor, of_nodes = factors(weights, rows)
            given |= of_nodes
        data = HostBatch(context, true, rows.batch, rows.num_graphs, given)
        values = self.loss(self._positions(rows.flat(pred), context, rows), data)
        if values.shape != (rows.num_graphs,):
            raise ValueError(
                f"`loss` must return one value per graph, [{rows.num_graphs}]; "
                f"got shape {tuple(values.shape)} from {self.name}; give it reduction='none'"
            )
        if factor is not None:
            values = values * factor
        value = self._reduced(self._weighted(values, context, rows), rows, pred, reduction)
        self._recall.keep(context, target, value)
        return value

    def stand_in_for(self, original: Any) -> None:
        """Take a host's loss for what else it is asked for; weigh as it does."""
        # Kept out of the submodules, so that checkpoints do not change.
        self.__dict__["replaced"] = original
        if getattr(original, "reduction", None) == "none":
            # The host weighs and averages the elements itself.
            self.reduction = ELEMENTS

    def joined_with(self, original: Callable[..., Tensor]) -> None:
        """Add ``keep`` times the host's own loss to each value, called as this one is."""
        if self.keep:

            def joined(_module: Any, given: Any, named: Any, value: Tensor) -> Tensor:
                return value + self.keep * original(*given, **named)

            self.register_forward_hook(joined, with_kwargs=True)

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

    def _true(self, target: Tensor, context: HostContext, rows: Rows) -> Tensor:
        if self.target == "call":
            return self._positions(rows.flat(target), context, rows)
        pos: Tensor = context.require("pos", "as the true positions")
        return self.scale * rows.flat(pos).to(target)

    def _positions(self, values: Tensor, context: HostContext, rows: Rows) -> Tensor:
        if self.parametrization == "x0":
            return self.scale * values
        purpose = f"to turn a prediction of {self.parametrization} into positions"
        x_t = rows.flat(context.require("x_t", purpose))
        alpha, sigma = self._schedule(context, rows, purpose, x_t)
        to_x0 = find_parametrization(self.parametrization).to_x0
        return self.scale * to_x0(values, x_t, alpha, sigma)

    def _schedule(
        self, context: HostContext, rows: Rows, purpose: str, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Alpha and sigma of each node [num_nodes, 1]; a flow may name only one of them."""
        flow = "flow" in (self.parametrization[:4], (self.weighting or "")[:4])
        if flow and context.get("sigma") is None and context.get("alpha") is not None:
            alpha = self._per_node("alpha", context, rows, purpose, like)
            return alpha, 1.0 - alpha
        if flow and context.get("alpha") is None and context.get("sigma") is not None:
            sigma = self._per_node("sigma", context, rows, purpose, like)
            return 1.0 - sigma, sigma
        alpha = self._per_node("alpha", context, rows, purpose, like)
        return alpha, self._per_node("sigma", context, rows, purpose, like)

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
            per_graph(value, rows.batch, rows.num_graphs, values)
            for value in self._schedule(context, rows, purpose, values)
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
        rare = {"target": "call", "scale": 1.0, "keep": 0.0, "nodes": 0}
        shown = "".join(f", {n}={getattr(self, n)!r}" for n in rare if getattr(self, n) != rare[n])
        return (
            f"FlatLoss({self.name!r}, options={self.options}, parametrization="
            f"{self.parametrization!r}, weighting={self.weighting!r}, weight={self.weight}{shown})"
        )


def _one_of(name: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise ValueError(f"`{name}` must be {' or '.join(map(repr, known))}, got {given!r}")
    return given
