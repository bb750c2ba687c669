"""The energy of terms: by hand, against an independent loop, derivatives, hostile places."""

import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.potentials import Absolute, Huber, Periodic
from pyg_energyloss.restraints import (
    Kind,
    Restraints,
    atom_energy,
    restraint_energy,
    term_energy,
    term_values,
)
from pyg_energyloss.restraints.kinds import ATOMS, COORDINATES

TURN = 2 * math.pi
#: One term of each kind and then some: atoms, bounds, period.
TERMS = {
    "bond": ([0, 1], (1.5, 1.5), 0.0),
    "clash": ([0, 3], (9.0, math.inf), 0.0),
    "angle": ([0, 1, 2], (1.2, 1.3), 0.0),
    "torsion": ([0, 1, 2, 3], (0.4, 0.5), TURN / 3),
    "double_bond": ([3, 1, 2, 4], (math.pi - 0.1, math.pi + 0.1), TURN),
    "ring": ([1, 2, 3, 4], (-0.1, 0.1), TURN),
    "planarity": ([0, 1, 2, 3], (-0.05, 0.05), 0.0),
    "chirality": ([0, 1, 2, 3, 4], (30.0, math.inf), 0.0),
}
DEGENERATE = {
    "straight": [[float(i), 0, 0] for i in range(5)],
    "coincident": [[1.0, 2, 3]] * 5,
    "planar": [[0.0, 0, 0], [1, 0, 0], [-0.5, 0.8, 0], [-0.5, -0.8, 0], [2, 2, 0]],
    "far": [[1e15, 0, 0], [0, -1e15, 0], [0, 0, 1e15], [1e15, 1e15, 0], [1, 1, 1]],
}


def everything(weight=0.7):
    return Restraints.cat(
        Restraints.of(kind, [atoms], [bounds], period=period, weight=weight)
        for kind, (atoms, bounds, period) in TERMS.items()
    )


def places(seed=0, count=5):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, generator=generator, dtype=torch.float64)


def by_hand(pos, terms):
    """The energy of harmonic terms by trigonometry in numpy, one at a time."""
    total = 0.0
    for t in range(len(terms)):
        atoms, kind = terms.index[:, t].numpy(), int(terms.kind[t])
        p = pos.numpy()[atoms[: ATOMS[COORDINATES[kind]]]]
        low, high = terms.bounds[t].double().tolist()
        period = float(terms.period[t])
        if len(p) == 2:
            x = np.linalg.norm(p[0] - p[1])
        elif len(p) == 3:
            u, v = p[0] - p[1], p[2] - p[1]
            x = np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
        elif len(p) == 5:
            x = np.linalg.det(p[1:4] - p[4])
        elif kind == Kind.PLANARITY:
            n = np.cross(p[1] - p[0], p[2] - p[0])
            w = p[3] - p[0]
            x = np.arcsin(n @ w / np.linalg.norm(n) / np.linalg.norm(w))
        else:
            m = (p[2] - p[1]) / np.linalg.norm(p[2] - p[1])
            u, v = p[0] - p[1], p[3] - p[2]
            u, v = u - (u @ m) * m, v - (v @ m) * m
            x = np.arctan2(np.cross(m, u) @ v, u @ v)
        shifts = [0.0] if not period else [k * period for k in range(-4, 5)]
        outside = min(max(low - x - s, x + s - high, 0.0) for s in shifts)
        total += 0.5 * float(terms.weight[t]) * outside**2
    return total


@pytest.fixture(params=["fused", "plain"])
def engine(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "torch")
    else:
        pytest.importorskip("numba")
        monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)
    return request.param


@pytest.mark.parametrize("seed", range(8))
def test_energy_is_that_of_an_independent_loop(engine, seed):
    pos, terms = places(seed), everything()
    expected = by_hand(pos, terms)
    assert restraint_energy(pos, terms).item() == pytest.approx(expected, rel=1e-6)
    single = restraint_energy(pos.float(), terms)
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", TERMS)
@pytest.mark.parametrize("potential", [None, Absolute(), Huber(0.3), Periodic(2)])
def test_derivatives_of_each_kind_agree_with_finite_differences(engine, kind, potential):
    terms = everything().select([kind])
    pos = places(3).requires_grad_()

    def energy(place):
        return restraint_energy(place, terms, potential=potential)

    assert torch.autograd.gradcheck(energy, pos)
    assert torch.autograd.gradgradcheck(energy, pos)


