"""Table 8: generated molecules, QM9, all losses and models."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.molecules import gated_trend, qm9_table, value
from pyg_energyloss.paper.values import above


def build() -> Exhibit:
    """Return the table with what was measured here."""
    stable = "atom_stable"
    return qm9_table(
        "table8",
        (
            Trend(
                "energy has more stable atoms than MSE (gdm)",
                above(value("gdm + energy", stable), value("gdm + mse", stable)),
            ),
            Trend(
                "energy has more stable atoms than MSE (edm)",
                above(value("edm + energy", stable), value("edm + mse", stable)),
            ),
            Trend(
                "MAE has fewer stable atoms than MSE (gdm)",
                above(value("gdm + mse", stable), value("gdm + mae", stable)),
            ),
            Trend(
                "the plain network with energy beats the equivariant one with MSE",
                above(value("gdm + energy", stable), value("edm + mse", stable)),
            ),
            gated_trend(),
            Trend(
                "gated energy has more stable atoms than MSE (edm)",
                above(value("edm + energy_gated", stable), value("edm + mse", stable)),
                ours=True,
            ),
        ),
    )
