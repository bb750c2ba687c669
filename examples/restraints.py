"""Name an inverted centre, train against it, repair it."""

import torch
from torch_geometric.data import Batch

import pyg_energyloss as pel

dataset = pel.data.druglike()["test"]
transform = pel.transforms.RestraintTransform()
batch = Batch.from_data_list([transform(dataset[i]) for i in (0, 20)])
terms = pel.restraints.Restraints.stored_in(batch)
centres = terms.select(["chirality"])
print(f"{batch.num_nodes} atoms, {len(terms)} terms, {len(centres)} centres")

# One centre and one of its neighbours go through the plane of the other three neighbours.
atom, first, *plane = centres.index[:, 0].tolist()
corner, one, other = batch.pos[plane]
normal = torch.nn.functional.normalize(torch.linalg.cross(one - corner, other - corner), dim=0)
pred = batch.pos.clone()
for moved in (atom, first):
    pred[moved] -= 2 * ((pred[moved] - corner) @ normal) * normal

for violation in pel.restraints.violations(pred, terms.select(["chirality"])):
    print("broken:", violation.kind, "at atom", violation.atoms[0])

energy = pel.PairEnergyLoss()
loss = energy + 0.5 * pel.RestraintLoss()
print(f"pair energy {energy(pred, batch):.4f}, with restraints {loss(pred, batch):.4f}")

repaired = pel.restraints.relax(pred, terms, batch=batch.batch, num_graphs=2, steps=400)
print("after relaxing:", pel.restraints.violations(repaired, terms) or "nothing is broken")
