"""``energyloss proteins``: models x losses on fragments of proteins, one table, one report."""

from __future__ import annotations

import argparse
from typing import ClassVar

from pyg_energyloss.cli.study_command import StudyCommand, Values
from pyg_energyloss.experiments.proteins.spec import (
    EVALUATORS,
    LEARNING_RATE,
    LEVELS,
    LOSSES,
    MODELS,
    SAMPLER,
    SPARSE,
    ProteinSpec,
)

DESCRIPTION = """\
Train every chosen model with every chosen loss to recover fragments of proteins from noised copies,
at equal numbers of optimiser steps and with equal seeds, and compare them on fragments of proteins
that were not trained on. Writes results.json, metrics.csv, plots and a self-contained report.html,
and prints the table (mean ± standard deviation over seeds), with the input itself as a row below.

Data
  proteins_small  crambin, villin, 2n0n, chignolin and 5ugo, embedded; test on crambin
  proteins        a folder of PDB and mmCIF files (needs gemmi), split by file
  both            --dataset-arg cut=residues (runs of 12 residues, default), cut=spheres (12
                  residues near each other), cut=whole; atoms=heavy (default), backbone or all;
                  length=12, stride=3 (residues)

Losses
  mse, kabsch         squared error, as it is and after superposition
  lddt, lddt_kabsch   AlphaFold 3's smooth lDDT, alone and + 0.3 Kabsch MSE
  energy              springs on all pairs, exponential stiffness
  energy_absolute     |e| in place of e^2 / 2, stiffness 1/d^2
  pair_energy         springs on edges that RigidEdgeTransform redraws: memory linear in the atoms

Metrics: lDDT, clashes per 1000 atoms, RMSD after superposition, errors of bonds, 1-3 and 1-4 pairs,
on test fragments."""

EPILOG = """\
examples:
  energyloss proteins --quick                      embedded proteins, a first look
  energyloss proteins --dataset-arg atoms=backbone --noise-levels 0.5,1,2
  energyloss proteins --dataset proteins --dataset-arg path=structures --steps 20000
  energyloss proteins --models egnn --losses energy_absolute,lddt_kabsch

An e3nn network of the plugin is trained too if it is named (--models e3nn). Names: `energyloss
plugins` lists every model, loss and data set."""


class Proteins(StudyCommand):
    """Models x losses on fragments of proteins."""

    name = "proteins"
    spec_type = ProteinSpec
    description, epilog = DESCRIPTION, EPILOG
    groups: ClassVar = {
        "what to compare": (
            "dataset",
            "dataset_arg",
            "models",
            "losses",
            "levels",
            "neighbours",
            "edges",
        ),
        "how long": (
            "steps",
            "batch_size",
            "seeds",
            "learning_rate",
            "eval_graphs",
            "keep_structures",
            "quick",
        ),
    }
    presets: ClassVar = {
        "steps": (300, 30),
        "batch_size": (8, 4),
        "seeds": ((0, 1, 2), (0,)),
        "eval_graphs": (100, 6),
        "keep_structures": (4, 2),
        "neighbours": (12, 12),
    }
    models, losses = MODELS, LOSSES
    own: ClassVar = {
        "dataset": {
            "default": "proteins_small",
            "metavar": "NAME",
            "help": "a registered data set of proteins (default: proteins_small)",
        },
        "levels": {
            "help": "standard deviations of the noise in Å (default: "
            f"{','.join(f'{level:g}' for level in LEVELS)})"
        },
        "eval_graphs": {"help": "test fragments"},
        "learning_rate": {"help": "peak for all runs (default: 0.01)"},
    }

    def complete(self, options: argparse.Namespace, values: Values) -> Values:
        """Noise levels, and how predictions are judged."""
        evaluators: Values = {name: {} for name in EVALUATORS}
        return {**values, "levels": options.levels or LEVELS, "evaluators": evaluators}

    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """The learning rate of the sweep, and edges for the loss that reads them."""
        del options, values, model
        edges = SAMPLER if loss == SPARSE else ""
        return {"learning_rate": LEARNING_RATE, "edges": edges}


COMMAND = Proteins()
configure, specs_of = COMMAND.configure, COMMAND.specs_of
