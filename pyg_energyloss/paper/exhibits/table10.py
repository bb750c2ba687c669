"""Table 10: time of the loss in a training step."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import fact

ONE_PERCENT = 0.01
NOTE = (
    "A CPU against a GPU: compare shares, not times. Forward and backward pass were not timed "
    "apart here; the sparse loss redraws its edges inside."
)
LABELS = {
    "loss: mse": "mse",
    "loss: energy": "energy",
    "loss: energy, sparse": "energy_sparse",
    "loss: kabsch": "kabsch",
}


def build() -> Exhibit:
    """Return the table with what was measured here."""
    result = measured("generate_step")
    shown: dict[str, tuple[str, ...]] = {}
    share, cheaper = None, None
    if result is not None:
        losses = result["losses"]
        shown = {
            line: (f"{losses[name]['loss_ms']:.2f}",)
            for line, name in LABELS.items()
            if name in losses
        }
        shown["whole step with the energy"] = (f"{losses['energy']['step_ms']:.0f}",)
        share = losses["energy"]["share"] < ONE_PERCENT
        cheaper = losses["energy"]["loss_ms"] < losses["kabsch"]["loss_ms"]
    return Exhibit(
        name="table10",
        title=published()["table10"]["title"],
        columns=("ms",),
        rows=published_rows("table10", shown),
        published_setting=published()["table10"]["setting"],
        measured_setting=None
        if result is None
        else f"{result['what']}, CPU; loss and its gradient",
        trends=(
            Trend("the energy costs under 1 % of a step", fact(share)),
            Trend("the energy is cheaper than aligned MSE", fact(cheaper)),
        ),
        notes=(NOTE,),
        command="python benchmarks/generate_step.py",
        environment={} if result is None else result["environment"],
    )
