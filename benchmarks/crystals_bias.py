"""The lattice of least energy where atoms are off by noise that nobody can undo.

    python benchmarks/crystals_bias.py FOLDER       (FOLDER holds perov_5.csv.gz, carbon_24.csv.gz)

Each atom of the true crystal gets noise and goes along with the lattice, which alone is varied.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.crystals import CrystalDataset, CrystalTable
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.spec import LEVELS
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional.crystals.carried import carried

RESULT = Path(__file__).parent / "results" / "crystals_bias.json"
DATASETS = ("perov_5", "carbon_24")
LOSSES = ("energy", "energy_absolute", "energy_lattice", "energy_absolute_lattice")
CRYSTALS, STEPS, RATE, SEED = 40, 150, 0.02, 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for dataset in DATASETS:
        table = CrystalTable.read_csv(options.data / f"{dataset}.csv.gz")
        batch = assemble(CrystalDataset(table), torch.arange(CRYSTALS) * (len(table) // CRYSTALS))
        for level in LEVELS:
            for loss in LOSSES:
                volume = _best_volume(batch, loss, level)
                rows.append({"dataset": dataset, "noise": level, "loss": loss, "volume": volume})
                print(rows[-1], flush=True)
    result = {
        "what": "mean volume of the lattices of least energy, in units of the true one",
        "crystals": CRYSTALS,
        "seed": SEED,
        "environment": environment(),
        "rows": rows,
    }
    write_json(RESULT, result)


def _best_volume(batch: Batch, name: str, level: float) -> float:
    """Mean volume by the true one after a descent over symmetric strains."""
    loss = registry.create("loss", name, reduction="sum")
    noise = torch.randn(batch.pos.shape, generator=torch.Generator().manual_seed(SEED))
    pos = batch.pos + level * noise
    free = torch.zeros(batch.num_graphs, 3, 3, requires_grad=True)
    descent = torch.optim.Adam([free], lr=RATE)
    decay = torch.optim.lr_scheduler.LinearLR(descent, 1.0, 0.0, STEPS)
    for _ in range(STEPS):
        cell = batch.cell @ _change(free)
        value = loss(carried(pos, batch.cell, cell, batch=batch.batch), batch, cell)
        descent.zero_grad()
        value.backward()
        descent.step()
        decay.step()
    return float(torch.linalg.det(_change(free.detach())).mean())


def _change(free: torch.Tensor) -> torch.Tensor:
    return torch.eye(3) + (free + free.mT) / 2


if __name__ == "__main__":
    main()
