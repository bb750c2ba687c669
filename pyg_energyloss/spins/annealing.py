"""Simulated annealing: what can be had without learning."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.graphs import resolve_batch
from pyg_energyloss.functional.spins.ising_energy import ising_energy
from pyg_energyloss.spins.coloring import color_classes
from pyg_energyloss.spins.relaxation import zero_temperature


def simulated_annealing(
    edge_index: Tensor,
    coupling: Tensor,
    num_nodes: int,
    *,
    sweeps: int = 200,
    restarts: int = 1,
    hot: float = 2.0,
    cold: float = 0.1,
    batch: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """Cool random spins by heat-bath sweeps and relax the last configuration.

    All graphs of a batch are cooled at once, independent sets of spins in turn; the temperature
    falls geometrically.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges].
        num_nodes: number of spins.
        sweeps: updates of every spin.
        restarts: runs; the best result of each graph is kept.
        hot: first temperature, in units of the root mean square coupling.
        cold: last temperature, in the same unit.
        batch: graph of each node, [num_nodes]; None: one graph.
        seed: of the random numbers.

    Returns:
        Spins [num_nodes], float.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> simulated_annealing(torch.tensor([[0], [1]]), -torch.ones(1), 2, sweeps=5).sum()
        tensor(0.)

    Source: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
    """
    if sweeps < 1 or restarts < 1:
        raise ValueError(f"`sweeps` and `restarts` must be positive, got {sweeps} and {restarts}")
    if not hot >= cold > 0:
        raise ValueError(f"`hot` must be at least `cold` and positive, got {hot} and {cold}")
    generator = torch.Generator(coupling.device).manual_seed(seed)
    bonds, weight = undirected_bonds(edge_index, coupling)
    weight = weight.float()
    classes = _neighbourhoods(bonds, weight, num_nodes)
    unit = weight.square().mean().sqrt().item() or 1.0
    temperatures = unit * hot * (cold / hot) ** torch.linspace(0, 1, sweeps, dtype=torch.float64)
    best = torch.ones(num_nodes, device=coupling.device)
    batch, graphs = resolve_batch(best, batch, None)
    lowest: Tensor | None = None
    for _ in range(restarts):
        spins = _random_spins(best, generator)
        for temperature in temperatures.tolist():
            for nodes, target, source, value in classes:
                field = spins.new_zeros(len(nodes)).index_add_(0, target, value * spins[source])
                up = torch.rand(len(nodes), generator=generator, device=spins.device)
                spins[nodes] = torch.where(up < (2 / temperature * field).sigmoid(), 1.0, -1.0)
        spins = zero_temperature(bonds, weight, spins)
        energy = ising_energy(bonds, weight, spins.double(), batch=batch, num_graphs=graphs)
        better = torch.ones_like(energy, dtype=torch.bool) if lowest is None else energy < lowest
        lowest = energy if lowest is None else torch.where(better, energy, lowest)
        keep = better.expand(num_nodes) if batch is None else better[batch]
        best = torch.where(keep, spins, best)
    return best


def _random_spins(like: Tensor, generator: torch.Generator) -> Tensor:
    draws = torch.rand(like.shape, generator=generator, device=like.device)
    return torch.where(draws < 0.5, 1.0, -1.0)  # noqa: PLR2004 - a fair coin


def _neighbourhoods(
    bonds: Tensor, weight: Tensor, num_nodes: int
) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Per independent set: its nodes, and of each bond end in it its position, other end and J."""
    source, target = torch.cat([bonds, bonds.flip(0)], 1)
    value = weight.repeat(2)
    place = torch.empty(num_nodes, dtype=torch.long, device=bonds.device)
    parts = []
    for nodes in color_classes(bonds, num_nodes):
        member = torch.zeros(num_nodes, dtype=torch.bool, device=bonds.device)
        member[nodes] = True
        place[nodes] = torch.arange(len(nodes), device=bonds.device)
        inside = member[target]
        parts.append((nodes, place[target[inside]], source[inside], value[inside]))
    return parts
