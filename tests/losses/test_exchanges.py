"""Proposition 4.2: exchanges that keep the distances cost nothing, others do."""

import torch

import pyg_energyloss as pel


def test_a_methyl_exchange_in_a_real_molecule_costs_and_an_exact_symmetry_does_not():
    item = next(
        found
        for found in pel.registry.create("dataset", "qm9_small")["train"]
        if any(len(hydrogens(found, atom)) == 3 for atom in range(found.num_nodes))
    )
    carbon = next(a for a in range(item.num_nodes) if len(hydrogens(item, a)) == 3)
    first, second, _ = hydrogens(item, carbon)
    exchanged = torch.arange(item.num_nodes)
    exchanged[[first, second]] = torch.tensor([second, first])
    loss, pos = pel.PairEnergyLoss(), item.pos.double()
    item.pos = pos
    assert loss(pos[exchanged], item) > 1e-3
    assert pel.SymmetricLoss(loss)(pos[exchanged], item) < 1e-12
    square = pel.testing.contract_batch()[1][0]
    square.pos = torch.tensor([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    assert loss(square.pos[[1, 2, 3, 0]], square) < 1e-12


def hydrogens(item, carbon):
    if item.z[carbon] != 6:
        return []
    ends = item.edge_index[1][item.edge_index[0] == carbon]
    return [int(end) for end in ends if item.z[end] == 1]
