"""Sweeps of any experiment with Hydra: a run for each combination of values.

    python -m pyg_energyloss_hydra.generate -m loss=mse,energy_gated learning_rate=1e-3,2e-3
    python -m pyg_energyloss_hydra.generate --config-name compare -m model=gnn,egnn loss=mse,energy
    python -m pyg_energyloss_hydra.generate --config-name spins -m loss=local_field,true_energy
    ... hydra/launcher=joblib hydra.launcher.n_jobs=4         (pip install hydra-joblib-launcher)
    ... hydra/launcher=submitit_slurm hydra.launcher.gpus_per_node=1   (hydra-submitit-launcher)

Runs go to ``out``; one that was cut short or is there already is continued or left as it is.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from pyg_energyloss import registry
from pyg_energyloss.experiments.study import run_one


@hydra.main(version_base="1.3", config_path="conf", config_name="generate")
def main(config: DictConfig) -> float:
    """Make one run and return its first figure of merit, for sweepers that optimise."""
    values: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    out, name = Path(values.pop("out")), str(values.pop("experiment"))
    experiment = registry.create("experiment", name)
    spec = experiment.spec_type.from_dict(values)
    metrics = run_one(name, spec, out)["measurements"][0]["values"]
    print(f"{spec.title}: {metrics}")  # noqa: T201 - what the run is asked for
    value = metrics.get(experiment.columns[0]["key"])
    return math.nan if value is None else float(value)


if __name__ == "__main__":
    main()
