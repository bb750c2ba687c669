"""A plugin to copy: a loss, a stiffness law, a sampler, an evaluator, an experiment; a file each.

This module is imported with every command, so it imports nothing heavy: what it registers are
strings ``"module:attribute"``, and torch comes when a name is used.

Copy the folder, give it your own names, and install it with ``pip install -e .``; ``energyloss
plugins`` then lists what is registered here.
"""

from __future__ import annotations

from pyg_energyloss.registry import hookimpl
from pyg_energyloss.registry.hookspecs import Register


@hookimpl
def energyloss_register_losses(register: Register) -> None:
    """Register the loss."""
    target = "pyg_energyloss_template.loss:NeighbourEnergyLoss"
    register("neighbour_energy", target, summary="springs along the chain")


@hookimpl
def energyloss_register_stiffness(register: Register) -> None:
    """Register the stiffness law."""
    target = "pyg_energyloss_template.stiffness:Gaussian"
    register("gaussian", target, summary="k0 exp(-d^2 / 2 l^2)")


@hookimpl
def energyloss_register_samplers(register: Register) -> None:
    """Register the edge sampler."""
    target = "pyg_energyloss_template.sampler:WithinCutoff"
    register("within_cutoff", target, summary="pairs closer than a cutoff")


@hookimpl
def energyloss_register_evaluators(register: Register) -> None:
    """Register the evaluator."""
    target = "pyg_energyloss_template.evaluator:RadiusOfGyration"
    register("gyration", target, summary="error of the radius of gyration")


@hookimpl
def energyloss_register_experiments(register: Register) -> None:
    """Register the experiment."""
    target = "pyg_energyloss_template.experiment:ChainExperiment"
    register("chains", target, summary="noised zigzag chains, straightened")
