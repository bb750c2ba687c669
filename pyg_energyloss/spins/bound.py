"""A good configuration of any graph, and how far it can be from the ground state at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.spins.annealing import simulated_annealing
from pyg_energyloss.spins.ground_state import configuration_energy


@dataclass(frozen=True)
class BoundedState:
    """A configuration and a proven bound.

    Attributes:
        spins: +1 or -1, [num_nodes].
        energy: its energy.
        lower_bound: no configuration has a lower energy than this.
    """

    spins: Tensor
    energy: float
    lower_bound: float

    @property
    def gap(self) -> float:
        """How far the energy is above the ground state at most."""
        return max(self.energy - self.lower_bound, 0.0)


def bounded_ground_state(
    edge_index: Tensor,
    coupling: Tensor,
    num_nodes: int,
    *,
    sweeps: int = 500,
    restarts: int = 20,
    max_rounds: int = 100,
    seed: int = 0,
) -> BoundedState:
    """Return an annealed configuration of any graph with a lower bound on all energies.

    The bound is that of the linear program of cuts with odd-cycle inequalities, added where they
    are violated. It equals the ground-state energy for planar graphs, and all without a K5 minor.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges].
        num_nodes: number of spins.
        sweeps: of each annealing run.
        restarts: annealing runs.
        max_rounds: rounds of inequalities; fewer are quicker and bound less tightly.
        seed: of the annealing.

    Raises:
        ValueError: bonds or couplings do not fit.

    Example:
        >>> import torch
        >>> edges = torch.tensor([[0, 1, 2], [1, 2, 0]])
        >>> state = bounded_ground_state(edges, -torch.ones(3), 3)
        >>> (state.energy, round(state.lower_bound, 6))
        (-1.0, -1.0)

    Source: Barahona and Mahjoub, Math. Programming 36, 157 (1986).
    """
    bonds, weight = undirected_bonds(edge_index.detach().cpu(), coupling.detach().cpu())
    spins = simulated_annealing(
        bonds, weight, num_nodes, sweeps=sweeps, restarts=restarts, seed=seed
    )
    pairs, values = bonds.T.numpy(), weight.double().numpy()
    energy = configuration_energy(pairs, values, spins.numpy().astype(np.int8))
    bound = odd_cycle_bound(pairs, values, num_nodes, max_rounds=max_rounds)
    return BoundedState(spins.to(coupling.device), energy, min(bound, energy))


def odd_cycle_bound(
    bonds: NDArray[np.int64], values: NDArray[np.float64], num_nodes: int, *, max_rounds: int = 100
) -> float:
    """Return the bound of the odd-cycle relaxation on ``-sum J s s``.

    With x = 1 on bonds between unlike spins the energy is ``-sum J + 2 sum J x``. A cut meets every
    cycle C evenly: ``x(F) - x(C without F) <= |F| - 1`` for F in C of odd size. The bound is
    computed from the multipliers, so that it holds whatever the solver's tolerance is.

    Example:
        >>> odd_cycle_bound(np.array([[0, 1]]), np.array([2.0]), 2)
        -2.0
    """
    from scipy.optimize import linprog

    rows: list[dict[int, float]] = []
    limits: list[float] = []
    best = -float(np.abs(values).sum())
    x = (values < 0).astype(float)
    for _ in range(max_rounds):
        found = _violated(bonds, x, num_nodes)
        if not found:
            break
        for cycle, chosen in found:
            rows.append({e: 1.0 if e in chosen else -1.0 for e in cycle})
            limits.append(len(chosen) - 1.0)
        matrix = _matrix(rows, len(bonds))
        solved = linprog(values, matrix, limits, bounds=(0, 1), method="highs-ds")
        if solved.x is None:
            break
        x = solved.x
        multipliers = np.minimum(solved.ineqlin.marginals, 0)
        reduced = values - matrix.T @ multipliers
        dual = float(multipliers @ np.array(limits) + np.minimum(reduced, 0).sum())
        best = max(best, 2 * dual - float(values.sum()))
    return best


def _matrix(rows: list[dict[int, float]], num_bonds: int) -> sparse.csr_matrix:
    indptr = np.cumsum([0, *(len(row) for row in rows)])
    indices = np.concatenate([list(row) for row in rows])
    data = np.concatenate([list(row.values()) for row in rows])
    return sparse.csr_matrix((data, indices, indptr), (len(rows), num_bonds))


def _violated(
    bonds: NDArray[np.int64], x: NDArray[np.float64], num_nodes: int
) -> list[tuple[list[int], set[int]]]:
    """Odd cycles whose inequality x violates: short paths between the two copies of a node.

    A step that stays in its copy costs x and one that changes copies, putting the bond into F,
    costs 1 - x: a path of length below one closes a violated cycle.
    """
    first, second = bonds.T
    n, m = num_nodes, len(bonds)
    # scipy drops edges of length zero; a tiny length changes no decision at this tolerance.
    stay, change = np.maximum(x, 1e-12), np.maximum(1 - x, 1e-12)
    tail = np.concatenate([first, first + n, first, first + n])
    head = np.concatenate([second, second + n, second + n, second])
    length = np.concatenate([stay, stay, change, change])
    graph = sparse.coo_matrix((length, (tail, head)), (2 * n, 2 * n)).tocsr()
    distance, before = sparse.csgraph.dijkstra(
        graph, directed=False, indices=np.arange(n), return_predecessors=True, limit=1 - 1e-6
    )
    number = {(int(a), int(b)): k for k, (a, b) in enumerate(bonds)}
    number |= {(b, a): k for (a, b), k in number.items()}
    found: dict[tuple[int, ...], tuple[list[int], set[int]]] = {}
    for node in np.flatnonzero(np.isfinite(distance[np.arange(n), np.arange(n) + n])).tolist():
        cycle, chosen, at = [], set(), node + n
        while at != node:
            previous = int(before[node, at])
            bond = number[previous % n, at % n]
            cycle.append(bond)
            if (previous < n) != (at < n):
                chosen.add(bond)
            at = previous
        if len(set(cycle)) == len(cycle) <= m:
            found.setdefault((*sorted(cycle), -1, *sorted(chosen)), (cycle, chosen))
    return list(found.values())
