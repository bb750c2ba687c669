"""The fields of a run on crystals, and the defaults that a sweep of learning rates found.

The sweep is part of ``benchmarks/crystals_study.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyg_energyloss.experiments.spec import TrainingSpec, check_levels, judging, option

TASKS = ("denoise", "composition")
LATTICES = ("given", "predicted")
MODELS = ("crystal_gnn", "crystal_egnn")
LOSSES = ("crystal_mse", "crystal_aligned_mse", "energy", "energy_absolute")
#: With a lattice to predict, one more; where it is given that is `energy_absolute`.
LATTICE_LOSSES = (*LOSSES, "energy_absolute_lattice")
LEVELS = (0.25, 0.5)
#: Standard deviation of the strain of the lattice for each Å of noise on the atoms.
STRAIN = 0.15

#: Peak learning rate for a model and a loss that the sweep did not cover.
FALLBACK_LEARNING_RATE = 1e-2

#: model -> loss -> peak learning rate: best distances of validation crystals of perov_5, in a short
#: run at a predicted lattice.
LEARNING_RATES: dict[str, dict[str, float]] = {
    "crystal_egnn": {
        "crystal_mse": 3e-2,
        "crystal_aligned_mse": 3e-2,
        "energy": 3e-2,
        "energy_absolute": 3e-2,
        "energy_absolute_lattice": 1e-2,
    },
    "crystal_gnn": {
        "crystal_mse": 1e-2,
        "crystal_aligned_mse": 1e-2,
        "energy": 3e-2,
        "energy_absolute": 1e-2,
    },
    # Of the plugin: one run each at 0.01, 0.03 and 0.1, as long as those of the sweep.
    "crystal_e3nn": dict.fromkeys(LATTICE_LOSSES, 3e-2),
}


def learning_rate(model: str, loss: str) -> float:
    """Peak learning rate of a model with a loss."""
    return LEARNING_RATES.get(model, {}).get(loss, FALLBACK_LEARNING_RATE)


@dataclass(frozen=True, kw_only=True)
class CrystalSpec(TrainingSpec):
    """One run on crystals.

    Raises:
        ValueError: the task or the lattice is unknown, or the levels do not fit.
    """

    task: str = option("denoise", "", choices=TASKS)
    lattice: str = option(
        "given",
        "the cell is given (default), or predicted from a strained copy (denoise) or a cube",
        choices=LATTICES,
    )
    levels: tuple[float, ...] = option(
        (),
        "denoise: standard deviations of the noise in Å (default: 0.25,0.5)",
        flag="noise-levels",
        metavar="S,S",
    )
    eval_graphs: int = judging(200, "test crystals", least=1)
    match_graphs: int = judging(
        40, "of these, how many pymatgen's matcher judges, which is slow", least=1
    )

    def __post_init__(self) -> None:
        """Check the levels."""
        super().__post_init__()
        check_levels(self.levels, self.task)
