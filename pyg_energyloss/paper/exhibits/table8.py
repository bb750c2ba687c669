"""Table 8: generated molecules, QM9, all losses and models."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.molecules import ahead, gated_trend, qm9_table


def build() -> Exhibit:
    """Return the table with what was measured here."""
    return qm9_table(
        "table8",
        (
            Trend(
                "energy has more stable atoms than MSE (gdm)", ahead("gdm + energy", "gdm + mse")
            ),
            Trend(
                "energy has more stable atoms than MSE (edm)", ahead("edm + energy", "edm + mse")
            ),
            Trend(
                "MAE, weighed among noise levels like a square, has fewer stable atoms (gdm)",
                ahead("gdm + mse", "gdm + mae"),
            ),
            Trend(
                "the plain network with energy beats the equivariant one with MSE",
                ahead("gdm + energy", "edm + mse"),
            ),
            gated_trend(),
            Trend(
                "gated energy has more stable atoms than MSE (edm)",
                ahead("edm + energy_gated", "edm + mse"),
                ours=True,
            ),
        ),
    )
