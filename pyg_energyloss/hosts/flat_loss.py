"""A structure loss with the call that hosts use: ``loss(pred, target)`` on flat tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts.batch import HostBatch
from pyg_energyloss.hosts.context import HostContext, current_context
from pyg_energyloss.hosts.named import named_per_graph
from pyg_energyloss.hosts.predictions import Predictions
from pyg_energyloss.hosts.rows import ELEMENTS, equal_graphs, factors, rows_of
from pyg_energyloss.hosts.swaps.recall import Recall, in_backward
from pyg_energyloss.losses.parts.reduce import check_reduction

CHECKS = ("stop", "warn")


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
        self._read = Predictions(parametrization, weighting, target, float(scale))
        self.parametrization, self.weighting = parametrization, weighting
        self.target, self.scale = target, float(scale)
        self.weight, self.keep, self.nodes = float(weight), float(keep), nodes
        if check not in CHECKS:
            raise ValueError(f"`check` must be {' or '.join(map(repr, CHECKS))}, got {check!r}")
        self.check = check
        self.reduction = reduction if reduction == ELEMENTS else check_reduction(reduction)
        #: Called with (target, positions of the batch) at each call; adapters watch by it.
        self.on_call: Callable[[Tensor, Tensor | None], None] | None = None
        self._recall = Recall()
        self.__dict__["replaced"] = None

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
        true = self._read.true_positions(target, context, rows).detach()
        if self.on_call is not None:
            pos = context.get("pos")
            self.on_call(true / self.scale, rows.flat(pos) if isinstance(pos, Tensor) else None)
        given = {} if mask is None or rows.mask is not None else {"pos_mask": mask.bool().flatten()}
        factor = None
        if weights is not None:
            factor, of_nodes = factors(weights, rows)
            given |= of_nodes
        data = HostBatch(context, true, rows.batch, rows.num_graphs, given)
        values = self.loss(self._read.positions(rows.flat(pred), context, rows), data)
        if values.shape != (rows.num_graphs,):
            raise ValueError(
                f"`loss` must return one value per graph, [{rows.num_graphs}]; "
                f"got shape {tuple(values.shape)} from {self.name}; give it reduction='none'"
            )
        if factor is not None:
            values = values * factor
        values = self.weight * self._read.weighted(values, context, rows)
        if reduction is not None:
            reduction = ELEMENTS if check_reduction(reduction) == "none" else reduction
        value = rows.reduced(values, reduction or self.reduction, pred)
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
