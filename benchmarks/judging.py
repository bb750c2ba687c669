"""What real molecules score under the evaluators of generated sets, and what noise does to that.

    python benchmarks/judging.py                   (about ten minutes on one core)

For each embedded data set: held-out molecules, and molecules of the training set itself, both
against the training set; one conformer of each drug-like molecule. Held-out QM9 molecules are
judged again with Gaussian noise on every coordinate. Prints the tables of docs/judging.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.metrics.generated import ceiling

RESULT = Path(__file__).parent / "results" / "judging.json"
SETS = ("qm9_small", "qm7", "druglike")
FAST = ("stability", "validity", "validity_rdkit", "distributions", "distributions_jodo")
SLOW = ("posebusters", "strain")
NOISE = (0.02, 0.05, 0.1)
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=400, help="of each set, at most")
    parser.add_argument("--slow-molecules", type=int, default=12, help="for PoseBusters and strain")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in SETS:
        splits = registry.create("dataset", name)
        real, held_out = (one_of_each(splits[part]) for part in ("train", "test"))
        held_out = held_out[: options.molecules]
        rows.append(row(name, "held out", real, held_out, options.slow_molecules))
        print_row(rows[-1])
        itself = real[:: max(1, len(real) // options.molecules)][: options.molecules]
        rows.append(row(name, "training", real, itself, 0))
        print_row(rows[-1])
        if name == SETS[0]:
            for sigma in NOISE:
                made = noised(held_out, sigma)
                label = f"held out, noise {sigma} Å"
                rows.append(row(name, label, real, made, options.slow_molecules))
                print_row(rows[-1])
        write_json(
            options.out,
            {
                "environment": environment(),
                "seed": SEED,
                "slow_molecules": options.slow_molecules,
                "rows": rows,
            },
        )


def one_of_each(dataset: object) -> list[Data]:
    """One structure of each group of conformers, the first."""
    seen: set[int] = set()
    found = []
    for item in dataset:
        group = int(dataset.table.group[int(item.mol_id)])
        if group not in seen:
            seen.add(group)
            found.append(item)
    return found


def noised(molecules: list[Data], sigma: float) -> list[Data]:
    generator = torch.Generator().manual_seed(SEED)
    return [
        Data(
            z=m.z,
            pos=m.pos + sigma * torch.randn(m.pos.shape, generator=generator),
            charge=m.charge,
        )
        for m in molecules
    ]


def row(
    name: str, label: str, real: list[Data], judged: list[Data], slow: int
) -> dict[str, object]:
    metrics, seconds = {}, {}
    for evaluator in FAST:
        started = time.process_time()
        metrics.update(ceiling(real, judged, [evaluator])[evaluator])
        seconds[evaluator] = time.process_time() - started
    spread = judged[:: max(1, len(judged) // slow)][:slow] if slow else []
    for evaluator in SLOW if slow else ():
        started = time.process_time()
        metrics.update(ceiling(real, spread, [evaluator])[evaluator])
        seconds[evaluator] = time.process_time() - started
    return {
        "dataset": name,
        "judged": label,
        "molecules": len(judged),
        "reference": len(real),
        "slow_molecules": len(spread),
        "metrics": metrics,
        "seconds": seconds,
    }


def print_row(found: dict[str, object]) -> None:
    values = " ".join(
        f"{key}={value:.4f}" if isinstance(value, float) else f"{key}={value}"
        for key, value in found["metrics"].items()
    )
    times = " ".join(f"{key}={value:.1f}s" for key, value in found["seconds"].items())
    print(f"{found['dataset']} | {found['judged']} | {found['molecules']} | {values} | {times}")


if __name__ == "__main__":
    main()
