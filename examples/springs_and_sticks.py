"""Springs and sticks: a fit that is a mechanical system at rest, and what warmth does to it.

Needs the plugin: pip install ./plugins/springs
"""

import numpy as np
import torch
from pyg_energyloss_springs import (
    Langevin,
    SpringsAndSticks,
    SpringsAndSticksRegressor,
    State,
    equipartition,
    free_energy,
    jarzynski,
    learning_barrier,
    make_grids,
    measure_work,
    quadratic_energy,
    release,
)

# A scikit-learn estimator: two features, a net of 8 x 8 cells.
rng = np.random.default_rng(0)
X = rng.uniform(0, 2 * np.pi, (600, 2))
y = np.sin(X[:, 0]) + np.cos(X[:, 1]) + 0.1 * rng.standard_normal(600)
model = SpringsAndSticksRegressor(n_sticks=8, bending=0.1).fit(X[:400], y[:400])
print(f"R² on held-out points: {model.score(X[400:], y[400:]):.3f}")

# The mechanical system itself: eight sticks over a sine, springs to 200 noisy points.
u = torch.linspace(0, 1, 200, dtype=torch.float64)[:, None]
noise = torch.randn(200, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
f = torch.sin(2 * torch.pi * u) + 0.1 * noise
sticks = SpringsAndSticks(make_grids([0.0], [1.0], sticks=8)).double().relax(u, f)
print(f"elastic energy at rest: {sticks.energy(u, f).item():.3f} = n/2 times the MSE")

# Shaken by Langevin dynamics, every mode holds the energy T/2 on average.
energy, mass, temperature = quadratic_energy(sticks.springs(u, f)), sticks.mass_matrix(), 0.1
motion = Langevin(energy, mass, friction=5.0, temperature=temperature)
flat = torch.zeros(len(mass), 1000, dtype=torch.float64)
shaken = motion.run(State(flat, flat), 500)
check = equipartition(energy, shaken.heights, temperature=temperature)
print(f"energy of each mode / (T/2): {check.ratio.min():.2f} to {check.ratio.max():.2f}")

# Let go of flat sticks, many times: the work tells the free energy that learning releases.
protocol = release(energy, flat[:, :1], clamp=80.0, temperature=temperature)
work = measure_work(
    protocol,
    mass,
    temperature=temperature,
    friction=2.0,
    num_steps=2000,
    num_repeats=300,
    generator=torch.Generator().manual_seed(0),
).work
found = jarzynski(work, temperature=temperature)
ends = [free_energy(protocol(share), temperature=temperature) for share in (0.0, 1.0)]
print(f"free energy change: {found.value:.2f} ± {found.error:.2f}, exact {ends[1] - ends[0]:.2f}")

barrier = learning_barrier(sticks.data_springs(u, f), energy)
print(f"above T = {barrier.temperature:.1f} these sticks know less than the mean of the data")
