"""JODO: the energy in place of its aligned squared error on positions.

Rebinds ``get_sde_graph_loss_fn`` in JODO's module ``losses``. Its own loss runs with the weight of
the positions at zero and on a wrapped model, from which the predicted positions are taken; the true
ones are taken from ``process_edge_batch``. The energy needs no alignment.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import from_padded
from pyg_energyloss.hosts.context import batch_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.patches.predicts import only

MODULE = "losses"


def patch_jodo(loss: FlatLoss, module: Any = None) -> list[str]:
    """Rebind JODO's loss.

    Args:
        loss: gives one value per graph; JODO predicts positions, parametrization "x0".
        module: JODO's ``losses``; imported from the working directory's checkout if not given.

    Returns:
        What was rebound, for the log.

    Raises:
        ImportError: there is no JODO checkout in the working directory.
        ValueError: the loss takes JODO's predictions for something else than positions.
    """
    only(loss, "JODO", "positions", "x0")
    if module is None:
        try:
            module = importlib.import_module(MODULE)
        except ImportError as error:
            raise ImportError(
                f"`{MODULE}` cannot be imported: {error}; run this in the root of a checkout of "
                "JODO, with its requirements installed"
            ) from error
    original, process = module.get_sde_graph_loss_fn, module.process_edge_batch
    seen: dict[str, Tensor] = {}

    def recording_process(*args: Any, **options: Any) -> Any:
        found = process(*args, **options)
        seen["true"], seen["mask"] = found[0], found[2]
        return found

    def graph_loss(
        noise_scheduler: Any, train: bool, scaler: Any, config: Any, prop_dist: Any = None
    ) -> Callable[[Any, Any], Tensor]:
        if not train or not config.model.pred_data:
            theirs: Callable[[Any, Any], Tensor] = original(
                noise_scheduler, train, scaler, config, prop_dist
            )
            return theirs
        weight, without = _without_positions(config)
        rest = original(noise_scheduler, train, scaler, without, prop_dist)

        def loss_fn(model: Any, batch: Any) -> Tensor:
            recorder = _Recorder(model)
            value: Tensor = rest(recorder, batch)
            pred, time = recorder.output[0], recorder.time
            flat_pred, index = from_padded(pred[..., :3], seen["mask"])
            flat_true, _ = from_padded(seen["true"][..., :3], seen["mask"])
            with batch_context(batch=index, num_graphs=len(pred)):
                energy = loss(flat_pred, flat_true)
            alpha, sigma = noise_scheduler.marginal_prob(time)
            positions: Tensor = (torch.sqrt(alpha / sigma) * energy).mean()
            return value + weight * positions

        return loss_fn

    module.get_sde_graph_loss_fn, module.process_edge_batch = graph_loss, recording_process
    return [
        f"{MODULE}.process_edge_batch: records the true positions",
        f"{MODULE}.get_sde_graph_loss_fn: aligned L2 on positions -> {loss}",
    ]


def _without_positions(config: Any) -> tuple[float, Any]:
    """Return the weight of the positions, and a copy of the configuration where it is zero."""
    weights = config.model.loss_weights.split(",")
    changed = copy.deepcopy(config)
    if hasattr(changed, "unlock"):
        changed.unlock()
    changed.model.loss_weights = ",".join(["0.0", *weights[1:]])
    return float(weights[0]), changed


class _Recorder:
    """A model that keeps the time and the output of its last call."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, time: Tensor, *args: Any, **options: Any) -> Any:
        self.time = time
        self.output = self._model(time, *args, **options)
        return self.output

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
