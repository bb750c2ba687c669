"""Table 2: generated molecules, QM9."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.molecules import gated_trend, qm9_table, value
from pyg_energyloss.paper.values import above


def build() -> Exhibit:
    """Return the table with what was measured here."""
    stable = "atom_stable"
    energy, mse = value("gdm + energy", stable), value("gdm + mse", stable)
    kabsch = value("gdm + kabsch", stable)
    return qm9_table(
        "table2",
        (
            Trend("energy has more stable atoms than MSE (gdm)", above(energy, mse)),
            Trend(
                "energy has more stable molecules than MSE (gdm)",
                above(
                    value("gdm + energy", "molecule_stable"), value("gdm + mse", "molecule_stable")
                ),
            ),
            Trend(
                "energy is more often valid than MSE (gdm)",
                above(value("gdm + energy", "valid"), value("gdm + mse", "valid")),
            ),
            Trend("aligned MSE has no more stable atoms than MSE (gdm)", above(mse, kabsch)),
            gated_trend(),
        ),
    )
