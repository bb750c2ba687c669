"""Speed of the crystal energy on one thread, its growth with the size, and its invariances.

    OMP_NUM_THREADS=1 python benchmarks/crystals.py FOLDER

FOLDER holds CDVAE's perov_5.csv.gz and carbon_24.csv.gz. Times are seconds of one thread, the
least of several repeats.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from ase.build import bulk
from torch_geometric.data import Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.data.crystals import CrystalDataset, CrystalTable
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import crystal_energy
from pyg_energyloss.losses import CrystalMSELoss
from pyg_energyloss.stiffness import ElementPair, Exponential

RESULT = Path(__file__).parent / "results" / "crystals.json"
DATASETS = ("perov_5", "carbon_24")
EACH, BATCH_SIZE, REPEATS = 100, 64, 15
SIZES = (625, 1250, 2500, 5000, 10_000)
PROTOTYPES = {
    "Cu": {},
    "Fe": {},
    "Mg": {},
    "Si": {"crystalstructure": "diamond", "a": 5.43},
    "NaCl": {"crystalstructure": "rocksalt", "a": 5.64},
    "CsCl": {"crystalstructure": "cesiumchloride", "a": 4.12},
    "ZnS": {"crystalstructure": "wurtzite", "a": 3.81},
}
LOSSES = {
    "energy": PairEnergyLoss("exponential"),
    "energy, 1/d^2, absolute": PairEnergyLoss("inverse_square", potential="absolute"),
    "energy, a factor per pair of elements": PairEnergyLoss(
        ElementPair({(6, 6): 2.0, (8, 8): 1.5}, Exponential())
    ),
    "crystal_mse": CrystalMSELoss(),
    "crystal_aligned_mse": CrystalMSELoss(align=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--speed", action="store_true", help="measure the speed alone, keep others")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tables = {n: CrystalTable.read_csv(options.data / f"{n}.csv.gz") for n in DATASETS}
    speed = {name: _speed(table) for name, table in tables.items()}
    speed["carbon_24, the largest"] = _speed(largest_of(tables["carbon_24"]))
    found = json.loads(RESULT.read_text()) if options.speed else _growth_and_changes(tables)
    result = {
        "what": "least time of one thread; largest relative change of the energy per atom",
        "batch_size": BATCH_SIZE,
        "crystals_per_second": speed,
        "seconds_by_atoms": found["seconds_by_atoms"],
        "largest_change": found["largest_change"],
        "crystals_of_each_set": EACH,
        "environment": environment(),
    }
    for name in ("crystals_per_second", "seconds_by_atoms", "largest_change"):
        print(name, result[name])
    write_json(RESULT, result)


def _growth_and_changes(tables: dict[str, CrystalTable]) -> dict[str, dict[str, float]]:
    """Time by the number of atoms; change of the energy where the crystal is the same."""
    moved = {name: max(map(_drift, _crystals(table))) for name, table in tables.items()}
    moved["ASE prototypes"] = max(map(_drift, _prototypes()))
    growth = {str(size): _seconds(*_random_crystal(size), LOSSES["energy"]) for size in SIZES}
    return {"seconds_by_atoms": growth, "largest_change": moved}


def largest_of(table: CrystalTable) -> CrystalTable:
    """The crystals with the most atoms, again and again until they fill a batch."""
    atoms = np.diff(table.ptr)
    return table.take(np.resize(np.flatnonzero(atoms == atoms.max()), BATCH_SIZE))


def _speed(table: CrystalTable) -> dict[str, float]:
    """Forward and gradient of the first crystals with 0.2 Å of noise, per second."""
    batch = assemble(CrystalDataset(table), torch.arange(BATCH_SIZE))
    noise = torch.randn(batch.pos.shape, generator=torch.Generator().manual_seed(0))
    pos = batch.pos + 0.2 * noise
    found = {name: BATCH_SIZE / _seconds(pos, batch, loss) for name, loss in LOSSES.items()}
    return {"atoms": len(batch.z) / BATCH_SIZE, **found}


def _seconds(pos: torch.Tensor, data: Data, loss: torch.nn.Module) -> float:
    """Least time of forward and gradient; the true crystal's springs are found anew."""
    times = []
    for _ in range(REPEATS):
        pred = pos.clone().requires_grad_()
        started = time.perf_counter()
        loss(pred, data).backward()
        times.append(time.perf_counter() - started)
    return min(times)


def _random_crystal(count: int) -> tuple[torch.Tensor, Data]:
    rng = np.random.default_rng(count)
    edge = (12.0 * count) ** (1 / 3)
    pos = torch.from_numpy(rng.random((count, 3)) * edge).float()
    moved = pos + 0.2 * torch.from_numpy(rng.standard_normal((count, 3))).float()
    return moved, Data(pos=pos, cell=edge * torch.eye(3)[None])


def _crystals(table: CrystalTable) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cells and positions of evenly spread crystals."""
    rows = np.arange(EACH) * len(table) // EACH
    pos = table.pos
    for row in rows:
        yield table.cell[row], pos[table.ptr[row] : table.ptr[row + 1]]


def _prototypes() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for name, about in PROTOTYPES.items():
        atoms = bulk(name, **about)
        yield atoms.cell.array, atoms.positions


def _drift(crystal: tuple[np.ndarray, np.ndarray]) -> float:
    """Largest relative change of the energy per atom over other ways to write the same down."""
    cell, pos = crystal
    rng = np.random.default_rng(0)
    # The prediction: displaced atoms in a strained cell.
    change = np.eye(3) + 0.03 * rng.standard_normal((3, 3))
    guess = cell @ change
    pred = pos @ change + 0.2 * rng.standard_normal(pos.shape)
    whole = _energy(pred, pos, cell, guess)
    order = rng.permutation(len(pos))
    jumps = rng.integers(-2, 3, (2, *pos.shape))
    turn = np.array([[1, 0, 0], [1, 1, 0], [0, -2, 1]])
    twice = np.array([2.0, 1.0, 1.0])[:, None]
    double = [np.concatenate([p, p + c[0]]) for p, c in ((pred, guess), (pos, cell))]
    others = (
        _energy(pred + rng.random(3), pos + rng.random(3), cell, guess),
        _energy(pred + jumps[0] @ guess, pos + jumps[1] @ cell, cell, guess),
        _energy(pred[order], pos[order], cell, guess),
        _energy(pred, pos, turn @ cell, turn @ guess),
        _energy(double[0], double[1], cell * twice, guess * twice),
    )
    return max(abs(other - whole) for other in others) / whole


def _energy(pred: np.ndarray, pos: np.ndarray, cell: np.ndarray, guess: np.ndarray) -> float:
    tensors = [torch.from_numpy(np.ascontiguousarray(a)) for a in (pred, pos, cell, guess)]
    energy = crystal_energy(*tensors[:3], cell_pred=tensors[3], stiffness=Exponential())
    return energy.item() / len(pos)


if __name__ == "__main__":
    main()
