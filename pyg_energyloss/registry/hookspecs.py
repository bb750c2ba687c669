"""The hooks a plugin may implement.

Each hook receives a ``register`` callback and returns nothing::

    from pyg_energyloss.registry import hookimpl


    @hookimpl
    def energyloss_register_losses(register):
        register("my_loss", "my_package.losses:MyLoss", summary="what it measures")

``register(name, target, *, summary="", role="")`` takes a callable, or a string
``"module:attribute"`` that is imported when the name is first used. ``role`` tells what a model,
loss or evaluator is for, so that a command can refuse what it cannot use: "structure", "denoiser"
(a model of a generator), "set" (an evaluator of generated sets), "spins". Hooks are called once,
lazily, at the first lookup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

PROJECT = "pyg_energyloss"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Register = Callable[..., None]

#: kind -> hook name; the kinds are what `pel.registry.create` and `names` accept.
HOOKS: dict[str, str] = {
    "loss": "energyloss_register_losses",
    "stiffness": "energyloss_register_stiffness",
    "sampler": "energyloss_register_samplers",
    "potential": "energyloss_register_potentials",
    "model": "energyloss_register_models",
    "dataset": "energyloss_register_datasets",
    "evaluator": "energyloss_register_evaluators",
    "host": "energyloss_register_hosts",
    "experiment": "energyloss_register_experiments",
    "command": "energyloss_register_commands",
}


class HookSpecs:
    """Signatures of the hooks; every one of them is optional."""

    @hookspec
    def energyloss_register_losses(self, register: Register) -> Any:
        """Register losses: ``factory(**options)`` gives ``loss(pos_pred, data) -> scalar``."""

    @hookspec
    def energyloss_register_potentials(self, register: Register) -> Any:
        """Register potentials: ``factory(**options)`` gives an object with `value` and `slope`."""

    @hookspec
    def energyloss_register_stiffness(self, register: Register) -> Any:
        """Register stiffness laws: ``factory(**options)`` gives ``k(distance) -> Tensor``."""

    @hookspec
    def energyloss_register_samplers(self, register: Register) -> Any:
        """Register edge samplers: ``factory(**options)`` gives an edge sampler."""

    @hookspec
    def energyloss_register_models(self, register: Register) -> Any:
        """Register models: ``factory(**options)`` gives ``model(data) -> pos [num_nodes, 3]``."""

    @hookspec
    def energyloss_register_datasets(self, register: Register) -> Any:
        """Register data sets: ``factory(**options)`` gives a dict of split name to PyG data set."""

    @hookspec
    def energyloss_register_evaluators(self, register: Register) -> Any:
        """Register evaluators: ``factory(**options)`` gives ``evaluate(pos, data) -> dict``."""

    @hookspec
    def energyloss_register_hosts(self, register: Register) -> Any:
        """Register host shims: ``factory()`` gives a description of how the host is reached."""

    @hookspec
    def energyloss_register_experiments(self, register: Register) -> Any:
        """Register experiments: ``factory()`` gives an `experiments.Experiment`."""

    @hookspec
    def energyloss_register_commands(self, register: Register) -> Any:
        """Register `energyloss` subcommands: ``target(parser)`` adds options, sets ``run``."""
