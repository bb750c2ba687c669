"""CDVAE: its model with the energy in place of the score loss on coordinates.

``model._target_=pyg_energyloss_hydra.cdvae.EnergyCDVAE``; all other losses stay CDVAE's own. The
class is made when it is first asked for, as a subclass of the one that is installed.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from torch import Tensor

from pyg_energyloss import registry
from pyg_energyloss_hydra.periodic import periodic_energy


def coordinate_energy(  # noqa: PLR0917 - the tensors of CDVAE's own loss, in its order
    predicted: Tensor,
    noisy: Tensor,
    true: Tensor,
    sigma: Tensor,
    batch: Tensor,
    cell: Tensor,
    *,
    stiffness: str = "exponential",
) -> Tensor:
    """Return the mean over crystals of the energy per atom, weighed by the noise as CDVAE does.

    CDVAE's network predicts (x - x_t) / sigma in Å, so it stands for x_t + sigma times that; its
    squared error is that of x over 2 sigma^2.

    Args:
        predicted: what the network gives [num_nodes, 3].
        noisy: fractional positions with noise [num_nodes, 3].
        true: fractional positions [num_nodes, 3].
        sigma: noise level of each atom [num_nodes], Å.
        batch: crystal of each atom [num_nodes].
        cell: lattice vectors as rows [num_crystals, 3, 3], Å.
        stiffness: name of a registered law.
    """
    inverse = cell.inverse()[batch]
    step = (sigma[:, None, None] * predicted[:, :, None] * inverse).sum(dim=1)
    law = registry.create("stiffness", stiffness)
    energy = periodic_energy(noisy + step, true, batch, cell, stiffness=law)
    count = energy.new_zeros(len(cell)).index_add(0, batch, sigma.new_ones(len(batch)))
    level = energy.new_zeros(len(cell)).index_add(0, batch, sigma.square()) / count.clamp(min=1.0)
    return (0.5 * energy / count.clamp(min=1.0) / level.clamp(min=1e-12)).mean()


@functools.cache
def energy_model() -> Any:
    """Return the subclass of the installed ``cdvae.pl_modules.model.CDVAE``.

    Raises:
        ImportError: CDVAE is not installed.
    """
    try:
        base = importlib.import_module("cdvae.pl_modules.model").CDVAE
        cells = importlib.import_module("cdvae.common.data_utils").lattice_params_to_matrix_torch
    except ImportError as error:
        raise ImportError(
            "EnergyCDVAE is for CDVAE's own environment; see https://github.com/txie-93/cdvae"
        ) from error

    def coord_loss(
        self: Any,  # noqa: ARG001 - CDVAE's signature
        pred_cart_coord_diff: Tensor,
        noisy_frac_coords: Tensor,
        used_sigmas_per_atom: Tensor,
        batch: Any,
    ) -> Tensor:
        return coordinate_energy(
            pred_cart_coord_diff,
            noisy_frac_coords,
            batch.frac_coords,
            used_sigmas_per_atom,
            batch.batch,
            cells(batch.lengths, batch.angles),
        )

    return type("EnergyCDVAE", (base,), {"coord_loss": coord_loss, "__module__": __name__})


def __getattr__(name: str) -> Any:
    if name == "EnergyCDVAE":
        return energy_model()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
