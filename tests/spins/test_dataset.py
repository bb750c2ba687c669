import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader

from pyg_energyloss.functional import ising_energy
from pyg_energyloss.spins import (
    SpinSystems,
    generate_systems,
    ground_state,
    with_ground_state,
)

pytest.importorskip("pymatching", reason="exact ground states need PyMatching")


@pytest.fixture(scope="module")
def systems():
    return generate_systems(6, 4, seed=3, workers=0)


def test_targets_are_the_exact_ground_states(systems):
    for k in range(len(systems)):
        spins, energy = ground_state(systems.edge_index, systems.coupling[k], 16)
        assert systems.energy[k].item() == energy
        assert torch.equal(systems.spins[k].float(), spins)
    assert (systems.spins[:, 0] == 1).all()


def test_couplings_are_uniform_and_exact_in_single_precision():
    drawn = generate_systems(40, 5, workers=0).coupling
    assert drawn.dtype == torch.float32
    assert drawn.abs().max() <= 1
    assert drawn.mean().abs() < 0.05
    assert abs(drawn.std().item() - 3**-0.5) < 0.03
    assert torch.equal(drawn.double() * 2**23, (drawn.double() * 2**23).round())


def test_a_fast_batch_is_the_collated_one_with_each_bond_once(systems):
    fast = systems.batch([4, 1])
    slow = Batch.from_data_list([systems[4], systems[1]])
    assert torch.equal(fast.batch, slow.batch)
    assert torch.equal(fast.ptr, slow.ptr)
    assert torch.equal(fast.y, slow.y)
    assert fast.num_graphs == slow.num_graphs == 2
    assert slow.edge_index.size(1) == 2 * fast.edge_index.size(1)
    for data in (fast, slow):
        energy = ising_energy(
            data.edge_index, data.edge_attr.double(), data.y, batch=data.batch, num_graphs=2
        )
        assert torch.allclose(energy, systems.energy[[4, 1]])


def test_it_feeds_a_pyg_loader(systems):
    batch = next(iter(DataLoader([systems[k] for k in range(4)], batch_size=4)))
    assert batch.num_graphs == 4
    assert batch.energy.shape == (4,)


def test_the_result_depends_on_the_seed_and_not_on_the_workers():
    here = generate_systems(60, 3, seed=1, workers=0)
    there = generate_systems(60, 3, seed=1, workers=2)
    assert torch.equal(here.coupling, there.coupling)
    assert torch.equal(here.spins, there.spins)
    assert not torch.equal(here.coupling, generate_systems(60, 3, seed=2, workers=0).coupling)


def test_few_systems_start_no_process_and_leave_torch_its_threads(monkeypatch):
    monkeypatch.setattr("pyg_energyloss.spins.generate.ProcessPoolExecutor", None)
    torch.set_num_threads(3)
    assert torch.equal(
        generate_systems(60, 3).coupling, generate_systems(60, 3, workers=0).coupling
    )
    assert torch.get_num_threads() == 3


def test_progress_reaches_the_count():
    told = []
    generate_systems(120, 2, workers=0, progress=lambda done, total: told.append((done, total)))
    assert told == [(50, 120), (100, 120), (120, 120)]


def test_periodic_systems():
    systems = generate_systems(3, 4, periodic=True, workers=0)
    assert systems.coupling.shape == (3, 32)
    energy = ground_state(systems.edge_index, systems.coupling[0], 16)[1]
    assert systems.energy[0].item() == energy


def test_files_come_back_and_hold_no_pickles(systems, tmp_path):
    path = systems.save(tmp_path / "deep" / "systems.npz")
    loaded = SpinSystems.load(path)
    assert (loaded.shape, loaded.periodic, loaded.seed) == ((4, 4), False, 3)
    for name in ("coupling", "spins", "energy"):
        assert torch.equal(getattr(loaded, name), getattr(systems, name))
    assert loaded.coupling.dtype == torch.float32
    assert [p.name for p in path.parent.iterdir()] == ["systems.npz"]
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive) == {"about", "coupling", "spins", "energy"}


def test_bad_files_and_counts(tmp_path):
    wrong = tmp_path / "wrong.npz"
    wrong.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="does not hold spin systems"):
        SpinSystems.load(wrong)
    np.savez(tmp_path / "pickled.npz", about=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="does not hold spin systems"):
        SpinSystems.load(tmp_path / "pickled.npz")
    with pytest.raises(FileNotFoundError):
        SpinSystems.load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="`count` must be positive"):
        generate_systems(0, 4)


def test_any_graph_is_labelled_without_changing_it():
    ring = torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]])
    data = Data(edge_index=ring, edge_attr=-torch.tensor([1.0, 1, 1, 1, 0.5]), num_nodes=5)
    labelled = with_ground_state(data)
    assert labelled.energy.item() == -3.5  # an odd ring: the weakest bond stays unsatisfied
    assert labelled.y.tolist() == [1, -1, 1, -1, 1]
    assert data.y is None
    with pytest.raises(ValueError, match="must have the bonds"):
        with_ground_state(Data(edge_index=ring))
