"""Tables 2 and 8 share their lines; so do their trends."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.generated import (
    COMMAND,
    metric,
    study_cells,
    study_environment,
    study_rows,
    study_setting,
)
from pyg_energyloss.paper.sources import published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import Verdict, is_above

#: Line of the paper -> label of the study. The last ones are ours alone.
LABELS = {
    "gdm + mse": "gdm + mse",
    "gdm + mae": "gdm + mae",
    "gdm + kabsch": "gdm + kabsch",
    "gdm + energy": "gdm + energy",
    "edm + mse": "edm + mse",
    "edm + energy": "edm + energy",
    "gdm without augmentation + mse": "gdm + mse, not turned",
    "gdm + energy, gated": "gdm + energy_gated",
    "gdm + energy, gated, sparse": "gdm + energy_gated (edges_per_atom=4.0)",
    "gdm without augmentation + energy, gated": "gdm + energy_gated, not turned",
    "edm + energy, gated": "edm + energy_gated",
}
GATED = (
    "“Gated” is `NoiseGatedLoss`: the energy at low noise, MSE at high noise, where the energy's "
    "minimiser is not the mean that a denoiser has to predict; the paper has no such loss."
)

SPREAD = (
    "A cell without ± is a single seed, whose spread is not known. Hardly any "
    "molecule is stable after so few steps: differences in that column mean little."
)


def ahead(first: str, second: str, name: str = "atom_stable") -> Verdict:
    """Tell whether a line of the study is above another, by Welch's test of the seeds."""
    one, other = (metric(study_rows().get(label), name) for label in (first, second))
    return is_above(one, other)


def qm9_table(name: str, trends: tuple[Trend, ...]) -> Exhibit:
    """Build table 2 or 8."""
    table = published()[name]
    shown = {
        line: cells
        for line, label in LABELS.items()
        if (line in table["rows"] or "gated" in line)
        and label in study_rows()
        and (cells := study_cells(label, table["columns"]))
    }
    return Exhibit(
        name=name,
        title=table["title"],
        columns=tuple(table["columns"]),
        rows=published_rows(name, shown),
        published_setting=table["setting"],
        measured_setting=study_setting(),
        trends=trends,
        notes=(GATED, SPREAD) if shown else (),
        command=COMMAND,
        environment=study_environment(),
    )


def gated_trend() -> Trend:
    """What the gated energy comes to, which the paper does not have."""
    verdict = ahead("gdm + energy_gated", "gdm + mse")
    return Trend("gated energy has more stable atoms than MSE (gdm)", verdict, ours=True)
