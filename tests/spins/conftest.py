"""Independent references: spin systems solved without any matching."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

KNOWN = Path(__file__).parent / "data" / "known_energies.npz"


@pytest.fixture(scope="session")
def known():
    with np.load(KNOWN, allow_pickle=False) as archive:
        return dict(archive)


def random_coupling(edge_index, seed, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(edge_index.size(1), generator=generator, dtype=dtype) * 2 - 1


def brute_force_energy(edge_index, coupling, num_nodes):
    """Least energy over all configurations, in exact rational arithmetic."""
    weights = [Fraction(float(c)) for c in coupling]
    pairs = edge_index.T.tolist()
    best = None
    for bits in itertools.product((1, -1), repeat=num_nodes - 1):
        spins = (1, *bits)
        energy = -sum(w * spins[i] * spins[j] for w, (i, j) in zip(weights, pairs, strict=True))
        best = energy if best is None or energy < best else best
    return best


def brute_force_float(edge_index, coupling, num_nodes):
    """Least energy over all configurations, float64, vectorised over configurations."""
    configurations = np.arange(1 << (num_nodes - 1))
    energy = np.zeros(len(configurations))
    spin = [1 - 2 * (configurations >> k & 1) for k in range(num_nodes)]
    for (i, j), value in zip(edge_index.T.tolist(), coupling.double().tolist(), strict=True):
        energy -= value * spin[i] * spin[j]
    return float(energy.min())


def transfer_matrix_energy(right, down):
    """Least energy of a torus by min-plus products of its transfer matrices.

    Args:
        right: couplings to the right neighbour, [rows, columns].
        down: couplings to the neighbour below, [rows, columns].
    """
    rows, columns = right.shape
    states = 1 - 2 * (np.arange(1 << columns)[:, None] >> np.arange(columns) & 1)
    product = None
    for r in range(rows):
        inside = -(states * np.roll(states, -1, axis=1)) @ right[r]
        step = inside[:, None] - (states * down[r]) @ states.T
        if product is None:
            product = step
        else:
            product = np.stack([(row[:, None] + step).min(axis=0) for row in product])
    return float(np.trace(product) if product is None else np.diag(product).min())


@pytest.fixture(scope="session")
def reference():
    return SimpleNamespace(
        random_coupling=random_coupling,
        brute_force_energy=brute_force_energy,
        brute_force_float=brute_force_float,
        transfer_matrix_energy=transfer_matrix_energy,
    )
