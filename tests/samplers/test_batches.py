"""What all samplers do with a batch: any order, masks, positions that are no numbers."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.rigidity import certify
from pyg_energyloss.samplers import Backbone, Complete, ErdosRenyi, KRegular, LaterationEdges
from pyg_energyloss.transforms import RigidEdgeTransform

SAMPLERS = [Backbone(complete_below=0, seed=0), Complete(), ErdosRenyi(), KRegular(k=4)]
BATCH = torch.tensor([1, 0] * 20 + [1] * 5)


def points(count, seed=0):
    return 4 * torch.rand(count, 3, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_a_batch_in_any_order_makes_no_springs_between_structures(sampler):
    edges, weight = sampler.sample_batch(points(45), BATCH, num_graphs=2)
    assert (BATCH[edges[0]] == BATCH[edges[1]]).all()
    assert weight.shape == edges.shape[1:]
    assert set(edges.flatten().tolist()) == set(range(45))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_absent_atoms_are_as_if_deleted(sampler):
    pos, present = points(45), torch.arange(45) % 3 > 0
    seeded = [torch.Generator().manual_seed(3) for _ in range(2)]
    found, weight = sampler.sample_batch(
        pos, BATCH, num_graphs=2, present=present, generator=seeded[0]
    )
    expected, same = sampler.sample_batch(
        pos[present], BATCH[present], num_graphs=2, generator=seeded[1]
    )
    assert torch.equal(found, torch.nonzero(present)[:, 0][expected])
    assert torch.equal(weight, same)


def test_what_a_mask_leaves_is_rigid():
    pos, mask = points(60), torch.arange(60) % 4 > 0
    for complete_below in (0, 64):
        data = Data(pos=pos, pos_mask=mask)
        found = RigidEdgeTransform(complete_below=complete_below, seed=0)(data).energy_edge_index
        assert mask[found].all()
        left = (mask.cumsum(0) - 1)[found]
        assert certify(left, pos[mask]).universally_rigid
    bonds = torch.stack([torch.arange(59), torch.arange(1, 60)])
    data = Data(pos=pos, pos_mask=mask, edge_index=bonds)
    assert mask[RigidEdgeTransform("bonds")(data).energy_edge_index].all()


def test_the_loss_draws_for_the_atoms_that_are_there():
    mask = torch.arange(45) % 3 > 0
    data = Batch.from_data_list([Data(pos=points(45), pos_mask=mask)])
    edges, _ = Backbone(complete_below=0, seed=0)(data)
    assert mask[edges].all()
    assert PairEnergyLoss(edges=Backbone(seed=0))(data.pos, data) == 0


def test_positions_that_are_not_numbers_are_an_error_in_words():
    pos = points(70)
    pos[3, 1] = torch.inf
    rng = np.random.default_rng(0)
    for action in (
        lambda: Backbone().sample(pos.numpy(), rng),
        lambda: LaterationEdges().sample(pos.numpy(), rng),
        lambda: Complete().sample_batch(pos),
        lambda: RigidEdgeTransform("k_regular")(Data(pos=pos)),
    ):
        with pytest.raises(ValueError, match="`pos` must be finite"):
            action()


def test_a_stream_begins_anew_when_asked_or_with_another_seed():
    data = Data(pos=points(80))

    def drawn(transform):
        return transform(data).energy_edge_index.clone()

    state = torch.get_rng_state()
    transform = RigidEdgeTransform()
    torch.manual_seed(5)
    first = drawn(transform)
    assert not torch.equal(first, drawn(transform))
    transform.restart()
    assert torch.equal(first, drawn(transform))
    torch.manual_seed(6)
    assert not torch.equal(first, drawn(transform))
    torch.manual_seed(5)
    assert torch.equal(first, drawn(transform))
    sampler = Backbone(complete_below=0, seed=1)
    first = sampler.sample_batch(data.pos)[0]
    sampler.restart()
    assert torch.equal(first, sampler.sample_batch(data.pos)[0])
    torch.set_rng_state(state)


def test_a_mask_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="`present` must have shape"):
        Complete().sample_batch(points(5), present=torch.ones(4, dtype=torch.bool))


#: One process imports what is not ours; a fork of it imports each module first.
IMPORTS = """
import importlib, os, sys
import torch_geometric.data, torch_geometric.utils, scipy.spatial, numba
for module in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(f"pyg_energyloss.samplers.{module}")
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_no_module_of_the_samplers_needs_another_to_be_imported_first():
    modules = ["base", "sample", "crystals.periodic", "crystals.periodic_growth"]
    command = [sys.executable, "-c", IMPORTS, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"] * len(modules), done.stderr
