"""Equation 15 in general: any discrete energy, any number of states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_counts, graph_sum
from pyg_energyloss.functional.spins.local_field_energy import checked_temperature
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs
from pyg_energyloss.losses.spins.expectation import Expectation, multilinear
from pyg_energyloss.losses.spins.spin_info import spin_info

Energy = Callable[[Tensor, Any], Tensor]


class FreeEnergyLoss(LossArithmetic):
    """Score independent categorical predictions by a variational free energy.

    ``J = E_q[E(s, data)] / T - S[q]`` with q the product of softmaxes of the logits; log Z, which
    has no gradient, is left out.

    Args:
        energy: function of (states [num_nodes, num_states], data) that returns one energy per graph
            [num_graphs]; for example `TargetField`, or the Hamiltonian itself.
        temperature: T, in units of the energy.
        expectation: how ``E_q`` is taken: `multilinear` puts the probabilities in place of one-hot
            states, exact if no term contains a node twice; `ScoreFunction` samples, for any energy.
        symmetry: permutations of the states that leave the problem as it is, [num_images,
            num_states]; the loss of a graph is the least over them. ``[[0, 1], [1, 0]]`` is the
            global flip of Ising spins, all permutations that of a Potts model.
        normalize: divide each graph's value by its number of "spins", or not (None).
        reduction: over graphs: "mean", "sum" or "none".

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1), num_nodes=2)
        >>> energy = lambda states, data: -(states[0] * states[1]).sum().reshape(1)
        >>> FreeEnergyLoss(energy, temperature=0.5)(99 * torch.eye(3)[[1, 1]], data)
        tensor(-1.)

    Source: Kaba et al., arXiv 2511.02087, equation 15.
    """

    symmetry: Tensor | None

    def __init__(
        self,
        energy: Energy,
        *,
        temperature: float = 0.1,
        expectation: Expectation = multilinear,
        symmetry: Tensor | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if normalize not in (None, "spins"):
            raise ValueError(f"`normalize` must be 'spins' or None, got {normalize!r}")
        if symmetry is not None and symmetry.dim() != 2:  # noqa: PLR2004 - one row per image
            raise ValueError(
                f"`symmetry` must have shape [num_images, num_states], got {list(symmetry.shape)}"
            )
        self.energy = energy
        self.temperature = checked_temperature(temperature)
        self.expectation = expectation
        self.register_buffer("symmetry", symmetry)
        self.normalize = normalize
        self.reduction = check_reduction(reduction)

    def forward(self, logits: Tensor, data: Any) -> Tensor:
        """Return the reduced free energy of logits [num_nodes, num_states].

        Raises:
            ValueError: ``logits`` has another shape, or ``data`` lacks graph information.
        """
        if logits.dim() != 2:  # noqa: PLR2004 - [num_nodes, num_states]
            raise ValueError(
                f"`logits` must have shape [num_nodes, num_states], got {list(logits.shape)}; for "
                "one logit per +-1 spin use LocalFieldLoss or TrueEnergyLoss"
            )
        info = spin_info(data)
        log_q = torch.log_softmax(logits.float() if logits.dtype != torch.float64 else logits, -1)
        entropy = graph_sum(-(log_q.exp() * log_q).sum(dim=-1), info.batch, info.num_graphs)
        images = [log_q] if self.symmetry is None else [log_q[:, p] for p in self.symmetry]
        values = [self.expectation(self.energy, image, data) for image in images]
        energy = torch.stack(values).amin(dim=0)
        free = energy / self.temperature - entropy
        if self.normalize == "spins":
            free = free / graph_counts(logits, info.batch, info.num_graphs).clamp(min=1)
        return reduce_graphs(free, self.reduction)
