"""Molecules that many tests use."""

import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss import registry

NAN, INF = float("nan"), float("inf")


def atoms(z, pos):
    return Data(z=torch.tensor(z, dtype=torch.long), pos=torch.tensor(pos).reshape(-1, 3).float())


@pytest.fixture(scope="session")
def broken():
    """No atoms, one atom, one place for two, NaN, infinity, no element, far too far."""
    return [
        atoms([], []),
        atoms([6], [[0.0, 0, 0]]),
        atoms([7, 7], [[0.0, 0, 0], [0, 0, 0]]),
        atoms([1, 1], [[0.0, 0, 0], [0, 0, NAN]]),
        atoms([1, 1], [[0.0, 0, 0], [0, 0, INF]]),
        atoms([0, 1], [[0.0, 0, 0], [0, 0, 1]]),
        atoms([1, 999], [[0.0, 0, 0], [0, 0, 1]]),
        atoms([-1, 1], [[0.0, 0, 0], [0, 0, 1]]),
        atoms([8, 1, 1], [[0.0, 0, 0], [0, 0, 1e30], [1e30, 0, 0]]),
    ]


@pytest.fixture(scope="session")
def water():
    return atoms([8, 1, 1], [[0.0, 0, 0.117], [0, 0.757, -0.47], [0, -0.757, -0.47]])


@pytest.fixture(scope="session")
def qm9():
    train = registry.create("dataset", "qm9_small")["train"]
    return [train[i] for i in range(0, len(train), 8)]


@pytest.fixture(scope="session")
def druglike():
    test = registry.create("dataset", "druglike")["test"]
    return [test[i] for i in range(0, len(test), 30)]
