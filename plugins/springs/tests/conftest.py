import numpy as np
import pytest
import torch
from pyg_energyloss_springs import SpringsAndSticks, make_grids, quadratic_energy


@pytest.fixture
def line():
    """Eight sticks over 120 noisy points: module, points, values, energy, mass."""
    rng = np.random.default_rng(0)
    u = np.sort(rng.random(120))
    y = np.sin(6 * u) + 0.1 * rng.standard_normal(120)
    model = SpringsAndSticks(make_grids([u[0]], [u[-1]], sticks=8)).double()
    points, values = torch.from_numpy(u)[:, None], torch.from_numpy(y)[:, None]
    return (
        model,
        points,
        values,
        quadratic_energy(model.springs(points, values)),
        model.mass_matrix(),
    )
