"""Diffusion with an energy loss, by hand: any denoiser, any loss, any sampler.

A hundred steps show how the parts fit; molecules take thousands, see `energyloss generate`.
"""

import torch

import pyg_energyloss as pel
from pyg_energyloss.data.loader import FlatLoader
from pyg_energyloss.generative import (
    MoleculeDiffusion,
    PolynomialSchedule,
    PredictVelocity,
    sample,
)
from pyg_energyloss.losses import per_graph
from pyg_energyloss.metrics.generated import judge, write_extxyz

torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
molecules = pel.registry.create("dataset", "qm9_small")["train"]
diffusion = MoleculeDiffusion(
    pel.registry.create("model", "gdm", types=5, channels=32, layers=2),
    elements=(1, 6, 7, 8, 9),
    schedule=PolynomialSchedule(),
    prediction=PredictVelocity(),
)
optimizer = torch.optim.AdamW(diffusion.parameters(), lr=2e-3)

# The one line that changes: any loss of the library, one value per molecule.
loss = per_graph(pel.PairEnergyLoss("exponential"))

loader = FlatLoader(molecules, batch_size=32, shuffle=True, drop_last=True)
for step, molecule_batch in zip(range(100), loader, strict=False):
    time = torch.rand(molecule_batch.num_graphs, generator=generator)
    batch = diffusion.noised(molecule_batch, time, generator=generator)
    positions, types = (value.mean() for value in diffusion.losses(batch, loss))
    optimizer.zero_grad()
    (positions + types).backward()
    optimizer.step()
    if step % 25 == 0:
        print(f"step {step:3d}  positions {positions.item():.3f}  types {types.item():.3f}")

made = sample(diffusion.eval(), torch.tensor([9, 12, 15]), steps=20, generator=generator)
print("generated:", [f"{m.z.numel()} atoms" for m in made])
print(judge(made, reference=[], evaluators=["stability"]))
print("written:", write_extxyz("generated.extxyz", made).name)
