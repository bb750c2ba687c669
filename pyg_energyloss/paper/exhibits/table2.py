"""Table 2: generated molecules, QM9."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.molecules import ahead, gated_trend, qm9_table

ENERGY, MSE, KABSCH = "gdm + energy", "gdm + mse", "gdm + kabsch"


def build() -> Exhibit:
    """Return the table with what was measured here."""
    return qm9_table(
        "table2",
        (
            Trend("energy has more stable atoms than MSE (gdm)", ahead(ENERGY, MSE)),
            Trend(
                "energy has more stable molecules than MSE (gdm)",
                ahead(ENERGY, MSE, "molecule_stable"),
            ),
            Trend("energy is more often valid than MSE (gdm)", ahead(ENERGY, MSE, "valid")),
            Trend("aligned MSE has fewer stable atoms than MSE (gdm)", ahead(MSE, KABSCH)),
            gated_trend(),
        ),
    )
