"""Takes a finished `energyloss compare` run into the docs: table, plot and results.

    energyloss compare --out runs/compare && python benchmarks/compare_docs.py runs/compare

Prints the table as Markdown (for README.md and docs/compare.md), and copies results.json to
benchmarks/results/compare.json and the plots to docs/images.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from pyg_energyloss.files import read_json, write_json
from pyg_energyloss.report.tables import sheets

ROOT = Path(__file__).parents[1]


def table(results: Any) -> tuple[list[str], list[list[str]], list[list[bool]]]:
    """Columns, cells and marks (best of its column), model and loss in one cell."""
    (sheet,) = sheets(results)
    columns = [f"{head} {unit}".strip() for head, unit in sheet.heads[2:]]
    cells = [[f"{model} + {loss}", *rest] for model, loss, *rest in sheet.cells]
    return ["model + loss", *columns], cells, [[False, *mark[2:]] for mark in sheet.best]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    results = read_json(options.run / "results.json")
    columns, cells, marks = table(results)
    lines = [columns, ["---"] * len(columns)]
    for row, mark in zip(cells, marks, strict=True):
        lines.append([f"**{c}**" if m else c for c, m in zip(row, mark, strict=True)])
    print("\n".join("| " + " | ".join(line) + " |" for line in lines))
    environment = results["environment"]
    print(f"\n{environment['processor']}, {environment['cores']} cores, {environment['date']}")
    seconds = sum(run["train_seconds"] + run["eval_seconds"] for run in results["runs"])
    print(f"{seconds:.0f} s of work in {len(results['runs'])} runs")
    write_json(ROOT / "benchmarks" / "results" / "compare.json", results)
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.run / "plots" / "errors-on-test-molecules.png", images / "compare.png")
    shutil.copy(options.run / "plots" / "training.png", images / "compare_curves.png")


if __name__ == "__main__":
    main()
