"""``energyloss crystals``: models x losses on crystals, one table, one report."""

from __future__ import annotations

import argparse
from typing import ClassVar

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.study_command import StudyCommand, Values
from pyg_energyloss.experiments.crystals.spec import (
    LATTICE_LOSSES,
    LEVELS,
    LOSSES,
    MODELS,
    CrystalSpec,
    learning_rate,
)

DESCRIPTION = """\
Train every chosen model with every chosen loss on crystals, at equal numbers of optimiser steps and
with equal seeds, and compare them on held-out compositions (perovskites) or nets of bonds (carbon).
Writes results.json, metrics.csv, plots and a self-contained report.html, and prints the table
(mean ± standard deviation over seeds), with the input itself as a row below.

Tasks
  denoise      recover a crystal from a noised copy, at several noise levels; the copy says which
               site is which, so that there is one right answer
  composition  predict a crystal from its elements; the atoms start anywhere in the cell, and their
               order in the file is all that tells sites of one element apart

Losses
  crystal_mse          squared error to the nearest image of each atom
  crystal_aligned_mse  the same after the best translation of the whole crystal
  energy               springs to all images within 2.4 mean spacings, exponential stiffness
  energy_absolute      the same with |e| in place of e^2 / 2, stiffness 1/d^2
  energy_absolute_lattice
                       that of the atoms in the true cell plus that of the true crystal strained to
                       the predicted cell; with --lattice predicted

Match rate, RMSD, METRe and cRMSE need pymatgen: pip install 'pyg-energyloss[crystals]'."""

EPILOG = """\
examples:
  energyloss crystals --quick                     embedded perovskites, a first look in a minute
  energyloss crystals --dataset carbon_24_small --lattice predicted
  energyloss crystals --dataset perov_5 --dataset-arg path=perov_5/val.csv
  energyloss crystals --dataset mp_20 --dataset-arg path=mp_20 --steps 20000
  energyloss crystals --task composition --losses crystal_mse,energy

The csv files are those of CDVAE (github.com/txie-93/cdvae, data/); a folder with train.csv, val.csv
and test.csv keeps its splits. The e3nn network of the plugin is trained if it is named (--models
crystal_e3nn). Names: `energyloss plugins` lists every model, loss and data set."""


class Crystals(StudyCommand):
    """Models x losses on crystals."""

    name = "crystals"
    spec_type = CrystalSpec
    description, epilog = DESCRIPTION, EPILOG
    groups: ClassVar = {
        "what to compare": (
            "task",
            "lattice",
            "dataset",
            "dataset_arg",
            "models",
            "losses",
            "levels",
        ),
        "how long": (
            "steps",
            "batch_size",
            "seeds",
            "learning_rate",
            "eval_graphs",
            "match_graphs",
            "quick",
        ),
    }
    presets: ClassVar = {
        "steps": (400, 40),
        "batch_size": (32, 16),
        "seeds": ((0, 1, 2), (0,)),
        "eval_graphs": (200, 10),
        "match_graphs": (40, 10),
    }
    models, losses = MODELS, LOSSES
    own: ClassVar = {
        "task": {"help": "default: denoise"},
        "losses": {
            "help": f"by name (default: {{losses}}, and {LATTICE_LOSSES[-1]} where the lattice is "
            "predicted)"
        },
        "dataset": {
            "default": "perov_5_small",
            "metavar": "NAME",
            "help": "a registered data set of crystals (default: perov_5_small)",
        },
        "learning_rate": {"help": "peak for all runs (default: tuned for each, see the docs)"},
    }

    def specs_of(self, options: argparse.Namespace) -> list[CrystalSpec]:
        """The runs; one more loss where the lattice is predicted."""
        if options.losses is None and options.lattice == "predicted":
            options = argparse.Namespace(**{**vars(options), "losses": list(LATTICE_LOSSES)})
        return super().specs_of(options)

    def complete(self, options: argparse.Namespace, values: Values) -> Values:
        """Noise levels of the task denoise."""
        denoise = options.task in (None, "denoise")
        if options.levels and not denoise:
            raise UserError("--noise-levels goes with --task denoise")
        return {**values, "levels": (options.levels or LEVELS) if denoise else ()}

    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """The learning rate that the sweep found."""
        del options, values
        return {"learning_rate": learning_rate(model, loss)}


COMMAND = Crystals()
configure, specs_of = COMMAND.configure, COMMAND.specs_of
