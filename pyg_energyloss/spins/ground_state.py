"""The exact ground state of a spin system."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.spins.enumeration import MAX_ENUMERATED, lowest_by_enumeration
from pyg_energyloss.spins.exact_weights import least_join
from pyg_energyloss.spins.matching import Frustration
from pyg_energyloss.spins.surface import planar_surface, toroidal_surface


def ground_state(edge_index: Tensor, coupling: Tensor, num_nodes: int) -> tuple[Tensor, float]:
    """Return a configuration of exactly the least energy.

    ``H = -sum over bonds of J s s``; a bond stored in both directions counts once. Exact in the
    strict sense: no configuration has a lower energy, not even by the last bit of the couplings.
    One exception: couplings that print as short decimals and leave more near-ties than can be told
    apart (lattices full of 0.1, 0.2 and 0.3) are compared as those decimals.

    - planar graphs (open lattices and any other): minimum-weight perfect matching, milliseconds;
    - periodic rectangular lattices numbered row by row: branch and bound over matchings;
    - other graphs of at most 24 spins: enumeration.

    Args:
        edge_index: bonds, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        num_nodes: number of spins.

    Returns:
        ``spins`` [num_nodes], +1 or -1 in the dtype and on the device of ``coupling``, the first
        spin of every connected part +1; and the energy.

    Raises:
        ValueError: shapes, nodes or couplings are wrong, or exactness is out of reach.
        SearchLimitError: the search for the proof grew beyond its limit.
        ImportError: PyMatching is not installed.

    Example:
        >>> edges = torch.tensor([[0, 1, 0], [1, 2, 2]])
        >>> ground_state(edges, torch.tensor([1.0, 1.0, -0.5]), 3)
        (tensor([1., 1., 1.]), -1.5)

    Source: matching: Bieche et al., J. Phys. A 13, 2553 (1980); see the modules beside this one.
    """
    bonds, values = _numpy_bonds(edge_index, coupling, num_nodes)
    spins, energy = lowest_spins(bonds, values, num_nodes)
    dtype = coupling.dtype if coupling.dtype.is_floating_point else torch.int64
    return torch.from_numpy(spins).to(device=coupling.device, dtype=dtype), energy


def configuration_energy(
    bonds: NDArray[np.int64], values: NDArray[np.float64], spins: NDArray[np.int8]
) -> float:
    """Return the energy, correctly rounded.

    Example:
        >>> configuration_energy(np.array([[0, 1]]), np.array([0.5]), np.array([1, -1]))
        0.5
    """
    return math.fsum((-values * spins[bonds[:, 0]] * spins[bonds[:, 1]]).tolist()) + 0.0


def _numpy_bonds(
    edge_index: Tensor, coupling: Tensor, num_nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if edge_index.numel() and not 0 <= int(edge_index.min()) <= int(edge_index.max()) < num_nodes:
        raise ValueError(
            f"`edge_index` must name nodes from 0 to {num_nodes - 1}, got "
            f"{int(edge_index.min())} to {int(edge_index.max())}; `num_nodes` is {num_nodes}"
        )
    edges, weight = undirected_bonds(edge_index.detach(), coupling.detach())
    bonds = edges.T.cpu().numpy().astype(np.int64)
    values = weight.cpu().to(torch.float64).numpy()
    if not np.isfinite(values).all():
        raise ValueError("`coupling` must be finite, got NaN or infinity")
    return bonds, values


def lowest_spins(
    bonds: NDArray[np.int64], values: NDArray[np.float64], num_nodes: int
) -> tuple[NDArray[np.int8], float]:
    """Return `ground_state` for arrays that hold every bond once: bonds [num_bonds, 2]."""
    spins = _lowest(bonds, values, num_nodes)
    return spins, configuration_energy(bonds, values, spins)


def _lowest(
    bonds: NDArray[np.int64], values: NDArray[np.float64], num_nodes: int
) -> NDArray[np.int8]:
    # A bond without coupling does not spoil planarity, but a lattice is known by all its bonds.
    there = values != 0
    surface = planar_surface(bonds[there], num_nodes)
    if surface is not None:
        bonds, values = bonds[there], values[there]
    else:
        surface = toroidal_surface(bonds, num_nodes)
    if surface is not None:
        frustration = Frustration.of(surface, values < 0)
        return surface.spins(values, least_join(frustration, np.abs(values)))
    if num_nodes <= MAX_ENUMERATED:
        return lowest_by_enumeration(bonds[there], values[there], num_nodes)
    raise ValueError(
        f"`edge_index` with {num_nodes} spins is neither planar nor a periodic rectangular lattice "
        f"numbered row by row, and has more than {MAX_ENUMERATED} spins: an exact ground state is "
        "out of reach; spins.bounded_ground_state gives a configuration and a bound on its energy"
    )
