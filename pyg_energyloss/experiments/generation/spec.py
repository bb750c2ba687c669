"""The fields of a generator's run, its defaults, and the settings of the paper's runs."""

from __future__ import annotations

from dataclasses import dataclass

from pyg_energyloss.experiments.spec import FieldError, TrainingSpec, judging, option

#: Names in `generative.SCHEDULES`, `PREDICTIONS` and `SAMPLERS`, which import torch.
SCHEDULES = ("cosine", "flow", "polynomial")
PREDICTIONS = ("flow", "noise", "velocity")
SAMPLERS = ("ancestral", "ddim", "heun")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "64-true")

#: model -> loss -> (learning rate, position weight) of the paper's QM9 runs (appendix B).
PAPER_RATES: dict[str, dict[str, tuple[float, float]]] = {
    "gdm": {
        "energy": (4e-4, 0.05),
        "energy_gated": (4e-4, 0.05),
        "energy_sparse": (4e-4, 0.05),
        "energy_inverse": (7e-4, 0.05),
        "energy_inverse_square": (6e-4, 0.05),
        "energy_constant": (9e-4, 0.05),
        "mse": (1e-3, 1.5),
        "mae": (1e-3, 0.8),
        "kabsch": (8e-4, 0.8),
    },
    "edm": {
        "energy": (1e-4, 0.05),
        "energy_inverse_square": (1e-4, 0.1),
        "mse": (3e-4, 1.0),
        "kabsch": (3e-4, 0.8),
    },
}
#: For a model and a loss that the paper has no figure for.
PAPER_FALLBACK = (4e-4, 0.05)
#: k0 of the paper's QM9 runs by loss, in the stiffness of the registered losses; they have k0 = 1.
PAPER_STIFFNESS = {
    "energy": 42.0,
    "energy_gated": 42.0,
    "energy_sparse": 42.0,
    "energy_inverse": 5.0,
    "energy_inverse_square": 16.0,
    "energy_constant": 1.0,
}
PAPER_MODEL = {"channels": 256, "layers": 9}

LOSSES = ("mse", "energy", "energy_gated")
MODELS = ("gdm",)
#: Evaluators of generated sets, in the order of the report.
EVALUATORS = ("stability", "validity", "distributions")
LEARNING_RATE = 2e-3
#: Weight of the structure loss beside that of the types: the best of all losses that were tuned,
#: see ``benchmarks/generate_tuning.py`` and its result.
POSITION_WEIGHT = 3.0


def paper_rate(model: str, loss: str) -> tuple[float, float]:
    """Learning rate and position weight of the paper's runs.

    The weight is for losses with k0 = 1, so it includes the paper's k0.
    """
    rate, weight = PAPER_RATES.get(model, {}).get(loss, PAPER_FALLBACK)
    return rate, weight * PAPER_STIFFNESS.get(loss, 1.0)


@dataclass(frozen=True, kw_only=True)
class GeneratorSpec(TrainingSpec):
    """One generator: how it is trained, sampled and judged.

    Raises:
        ValueError: a field is out of range or names nothing.
    """

    precision: str = option("32-true", "of the training (32-true)", choices=PRECISIONS)
    position_weight: float = option(
        POSITION_WEIGHT, "of the structure loss (3; per loss with --paper)", least=0
    )
    schedule: str = option(
        "polynomial",
        "polynomial or cosine diffusion, or flow matching (polynomial)",
        choices=SCHEDULES,
    )
    prediction: str = option(
        "velocity", "what the denoiser outputs (velocity; noise with --paper)", choices=PREDICTIONS
    )
    augment: bool = option(True, "do not turn training molecules at random", flag="no-augment")
    ema: float = option(0.999, "decay of the averaged weights", least=0, below=1)
    constant_rate: bool = option(False, "keep the rate after its rise")
    type_scale: float = option(0.25, "length of the vector of an atom type")
    fraction: float = option(1.0, "share of the data to train on")
    sampler: str = judging("ancestral", "(ancestral)", choices=SAMPLERS)
    sample_steps: int = judging(100, "levels", least=1)
    samples: int = judging(500, "molecules a run", least=1)
    evaluators: tuple[str, ...] = judging((), "of sets (all that are installed)", metavar="A,B")

    def __post_init__(self) -> None:
        """Check the share of the data."""
        super().__post_init__()
        if not 0 < self.fraction <= 1:
            raise FieldError("fraction", f"must be in (0, 1], got {self.fraction:g}")

    @property
    def labels(self) -> dict[str, str]:
        """One label, as this is what the pictures call a generator."""
        return {"generator": self.label}

    @property
    def label(self) -> str:
        """Model and loss, and what is not as usual."""
        loss = ", ".join(f"{name}={value}" for name, value in sorted(self.loss_options.items()))
        parts = [
            f"{self.model} + {self.loss}{f' ({loss})' if loss else ''}",
            "" if self.fraction == 1 else f"{100 * self.fraction:g} % of the data",
            "" if self.augment else "not turned",
            "flow matching" if self.schedule == "flow" else "",
        ]
        return ", ".join(part for part in parts if part)
