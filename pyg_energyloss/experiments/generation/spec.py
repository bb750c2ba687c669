"""The fields of a generator's run, its defaults, and the settings of the paper's runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pyg_energyloss.experiments.spec import Spec, judging

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
class GeneratorSpec(Spec):
    """One generator: how it is trained, sampled and judged.

    Attributes:
        position_weight: The structure loss counts this much beside that of the types.
        schedule: Name in `generative.SCHEDULES`.
        prediction: Name in `generative.PREDICTIONS`.
        augment: Turn each training molecule at random.
        ema: Decay of the averaged weights.
        constant_rate: Keep the learning rate after its rise, instead of a fall along a cosine.
        type_scale: Length of the vector of an atom type.
        fraction: Share of the training molecules that is used.
        sampler: Name in `generative.SAMPLERS`.
        sample_steps: Calls of the denoiser for a sample.
        samples: Molecules generated with the averaged weights, and with the last ones.
        evaluators: Registered names of evaluators of sets.

    Raises:
        ValueError: a field is out of range or names nothing.
    """

    position_weight: float = POSITION_WEIGHT
    schedule: str = "polynomial"
    prediction: str = "velocity"
    augment: bool = True
    ema: float = 0.999
    constant_rate: bool = False
    type_scale: float = 0.25
    fraction: float = 1.0
    sampler: str = judging("ancestral")
    sample_steps: int = judging(100)
    samples: int = judging(500)
    evaluators: tuple[str, ...] = judging(())

    def __post_init__(self) -> None:
        """Check names and ranges."""
        super().__post_init__()
        for name, known in (
            ("schedule", SCHEDULES),
            ("prediction", PREDICTIONS),
            ("sampler", SAMPLERS),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"`{name}` must be one of {', '.join(known)}; got {getattr(self, name)!r}"
                )
        for name in ("samples", "sample_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
        if not 0 < self.fraction <= 1:
            raise ValueError(f"`fraction` must be in (0, 1], got {self.fraction:g}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"`ema` must be in [0, 1), got {self.ema:g}")
        if not (math.isfinite(self.position_weight) and self.position_weight >= 0):
            raise ValueError(
                f"`position_weight` must be finite and not negative, got {self.position_weight}"
            )

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
