"""The contest of structure losses: the same networks, data, steps and seeds for every loss.

    python benchmarks/contest run --work runs/contest       (hours; continues where it stopped)
    python benchmarks/contest speed                         (minutes) results/contest_speed.json
    python benchmarks/contest conformers --work runs/contest         (minutes) contest_coverage.json
    python benchmarks/contest publish                       results/contest.json, docs/contest.md

Rows go to benchmarks/contest/rows, one JSON for each finished run; weights stay in the work
folder, so that a run can be judged again without training.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from conformer_sets import measure_coverage
from curves import draw_curves
from page import write_page
from picture import draw_front
from speed import measure_speed
from stages import STAGES
from summary import summarise

from pyg_energyloss.cli.values import comma_list


def main() -> None:
    """Run the stages in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="make the runs that are missing")
    run.add_argument("--work", type=Path, default=Path("runs/contest"), help="weights go here")
    run.add_argument("--stages", type=comma_list, default=list(STAGES), metavar="A,B")
    run.set_defaults(do=run_stages)
    speed = commands.add_parser("speed", help="time a step of each network, for equal seconds")
    speed.set_defaults(do=lambda _: measure_speed())
    sets = commands.add_parser("conformers", help="COV and MAT of the drug-like runs")
    sets.add_argument("--work", type=Path, default=Path("runs/contest"), help="where weights are")
    sets.set_defaults(do=lambda options: measure_coverage(options.work))
    publish = commands.add_parser("publish", help="write the results, the page and the picture")
    publish.set_defaults(do=lambda _: (summarise(), write_page(), draw_curves(), draw_front()))
    options = parser.parse_args()
    options.do(options)


def run_stages(options: argparse.Namespace) -> None:
    """Make what is missing, one run after another, on one core."""
    torch.set_num_threads(1)
    for name in options.stages:
        for job in STAGES[name]:
            job.run(options.work)


if __name__ == "__main__":
    main()
