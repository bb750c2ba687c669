"""The energy of a crystal is that of the crystal, however it is written down."""

import csv
import gzip
import itertools
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from pyg_energyloss.functional import crystal_energy, crystal_springs, listed_springs, pair_energy
from pyg_energyloss.potentials import Absolute
from pyg_energyloss.stiffness import Exponential

#: Folder with the published validation parts of perov_5 and carbon_24.
CRYSTALS = Path(
    os.environ.get("ENERGYLOSS_CRYSTALS", Path(__file__).parents[2].parent / "shared/data/crystals")
)
LAW = Exponential()
PROTOTYPES = {
    "Cu": {},
    "Fe": {},
    "Mg": {},
    "Si": {"crystalstructure": "diamond", "a": 5.43},
    "NaCl": {"crystalstructure": "rocksalt", "a": 5.64},
    "CsCl": {"crystalstructure": "cesiumchloride", "a": 4.12},
    "ZnS": {"crystalstructure": "wurtzite", "a": 3.81},
}


def made_up(count):
    """Crystals of 1 to 8 atoms in skewed cells of the volume that atoms have."""
    rng = np.random.default_rng(0)
    for size in itertools.islice(itertools.cycle(range(1, 9)), count):
        cell = np.eye(3) + rng.uniform(-0.4, 0.4, size=(3, 3))
        cell *= (12.0 * size / abs(np.linalg.det(cell))) ** (1 / 3)
        yield torch.from_numpy(cell), torch.from_numpy(rng.random((size, 3)) @ cell)


def published(name, count):
    path = CRYSTALS / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there; set ENERGYLOSS_CRYSTALS to its folder")
    csv.field_size_limit(10**9)
    with gzip.open(path, "rt") as file:
        for row in itertools.islice(csv.DictReader(file), count):
            yield parsed(row["cif"])


def parsed(text):
    def number(key):
        return float(re.search(rf"{key}\s+([\d.]+)", text)[1])

    a, b, c = (number(f"_cell_length_{axis}") for axis in "abc")
    alpha, beta, gamma = (
        np.cos(np.radians(number(f"_cell_angle_{angle}"))) for angle in ("alpha", "beta", "gamma")
    )
    sine = np.sqrt(1 - gamma**2)
    along = c * (alpha - beta * gamma) / sine
    height = np.sqrt(c * c * (1 - beta**2) - along**2)
    cell = np.array([[a, 0, 0], [b * gamma, b * sine, 0], [c * beta, along, height]])
    rows = re.findall(
        r"^\s+[A-Z][a-z]?\s+[A-Z][a-z]?\d+\s+\d+((?:\s+-?[\d.]+){3})", text, re.MULTILINE
    )
    fraction = np.array([[float(x) for x in found.split()] for found in rows])
    return torch.from_numpy(cell), torch.from_numpy(fraction @ cell)


def prototypes():
    build = pytest.importorskip("ase.build")
    for name, options in PROTOTYPES.items():
        atoms = build.bulk(name, **options)
        yield torch.from_numpy(atoms.cell.array), torch.from_numpy(atoms.positions)


def every(source):
    return {
        "made up": lambda: made_up(24),
        "perov_5": lambda: published("perov_5", 100),
        "carbon_24": lambda: published("carbon_24", 100),
        "prototypes": prototypes,
    }[source]()


def reference(pred, pos, cell, cell_pred, cutoff):
    """Equation 7 as a loop over images."""
    total, reach = 0.0, 4
    for i, j in itertools.product(range(len(pos)), repeat=2):
        for s in itertools.product(range(-reach, reach + 1), repeat=3):
            shift = np.array(s, float)
            true = np.linalg.norm(pos[j] + shift @ cell - pos[i])
            if true > cutoff or (i == j and not any(s)):
                continue
            found = np.linalg.norm(pred[j] + shift @ cell_pred - pred[i])
            total += 0.5 * np.exp(-true) * (true - found) ** 2
    return total


def test_a_double_loop_says_the_same():
    for cell, pos in made_up(4):
        rng = np.random.default_rng(1)
        pred = pos + 0.2 * torch.from_numpy(rng.normal(size=pos.shape))
        cell_pred = cell + 0.1 * torch.from_numpy(rng.normal(size=(3, 3)))
        found = crystal_energy(pred, pos, cell, cell_pred=cell_pred, cutoff=4.0, stiffness=LAW)
        arrays = [x.numpy() for x in (pred, pos, cell, cell_pred)]
        assert found.item() == pytest.approx(reference(*arrays, 4.0), rel=1e-6)


