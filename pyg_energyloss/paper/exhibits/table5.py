"""Table 5: spins."""

from __future__ import annotations

from typing import Any

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import cell, published_rows
from pyg_energyloss.paper.verdict import both, is_above

LABELS = {
    "cross-entropy": "spin_cross_entropy",
    "margin": "spin_margin",
    "local field": "local_field",
    "true energy": "true_energy",
    "cross-entropy, blind to the flip": "spin_cross_entropy+flip",
    "local field, blind to the flip": "local_field+flip",
    "springs between spins": "target_bond",
}


def build() -> Exhibit:
    """Return the table with what was measured here."""
    result = measured("spins_default")
    found: dict[str, dict[str, Any]] = {}
    setting = None
    if result is not None:
        found = {row["labels"]["loss"]: row["values"]["excess_energy"] for row in result["rows"]}
        run = result["settings"]
        seeds = sorted({made["spec"]["seed"] for made in result["runs"]})
        setting = (
            f"{run['size']} x {run['size']} open lattice, J even in ±1, {run['train']} systems, "
            f"residual CNN of width {run['model_options']['width']}, {run['steps']} "
            f"steps of {run['batch_size']}, seeds {', '.join(map(str, seeds))}, CPU"
        )
    value = {line: found.get(loss) for line, loss in LABELS.items()}
    shown = {line: (cell(found[loss]),) for line, loss in LABELS.items() if loss in found}
    entropy, field = value["cross-entropy"], value["local field"]
    return Exhibit(
        name="table5",
        title=published()["table5"]["title"],
        columns=("excess energy",),
        rows=published_rows("table5", shown),
        published_setting=published()["table5"]["setting"],
        measured_setting=setting,
        trends=(
            Trend("local field is below cross-entropy", is_above(entropy, field)),
            Trend("local field is below margin", is_above(value["margin"], field)),
            Trend(
                "true energy is below all others",
                both(
                    *(is_above(v, value["true energy"]) for v in (entropy, field, value["margin"]))
                ),
            ),
            Trend(
                "blindness to the global flip brings the local field down further",
                is_above(field, value["local field, blind to the flip"]),
                ours=True,
            ),
        ),
        notes=(
            "Smaller lattices than the paper's: compare the order of the losses, not the values.",
        ),
        command="energyloss spins",
        environment={} if result is None else result["environment"],
    )
