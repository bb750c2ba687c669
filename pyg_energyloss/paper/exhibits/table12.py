"""Table 12: GEOM-Drugs with sparse edges."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit
from pyg_energyloss.paper.sources import measured
from pyg_energyloss.paper.unmeasured import unmeasured
from pyg_energyloss.report.numbers import mean_sd


def build() -> Exhibit:
    """Return the table; nothing of it was measured here, a smaller question was."""
    return unmeasured("table12", notes=(_related(),))


def _related() -> str:
    """What was measured of the same question: another task, another data set, figures apart."""
    result = measured("edges_training")
    if result is None:
        return "A related question, whether sparse edges train as well, was not measured."
    errors = ", ".join(
        f"{row['edges']} {mean_sd({'mean': mae['mean'], 'sd': mae['std']}, 3)} Å"
        for row in result["summary"]
        if (mae := row["bond_mae"])
    )
    return (
        "A smaller question was measured: predicting structures of drug-like molecules (not "
        f"generating them), {result['steps']} steps, 3 seeds, bond-length error by edges: {errors}."
    )
