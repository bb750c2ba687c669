"""``energyloss springs``: learn with springs and sticks, heat them, report."""

from __future__ import annotations

import argparse
from importlib import util
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import INTERRUPTED, add_execution, check_writable, launch
from pyg_energyloss.cli.values import comma_list, positive, seeds
from pyg_energyloss_springs.app.functions import TOYS

if TYPE_CHECKING:
    from pyg_energyloss_springs.app.problem import Problem
    from pyg_energyloss_springs.app.spec import SticksSpec

DESCRIPTION = """\
Learn with springs and sticks: nodes on a grid are joined by sticks, a spring joins every data point
to its stick, and the fit is where the sticks come to rest. The elastic energy is the mean squared
error. The sticks are compared with a network of as many parameters, and then heated, until they
shake too much to learn: the learning barrier.

Writes results.json, metrics.csv, temperature.csv, plots (with an animation of the relaxation) and
a self-contained report.html, and prints a table (test error, mean ± s.d. over seeds)."""

EPILOG = """\
functions:
{functions}
  diabetes  a real table: 442 patients, ten features (scikit-learn's copy)

examples:
  energyloss springs                              sin 2πx, about a minute
  energyloss springs --quick                      a first look in seconds
  energyloss springs --function waves             two variables: a net of sticks
  energyloss springs --csv houses.csv --target price
  energyloss springs --csv houses.csv --target price --features area,age --sticks 6

Temperatures are in units of (stiffness of a spring) x (target)²; --heat takes them relative to the
barrier. source: Mantilla Calderón, Aspuru-Guzik, arXiv 2508.19015"""

#: What --quick changes: default, quick.
SEEDS, FOLDS = ((0, 1, 2), (0,)), (5, 3)
REPEATS, STEPS, FRAMES = (400, 100), (3000, 1000), (70, 30)
HEAT = ((0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), (0.03, 0.3, 3.0))
#: Temperatures of the exact curves of error by sticks, relative to the barrier.
BARRIER_SHARES = (0.0, 0.01, 0.1, 1.0)
#: Sticks along each feature and numbers of the sweeps, for one feature, for two, for more.
STICKS = {1: 20, 2: 8, 3: 4}
SWEEP = {1: (1, 2, 4, 8, 16, 32), 2: (1, 2, 4, 8, 12), 3: (1, 2, 4, 8)}
THERMAL = {1: (4, 8, 16), 2: (2, 4, 8), 3: (2, 4)}
#: More nodes than this in one system would take minutes a fit.
MOST_NODES = 1500


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss springs``."""
    lines = [f"  {name:9s} {toy.formula}" for name, toy in TOYS.items()]
    parser.description, parser.epilog = DESCRIPTION, EPILOG.format(functions="\n".join(lines))
    what = parser.add_argument_group("what to learn")
    which = what.add_mutually_exclusive_group()
    which.add_argument(
        "--function",
        choices=(*TOYS, "diabetes"),
        default="sine",
        metavar="NAME",
        help="one of the functions below (sine)",
    )
    which.add_argument("--csv", type=Path, metavar="FILE", help="a table with a header line")
    what.add_argument("--target", type=comma_list, metavar="COL,COL", help="with --csv: to learn")
    what.add_argument(
        "--features",
        type=comma_list,
        metavar="COL,COL",
        help="with --csv: to learn from (all other numeric columns)",
    )
    what.add_argument("--points", type=positive, help="to train on, functions (200 per variable)")
    what.add_argument(
        "--noise", type=float, default=0.1, help="of functions, relative to their scatter (0.1)"
    )
    how = parser.add_argument_group("the sticks")
    how.add_argument(
        "--sticks",
        type=positive,
        help="along each feature (20; 8 with two features, 4 with more)",
    )
    how.add_argument(
        "--group-size",
        type=positive,
        help="features that share a grid; grids are summed (2; 1 with more than two features)",
    )
    how.add_argument(
        "--heat",
        type=_temperatures,
        metavar="T,T",
        help="temperatures relative to the barrier (0.01 to 10)",
    )
    how.add_argument("--seeds", type=seeds, metavar="N|A,B", help="how many, or which (3)")
    how.add_argument("--quick", action="store_true", help="one seed, fewer and shorter runs")
    add_execution(parser, "runs/springs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the runs, write, print; the exit code is 1 if one failed."""
    _need_report_extra()
    from pyg_energyloss.report import read_document
    from pyg_energyloss_springs.app.sections import checks_told

    check_writable(options.out)
    code = launch("springs", specs_of(options), options)
    if code != INTERRUPTED:
        plots = options.out / "plots"
        print(f"         metrics.csv, temperature.csv, plots in {plots}")
        document = read_document(options.out)
        for line in (document["text"], *checks_told(document)):
            print(line)
    return code


