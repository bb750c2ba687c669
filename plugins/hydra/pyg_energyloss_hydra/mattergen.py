"""MatterGen: the pair energy on positions, under periodic boundary conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss import registry
from pyg_energyloss.functional import pair_energy
from pyg_energyloss.hosts import MissingContextError

Stiffness = Callable[[Tensor], Tensor]


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
        moved = noisy_x + std * score_model_output - x
        predicted = x + moved - moved.detach().round()
        cell = batch["cell"].to(x.dtype)
        edge_index, edge_shift = nearest_image_pairs(x, batch_idx)
        true, pred = (_cartesian(p, cell, batch_idx) for p in (x, predicted))
        if self.cutoff is not None:
            vectors = _cartesian(
                x[edge_index[1]] - x[edge_index[0]] + edge_shift, cell, batch_idx[edge_index[0]]
            )
            near = vectors.norm(dim=-1) < self.cutoff
            edge_index, edge_shift = edge_index[:, near], edge_shift[near]
        energy = pair_energy(
            pred,
            true,
            edge_index,
            stiffness=self.stiffness,
            batch=batch_idx,
            num_graphs=batch_size,
            cell=cell,
            edge_shift=edge_shift,
        )
        count = x.new_zeros(batch_size).index_add(0, batch_idx, torch.ones_like(zeros[:, 0]))
        energy = energy / count.clamp(min=1.0)
        if self.weighted:
            variance = x.new_zeros(batch_size).index_add(0, batch_idx, std[:, 0].square())
            # The noise level is of fractional coordinates; lengths are in Å, hence the cell's size.
            size = torch.linalg.det(cell).abs().clamp(min=1e-6) ** (2 / 3)
            energy = energy / (size * (variance / count.clamp(min=1.0)).clamp(min=1e-12))
        return energy


def nearest_image_pairs(x: Tensor, batch_idx: Tensor) -> tuple[Tensor, Tensor]:
    """Return all ordered pairs of different atoms of each crystal, at their nearest images.

    The image is found by wrapping fractional coordinates; in a very skewed cell that is not
    reduced it is a near one, not always the nearest.

    Args:
        x: fractional positions [num_nodes, 3].
        batch_idx: crystal of each atom [num_nodes], in any order.

    Returns:
        ``edge_index`` [2, num_edges] and ``edge_shift`` [num_edges, 3] in cells.

    >>> x = torch.tensor([[0.1, 0.0, 0.0], [0.9, 0.0, 0.0]])
    >>> nearest_image_pairs(x, torch.zeros(2, dtype=torch.long))[1].tolist()
    [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    same = (batch_idx[:, None] == batch_idx[None]) & ~torch.eye(
        len(x), dtype=torch.bool, device=x.device
    )
    edge_index = same.nonzero().t().contiguous()
    shift = -(x[edge_index[1]] - x[edge_index[0]]).round()
    return edge_index, shift + 0.0


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


def _cartesian(fractional: Tensor, cell: Tensor, batch_idx: Tensor) -> Tensor:
    return (fractional[:, :, None] * cell[batch_idx]).sum(dim=1)
