"""MatterGen's position loss, called with the keywords of its field losses."""

import sys
import types

import pytest
import torch
from pyg_energyloss_hydra.mattergen import (
    PeriodicEnergy,
    energy_materials_loss,
)
from pyg_energyloss_hydra.periodic import nearest_image_pairs

from pyg_energyloss.hosts import MissingContextError

SIZES = (3, 5)


class Corruption:
    """A wrapped variance-exploding process, as far as field losses see it."""

    def marginal_prob(self, x, t, batch_idx, batch):
        return x, t[batch_idx, None]


@pytest.fixture
def crystals():
    generator = torch.Generator().manual_seed(0)
    index = torch.arange(2).repeat_interleave(torch.tensor(SIZES))
    x = torch.rand(8, 3, generator=generator, dtype=torch.float64)
    cell = 4 * torch.eye(3, dtype=torch.float64).repeat(2, 1, 1)
    cell += 0.3 * torch.randn(2, 3, 3, generator=generator, dtype=torch.float64)
    t = torch.tensor([0.05, 0.3], dtype=torch.float64)
    eps = torch.randn(8, 3, generator=generator, dtype=torch.float64)
    return {
        "x": x, "noisy_x": (x + t[index, None] * eps) % 1.0, "t": t, "batch_idx": index,
        "batch_size": 2, "batch": {"cell": cell}, "corruption": Corruption(), "reduce": "sum",
    }, eps  # fmt: skip


def call(loss, crystals, output, **changes):
    return loss(score_model_output=output, **{**crystals[0], **changes})


def test_the_true_score_has_no_energy_however_atoms_were_wrapped(crystals):
    values = call(PeriodicEnergy(), crystals, -crystals[1])
    assert values.shape == (2,)
    assert values.abs().max() < 1e-20


def test_a_small_error_costs_what_springs_between_nearest_images_cost(crystals):
    given, eps = crystals
    error = 1e-3 * torch.randn(8, 3, generator=torch.Generator().manual_seed(1)).double()
    output = -eps + error / given["t"][given["batch_idx"], None]
    found = call(PeriodicEnergy(stiffness="constant", weighted=False), crystals, output)
    for crystal, size in enumerate(SIZES):
        rows = given["batch_idx"] == crystal
        cell, x, y = given["batch"]["cell"][crystal], given["x"][rows], error[rows]
        total = 0.0
        for i in range(size):
            for j in range(size):
                if i != j:
                    vector = x[j] - x[i]
                    vector = vector - vector.round()
                    d = (vector @ cell).norm()
                    d_hat = ((vector + y[j] - y[i]) @ cell).norm()
                    total += 0.5 * (d - d_hat) ** 2
        assert torch.allclose(found[crystal], total / size, rtol=1e-9)


def test_moving_the_whole_crystal_costs_nothing(crystals):
    given, eps = crystals
    shift = torch.tensor([0.01, -0.02, 0.03], dtype=torch.float64)
    output = -eps + shift / given["t"][given["batch_idx"], None]
    assert call(PeriodicEnergy(), crystals, output).abs().max() < 1e-20


def test_a_cutoff_leaves_far_pairs_out_and_stiffness_may_be_callable(crystals):
    output = torch.zeros(8, 3, dtype=torch.float64, requires_grad=True)
    everything = call(PeriodicEnergy(stiffness=torch.ones_like), crystals, output)
    near = call(PeriodicEnergy(stiffness="constant", cutoff=2.0), crystals, output)
    assert (near <= everything + 1e-9).all()
    assert near[1] < everything[1]
    near.sum().backward()
    assert output.grad.isfinite().all()
    assert output.grad.abs().max() > 0


def test_pairs_are_ordered_within_crystals_and_at_the_nearest_image(crystals):
    given, _ = crystals
    edge_index, shift = nearest_image_pairs(given["x"], given["batch_idx"])
    assert edge_index.shape[1] == sum(n * (n - 1) for n in SIZES)
    assert (given["batch_idx"][edge_index[0]] == given["batch_idx"][edge_index[1]]).all()
    vector = given["x"][edge_index[1]] - given["x"][edge_index[0]] + shift
    assert vector.abs().max() <= 0.5


def test_without_the_crystal_of_each_atom_it_raises(crystals):
    with pytest.raises(MissingContextError, match="MatterGen passed no `batch_idx`"):
        call(PeriodicEnergy(), crystals, -crystals[1], batch_idx=None)


def test_only_the_position_loss_is_replaced(monkeypatch):
    class MaterialsLoss:
        def __init__(self, *, include_pos=True, reduce="mean"):
            self.reduce = reduce
            self.loss_fns = {"cell": "theirs", **({"pos": "theirs"} if include_pos else {})}

    module = types.ModuleType("mattergen.common.loss")
    module.MaterialsLoss = MaterialsLoss
    for name in ("mattergen", "mattergen.common"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "mattergen.common.loss", module)
    loss = energy_materials_loss(reduce="sum", stiffness="inverse", cutoff=3.0)
    assert loss.reduce == "sum"
    assert loss.loss_fns["cell"] == "theirs"
    assert loss.loss_fns["pos"].cutoff == 3.0
    assert energy_materials_loss(include_pos=False).loss_fns == {"cell": "theirs"}


def test_without_mattergen_the_error_says_where_it_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "mattergen", None)
    with pytest.raises(ImportError, match="is for MatterGen's own environment"):
        energy_materials_loss()
