"""Table 12: GEOM-Drugs with sparse edges."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit
from pyg_energyloss.paper.sources import measured
from pyg_energyloss.paper.unmeasured import unmeasured


def build() -> Exhibit:
    """Return the table; nothing of it was measured here, a smaller question was."""
    return unmeasured("table12", notes=(_related(),))


def _related() -> str:
    """What was measured of the same question: another task, another data set, figures apart."""
    result = measured("edges_training")
    if result is None:
        return "A related question, whether sparse edges train as well, was not measured."
    errors = ", ".join(
        f"{row['edges']} {row['bond_mae']['mean']:.3f} ± {row['bond_mae']['std']:.3f} Å"
        for row in result["summary"]
    )
    return (
        "A smaller question was measured: predicting structures of drug-like molecules (not "
        f"generating them), {result['steps']} steps, 3 seeds, bond-length error by edges: {errors}."
    )
