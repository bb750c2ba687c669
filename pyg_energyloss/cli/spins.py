"""``energyloss spins``: exact spin data, several losses, one table, one report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Self

from pyg_energyloss.cli.comparison import check_writable, cores, processes, registered, unique
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.outcome import TRAINING, check_finished, interrupted, need_extras
from pyg_energyloss.cli.values import comma_list, nested_options, positive, seeds

DESCRIPTION = """\
Generate Ising spin glasses on a square lattice with their exact ground states, train a network
from couplings to spins with every chosen loss, at equal numbers of steps and with equal seeds, and
compare the energy of its predictions with the exact one. Each loss has its own learning rate and
parameters, tuned alike on other systems (--paper: those of the paper). Writes results.json,
metrics.csv, plots and a self-contained report.html, and prints the table (mean ± standard
deviation over seeds).

A loss name followed by +flip is its form blind to a flip of all spins, under which the energy does
not change. A run that was cut short continues where it stopped when the same command is given
again."""

EPILOG = """\
examples:
  energyloss spins                              10 x 10, under ten minutes on two cores
  energyloss spins --quick                      a first look in about a minute
  energyloss spins --paper --out runs/paper     the paper's 16 x 16 configuration; wants a GPU
  energyloss spins --periodic --size 10         on a torus
  energyloss spins --losses local_field,local_field+flip --loss-arg local_field.h0=0

names: `energyloss plugins` lists every model and loss."""

LOSSES = (
    "spin_cross_entropy",
    "spin_cross_entropy+flip",
    "spin_margin",
    "local_field",
    "local_field+flip",
    "target_bond",
    "true_energy",
)
#: option -> value by default, with --quick, and with --paper.
PRESETS: dict[str, tuple[Any, Any, Any]] = {
    "size": (10, 6, 16),
    "train": (5000, 1000, 10_000),
    "test": (1000, 200, 10_000),
    "steps": (700, 100, 10_000),
    "batch_size": (64, 64, 256),
    "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
    "width": (32, 32, 256),
    "sweeps": (100, 50, 200),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss spins``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to compare")
    what.add_argument("--size", type=positive, help=_preset("rows and columns", "size"))
    what.add_argument("--periodic", action="store_true", help="join the edges: a torus")
    what.add_argument("--train", type=positive, help=_preset("systems to train on", "train"))
    what.add_argument("--test", type=positive, help=_preset("systems to test on", "test"))
    what.add_argument("--data-seed", type=int, default=0, help="of the couplings (0)")
    what.add_argument(
        "--models", type=comma_list, default=["spin_cnn"], metavar="A,B", help="by name (spin_cnn)"
    )
    what.add_argument(
        "--losses",
        type=comma_list,
        default=list(LOSSES),
        metavar="A,B",
        help=f"by name (default: {', '.join(LOSSES)})",
    )
    how = parser.add_argument_group("how long")
    how.add_argument("--steps", type=positive, help=_preset("optimiser steps", "steps"))
    how.add_argument("--batch-size", type=positive, help=_preset("systems a step", "batch_size"))
    how.add_argument("--seeds", type=seeds, metavar="N|A,B", help="how many, or which (3)")
    how.add_argument("--width", type=positive, help=_preset("channels of the models", "width"))
    how.add_argument(
        "--learning-rate",
        type=float,
        help="of Adam, for all losses (default: tuned for each; with --paper 1e-3)",
    )
    how.add_argument(
        "--schedule",
        choices=("constant", "cosine"),
        default="constant",
        help="of the learning rate: constant, as in the paper (default), or a rise and a fall",
    )
    how.add_argument("--sweeps", type=positive, help=_preset("of simulated annealing", "sweeps"))
    preset = how.add_mutually_exclusive_group()
    preset.add_argument("--quick", action="store_true", help="the second values in the brackets")
    preset.add_argument("--paper", action="store_true", help="the third values in the brackets")
    where = parser.add_argument_group("where")
    where.add_argument("--out", type=Path, default=Path("runs/spins"), help="folder for results")
    where.add_argument(
        "--workers",
        type=positive,
        help="runs at a time (default: one per core, or one if there is a GPU)",
    )
    more = parser.add_argument_group("options of models and losses; may be repeated")
    more.add_argument("--model-arg", action="append", default=[], metavar="MODEL.KEY=VALUE")
    more.add_argument("--loss-arg", action="append", default=[], metavar="LOSS.KEY=VALUE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Generate, train, write, print; the exit code is 1 if a run failed."""
    need_extras("spins", {"train": TRAINING, "spins": ("pymatching",)})
    from pyg_energyloss.report.spins import print_spins, write_report
    from pyg_energyloss.training.spin_compare import check_names, prepare_data, run_comparison

    check_writable(options.out)
    comparison = _comparison(options)
    check_names(comparison)
    workers, threads = processes(options.workers, len(comparison.specs()))
    try:
        with _Generating() as progress:
            prepare_data(comparison.data, options.out, workers=cores(), progress=progress.show)
        outcome = run_comparison(comparison, options.out, workers=workers, threads=threads)
    except KeyboardInterrupt:
        return interrupted(options.out)
    check_finished(outcome.results, outcome.errors)
    report = write_report(comparison, outcome, options.out)
    print_spins(comparison, outcome)
    print(f"\nreport   {report}\nresults  {options.out / 'results.json'}")
    print(f"         {options.out / 'metrics.csv'}, plots in {options.out / 'plots'}")
    return int(bool(outcome.errors))


