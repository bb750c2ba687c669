"""Figure 2: the loss landscape of two particles on a line."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pyg_energyloss.functional import complete_pair_energy, coordinate_mse
from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import fact

TARGET = torch.tensor([[-1.0], [1.0]])
RANGE = 2.5
#: A grid point below this is a minimum; this many of them are a family.
FLOOR, MANY = 1e-6, 100


def landscape(points: int = 121) -> dict[str, Tensor]:
    """Return both losses over a grid of two coordinates.

    Returns:
        ``axis`` [points], and ``mse`` and ``energy`` [points, points] with the first particle's
        position along the rows.
    """
    axis = torch.linspace(-RANGE, RANGE, points)
    pos = torch.cartesian_prod(axis, axis).reshape(-1, 1)
    count = points * points
    batch = torch.repeat_interleave(torch.arange(count), 2)
    target = TARGET.repeat(count, 1)
    values = {
        "mse": coordinate_mse(pos, target, batch=batch, num_graphs=count),
        "energy": complete_pair_energy(pos, target, batch=batch, num_graphs=count),
    }
    return {"axis": axis} | {k: v.reshape(points, points) for k, v in values.items()}


def build() -> Exhibit:
    """Return what the two landscapes show, computed now."""
    found = landscape()
    minima = {name: int((found[name] < FLOOR).sum()) for name in ("mse", "energy")}
    blind = {
        name: bool(torch.allclose(found[name], found[name].T, atol=1e-4))
        for name in ("mse", "energy")
    }
    shown = {
        name: (str(minima[name]), "yes" if blind[name] else "no") for name in ("mse", "energy")
    }
    return Exhibit(
        name="figure2",
        title=published()["figure2"]["title"],
        columns=tuple(published()["figure2"]["columns"]),
        rows=published_rows("figure2", shown),
        published_setting=published()["figure2"]["setting"],
        measured_setting="computed on a grid of 121 x 121 points; minima counts points of the grid",
        trends=(
            Trend("MSE has one minimum", fact(minima["mse"] == 1)),
            Trend("the pair energy has a family of minima", fact(minima["energy"] > MANY)),
            Trend(
                "the pair energy is blind to an exchange, MSE is not",
                fact(blind["energy"] and not blind["mse"]),
            ),
        ),
        command="energyloss paper figure2 --out .",
    )


def draw(folder: Path) -> Path:
    """Draw both landscapes into ``folder``/figure2.png."""
    from matplotlib.figure import Figure

    found = landscape()
    axis = found["axis"]
    figure = Figure(figsize=(8, 3.9), layout="constrained")
    heads = {"mse": "MSE: one minimum", "energy": "pair energy: every correct arrangement"}
    for ax, (name, head) in zip(figure.subplots(1, 2), heads.items(), strict=True):
        # The square root opens up the floor of the valleys.
        ax.contourf(axis, axis, found[name].T.sqrt(), 24, cmap="viridis")
        step = slice(4, None, 14)
        slope = torch.gradient(found[name], spacing=(axis, axis))
        ax.quiver(axis[step], axis[step], *(-s[step, step].T.numpy() for s in slope), color="w")
        ax.plot(-1, 1, "o", color="tab:red", label="the data")
        ax.plot(0.7, -0.9, "^", color="tab:orange", label="a prediction")
        ax.set(title=head, xlabel="first particle", ylabel="second particle", aspect="equal")
    figure.axes[0].legend(loc="lower left")
    path = folder / "figure2.png"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    return path
