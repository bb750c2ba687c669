"""The Hamiltonian itself as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.spins.flip import FlipRule
from pyg_energyloss.functional.spins.ising_free_energy import ising_free_energy
from pyg_energyloss.functional.spins.local_field_energy import checked_temperature
from pyg_energyloss.losses.spins.spin_info import SpinInfo
from pyg_energyloss.losses.spins.spin_loss import SpinLoss


class TrueEnergyLoss(SpinLoss):
    """Score spins by the mean-field free energy of their own Hamiltonian; needs no target.

    Formula: `pyg_energyloss.functional.ising_free_energy`. It is not a classification loss. It is
    even under a global flip by itself, so that ``flip`` changes nothing.

    Args:
        temperature: T, in units of J.
        flip: choice of the target's global sign; accepted as by all spin losses, without effect.
        normalize: divide by the number of "spins", or not (None).
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1), num_nodes=2)
        >>> TrueEnergyLoss(temperature=0.5)(torch.full((2,), 50.0), data)
        tensor(-1.)

    Source: Kaba et al., arXiv 2511.02087, section 5 and C.3.
    """

    def __init__(
        self,
        *,
        temperature: float = 0.1,
        flip: str | FlipRule | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__(flip=flip, normalize=normalize, reduction=reduction)
        self.temperature = checked_temperature(temperature)

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:  # noqa: ARG002 - even
        """Return the free energy of each graph [num_graphs] in units of T."""
        return ising_free_energy(
            logits,
            info.edge_index,
            info.coupling,
            temperature=self.temperature,
            batch=info.batch,
            num_graphs=info.num_graphs,
        )
