"""Judge a set of generated molecules: here real ones with noise on every atom, and real ones.

Writes the noised molecules to noised.extxyz and noised.sdf in the current folder.
"""

from __future__ import annotations

import torch
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.metrics.generated import ceiling, judge, write_extxyz, write_sdf

splits = registry.create("dataset", "qm9_small")
train, test = ([splits[part][i] for i in range(200)] for part in ("train", "test"))
generator = torch.Generator().manual_seed(0)
noised = [
    Data(z=m.z, pos=m.pos + 0.05 * torch.randn(m.pos.shape, generator=generator)) for m in test
]

evaluators = ("stability", "distributions")
found = judge(noised, reference=train, evaluators=evaluators)
best = ceiling(train, test, evaluators)
print(f"{'':18s}  noised    real")
for evaluator in evaluators:
    for key, value in found[evaluator].items():
        print(f"{key:18s}{value:8.3f}{best[evaluator][key]:8.3f}")

for path in (write_extxyz("noised.extxyz", noised), write_sdf("noised.sdf", noised)):
    print("written:", path)
