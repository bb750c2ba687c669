"""Energies against wrapped and aligned squared errors on perov_5 and carbon_24.

    python benchmarks/crystals_study.py FOLDER       (FOLDER holds perov_5.csv.gz, carbon_24.csv.gz)

First the peak learning rate of each loss is found on validation crystals of each set, by short
runs; then each trains equal numbers of steps, seed after seed. All runs are made one after another
in this process; one that was cut short continues. ``--write`` sums up what is finished.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs import finished, rows_by_level

from pyg_energyloss import registry
from pyg_energyloss.experiments.crystals.spec import LATTICE_LOSSES, LEVELS, CrystalSpec
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_or_set_aside, write_json

RESULT = Path(__file__).parent / "results" / "crystals_study.json"
RATES = (1e-2, 3e-2)
SWEEP_STEPS, SWEEP_SEED = 60, 100
STEPS, BATCH_SIZE, SEEDS = 300, 16, (0, 1, 2)
SIZE = {"channels": 32, "layers": 3}
EVAL_GRAPHS, MATCH_GRAPHS = 100, 30
#: The rivals where one row set is enough.
FEW = ("crystal_aligned_mse", "energy_absolute")


@dataclass(frozen=True)
class Part:
    """What is compared on a set: a task, whether the lattice is given, a network, losses."""

    task: str
    lattice: str
    dataset: str
    model: str
    losses: tuple[str, ...]

    @property
    def about(self) -> dict[str, str]:
        """Its columns in the table."""
        return {
            "task": self.task,
            "lattice": self.lattice,
            "dataset": self.dataset,
            "model": self.model,
        }


PARTS = (
    *(
        Part("denoise", "predicted", dataset, "crystal_egnn", LATTICE_LOSSES)
        for dataset in ("perov_5", "carbon_24")
    ),
    Part("composition", "given", "perov_5", "crystal_egnn", FEW),
    Part("composition", "predicted", "perov_5", "crystal_egnn", (*FEW, LATTICE_LOSSES[-1])),
    Part("denoise", "given", "perov_5", "crystal_egnn", FEW),
    *(
        Part("denoise", "predicted", dataset, "crystal_gnn", LATTICE_LOSSES)
        for dataset in ("perov_5", "carbon_24")
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/crystals_study"))
    parser.add_argument("--parts", default="0,1,2,3,4,5,6", help="which of PARTS, by number")
    parser.add_argument("--write", action="store_true", help="sum up what is finished, run nothing")
    options = parser.parse_args()
    parts = [PARTS[int(number)] for number in options.parts.split(",")]
    for part, loss, seed in () if options.write else _in_order(parts):
        rates = {rate: _swept(part, loss, rate, options) for rate in RATES}
        spec = _spec(part, loss, options, seed=seed, rate=min(rates, key=rates.__getitem__))
        for m in run_one("crystals", spec, options.out)["measurements"]:
            print(seed, *part.about.values(), loss, m["labels"], m["values"], flush=True)
    _write(options)


def _in_order(parts: list[Part]) -> Iterator[tuple[Part, str, int]]:
    """Seed after seed for the parts of one network and task, so that a study cut short is one."""
    for kind in dict.fromkeys((part.task, part.lattice, part.model) for part in parts):
        same = [part for part in parts if (part.task, part.lattice, part.model) == kind]
        yield from ((part, loss, seed) for seed in SEEDS for part in same for loss in part.losses)


def _swept(part: Part, loss: str, rate: float, options: argparse.Namespace) -> float:
    """Error of validation distances after a short run."""
    spec = _spec(part, loss, options, seed=SWEEP_SEED, rate=rate, steps=SWEEP_STEPS, judged=1)
    history = run_one("crystals", spec, options.out / "sweep")["history"]
    return float(history[-1]["val_distance_mae"])


def _write(options: argparse.Namespace) -> None:
    rows = [row for part in PARTS for row in _rows(part, options)]
    result: dict[str, Any] = {
        "what": "mean and s.d. over seeds on test crystals",
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "networks": SIZE,
        "test_crystals": EVAL_GRAPHS,
        "matched_crystals": MATCH_GRAPHS,
        "sweep": {"steps": SWEEP_STEPS, "seed": SWEEP_SEED, "rates": RATES},
        "environment": environment(),
        "rows": rows,
    }
    write_json(RESULT, result)


def _rows(part: Part, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The input as it is, then each loss: a row for each noise level."""
    rows = []
    for loss in part.losses:
        short = {
            f"{rate:g}": found["history"][-1]["val_distance_mae"]
            for rate in RATES
            if (
                found := finished(
                    _spec(
                        part,
                        loss,
                        options,
                        seed=SWEEP_SEED,
                        rate=rate,
                        steps=SWEEP_STEPS,
                        judged=1,
                    ),
                    options.out / "sweep",
                )
            )
        }
        if len(short) < len(RATES):
            continue
        rate = float(min(short, key=short.__getitem__))
        specs = [_spec(part, loss, options, seed=seed, rate=rate) for seed in SEEDS]
        results = [found for spec in specs if (found := finished(spec, options.out)) is not None]
        about = {**part.about, "loss": loss, "learning_rate": rate, "val_distance_mae": short}
        rows += rows_by_level(results, specs[0].levels, about)
    return [*_baseline(part, options), *rows] if rows else []


def _baseline(part: Part, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The inputs as they are."""
    experiment = registry.create("experiment", "crystals")
    spec = _spec(part, part.losses[0], options, seed=0, rate=0.0)
    kept = options.out / f"input-{part.task}-{part.lattice}-{part.dataset}.json"
    found = read_or_set_aside(kept)
    if found is None:
        found = {"measurements": experiment.baselines(spec, options.out)}
        write_json(kept, found)
    return [
        {
            **part.about,
            **m["labels"],
            "values": {k: {"mean": v, "sd": None} for k, v in m["values"].items()},
        }
        for m in found["measurements"]
    ]


def _spec(
    part: Part,
    loss: str,
    options: argparse.Namespace,
    *,
    seed: int,
    rate: float,
    steps: int = STEPS,
    judged: int | None = None,
) -> CrystalSpec:
    return CrystalSpec(
        task=part.task,
        lattice=part.lattice,
        levels=LEVELS if part.task == "denoise" else (),
        dataset=part.dataset,
        dataset_options={"path": str((options.data / f"{part.dataset}.csv.gz").resolve())},
        model=part.model,
        model_options=SIZE,
        loss=loss,
        seed=seed,
        steps=steps,
        batch_size=BATCH_SIZE,
        learning_rate=rate,
        eval_graphs=judged or EVAL_GRAPHS,
        match_graphs=judged or MATCH_GRAPHS,
    )


if __name__ == "__main__":
    main()
