"""TABASCO: the pair energy in the place that its model keeps for a loss on distances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts import FlatLoss


class TabascoEnergy(torch.nn.Module):
    """Score the end point that TABASCO's network predicts; ``model.interdist_loss`` of its config.

    TABASCO adds the value to its squared error on coordinates, whose weight is
    ``model.coords_interpolant.loss_weight``. As that error, it is weighed by the time factor.

    Args:
        loss: name of a registered structure loss.
        options: options of that loss.
        weight: factor of the result.
        time_factor: f(t), as TABASCO's other losses have; None weighs all times alike.

    Raises:
        ValueError: an option of the loss is wrong.
    """

    def __init__(
        self,
        *,
        loss: str = "pair_energy",
        options: Mapping[str, Any] | None = None,
        weight: float = 1.0,
        time_factor: Any = None,
    ) -> None:
        super().__init__()
        self.loss = FlatLoss(loss, options=dict(options or {}), weight=weight)
        self.time_factor = time_factor

    def forward(
        self, path: Any, pred: Any, compute_stats: bool = True
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, and its value for TABASCO's log if that is asked for.

        Args:
            path: has the true structures in ``x_1`` ("coords" padded, "padding_mask") and ``t``.
            pred: has the predicted ones in "coords".
            compute_stats: as in TABASCO's own losses.
        """
        weights = None if self.time_factor is None else self.time_factor(path.t).reshape(-1)
        atoms = ~path.x_1["padding_mask"].bool()
        value = self.loss(pred["coords"], path.x_1["coords"], mask=atoms, weights=weights)
        return value, {"energy_loss": value.detach()} if compute_stats else {}