@pytest.mark.parametrize("source", ["made up", "perov_5", "carbon_24", "prototypes"])
def test_however_the_crystal_is_written_down_the_energy_is_the_same(source):
    noise = torch.Generator().manual_seed(0)
    for cell, pos in every(source):
        count = len(pos)

        def normal(*shape):
            return torch.randn(shape, generator=noise, dtype=torch.double)

        def whole(low, high, *shape):
            return torch.randint(low, high, shape, generator=noise).double()

        pred, wide = pos + 0.1 * normal(count, 3), cell + 0.05 * normal(3, 3)

        def energy(pred, pos, cell, wide):
            found = crystal_energy(pred, pos, cell, cell_pred=wide, stiffness=LAW)
            return found.item()

        expected = energy(pred, pos, cell, wide)
        assert expected > 1e-6
        same = pytest.approx(expected, rel=1e-6)
        both, one = 10 * normal(1, 3), 10 * normal(1, 3)
        assert energy(pred + both, pos + both, cell, wide) == same
        assert energy(pred + one, pos, cell, wide) == same
        turns, others = whole(-2, 3, count, 3), whole(-2, 3, count, 3)
        assert energy(pred + turns @ wide, pos + others @ cell, cell, wide) == same
        order = torch.randperm(count, generator=noise)
        assert energy(pred[order], pos[order], cell, wide) == same
        turn = torch.linalg.qr(normal(3, 3))[0]
        assert energy(pred, pos @ turn, cell @ turn, wide) == same
        shear = torch.tensor([[1.0, 2, 0], [0, 1, 0], [-1, 0, 1]]).double()
        assert energy(pred, pos, shear @ cell, shear @ wide) == same
        double = torch.diag(torch.tensor([1.0, 2, 1])).double()
        twice = energy(
            torch.cat([pred, pred + wide[1]]),
            torch.cat([pos, pos + cell[1]]),
            double @ cell,
            double @ wide,
        )
        assert twice == pytest.approx(2 * expected, rel=1e-6)


def test_the_gradient_is_that_of_finite_differences():
    for cell, pos in made_up(3):
        noise = torch.Generator().manual_seed(2)
        pred = pos + 0.1 * torch.randn(pos.shape, generator=noise, dtype=torch.double)
        wide = cell + 0.05 * torch.randn(3, 3, generator=noise, dtype=torch.double)

        def energy(pred, wide, pos=pos, cell=cell):
            return crystal_energy(pred, pos, cell, cell_pred=wide, cutoff=4.0, stiffness=LAW)

        inputs = (pred.requires_grad_(), wide.requires_grad_())
        assert torch.autograd.gradcheck(energy, inputs)
        assert torch.autograd.gradgradcheck(energy, inputs)


def test_a_cell_of_one_atom_feels_a_displaced_lattice():
    atom, cell = torch.zeros(1, 3).double(), 3 * torch.eye(3).double()
    wide = (1.1 * cell).requires_grad_()
    energy = crystal_energy(atom, atom, cell, cell_pred=wide, cutoff=3.0)
    # Six images at 3 Å, each 0.3 Å too far.
    assert energy.item() == pytest.approx(6 * 0.5 * 0.3**2)
    stress = torch.autograd.grad(energy.sum(), wide)[0]
    assert torch.allclose(stress, 0.6 * torch.eye(3).double())
    assert crystal_energy(atom + 1.3, atom, cell, cutoff=3.0).item() < 1e-25


def test_images_of_one_distance_are_all_counted():
    cube = torch.eye(3)[None]
    for size, cutoff, images in [(3.0, 3.0, 6), (3.0, 3.0 * 2**0.5, 18), (0.1, 0.2, 32)]:
        springs = crystal_springs(torch.full((1, 3), 0.7), size * cube, cutoff=cutoff)
        assert springs.edge_index.shape[1] == images


def test_two_true_atoms_at_the_two_sides_of_a_cell_are_neighbours():
    pos = torch.tensor([[0.05, 0, 0], [4.95, 0, 0]]).double()
    springs = crystal_springs(pos, 5 * torch.eye(3).double(), cutoff=1.0)
    assert springs.atoms.tolist() == [[0, 1], [1, 0]]
    assert springs.edge_shift.tolist() == [[-1, 0, 0], [1, 0, 0]]


def test_a_batch_is_its_crystals_one_by_one_in_any_order():
    crystals = list(made_up(6))
    batch = torch.repeat_interleave(torch.tensor([len(p) for _, p in crystals]))
    cell, pos = torch.stack([c for c, _ in crystals]), torch.cat([p for _, p in crystals])
    noise = torch.Generator().manual_seed(0)
    pred = pos + 0.1 * torch.randn(pos.shape, generator=noise, dtype=torch.double)
    wide = cell + 0.05 * torch.randn(cell.shape, generator=noise, dtype=torch.double)
    single = [
        crystal_energy(pred[batch == g], pos[batch == g], cell[g], cell_pred=wide[g], stiffness=LAW)
        for g in range(6)
    ]
    order = torch.randperm(len(pos), generator=noise)
    found = crystal_energy(
        pred[order],
        pos[order],
        cell,
        cell_pred=wide,
        stiffness=LAW,
        batch=batch[order],
        num_graphs=6,
    )
    assert torch.allclose(found, torch.cat(single))


