"""Names and options looked at before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from pyg_energyloss import registry
from pyg_energyloss.experiments.experiment import AnyExperiment
from pyg_energyloss.experiments.spec import Spec


def check_specs(experiment: AnyExperiment, specs: Sequence[Spec]) -> None:
    """Check that there are runs, that no two are alike, and what the experiment itself looks at.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
        ValueError: there are no specs, two are alike, or the experiment rejects one.
    """
    if not specs:
        raise ValueError("`specs` must name at least one run, got none")
    if len({spec.key for spec in specs}) < len(specs):
        raise ValueError("`specs` must be distinct runs, two of them are made alike")
    experiment.check(specs)


def check_role(experiment: AnyExperiment, kind: str, name: str) -> None:
    """Check that a registered name is one for this experiment.

    Raises:
        UnknownNameError: the name is not registered.
        ValueError: it has another role.
    """
    found = registry.entry(kind, name)
    wanted = experiment.roles.get(kind, "")
    if found.role and wanted and found.role != wanted:
        fitting = [e.name for e in registry.describe(kind) if e.role in ("", wanted)]
        raise ValueError(
            f"the {kind} {name!r} ({found.summary}) is not for {experiment.name}; choose from "
            f"{', '.join(fitting)}"
        )
