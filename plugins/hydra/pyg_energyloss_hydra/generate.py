"""Sweeps of generators with Hydra: a run for each combination of values.

    python -m pyg_energyloss_hydra.generate -m loss=mse,energy_gated learning_rate=1e-3,2e-3
    ... hydra/launcher=joblib hydra.launcher.n_jobs=4         (pip install hydra-joblib-launcher)
    ... hydra/launcher=submitit_slurm hydra.launcher.gpus_per_node=1   (hydra-submitit-launcher)

Runs go to ``out``; one that was cut short or is there already is continued or left as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from pyg_energyloss.training.generate_compare import check_names, flat
from pyg_energyloss.training.generate_run import load_result, train_and_sample
from pyg_energyloss.training.generate_spec import GenerateSpec


@hydra.main(version_base="1.3", config_path="conf", config_name="generate")
def main(config: DictConfig) -> float:
    """Train one generator and return its share of stable atoms, for sweepers that optimise."""
    values: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    out = Path(values.pop("out"))
    spec = GenerateSpec.from_dict(values)
    check_names([spec])
    result = load_result(out, spec) or train_and_sample(
        spec.to_dict(), str(out), report=_tell(spec.label)
    )
    metrics = flat(result["metrics"]["averaged"])
    print(f"{spec.label}, seed {spec.seed}: {metrics}")  # noqa: T201 - what the run is asked for
    return metrics.get("atom_stable", float("nan"))


def _tell(label: str) -> Any:
    def report(done: int, total: int, values: dict[str, float]) -> None:
        shown = "  ".join(f"{name} {value:.3g}" for name, value in values.items())
        print(f"\r{label}  {done}/{total}  {shown}", end="", file=sys.stderr)  # noqa: T201

    return report


if __name__ == "__main__":
    main()
