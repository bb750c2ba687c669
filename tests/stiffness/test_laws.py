import copy
import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss, registry, stiffness
from pyg_energyloss.stiffness import bond_hops
from pyg_energyloss.stiffness.hessian_fit import fit_springs, mmff_minimum, springs_hessian

CASES = [
    (stiffness.Constant(3.0), lambda d: 3.0),
    (stiffness.Inverse(5.0), lambda d: 5.0 / (d + 1e-5)),
    (stiffness.InverseSquare(16.0), lambda d: 16.0 / (d * d + 1e-5)),
    (stiffness.Exponential(42.0), lambda d: 42.0 * math.exp(-d)),
    (stiffness.Exponential(1.0, length=2.0), lambda d: math.exp(-d / 2)),
    (stiffness.Morse(4.0, 1.5), lambda d: 2 * 4.0 * 1.5**2),
    (stiffness.LennardJones(0.1), lambda d: 7.2 / (d * d + 1e-5)),
]


@pytest.mark.parametrize(("law", "formula"), CASES, ids=[repr(law) for law, _ in CASES])
def test_laws_are_their_formulas_and_finite_at_zero(law, formula):
    for d in (0.0, 0.7, 2.5, 40.0):
        found = law(torch.tensor([d], dtype=torch.float64))
        assert found.item() == pytest.approx(formula(d), rel=1e-9)
    assert law(torch.zeros(2, 3)).shape == (2, 3)
    assert law(torch.tensor([torch.finfo(torch.float32).max])).isfinite().all()
    assert eval(repr(law), vars(stiffness))(torch.ones(1)) == law(torch.ones(1))  # noqa: S307
    assert copy.deepcopy(law)(torch.ones(1)) == law(torch.ones(1))


def curvature(potential, at, step=1e-4):
    return (potential(at + step) - 2 * potential(at) + potential(at - step)) / step**2


def test_morse_and_lennard_jones_are_curvatures_at_the_minimum():
    depth, width, r0 = 4.0, 1.5, 1.1
    morse = curvature(lambda r: depth * (1 - math.exp(-width * (r - r0))) ** 2, r0)
    assert stiffness.Morse(depth, width).strength == pytest.approx(morse, rel=1e-5)
    eps, d = 0.1, 2.0
    pair = curvature(lambda r: eps * ((d / r) ** 12 - 2 * (d / r) ** 6), d)
    assert stiffness.LennardJones(eps)(torch.tensor([d])).item() == pytest.approx(pair, rel=1e-4)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_constants_are_refused(bad):
    with pytest.raises(ValueError, match="`strength` must be finite and positive"):
        stiffness.Constant(bad)
    with pytest.raises(ValueError, match="`bond` must be finite and not negative"):
        stiffness.BondAware(bad if bad != 0 else -1.0)


def test_every_registered_law_can_be_used_by_name():
    pos = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    bonds = torch.tensor([[0, 1, 2, 1, 2, 3], [1, 2, 3, 0, 1, 2]])
    data = Data(pos=pos, edge_index=bonds, z=torch.tensor([6, 6, 1, 1]))
    laws = set(registry.names("stiffness")) - {"element_pair"}  # has a table to be given
    assert {"auto", "exponential", "bond_aware", "morse"} <= laws
    for name in ("auto", "bond_aware", "constant", "exponential", "inverse", "lennard_jones"):
        assert PairEnergyLoss(name)(pos * 1.1, data) > 0


def test_hops_along_a_ring():
    ring = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0]])
    bonds, angles, torsions = bond_hops(ring, 6, 3)
    assert (len(bonds), len(angles), len(torsions)) == (12, 12, 6)
    assert bond_hops(torch.zeros(2, 0, dtype=torch.long), 3, 2)[1].numel() == 0


def test_bond_aware_energy_by_hand_and_in_a_batch():
    rest, pred = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.0], [1.2], [2.7]])
    bonds = torch.tensor([[0, 1], [1, 0]])
    law = stiffness.BondAware(9.0, stiffness.Constant(1.0))
    loss = PairEnergyLoss(law, normalize=None, reduction="none")
    expected = 9.0 * 0.2**2 + 0.5**2 + 0.3**2
    batch = Batch.from_data_list([Data(pos=rest, edge_index=bonds)] * 2)
    found = loss(torch.cat([pred, pred]), batch)
    assert torch.allclose(found, torch.full((2,), expected))
    with pytest.raises(ValueError, match="the bonds"):
        loss(pred, Data(pos=rest))


def test_element_pairs_by_hand():
    rest, pred = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.0], [1.2], [2.7]])
    data = Data(pos=rest, z=torch.tensor([6, 1, 8]))
    law = stiffness.ElementPair({(1, 6): 2.0, (8, 6): 0.0}, stiffness.Constant(1.0))
    loss = PairEnergyLoss(law, normalize=None)
    assert loss(pred, data).item() == pytest.approx(2 * 0.2**2 + 0.5**2, rel=1e-5)
    with pytest.raises(ValueError, match=r"`data.z` \(atomic numbers\) is missing"):
        loss(pred, Data(pos=rest))
    with pytest.raises(ValueError, match="`table` must have atomic numbers"):
        stiffness.ElementPair({(0, 6): 1.0}, stiffness.Constant())


def test_fit_recovers_the_springs_of_a_hessian_made_of_springs():
    pos = np.random.default_rng(0).normal(size=(6, 3))
    length = np.linalg.norm(pos[:, None] - pos[None], axis=-1) + np.eye(6)
    basis = np.stack([length < 2, length >= 2]).astype(float)
    truth = 3.0 * basis[0] + 0.5 * basis[1]
    found, residual = fit_springs(pos, springs_hessian(pos, truth), basis)
    assert found == pytest.approx([3.0, 0.5])
    assert residual < 1e-9


def test_physical_springs_of_water():
    pytest.importorskip("rdkit")
    molecule, _, hessian = mmff_minimum("O")
    assert molecule.GetNumAtoms() == 3
    modes = np.linalg.eigvalsh(hessian)
    assert (np.abs(modes[:6]) < 0.05).all()  # rigid motions cost nothing
    assert (modes[6:] > 1).all()
    with pytest.raises(ValueError, match="`smiles` must be a molecule"):
        mmff_minimum("not a molecule")


def test_springs_by_topological_distance():
    chain = np.arange(6.0)[:, None] * [1.5, 0, 0]
    basis = stiffness.hop_basis(chain, torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]]))
    hops = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    for hop in (1, 2, 3):
        assert np.array_equal(basis[hop - 1], hops == hop)
    assert np.allclose(basis[3], np.where(hops > 3, 1 / np.maximum(1.5 * hops, 1) ** 2, 0))
    found, residual = fit_springs(chain, springs_hessian(chain, basis[0] + 0.1 * basis[2]), basis)
    assert found == pytest.approx([1.0, 0.0, 0.1, 0.0], abs=1e-9)
    assert residual < 1e-9


def test_the_law_of_springs_by_topological_distance():
    law = stiffness.hop_law([10.0, 2.0, 1.0, 0.0])
    assert (law.bond, law.angle, law.torsion) == (1.0, 0.2, 0.1)
    assert law(torch.ones(1)).item() == 0.0
    for bad in ([1.0, 2.0], [0.0, 1.0, 1.0, 1.0]):
        with pytest.raises(ValueError, match="`strengths` must be four numbers"):
            stiffness.hop_law(bad)
