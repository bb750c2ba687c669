"""MoreRed on SchNetPack: a loss that gets what it needs by the names of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts import FlatLoss, MissingContextError, batch_context

GRAPH, NOISED = "_idx_m", "_positions"


class Expose(torch.nn.Module):
    """An output module that changes nothing and shows the loss more of the batch.

    SchNetPack hands a loss those outputs that it names as arguments; what is an input only gets
    there through a module that lists it among its outputs.

    Args:
        time_key: where the diffusion time is.
    """

    def __init__(self, time_key: str = "t") -> None:
        super().__init__()
        self.model_outputs = [GRAPH, NOISED, time_key]

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the inputs.

        Raises:
            MissingContextError: one of the names is not among them.
        """
        for name in self.model_outputs:
            if name not in inputs:
                raise MissingContextError(
                    f"{name!r}, which the energy needs, is not in MoreRed's batch; it has: "
                    f"{', '.join(inputs)}; `time_key` names the diffusion time among them"
                )
        return inputs


class MoreRedEnergy:
    """The energy of the structures that predicted noise stands for, called by MoreRed.

    No `torch.nn.Module`: SchNetPack reads the names of the arguments from the call, which a module
    hides, so that it would silently get none of them.

    Args:
        noise_schedule: MoreRed's schedule, for alpha and sigma.
        loss: name of a registered structure loss.
        options: options of that loss.
        weighting: see `pyg_energyloss.hosts.FlatLoss`; "epsilon" weighs times as MoreRed's own
            squared error on the noise does.
        weight: factor of the result.

    Raises:
        ValueError: an option of the loss is wrong.
    """

    def __init__(
        self,
        noise_schedule: Any,
        *,
        loss: str = "pair_energy",
        options: Mapping[str, Any] | None = None,
        weighting: str | None = "epsilon",
        weight: float = 1.0,
    ) -> None:
        self.noise_schedule = noise_schedule
        self.loss = FlatLoss(
            loss,
            options=dict(options or {}),
            parametrization="epsilon",
            weighting=weighting,
            weight=weight,
        )

    def __call__(
        self,
        pred: Tensor,
        target: Tensor,
        _idx_m: Tensor | None = None,
        _positions: Tensor | None = None,
        t: Tensor | None = None,
    ) -> Tensor:
        """Return the loss of predicted noise [num_nodes, 3] against the true noise.

        Raises:
            MissingContextError: SchNetPack did not pass the batch: the output module is missing.
        """
        if _idx_m is None or _positions is None or t is None:
            raise MissingContextError(
                "SchNetPack passed no `_idx_m`, `_positions` and `t`, so that nothing says which "
                "atom belongs to which molecule; add pyg_energyloss_hydra.morered.Expose to "
                "model.output_modules, as `+eloss=morered` does"
            )
        alpha, sigma = self._schedule(t)
        with batch_context(batch=_idx_m, x_t=_positions, alpha=alpha, sigma=sigma):
            value: Tensor = self.loss(pred, target.to(pred.dtype))
        return value

    def _schedule(self, t: Tensor) -> tuple[Tensor, Tensor]:
        steps = self.noise_schedule.unnormalize_time(t)
        found = self.noise_schedule(steps, keys=["sqrt_alpha_bar", "sqrt_beta_bar"])
        return found["sqrt_alpha_bar"], found["sqrt_beta_bar"]