def _preset(text: str, name: str) -> str:
    return f"{text} ({', '.join(map(str, PRESETS[name]))})"


def _comparison(options: argparse.Namespace) -> Any:
    from pyg_energyloss.training.spin_compare import SpinComparison
    from pyg_energyloss.training.spin_defaults import PAPER_LEARNING_RATE, spin_loss_options
    from pyg_energyloss.training.spin_run import FLIP_SUFFIX
    from pyg_energyloss.training.spin_spec import SpinData

    column = 1 if options.quick else 2 if options.paper else 0
    value = {
        name: preset[column] if getattr(options, name) is None else getattr(options, name)
        for name, preset in PRESETS.items()
    }
    if options.periodic and value["size"] < 3:  # noqa: PLR2004 - below, a bond would be doubled
        raise UserError(f"--size of a periodic lattice must be at least 3, got {value['size']}")
    models = registered("model", options.models)
    model_options = {name: {"width": value["width"]} for name in models}
    if options.periodic and "spin_cnn" in model_options:
        model_options["spin_cnn"]["periodic"] = True
    for name, given in nested_options(options.model_arg, "--model-arg", models).items():
        model_options[name].update(given)
    losses = unique(options.losses)
    registered("loss", (name.removesuffix(FLIP_SUFFIX) for name in losses))
    given = nested_options(options.loss_arg, "--loss-arg", losses)
    tuned = {name: {} if options.paper else spin_loss_options(name) for name in losses}
    paper_rate = PAPER_LEARNING_RATE if options.paper else None
    return SpinComparison(
        data=SpinData(
            size=value["size"],
            periodic=options.periodic,
            train=value["train"],
            test=value["test"],
            seed=options.data_seed,
        ),
        models=models,
        losses=losses,
        seeds=value["seeds"],
        steps=value["steps"],
        batch_size=value["batch_size"],
        learning_rate=options.learning_rate or paper_rate,
        sweeps=value["sweeps"],
        schedule=options.schedule,
        model_options=model_options,
        loss_options={name: {**tuned[name], **given.get(name, {})} for name in losses},
    )


class _Generating:
    """A bar on a terminal, one line at the end elsewhere."""

    def __enter__(self) -> Self:
        self._bar: Any = None
        self._task: Any = None
        return self

    def show(self, done: int, total: int) -> None:
        """Tell how many systems are solved."""
        if not sys.stderr.isatty():
            if done == total:
                print(f"{total} systems with exact ground states", file=sys.stderr)
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task("exact ground states", total=total)
        self._bar.update(self._task, completed=done)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