def test_slabs_and_molecules_repeat_where_they_say():
    noise = torch.Generator().manual_seed(0)
    pos = torch.rand(5, 3, generator=noise).double() * 4
    pred = pos + 0.1 * torch.randn(5, 3, generator=noise).double()
    cell = 4 * torch.eye(3).double()
    flat = torch.tensor([True, True, False])
    springs = crystal_springs(pos, cell, pbc=flat)
    assert springs.edge_shift[:, 2].abs().sum() == 0
    assert springs.edge_shift[:, :2].abs().sum() > 0
    thick = torch.diag(torch.tensor([4.0, 4, 1000])).double()
    found = [crystal_energy(pred, pos, c, pbc=flat, stiffness=LAW) for c in (cell, thick)]
    assert torch.allclose(*found)
    whole = torch.combinations(torch.arange(5)).T
    whole = torch.cat([whole, whole.flip(0)], dim=1)
    alone = crystal_energy(pred, pos, torch.zeros(3, 3).double(), stiffness=LAW)
    assert torch.allclose(alone, pair_energy(pred, pos, whole, stiffness=LAW))


def test_fractional_coordinates_are_those_of_the_two_lattices():
    cell, pos = next(itertools.islice(made_up(5), 4, None))
    wide, fraction = 1.1 * cell, pos @ torch.linalg.inv(cell)
    found = crystal_energy(fraction, fraction, cell, cell_pred=wide, fractional=True)
    assert torch.allclose(
        found, crystal_energy(pos @ (1.1 * torch.eye(3).double()), pos, cell, cell_pred=wide)
    )


def test_given_edges_between_images_are_used_instead():
    cell, pos = next(itertools.islice(made_up(5), 4, None))
    pred, wide = pos + 0.1, 1.05 * cell
    springs = crystal_springs(pos, cell)
    listed = listed_springs(springs.atoms, springs.edge_shift, len(pos))
    found = [
        crystal_energy(pred, pos, cell, cell_pred=wide, springs=s, stiffness=LAW)
        for s in (None, springs, listed)
    ]
    assert torch.allclose(found[0], found[1])
    assert torch.allclose(found[0], found[2])


def test_absent_atoms_are_not_there():
    cell, pos = next(itertools.islice(made_up(7), 6, None))
    present = torch.tensor([True, False, True, True, False, True, True])
    springs = crystal_springs(pos, cell, present=present)
    assert present[springs.atoms].all()
    assert springs.edge_index.shape[1] == crystal_springs(pos[present], cell).edge_index.shape[1]


def test_a_node_of_weight_zero_is_not_there():
    cell, pos = next(itertools.islice(made_up(7), 6, None))
    noise = torch.Generator().manual_seed(0)
    pred = pos + 0.1 * torch.randn(pos.shape, generator=noise, dtype=torch.double)
    weight = torch.tensor([1.0, 0, 2, 1, 0, 1, 1]).double()
    kept = weight > 0
    pred[~kept] = torch.nan
    found = crystal_energy(pred, pos, cell, stiffness=LAW, node_weight=weight)
    left = [x[kept] for x in (pred, pos)]
    expected = crystal_energy(*left, cell, stiffness=LAW, node_weight=weight[kept])
    assert torch.allclose(found, expected)


def test_another_potential_is_that_of_the_pair_energy():
    atom, cell = torch.zeros(1, 3).double(), 3 * torch.eye(3).double()
    wide = 1.1 * cell
    found = crystal_energy(atom, atom, cell, cell_pred=wide, cutoff=3.0, potential=Absolute())
    assert found.item() == pytest.approx(6 * 0.3)


def test_time_grows_with_the_number_of_atoms_alone():
    # The search visits cells around each atom: the springs per atom stay the same.
    for size in (5, 15):
        grid = torch.tensor(list(itertools.product(range(size), repeat=3))).double() * 2.5
        springs = crystal_springs(grid, 2.5 * size * torch.eye(3).double(), cutoff=4.0)
        assert springs.edge_index.shape[1] == 18 * size**3


def test_a_prediction_that_has_diverged_shows():
    cell, pos = next(made_up(1))
    assert crystal_energy(pos * torch.nan, pos, cell).isnan().all()
    assert crystal_energy(pos, pos, cell, cell_pred=cell * torch.nan).isnan().all()


def test_bad_input_is_refused_in_words():
    pos, cell = torch.zeros(2, 3), torch.eye(3)
    with pytest.raises(ValueError, match="`cutoff` must be a positive length"):
        crystal_springs(pos, cell, cutoff=0.0)
    with pytest.raises(ValueError, match="`pos` must be finite"):
        crystal_springs(pos * torch.inf, cell)
    with pytest.raises(ValueError, match=r"`cell` must have shape"):
        crystal_springs(pos, torch.eye(2))
    with pytest.raises(ValueError, match=r"`pos` must have shape"):
        crystal_springs(torch.zeros(2, 4), torch.eye(4))
    with pytest.raises(ValueError, match="`cell_pred` must have the shape of `cell`"):
        crystal_energy(pos, pos, cell, cell_pred=torch.eye(2))
    with pytest.raises(ValueError, match="pass a smaller one"):
        crystal_springs(pos, cell, cutoff=1e3)
