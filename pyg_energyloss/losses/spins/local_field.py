"""The local-field energy as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.spins.flip import FlipRule
from pyg_energyloss.functional.spins.local_field import local_field
from pyg_energyloss.functional.spins.local_field_energy import (
    checked_temperature,
    local_field_energy,
)
from pyg_energyloss.losses.spins.spin_info import SpinInfo
from pyg_energyloss.losses.spins.spin_loss import SpinLoss


class LocalFieldLoss(SpinLoss):
    """Score spins by their free energy in the field of the true ground state.

    Formulas: `pyg_energyloss.functional.local_field` and `local_field_energy`. The field is
    positive along the target, the energy ``-sum_i h_i s_i``: convex, and least at the target.

    Args:
        temperature: T, in units of J.
        h0: extra field along the target, in units of J; any positive value makes a ground state
            the only minimiser.
        flip: choice of the target's global sign, see `SpinLoss`.
        normalize: divide by the number of "spins", or not (None).
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> edges, target = torch.tensor([[0], [1]]), torch.tensor([1.0, -1.0])
        >>> data = Data(edge_index=edges, edge_attr=torch.tensor([-0.5]), y=target)
        >>> loss = LocalFieldLoss(h0=0.0, flip="min")
        >>> (loss(10 * target, data), loss(-10 * target, data))
        (tensor(0.), tensor(0.))

    Source: Kaba et al., arXiv 2511.02087, equation 16; ``flip`` is not in the paper.
    """

    def __init__(
        self,
        *,
        temperature: float = 0.1,
        h0: float = 1.0,
        flip: str | FlipRule | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__(flip=flip, normalize=normalize, reduction=reduction)
        if not h0 >= 0:
            raise ValueError(
                f"`h0` must not be negative, got {h0}: the target would not be the minimum"
            )
        self.temperature = checked_temperature(temperature)
        self.h0 = h0

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:
        """Return the free energy of each graph [num_graphs] in units of T, above its minimum."""
        target = info.required_spins()
        field = local_field(info.edge_index, info.coupling, target, h0=self.h0)
        return local_field_energy(
            logits,
            sign * field,
            temperature=self.temperature,
            batch=info.batch,
            num_graphs=info.num_graphs,
        )

    def extra_repr(self) -> str:
        """Options."""
        parts = [f"temperature={self.temperature:g}, h0={self.h0:g}", super().extra_repr()]
        return ", ".join(filter(None, parts))
