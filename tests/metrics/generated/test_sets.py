import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.metrics.generated import (
    Distributions,
    Stability,
    bond_orders,
    ceiling,
    internal_coordinates,
    judge,
    mmd,
    write_extxyz,
    write_sdf,
)

NAN = float("nan")


def molecule(symbols, pos):
    numbers = {"H": 1, "C": 6, "N": 7, "O": 8, "He": 2}
    return Data(
        z=torch.tensor([numbers[s] for s in symbols]), pos=torch.tensor(pos, dtype=torch.float)
    )


WATER = molecule("OHH", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
# Ethylene: C=C 1.33, C-H 1.09.
ETHYLENE = molecule(
    "CCHHHH",
    [
        [0.665, 0, 0],
        [-0.665, 0, 0],
        [1.23, 0.93, 0],
        [1.23, -0.93, 0],
        [-1.23, 0.93, 0],
        [-1.23, -0.93, 0],
    ],
)
BROKEN = molecule("OHH", [[0, 0, 0], [0.96, 0, 0], [3, 0, 0]])
HOSTILE = [
    molecule("C", [[0, 0, 0]]),
    molecule("CC", [[0, 0, 0], [0, 0, 0]]),
    molecule("CH", [[0, 0, 0], [NAN, 0, 0]]),
    molecule(["He", "H"], [[0, 0, 0], [0.8, 0, 0]]),
    Data(z=torch.zeros(0, dtype=torch.long), pos=torch.zeros(0, 3)),
]


@pytest.fixture(scope="module")
def real():
    train = registry.create("dataset", "qm9_small")["train"]
    return [train[i] for i in range(300)]


def test_bond_orders_of_ethylene():
    orders = bond_orders(ETHYLENE.z.numpy(), ETHYLENE.pos.double().numpy())
    assert orders[0, 1] == 2
    assert orders.sum(1).tolist() == [4, 4, 1, 1, 1, 1]


def test_stability_counts_atoms_and_molecules():
    values = Stability()([WATER, ETHYLENE, BROKEN])
    # The oxygen and the lost hydrogen of the third have too few bonds: 10 of 12 atoms are right.
    assert values["atom_stable"] == pytest.approx(10 / 12)
    assert values["molecule_stable"] == pytest.approx(2 / 3)
    assert values["connected"] == pytest.approx(2 / 3)


def test_turning_mirroring_and_numbering_anew_change_nothing():
    turn = torch.tensor(Rotation.random(random_state=0).as_matrix(), dtype=torch.float)
    order = torch.tensor([5, 2, 0, 1, 4, 3])
    turned = Data(z=ETHYLENE.z[order], pos=-(ETHYLENE.pos @ turn)[order] + 3)
    assert Stability()([turned]) == Stability()([ETHYLENE])
    for first, second in zip(
        internal_coordinates([turned]), internal_coordinates([ETHYLENE]), strict=True
    ):
        assert first.keys() == second.keys()
        for kind, values in first.items():
            np.testing.assert_allclose(
                np.sort(np.abs(values)), np.sort(np.abs(second[kind])), atol=2e-2
            )


def test_internal_coordinates_of_ethylene():
    lengths, angles, dihedrals = internal_coordinates([ETHYLENE])
    assert {kind: len(v) for kind, v in lengths.items()} == {"C2C": 1, "C1H": 4}
    assert lengths["C2C"][0] == pytest.approx(1.33)
    assert {kind: len(v) for kind, v in angles.items()} == {"C2C1H": 4, "H1C1H": 2}
    # Around either carbon, in the plane.
    assert angles["C2C1H"].sum() + angles["H1C1H"].sum() == pytest.approx(720, abs=1e-3)
    np.testing.assert_allclose(np.sort(np.abs(dihedrals["H1C2C1H"])), [0, 0, 180, 180], atol=1e-3)


def test_hostile_molecules_are_failures_and_no_errors(real):
    for name in ("stability", "validity", "distributions"):
        if name == "validity":
            pytest.importorskip("rdkit")
        values = judge(HOSTILE, reference=real[:20], evaluators=[name])[name]
        assert set(values) == set(registry.create("evaluator", name).keys)
    assert Stability()(HOSTILE)["molecule_stable"] == 0
    assert np.isnan(Stability()([])["atom_stable"])


def test_mmd_tells_shifted_samples_from_equal_ones():
    rng = np.random.default_rng(0)
    first, same, shifted = rng.normal(size=(3, 800))
    shifted += 1
    assert mmd(first, same) < 0.02
    assert mmd(first, shifted) > 0.2
    assert mmd(first, shifted) == pytest.approx(mmd(shifted, first))
    # Scale does not matter: the kernels' width goes with the samples.
    assert mmd(10 * first, 10 * shifted) == pytest.approx(mmd(first, shifted))


def test_mmd_is_the_double_sum():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=7), rng.normal(size=5)
    joined = np.concatenate([a, b])
    squares = [(x - y) ** 2 for x in joined for y in joined]
    width = sum(squares) / (len(joined) ** 2 - len(joined))

    def mean(first, second):
        kernels = [
            np.exp(-((x - y) ** 2) / (width * 2.0**i))
            for x in first
            for y in second
            for i in range(-2, 3)
        ]
        return sum(kernels) / (len(first) * len(second))

    expected = mean(a, a) + mean(b, b) - 2 * mean(a, b)
    assert mmd(a, b) == pytest.approx(expected)


