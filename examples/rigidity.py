"""Rigid is not stiff: what a graph promises for almost all placements, and for this one."""

import numpy as np

from pyg_energyloss.rigidity import certify, is_globally_rigid, is_rigid, laterate, rebuild
from pyg_energyloss.samplers import random_regular

rng = np.random.default_rng(0)
for degree in (4, 5, 6):
    pairs = random_regular(40, degree, rng)
    print(
        f"a random {degree}-regular graph on 40 nodes is rigid: {is_rigid(pairs, 40)}, "
        f"globally rigid: {is_globally_rigid(pairs, 40)}"
    )

pos = rng.normal(size=(40, 3)) * 3
print("\nits 6-regular edges at a random placement:")
print(certify(pairs, pos))
print("\ntight lateration:")
edges = laterate(pos).pairs
print(certify(edges, pos))

length = np.linalg.norm(pos[edges[0]] - pos[edges[1]], axis=1)
built = rebuild(edges, length, 40)
table = np.linalg.norm(built.pos[:, None] - built.pos, axis=2)
true = np.linalg.norm(pos[:, None] - pos, axis=2)
print(
    f"\nrebuilt from {len(length)} lengths: all 780 distances to {np.abs(table - true).max():.0e}"
)
