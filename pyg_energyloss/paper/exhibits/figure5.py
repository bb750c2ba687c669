"""Figure 5: how many random regular graphs are globally rigid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pyg_energyloss.files import write_json
from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import NOT_MEASURED, Verdict, both, share_is_above
from pyg_energyloss.rigidity import is_globally_rigid, is_rigid
from pyg_energyloss.samplers import random_regular

RESULT = "rigidity_figure5"
SIZES = (6, 8, 10, 12, 16, 20, 30, 40, 50)
#: Shares that count as almost all and as none.
ALMOST_ALL, NONE = 0.99, 0.01
DEGREES = {2: (3, 4, 5, 6), 3: (4, 5, 6, 7, 8)}


def build() -> Exhibit:
    """Return points of the figure with what was measured here."""
    result = measured(RESULT)
    rows = [] if result is None else result["rows"]
    share = {(row["dim"], row["k"], row["n"]): row["globally_rigid"] for row in rows}
    shown = {}
    for label in published()["figure5"]["rows"]:
        dim, degree = (int(part.split()[1]) for part in label.split(", "))
        cells = tuple(f"{share[dim, degree, n]:.3f}" for n in (10, 20, 50)) if share else None
        if cells:
            shown[label] = cells
    graphs = 0 if result is None else result["graphs_per_point"]
    at = [v for (dim, k, n), v in share.items() if k == 2 * dim and n >= 10]  # noqa: PLR2004 - shown
    below = [v for (dim, k, n), v in share.items() if k == 2 * dim - 1 and n >= 20]  # noqa: PLR2004
    return Exhibit(
        name="figure5",
        title=published()["figure5"]["title"],
        columns=tuple(published()["figure5"]["columns"]),
        rows=published_rows("figure5", shown),
        published_setting=published()["figure5"]["setting"],
        measured_setting=None
        if result is None
        else f"{result['graphs_per_point']} graphs per point, seed {result['seed']}, exact rank "
        "and random stress test",
        trends=(
            Trend(
                "k = 2d is globally rigid in at least 99 % of draws, n from 10 to 50",
                both(*(_share(v, graphs, ALMOST_ALL) for v in at)) if at else NOT_MEASURED,
            ),
            Trend(
                "k = 2d - 1 is not, n from 20 on",
                both(*(_share(1 - v, graphs, 1 - NONE) for v in below)) if below else NOT_MEASURED,
                ours=True,
            ),
        ),
        notes=("Rigid is not stiff: `docs/edges.md` shows how soft such graphs are.",),
        command="energyloss paper figure5 --measure",
        environment={} if result is None else result["environment"],
    )


def _share(share: float, graphs: int, bound: float) -> Verdict:
    return share_is_above(round(share * graphs), graphs, bound)


def measure(folder: Path, *, graphs: int = 1000, seed: int = 0) -> Path:
    """Draw and test the graphs (ten minutes on a core) and write the result into ``folder``."""
    from pyg_energyloss.experiments.environment import environment

    rows = []
    for dim, degrees in DEGREES.items():
        for degree in degrees:
            for size in (n for n in SIZES if degree < n and n * degree % 2 == 0):
                rng = np.random.default_rng([seed, dim, degree, size])
                drawn = [random_regular(size, degree, rng) for _ in range(graphs)]
                tests = {"rigid": is_rigid, "globally_rigid": is_globally_rigid}
                rows.append(
                    {"dim": dim, "k": degree, "n": size}
                    | {
                        k: float(np.mean([t(g, size, dim) for g in drawn]))
                        for k, t in tests.items()
                    }
                )
    document = {"what": "share of random k-regular graphs that are generically (globally) rigid"}
    document |= {"graphs_per_point": graphs, "seed": seed, "rows": rows}  # type: ignore[dict-item]
    return write_json(folder / f"{RESULT}.json", document | {"environment": environment()})


def draw(folder: Path) -> Path | None:
    """Draw the shares in three dimensions into ``folder``/figure5.png; None if not measured."""
    result = measured(RESULT)
    if result is None:
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for ax, dim in zip(figure.subplots(1, 2, sharey=True), DEGREES, strict=True):
        for degree in DEGREES[dim]:
            rows = [row for row in result["rows"] if (row["dim"], row["k"]) == (dim, degree)]
            ax.plot(
                [r["n"] for r in rows],
                [r["globally_rigid"] for r in rows],
                "o-",
                ms=4,
                label=f"k = {degree}",
            )
        ax.set(title=f"{dim} dimensions", xlabel="vertices")
        ax.legend(fontsize=8, loc="center right")
    figure.axes[0].set_ylabel("share globally rigid")
    path = folder / "figure5.png"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    return path
