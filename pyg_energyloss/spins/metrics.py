"""How good predicted configurations are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.functional.spins.ising_energy import ising_energy
from pyg_energyloss.losses.spins.spin_info import spin_info
from pyg_energyloss.spins.relaxation import greedy_descent, zero_temperature


def spin_signs(logits: Tensor) -> Tensor:
    """Return the likelier value of each spin, +1 or -1; +1 at even odds.

    Example:
        >>> spin_signs(torch.tensor([0.3, -2.0, 0.0]))
        tensor([ 1., -1.,  1.])
    """
    return torch.where(logits >= 0, 1.0, -1.0)


class SpinEvaluator:
    """Scores configurations: excess energy, satisfied bonds, overlap; also after relaxation.

    - ``excess_energy``: energy above the exact ground state, ``data.energy``;
    - ``satisfied``: share of bonds with ``J s s > 0``;
    - ``overlap``: ``|mean of s y|``, 1 for the target and for its flip;
    - ``exact``: 1 where the energy is that of the ground state;
    - ``excess_zero_temperature``, ``excess_greedy``: excess energy after `zero_temperature` and
      `greedy_descent`.

    Args:
        relax: whether to compute the last two.

    Example:
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1), num_nodes=2)
        >>> data.y, data.energy = torch.ones(2), torch.tensor([-1.0])
        >>> SpinEvaluator(relax=False)(torch.tensor([1.0, -1.0]), data)["excess_energy"]
        tensor([2.], dtype=torch.float64)
    """

    def __init__(self, *, relax: bool = True) -> None:
        self.relax = relax

    def __call__(self, logits: Tensor, data: Any) -> dict[str, Tensor]:
        """Return one value per graph, [num_graphs], for logits or spins [num_nodes].

        Raises:
            ValueError: ``data`` lacks the target or its energy.
        """
        info = spin_info(data)
        target = info.required_spins()
        if getattr(data, "energy", None) is None:
            raise ValueError(
                "`data.energy` is missing: the exact ground-state energy of each graph"
            )
        spins = spin_signs(logits)
        bonds, coupling = undirected_bonds(info.edge_index, info.coupling.double())
        reference = data.energy.reshape(-1).double()

        def excess(configuration: Tensor) -> Tensor:
            energy = ising_energy(
                bonds,
                coupling,
                configuration.double(),
                batch=info.batch,
                num_graphs=info.num_graphs,
            )
            above: Tensor = energy - reference
            return above

        edge_batch = None if info.batch is None else info.batch[bonds[0]]
        kept = (coupling * spins[bonds[0]] * spins[bonds[1]] > 0).double()
        counts = graph_sum(torch.ones_like(kept), edge_batch, info.num_graphs)
        nodes = graph_sum(torch.ones_like(spins), info.batch, info.num_graphs)
        above = excess(spins)
        values = {
            "excess_energy": above,
            "satisfied": graph_sum(kept, edge_batch, info.num_graphs) / counts.clamp(min=1),
            "overlap": graph_sum(spins * target, info.batch, info.num_graphs).abs() / nodes,
            "exact": (above < 1e-6).double(),  # noqa: PLR2004 - rounding of a sum of couplings
        }
        if self.relax:
            wide = spins.double()
            values["excess_zero_temperature"] = excess(zero_temperature(bonds, coupling, wide))
            greedy = greedy_descent(bonds, coupling, wide, batch=info.batch)
            values["excess_greedy"] = excess(greedy)
        return values
