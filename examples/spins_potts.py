"""Free energies (equation 15) of Potts states, and of a discrete energy of your own."""

import itertools

import torch
from torch_geometric.data import Data

from pyg_energyloss.losses import FreeEnergyLoss, PairTable, ScoreFunction, TargetField
from pyg_energyloss.spins import square_lattice

generator = torch.Generator().manual_seed(0)
edge_index = square_lattice(4)
data = Data(
    edge_index=edge_index,
    edge_attr=torch.rand(edge_index.size(1), generator=generator),
    y=torch.randint(3, (16,), generator=generator),  # a target state of each node
    num_nodes=16,
)
table = torch.eye(3)  # Potts: equal states attract
relabellings = torch.tensor(list(itertools.permutations(range(3))))


def minimise(loss: torch.nn.Module, start: torch.Tensor) -> torch.Tensor:
    logits = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss(logits, data).backward()
        optimizer.step()
    return logits.detach().argmax(-1)


start = torch.randn(16, 3, generator=generator)

# The field of the target has the target as its only minimum (h0 above the largest sum of |J|).
found = minimise(FreeEnergyLoss(TargetField(table, h0=4.5)), start)
print("field of the target:", int((found == data.y).sum()), "of 16 states are the target's")

# The Potts energy does not change when states are renamed: the loss takes the best renaming.
found = minimise(FreeEnergyLoss(TargetField(table, h0=4.5), symmetry=relabellings), start)
best = max(int((image[found] == data.y).sum()) for image in relabellings)
print("up to a renaming of the states:", best, "of 16")

# The Hamiltonian itself: with J > 0 everywhere all nodes end in one state, or few domains.
found = minimise(FreeEnergyLoss(PairTable(table)), start)
print("Potts ground state by descent:", found.view(4, 4).tolist())


# Any energy of discrete states, here not even a sum over pairs, by sampling.
def surplus(states: torch.Tensor, _data: Data) -> torch.Tensor:
    """Square of how far the number of nodes in state 0 is from five."""
    return (states[:, 0].sum() - 5).square().reshape(1)


loss = FreeEnergyLoss(surplus, expectation=ScoreFunction(samples=32, seed=0))
found = minimise(loss, start)
print("nodes in state 0, five are wanted:", int((found == 0).sum()))
