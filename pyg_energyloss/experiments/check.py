"""Names and options looked at before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from pyg_energyloss import registry
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import AnyExperiment
from pyg_energyloss.experiments.spec import Spec


def check_specs(experiment: AnyExperiment, specs: Sequence[Spec]) -> None:
    """Look every name up, make everything that options were given for, read the data.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
        ValueError: there are no specs or two that train alike, a name is registered for another
            experiment, or cannot be made with its options.
    """
    if not specs:
        raise ValueError("`specs` must name at least one run, got none")
    if len({spec.key for spec in specs}) < len(specs):
        raise ValueError("`specs` must be distinct runs, two of them train alike")
    tried: set[str] = set()
    for spec in specs:
        for kind, name in experiment.names(spec):
            check_role(experiment, kind, name)
        for kind, name, options in (
            ("model", spec.model, spec.model_options),
            ("loss", spec.loss, spec.loss_options),
        ):
            told = f"{kind} {name} {options}"
            if options and told not in tried:
                tried.add(told)
                experiment.try_options(kind, name, options)
        if spec.dataset:
            load_splits(spec.dataset, spec.dataset_options)


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
