"""Figure 3: regular shapes, by the turn of the targets and by the number of vertices."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_json
from pyg_energyloss.losses import CoordinateMSELoss, KabschMSELoss
from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.polygons import polygon_quality, train_polygons
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import NOT_MEASURED, Verdict, both, is_above, sample
from pyg_energyloss.presets import paper_shapes

RESULT = "paper_figure3"
TURNS = (0.0, 0.25, 0.5, 0.75, 1.0)
PERFECT, USELESS = 5.0, 2.0


def build() -> Exhibit:
    """Return the figure's ends with what was measured here."""
    turned, sized = measured(RESULT), measured("edges_shapes")
    quality = {} if turned is None else turned["quality"]
    shown = {
        name: tuple(f"{statistics.fmean(quality[name][turn]):.1f}" for turn in ("0.0", "1.0"))
        for name in quality
    }
    worst = {name: sample(q["1.0"]) for name, q in quality.items()}
    by_size: dict[tuple[int, str], dict[str, Any]] = {}
    if sized is not None:
        by_size = {(row["n"], row["edges"]): sample(row["quality"]) for row in sized["rows"]}
    sizes = sorted({n for n, _ in by_size})
    return Exhibit(
        name="figure3",
        title=published()["figure3"]["title"],
        columns=tuple(published()["figure3"]["columns"]),
        rows=published_rows("figure3", shown),
        published_setting=published()["figure3"]["setting"],
        measured_setting=None if turned is None else turned["what"],
        trends=(
            Trend("MSE falls below 2 at θ = π", is_above(USELESS, worst.get("mse"))),
            Trend(
                f"energy and Kabsch stay above {PERFECT:g}, where shapes look perfect",
                both(*(is_above(worst.get(name), PERFECT) for name in ("energy", "kabsch"))),
            ),
            Trend(
                "sparse edges are as good as all, within 0.3, from 8 to 128 vertices",
                both(*(_as_good(by_size, n) for n in sizes)) if sizes else NOT_MEASURED,
            ),
        ),
        notes=(_sizes(by_size, sizes),) if sizes else (),
        command="energyloss paper figure3 --measure",
        environment={} if turned is None else turned["environment"],
    )


def _as_good(by_size: dict[tuple[int, str], dict[str, Any]], size: int) -> Verdict:
    return is_above(by_size[size, "k_regular 4"], by_size[size, "complete"], by=-0.3)


def _sizes(by_size: dict[tuple[int, str], dict[str, Any]], sizes: list[int]) -> str:
    rows = (
        f"{edges}: " + ", ".join(f"{by_size[n, edges]['mean']:.1f}" for n in sizes)
        for edges in ("complete", "backbone", "k_regular 4", "mse")
    )
    return f"Figure 3c, measured, θ = π, vertices {', '.join(map(str, sizes))}: {'; '.join(rows)}."


def measure(folder: Path, *, seeds: tuple[int, ...] = (0, 1), steps: int = 600) -> Path:
    """Train at each turn of the targets (minutes) and write the result into ``folder``."""
    from pyg_energyloss.experiments.environment import environment

    losses: dict[str, Any] = {
        "mse": CoordinateMSELoss(), "kabsch": KabschMSELoss(), "energy": paper_shapes(),
    }  # fmt: skip
    quality = {
        name: {
            str(turn): [
                polygon_quality(train_polygons(loss, turn=turn * math.pi, steps=steps, seed=seed))
                for seed in seeds
            ]
            for turn in TURNS
        }
        for name, loss in losses.items()
    }
    what = (
        f"12 vertices, {steps} steps of 32, one learning rate, seeds {', '.join(map(str, seeds))}"
    )
    document = {"what": what, "seeds": seeds, "steps": steps, "quality": quality}
    return write_json(folder / f"{RESULT}.json", document | {"environment": environment()})


def draw(folder: Path) -> Path | None:
    """Draw quality against turn and size into ``folder``/figure3.png; None if not measured."""
    turned, sized = measured(RESULT), measured("edges_shapes")
    if turned is None or sized is None:
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for name, values in turned["quality"].items():
        left.plot(
            [float(t) for t in values],
            [statistics.fmean(v) for v in values.values()],
            "o-",
            label=name,
        )
    for edges in ("complete", "backbone", "k_regular 4", "mse"):
        rows = [row for row in sized["rows"] if row["edges"] == edges]
        right.semilogx([r["n"] for r in rows], [r["mean"] for r in rows], "o-", base=2, label=edges)
    left.set(xlabel="targets turned by up to ± θ / π", ylabel="quality", title="12 vertices")
    right.set(xlabel="vertices", title="θ = π, by edges of the energy")
    for ax in (left, right):
        ax.axhline(PERFECT, color="0.8", zorder=0)
        ax.legend(fontsize=8)
    path = folder / "figure3.png"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    return path