def test_real_molecules_are_the_ceiling_and_noise_is_far_below(real):
    names = ["stability", "distributions"]
    best = ceiling(real[:150], real[150:], names)
    assert best["stability"]["atom_stable"] > 0.95
    assert best["stability"]["connected"] == 1
    assert best["distributions"]["kinds_missing"] == 0
    generator = torch.Generator().manual_seed(0)
    noised = [
        Data(z=m.z, pos=m.pos + 0.1 * torch.randn(m.pos.shape, generator=generator))
        for m in real[150:]
    ]
    worse = judge(noised, reference=real[:150], evaluators=names)
    assert worse["stability"]["atom_stable"] < best["stability"]["atom_stable"]
    for name in ("mmd_bond", "mmd_angle", "w1_bond"):
        assert worse["distributions"][name] > 3 * best["distributions"][name]


def test_a_set_evaluated_against_itself_has_no_discrepancy(real):
    values = Distributions()(real[:100], reference=real[:100])
    assert values == pytest.approx(dict.fromkeys(Distributions.keys, 0.0), abs=1e-9)


def test_validity_with_rdkit(real):
    pytest.importorskip("rdkit")
    from pyg_energyloss.metrics.generated.validity import smiles

    assert smiles(WATER) == ("[H]O[H]", 1)
    # Oxygen with one bond and no hydrogen on it is a radical for RDKit, not an error.
    carbon = molecule("CHHHHH", 0.6 * np.vstack([np.zeros(3), np.eye(3), -np.eye(3)[:2]]))
    assert smiles(carbon) is None
    values = judge([WATER, WATER, carbon, real[0]], reference=[real[0]], evaluators=["validity"])
    assert values["validity"] == pytest.approx(
        {"valid": 0.75, "valid_connected": 0.75, "unique": 2 / 3, "novel": 0.5}
    )


def test_files_are_read_by_ase_and_rdkit(tmp_path):
    ase_io = pytest.importorskip("ase.io")
    chem = pytest.importorskip("rdkit.Chem")
    read = ase_io.read(write_extxyz(tmp_path / "a.extxyz", [WATER, ETHYLENE]), index=":")
    assert [a.get_chemical_formula() for a in read] == ["H2O", "C2H4"]
    np.testing.assert_allclose(read[1].positions, ETHYLENE.pos, atol=1e-5)
    path = write_sdf(tmp_path / "a.sdf", [WATER, ETHYLENE, *HOSTILE])
    molecules = list(chem.SDMolSupplier(str(path), removeHs=False))
    assert [chem.MolToSmiles(chem.RemoveHs(m)) for m in molecules[:2]] == ["O", "C=C"]
    assert len(molecules) == 2 + len(HOSTILE)
    with pytest.raises(ValueError, match="SDF V2000 holds 999"):
        write_sdf(tmp_path / "b.sdf", [molecule("H" * 1000, torch.rand(1000, 3).tolist())])


def test_posebusters_passes_real_molecules(real):
    pytest.importorskip("posebusters")
    values = judge([real[5], BROKEN], reference=[], evaluators=["posebusters"])["posebusters"]
    assert values["pb_connected"] == 0.5
    assert values["pb_valid"] == 0.5


def test_evaluators_of_predictions_are_refused():
    with pytest.raises(ValueError, match="`evaluators` must judge sets"):
        judge([WATER], reference=[], evaluators=["geometry"])


def test_posebusters_option_is_checked():
    pytest.importorskip("posebusters")
    with pytest.raises(ValueError, match="`max_molecules` must be at least 1"):
        registry.create("evaluator", "posebusters", max_molecules=0)
