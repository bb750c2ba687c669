"""Springs between spins as a loss: the pair energy of atoms, carried over."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from pyg_energyloss.functional.spins.flip import FlipRule
from pyg_energyloss.functional.spins.local_field_energy import checked_temperature
from pyg_energyloss.functional.spins.target_bond_energy import target_bond_energy
from pyg_energyloss.losses.spins.spin_info import SpinInfo
from pyg_energyloss.losses.spins.spin_loss import SpinLoss


class TargetBondLoss(SpinLoss):
    """Score spins by bonds that pull each pair towards its relative sign in the ground state.

    Formula: `pyg_energyloss.functional.target_bond_energy`. Like a classification loss it uses the
    label; unlike one it is even under a global flip by itself, so that ``flip`` changes nothing,
    and a flipped domain costs its wall only.

    Args:
        temperature: T, in units of the stiffness.
        stiffness: function of the couplings; the default is their absolute value.
        flip: choice of the target's global sign; accepted as by all spin losses, without effect.
        normalize: divide by the number of "spins", or not (None).
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> edges, target = torch.tensor([[0], [1]]), torch.tensor([1.0, -1.0])
        >>> data = Data(edge_index=edges, edge_attr=torch.tensor([0.5]), y=target)
        >>> loss = TargetBondLoss()
        >>> bool(loss(9 * target, data) == loss(-9 * target, data))
        True

    Source: not in the paper; its equation 7 for spins, in the free energy of equation 15.
    """

    def __init__(
        self,
        *,
        temperature: float = 0.1,
        stiffness: Callable[[Tensor], Tensor] = Tensor.abs,
        flip: str | FlipRule | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__(flip=flip, normalize=normalize, reduction=reduction)
        self.temperature = checked_temperature(temperature)
        self.stiffness = stiffness

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:  # noqa: ARG002 - even
        """Return the free energy of each graph [num_graphs] in units of T."""
        return target_bond_energy(
            logits,
            info.edge_index,
            self.stiffness(info.coupling),
            info.required_spins(),
            temperature=self.temperature,
            batch=info.batch,
            num_graphs=info.num_graphs,
        )
