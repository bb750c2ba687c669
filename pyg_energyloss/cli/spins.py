"""``energyloss spins``: exact spin data, several losses, one table, one report."""

from __future__ import annotations

import argparse
from typing import ClassVar

from pyg_energyloss.cli.launch import TRAINING
from pyg_energyloss.cli.study_command import StudyCommand, Values
from pyg_energyloss.cli.values import positive
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


class Spins(StudyCommand):
    """Losses on spin glasses."""

    name = "spins"
    spec_type = SpinSpec
    description, epilog = DESCRIPTION, EPILOG
    groups: ClassVar = {
        "what to compare": ("size", "periodic", "train", "test", "data_seed", "models", "losses"),
        "how long": (
            *("steps", "batch_size", "seeds", "learning_rate"),
            *("width", "schedule", "sweeps", "quick", "paper"),
        ),
    }
    presets: ClassVar = {
        "size": (10, 6, 16),
        "train": (5000, 1000, 10_000),
        "test": (1000, 200, 10_000),
        "steps": (700, 100, 10_000),
        "batch_size": (64, 64, 256),
        "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
        "width": (32, 32, 256),
        "sweeps": (100, 50, 200),
    }
    models, losses = ("spin_cnn",), LOSSES
    own: ClassVar = {
        "learning_rate": {
            "help": "of Adam, for all losses (default: tuned for each; with --paper 1e-3)"
        },
        "width": {"type": positive, "help": "channels of the models"},
    }
    extras: ClassVar = {"train": TRAINING, "spins": ("pymatching",)}

    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """Rate and parameters that the sweep found, or the paper's; the width of the network."""
        torus = {"periodic": True} if options.periodic and model == "spin_cnn" else {}
        network = {"width": values["width"], **torus}
        if options.paper:
            return {"learning_rate": PAPER_LEARNING_RATE, "model_options": network}
        return {
            "learning_rate": learning_rate(loss),
            "model_options": network,
            "loss_options": loss_options(loss),
        }


COMMAND = Spins()
configure, specs_of = COMMAND.configure, COMMAND.specs_of
