"""Table 9: GEOM-Drugs, with and without augmentation."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit
from pyg_energyloss.paper.unmeasured import GEOM_COMMAND, unmeasured


def build() -> Exhibit:
    """Return the table; nothing of it was measured here."""
    return unmeasured(
        "table9",
        ("energy beats MSE with and without augmentation", "augmentation helps the plain network"),
        notes=("Needs the GEOM-Drugs file and several GPUs, as table 1.",),
        command=GEOM_COMMAND + " --losses mse,energy --no-augment",
    )