def specs_of(options: argparse.Namespace) -> list[SticksSpec]:
    """The runs: each competitor with each seed, then what is measured with the first seed.

    Raises:
        UserError: an option is out of range, or does not go with another.
    """
    from pyg_energyloss_springs.app.spec import NAMES, SticksSpec

    what, problem = _problem(options)
    kind, quick = min(problem.dim, 3), options.quick
    group_size = options.group_size or (2 if problem.dim <= 2 else 1)  # noqa: PLR2004 - one grid
    sticks = options.sticks or STICKS[kind]
    groups = -(-problem.dim // group_size)

    def fits(number: int) -> bool:
        nodes: int = (number + 1) ** min(group_size, problem.dim)
        return groups * nodes <= MOST_NODES

    if not fits(sticks):
        raise UserError(
            f"--sticks {sticks} with --group-size {group_size} makes more than {MOST_NODES} nodes; "
            "use fewer sticks or smaller groups"
        )
    if len(problem.train[0]) < 2 * FOLDS[0]:
        raise UserError(f"{len(problem.train[0])} training points are too few; use at least 10")
    seeds = options.seeds or SEEDS[quick]
    heated = [number for number in THERMAL[kind] if fits(number)] or [sticks]
    heated = heated[:2] if quick else heated
    what |= {"group_size": group_size, "learned": problem.told()}
    first: dict[str, Any] = {**what, "model": "springs", "seed": seeds[0]}
    moved: dict[str, Any] = {**first, "repeats": REPEATS[quick]}
    tuned: dict[str, Any] = {"folds": FOLDS[quick]}
    shares: dict[str, Any] = {
        "temperatures": BARRIER_SHARES,
        "barrier_sticks": heated[len(heated) // 2],
    }
    heat: dict[str, Any] = {
        "temperatures": tuple(options.heat or HEAT[quick]),
        "steps": STEPS[quick],
    }
    return [
        *(
            SticksSpec(**what, **tuned, sticks=sticks, model=model, seed=seed)
            for seed, model in product(seeds, NAMES)
        ),
        SticksSpec(**moved, part="equilibrium", sticks=sticks, frames=FRAMES[quick]),
        *(
            SticksSpec(**first, **tuned, **shares, part="hinges", sticks=number)
            for number in SWEEP[kind]
            if fits(number)
        ),
        *(
            SticksSpec(**moved, **heat, part="heat", sticks=number, stream=100 * place)
            for place, number in enumerate(heated)
        ),
    ]


def _problem(options: argparse.Namespace) -> tuple[dict[str, Any], Problem]:
    """Fields that tell what is learned, and the problem of the first seed."""
    from pyg_energyloss_springs.app.problem import table_problem, toy_problem
    from pyg_energyloss_springs.app.table import diabetes, packed, read_csv

    if options.csv is None and (options.target or options.features):
        raise UserError("--target and --features go with --csv")
    if options.csv is not None:
        if not options.target:
            raise UserError("--csv needs --target COL, the column to learn")
        name, table = options.csv.name, read_csv(options.csv, options.target, options.features)
        found = {"problem": name, "table": packed(table, options.out)}
        return found, table_problem(name, table, seed=0)
    if options.function == "diabetes":
        return {"problem": "diabetes"}, table_problem("diabetes", diabetes(), seed=0)
    if not options.noise >= 0:
        raise UserError(f"--noise must not be negative, got {options.noise:g}")
    points = options.points or 200 * TOYS[options.function].dim
    sampled: dict[str, Any] = {"points": points, "noise": options.noise}
    problem = toy_problem(options.function, **sampled, seed=0)
    return {"problem": options.function, **sampled}, problem


def _temperatures(text: str) -> tuple[float, ...]:
    try:
        values = tuple(sorted(float(part) for part in text.split(",") if part.strip()))
    except ValueError:
        values = ()
    if not values or not min(values) > 0:
        raise argparse.ArgumentTypeError(
            f"expected temperatures relative to the barrier as 0.1,1,10; got {text!r}"
        )
    return values


def _need_report_extra() -> None:
    missing = [m for m in ("matplotlib", "PIL", "rich") if not util.find_spec(m)]
    if missing:
        raise ImportError(
            f"`energyloss springs` needs {', '.join(missing)}: "
            "pip install 'pyg-energyloss-springs[report]'"
        )
