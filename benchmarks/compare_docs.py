"""Takes a finished `energyloss compare` run into the docs: table, plot and results.

    energyloss compare --out runs/compare && python benchmarks/compare_docs.py runs/compare

Prints the table as Markdown (for README.md and docs/compare.md), and copies results.json to
benchmarks/results/compare.json and the plots to docs/images.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from pyg_energyloss.files import write_json
from pyg_energyloss.training.summary import summarise, table

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    results = json.loads((options.run / "results.json").read_text())
    columns, cells, marks = table(summarise(results["runs"]))
    lines = [columns, ["---"] * len(columns)]
    for row, mark in zip(cells, marks, strict=True):
        lines.append([f"**{c}**" if m else c for c, m in zip(row, mark, strict=True)])
    print("\n".join("| " + " | ".join(line) + " |" for line in lines))
    environment = results["environment"]
    print(f"\n{environment['processor']}, {environment['cores']} cores, {environment['date']}")
    print(f"{results['seconds']:.0f} s for {len(results['runs'])} runs")
    write_json(ROOT / "benchmarks" / "results" / "compare.json", results)
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.run / "plots" / "metrics.png", images / "compare.png")
    shutil.copy(options.run / "plots" / "curves.png", images / "compare_curves.png")


if __name__ == "__main__":
    main()
