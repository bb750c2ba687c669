"""MatterGen: the pair energy on positions, under periodic boundary conditions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss import registry
from pyg_energyloss.hosts import MissingContextError
from pyg_energyloss_hydra.periodic import Stiffness, periodic_energy


class PeriodicEnergy:
    """A field loss of MatterGen for fractional positions.

    The network predicts score times standard deviation of a wrapped variance-exploding process, so
    the structure it stands for is ``x_t + std * prediction``. Its atoms are taken at the images
    nearest to the true ones, and springs join nearest images of the true crystal.

    Args:
        stiffness: name of a registered law, or any callable distance -> k.
        cutoff: springs only between atoms closer than this in the true crystal, Å; None joins all.
        weighted: divide by the variance, as MatterGen's squared error on the score does.

    Source: arXiv 2511.02087, eq 7; MatterGen: Zeni et al., Nature 639, 624 (2025).
    """

    def __init__(
        self,
        *,
        stiffness: str | Stiffness = "exponential",
        cutoff: float | None = None,
        weighted: bool = True,
    ) -> None:
        if isinstance(stiffness, str):
            stiffness = registry.create("stiffness", stiffness)
        self.stiffness: Any = stiffness
        self.cutoff = cutoff
        self.weighted = weighted

    def __call__(
        self,
        *,
        corruption: Any,
        score_model_output: Tensor,
        t: Tensor,
        batch_idx: Tensor | None,
        batch_size: int,
        x: Tensor,
        noisy_x: Tensor,
        batch: Any,
        **_: Any,
    ) -> Tensor:
        """Return the energy per atom of each crystal [batch_size]; MatterGen calls this.

        Raises:
            MissingContextError: ``batch_idx`` is None.
        """
        if batch_idx is None:
            raise MissingContextError(
                "MatterGen passed no `batch_idx`, so that nothing says which atom belongs to which "
                "crystal"
            )
        zeros = x.new_zeros(len(x), 1)
        _, std = corruption.marginal_prob(zeros, t=t, batch_idx=batch_idx, batch=batch)
        cell = batch["cell"].to(x.dtype)
        energy = periodic_energy(
            noisy_x + std * score_model_output,
            x,
            batch_idx,
            cell,
            stiffness=self.stiffness,
            cutoff=self.cutoff,
        )
        count = x.new_zeros(batch_size).index_add(0, batch_idx, torch.ones_like(zeros[:, 0]))
        energy = energy / count.clamp(min=1.0)
        if self.weighted:
            variance = x.new_zeros(batch_size).index_add(0, batch_idx, std[:, 0].square())
            # The noise level is of fractional coordinates; lengths are in Å, hence the cell's size.
            size = torch.linalg.det(cell).abs().clamp(min=1e-6) ** (2 / 3)
            energy = energy / (size * (variance / count.clamp(min=1.0)).clamp(min=1e-12))
        return energy


def energy_materials_loss(
    *,
    stiffness: str | Stiffness = "exponential",
    cutoff: float | None = None,
    **options: Any,
) -> Any:
    """Return MatterGen's own ``MaterialsLoss`` with the pair energy in place of its position loss.

    Args:
        stiffness: see `PeriodicEnergy`.
        cutoff: see `PeriodicEnergy`.
        options: those of ``mattergen.common.loss.MaterialsLoss``.

    Raises:
        ImportError: MatterGen is not installed.
    """
    try:
        from mattergen.common.loss import MaterialsLoss
    except ImportError as error:
        raise ImportError(
            "`+eloss=mattergen` is for MatterGen's own environment; see "
            "https://github.com/microsoft/mattergen"
        ) from error
    loss = MaterialsLoss(**options)
    if "pos" in loss.loss_fns:
        loss.loss_fns["pos"] = PeriodicEnergy(stiffness=stiffness, cutoff=cutoff)
    return loss
