"""``energyloss spins``: exact spin data, several losses, one table, one report."""

from __future__ import annotations

import argparse
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
    add_execution,
    add_length,
    add_names,
    check_writable,
    launch,
    need_extras,
    preset_help,
    preset_values,
    registered,
)
from pyg_energyloss.cli.values import nested_options, positive, seed
from pyg_energyloss.experiments.schedule import SCHEDULES
from pyg_energyloss.experiments.spins.spec import (
    LOSSES,
    PAPER_LEARNING_RATE,
    SpinSpec,
    learning_rate,
    loss_options,
)

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

#: option -> value by default, with --quick, and with --paper.
PRESETS: dict[str, tuple[Any, ...]] = {
    "size": (10, 6, 16),
    "train": (5000, 1000, 10_000),
    "test": (1000, 200, 10_000),
    "steps": (700, 100, 10_000),
    "batch_size": (64, 64, 256),
    "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
    "width": (32, 32, 256),
    "sweeps": (100, 50, 200),
}
SMALLEST_TORUS = 3  # below, a bond would be doubled


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss spins``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG

    def add(group: argparse._ArgumentGroup, name: str, text: str) -> None:
        group.add_argument(f"--{name}", type=positive, help=preset_help(text, PRESETS, name))

    what = parser.add_argument_group("what to compare")
    add(what, "size", "rows and columns")
    what.add_argument("--periodic", action="store_true", help="join the edges: a torus")
    add(what, "train", "systems to train on")
    add(what, "test", "systems to test on")
    what.add_argument("--data-seed", type=seed, default=0, help="of the couplings (0)")
    add_names(what, models=["spin_cnn"], losses=LOSSES, text="by name (spin_cnn)")
    how = parser.add_argument_group("how long")
    add_length(
        how, PRESETS, rate="of Adam, for all losses (default: tuned for each; with --paper 1e-3)"
    )
    add(how, "width", "channels of the models")
    how.add_argument(
        "--schedule",
        choices=sorted(SCHEDULES),
        default="constant",
        help="of the learning rate: constant, as in the paper (default), or a rise and a fall",
    )
    add(how, "sweeps", "of simulated annealing")
    preset = how.add_mutually_exclusive_group()
    preset.add_argument("--quick", action="store_true", help="the second values in the brackets")
    preset.add_argument("--paper", action="store_true", help="the third values in the brackets")
    add_execution(parser, "runs/spins")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Generate, train, write, print; the exit code is 1 if a run failed."""
    need_extras("spins", {"train": TRAINING, "spins": ("pymatching",)})
    check_writable(options.out)
    return launch("spins", specs_of(options), options)


def specs_of(options: argparse.Namespace) -> list[SpinSpec]:
    """The runs, seed after seed, so that a comparison cut short is still one.

    Raises:
        UserError: an option is out of range, or names what is not run.
    """
    value = preset_values(options, PRESETS)
    if options.periodic and value["size"] < SMALLEST_TORUS:
        raise UserError(
            f"--size of a periodic lattice must be at least {SMALLEST_TORUS}, got {value['size']}"
        )
    models = registered("spins", "model", options.models or options.default_models)
    losses = registered("spins", "loss", options.losses)
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", losses)

    def rate(loss: str) -> float:
        if options.learning_rate is not None:
            return float(options.learning_rate)
        return PAPER_LEARNING_RATE if options.paper else learning_rate(loss)

    def network(model: str) -> dict[str, Any]:
        torus = {"periodic": True} if options.periodic and model == "spin_cnn" else {}
        return {"width": value["width"], **torus, **of_models[model]}

    return [
        SpinSpec(
            model=model,
            loss=loss,
            seed=number,
            steps=value["steps"],
            batch_size=value["batch_size"],
            learning_rate=rate(loss),
            model_options=network(model),
            loss_options={**({} if options.paper else loss_options(loss)), **of_losses[loss]},
            size=value["size"],
            periodic=options.periodic,
            train=value["train"],
            test=value["test"],
            data_seed=options.data_seed,
            schedule=options.schedule,
            sweeps=value["sweeps"],
        )
        for number in value["seeds"]
        for model in models
        for loss in losses
    ]