@pytest.mark.parametrize("where", DEGENERATE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_nothing_is_nan_where_coordinates_are_undefined(engine, where, dtype):
    for kind in TERMS:
        terms = everything().select([kind])
        pos = torch.tensor(DEGENERATE[where], dtype=dtype, requires_grad=True)
        energy = restraint_energy(pos, terms)
        (gradient,) = torch.autograd.grad(energy.sum(), pos)
        assert energy.isfinite().all(), kind
        assert gradient.isfinite().all(), kind
        if where != "far" and dtype != torch.bfloat16:
            (gradient,) = torch.autograd.grad(
                restraint_energy(pos, terms).sum(), pos, create_graph=True
            )
            (second,) = torch.autograd.grad(gradient.square().sum() + 0 * pos.sum(), pos)
            assert second.isfinite().all(), kind


@pytest.mark.parametrize("kind", TERMS)
def test_forces_and_torques_sum_to_zero(engine, kind):
    pos = places(5).requires_grad_()
    energy = restraint_energy(pos, everything().select([kind]))
    (gradient,) = torch.autograd.grad(energy.sum(), pos)
    torch.testing.assert_close(gradient.sum(0), torch.zeros(3).double(), atol=1e-11, rtol=0)
    torque = torch.linalg.cross(pos.detach(), gradient).sum(0)
    torch.testing.assert_close(torque, torch.zeros(3).double(), atol=1e-10, rtol=0)


def test_a_batch_of_pyg_is_the_sum_of_its_molecules(engine):
    items = [everything(1.0 + n).store(Data(pos=places(n, 5 + n))) for n in range(3)]
    batch = Batch.from_data_list(items)
    together = restraint_energy(
        batch.pos, Restraints.stored_in(batch), batch=batch.batch, num_graphs=3
    )
    alone = [restraint_energy(i.pos, Restraints.stored_in(i)) for i in items]
    torch.testing.assert_close(together, torch.cat(alone))


def test_terms_atoms_and_graph_share_one_energy():
    pos, terms = places(2), everything()
    total = restraint_energy(pos, terms)
    torch.testing.assert_close(term_energy(pos, terms).sum()[None], total)
    torch.testing.assert_close(atom_energy(pos, terms).sum()[None], total)


def test_a_periodic_torsion_costs_the_same_after_a_turn_of_its_period(engine):
    angles = torch.linspace(-3, 3, 50).double()
    pos = torch.zeros(len(angles), 4, 3).double()
    pos[:, 0, 1], pos[:, 2, 0], pos[:, 3, 0] = 1, 1, 1
    pos[:, 3, 1], pos[:, 3, 2] = angles.cos(), angles.sin()
    term = Restraints.of("torsion", [range(4)], [(0.2, 0.2)], period=TURN / 3)
    for place, angle in zip(pos, angles, strict=True):
        wrapped = math.remainder(angle.item() - 0.2, TURN / 3)
        assert term_values(place, term).item() == pytest.approx(angle.item())
        assert restraint_energy(place, term).item() == pytest.approx(0.5 * wrapped**2, abs=1e-6)


def test_a_mirror_image_breaks_chirality_and_nothing_else():
    pos = places(1)
    values = term_values(pos, everything())
    mirrored = term_values(-pos, everything())
    signed = torch.isin(everything().kind, torch.tensor([3, 4, 5, 6, 7]))
    torch.testing.assert_close(mirrored, torch.where(signed, -values, values))


@pytest.mark.parametrize(("atoms", "batch"), [([0, 7], None), ([0, -1], None), ([0, 4], True)])
def test_a_term_outside_its_graph_is_an_error_in_words(atoms, batch):
    term = Restraints.of("bond", [atoms], [(1.0, 1.0)])
    graphs = torch.tensor([0, 0, 0, 1, 1]) if batch else None
    with pytest.raises(ValueError, match="one graph"):
        restraint_energy(places(), term, batch=graphs)


def test_mistakes_in_a_table_are_named():
    good = everything()
    with pytest.raises(ValueError, match=r"`bounds` must have shape \[8, 2\]"):
        Restraints(good.index, good.kind, good.bounds[:3], good.period, good.weight)
    with pytest.raises(TypeError, match="integer"):
        Restraints(good.index.float(), good.kind, good.bounds, good.period, good.weight)
    with pytest.raises(ValueError, match="one of bond, clash"):
        good.select(["chiral"])


def test_nan_shows_and_no_terms_cost_nothing_whatever_the_positions(engine):
    pos = torch.full((5, 3), math.nan, requires_grad=True)
    for kind in TERMS:
        assert restraint_energy(pos, everything().select([kind])).isnan().all(), kind
    nothing = restraint_energy(pos, everything().where(torch.zeros(8, dtype=torch.bool)))
    assert nothing.tolist() == [0.0]
    nothing.sum().backward()
    assert pos.grad.abs().max() == 0
