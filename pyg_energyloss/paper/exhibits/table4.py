"""Table 4: which stiffness."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.generated import (
    COMMAND,
    study_cells,
    study_environment,
    study_rows,
    study_setting,
)
from pyg_energyloss.paper.molecules import GATED, SPREAD, ahead
from pyg_energyloss.paper.sources import published
from pyg_energyloss.paper.values import published_rows

LABELS = {
    "exponential": "gdm + energy_gated",
    "inverse square": "gdm + energy_gated (stiffness=inverse_square)",
    "inverse": "gdm + energy_gated (stiffness=inverse)",
    "constant": "gdm + energy_gated (stiffness=constant)",
}


def build() -> Exhibit:
    """Return the table with what was measured here."""
    table = published()["table4"]
    shown = {
        line: study_cells(label, table["columns"])
        for line, label in LABELS.items()
        if label in study_rows()
    }
    rivals = ("inverse square", "inverse", "constant")
    return Exhibit(
        name="table4",
        title=table["title"],
        columns=tuple(table["columns"]),
        rows=published_rows("table4", shown),
        published_setting=table["setting"],
        measured_setting=study_setting() if shown else None,
        trends=tuple(
            Trend(
                f"exponential has more stable atoms than {rival}",
                ahead(LABELS["exponential"], LABELS[rival]),
            )
            for rival in rivals
        ),
        notes=(f"Here with the gated energy. {GATED}", SPREAD) if shown else (),
        command=f"{COMMAND} --groups main,stiffness",
        environment=study_environment(),
    )
