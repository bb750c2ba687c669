"""What this distribution registers: the subcommand `energyloss springs` and its experiment."""

from pyg_energyloss.registry import hookimpl
from pyg_energyloss.registry.hookspecs import Register


@hookimpl
def energyloss_register_commands(register: Register) -> None:
    """Register the subcommand; its module is imported when it is first used."""
    register(
        "springs",
        "pyg_energyloss_springs.app.command:configure",
        summary="learn with springs and sticks, a regressor that is a mechanical system",
    )


@hookimpl
def energyloss_register_experiments(register: Register) -> None:
    """Register the experiment that the subcommand runs."""
    register(
        "springs",
        "pyg_energyloss_springs.app.experiment:SticksExperiment",
        summary="springs and sticks beside a network, and in the heat",
    )
