"""A study: runs in folders, what is missing is made, results.json sums up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.experiments.document import make_document
from pyg_energyloss.experiments.executors import ProgressDisplay, folder_lock, run_folders
from pyg_energyloss.experiments.experiment import AnyExperiment, Report
from pyg_energyloss.experiments.fitting.join import join_runs
from pyg_energyloss.experiments.run import run_folder
from pyg_energyloss.experiments.spec import Spec, digest_of
from pyg_energyloss.files import read_json, read_or_set_aside, write_json
from pyg_energyloss.report.document import Document

Orders = dict[str, dict[str, Any]]


def run_study(
    name: str,
    specs: Sequence[Spec],
    out: Path,
    *,
    command: str = "",
    report: Report | None = None,
    hardware: Mapping[str, Any] | None = None,
    **executing: Any,
) -> Document:
    """Make the runs that are not finished yet, and write results.json.

    Args:
        name: Registered name of the experiment.
        specs: All runs, in the order in which they are started.
        out: Folder of the study; finished runs found there are kept.
        command: What was typed, for the record.
        report: Told how far the preparation of the data is.
        hardware: Lightning's ``devices``, ``num_nodes`` and ``strategy``, for runs of several
            processes.
        executing: Options of `executors.run_folders`.

    Returns:
        What results.json holds. Ctrl-C (KeyboardInterrupt) passes through after it is written.

    Raises:
        FolderInUseError: another study works in ``out``.
        ValueError: something that the specs name is not there, or not for this experiment.
    """
    experiment = checked(name, specs)
    with folder_lock(out):
        experiment.prepare(specs, out, report or _silent)
        orders = _orders(experiment, specs, hardware or {})
        for key, order in orders.items():
            _give(experiment, order, out / "runs" / key)

        def sum_up(errors: Mapping[str, str], *, whole: bool) -> Document:
            results: dict[str, dict[str, Any]] = {}
            for key in orders:
                if result := read_or_set_aside(out / "runs" / key / "result.json"):
                    results[key] = result
            document = make_document(
                experiment, specs, results, errors, out=out, command=command, whole=whole
            )
            write_json(out / "results.json", document)
            return document

        try:
            errors = _execute(experiment, orders, out, executing)
        except BaseException:
            sum_up({}, whole=False)
            raise
        return sum_up(errors, whole=True)


def join_study(name: str, specs: Sequence[Spec], out: Path, *, hardware: Mapping[str, Any]) -> None:
    """Take part in a study that another node leads, with the same arguments as there.

    Args:
        name: Registered name of the experiment.
        specs: All runs, in the same order.
        out: Folder of the study, the same files as on the first node.
        hardware: Lightning's ``devices``, ``num_nodes`` and ``strategy``.
    """
    experiment = checked(name, specs)
    orders = _orders(experiment, specs, hardware)
    left = [
        out / "runs" / key
        for key, order in orders.items()
        if order["job"] == "run" and not _is_done(experiment, order, out / "runs" / key)
    ]
    join_runs(left, hardware)


def run_one(name: str, spec: Spec, out: Path, *, report: Report | None = None) -> dict[str, Any]:
    """Make one run in this process, unless it is finished, and return its result.

    For drivers of their own (Hydra, a notebook): many may work in one ``out``.

    Args:
        name: Registered name of the experiment.
        spec: The run.
        out: Folder of the study.
        report: Told how far the preparation of the data is.
    """
    experiment = checked(name, [spec])
    with folder_lock(out / "data", wait=True):
        experiment.prepare([spec], out, report or _silent)
    folder = out / "runs" / spec.key
    with folder_lock(folder, wait=True):
        _give(experiment, _order(experiment, "run", spec), folder)
        run_folder(str(folder))
        return read_json(folder / "result.json")


def checked(name: str, specs: Sequence[Spec]) -> AnyExperiment:
    """The experiment of a name, after a look at its runs.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
        ValueError: there are no specs, two are alike, or the experiment rejects one.
    """
    experiment: AnyExperiment = registry.create("experiment", name)
    if not specs:
        raise ValueError("`specs` must name at least one run, got none")
    if len({spec.key for spec in specs}) < len(specs):
        raise ValueError("`specs` must be distinct runs, two of them are made alike")
    experiment.check(specs)
    return experiment


def _execute(
    experiment: AnyExperiment, orders: Orders, out: Path, executing: Mapping[str, Any]
) -> dict[str, str]:
    """Make the runs; return the errors by key."""

    def label(folder: Path) -> str:
        order = orders[folder.name]
        if order["job"] != "run":
            return "without training"
        return str(experiment.spec_type.from_dict(order["spec"]).title)

    def note(folder: Path) -> str:
        result = read_or_set_aside(folder / "result.json")
        return "" if result is None else experiment.told(result["measurements"])

    folders = [out / "runs" / key for key in orders]
    with ProgressDisplay(label=label, note=note) as display:
        outcomes = run_folders(folders, function=run_folder, on_progress=display.show, **executing)
    return {outcome.folder.name: outcome.error for outcome in outcomes if outcome.error}


def _orders(
    experiment: AnyExperiment, specs: Sequence[Spec], hardware: Mapping[str, Any]
) -> Orders:
    """Name of a folder -> what its spec.json says."""
    orders = {
        spec.key: {**_order(experiment, "run", spec), "hardware": dict(hardware)} for spec in specs
    }
    settings = experiment.baseline_settings(specs[0])
    if settings is None:
        return orders
    name = f"baselines-{digest_of(settings)}"
    return {name: _order(experiment, "baselines", specs[0]), **orders}


def _order(experiment: AnyExperiment, job: str, spec: Spec) -> dict[str, Any]:
    return {"experiment": experiment.name, "job": job, "spec": spec.to_dict()}


def _give(experiment: AnyExperiment, order: dict[str, Any], folder: Path) -> None:
    """Write the order; take away a result that was judged by other rules."""
    if _is_done(experiment, order, folder):
        return
    (folder / "result.json").unlink(missing_ok=True)
    write_json(folder / "spec.json", order)


def _is_done(experiment: AnyExperiment, order: dict[str, Any], folder: Path) -> bool:
    result = read_or_set_aside(folder / "result.json")
    if result is None:
        return False
    spec = experiment.spec_type.from_dict(order["spec"])
    if order["job"] == "run" and not (
        result["spec"] == order["spec"] and experiment.is_intact(spec, folder)
    ):
        return False
    return bool(experiment.is_whole(result))


def _silent(step: int, steps: int, phase: str, values: Mapping[str, float]) -> None:
    del step, steps, phase, values
