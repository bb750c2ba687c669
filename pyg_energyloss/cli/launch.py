"""The options that every study has, and how a command starts one."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.values import folder, key_values, positive
from pyg_energyloss.experiments.spec import Spec

if TYPE_CHECKING:
    from pyg_energyloss.experiments.experiment import Report

TRAINING = ("lightning", "matplotlib", "rich")
#: Exit code after Ctrl-C.
INTERRUPTED = 130
EXECUTORS = ("local", "ray", "slurm")


def add_execution(parser: argparse.ArgumentParser, out: str) -> argparse._ArgumentGroup:
    """Add where the runs are made, and how many at a time."""
    where = parser.add_argument_group("where")
    where.add_argument("--out", type=folder, default=Path(out), help=f"folder for results ({out})")
    where.add_argument(
        "--workers",
        type=positive,
        help="runs at a time (default: one per core, or one per GPU)",
    )
    where.add_argument(
        "--executor",
        choices=EXECUTORS,
        default="local",
        help="processes here (local), a Ray cluster, Slurm jobs",
    )
    where.add_argument(
        "--runs-per-device", type=positive, default=1, help="runs that share a GPU (1)"
    )
    return where


def add_training(parser: argparse.ArgumentParser, out: str) -> None:
    """Add where the runs are made, also one on several machines; options of models and losses."""
    where = add_execution(parser, out)
    where.add_argument(
        "--devices", type=positive, default=1, help="processes or GPUs of one run (1)"
    )
    where.add_argument(
        "--nodes",
        type=positive,
        default=1,
        help="machines of one run (1); give the same command on each, with NODE_RANK, MASTER_ADDR",
    )
    where.add_argument(
        "--strategy",
        default="ddp_find_unused_parameters_true",
        help="Lightning's, with several devices or nodes (ddp_find_unused_parameters_true)",
    )
    more = parser.add_argument_group("options of models and losses; may be repeated")
    more.add_argument("--model-arg", action="append", default=[], metavar="MODEL.KEY=VALUE")
    more.add_argument("--loss-arg", action="append", default=[], metavar="LOSS.KEY=VALUE")


def dataset_of(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Registered name and options of what --dataset asks for; files are packed once, into --out."""
    from pyg_energyloss import registry

    name, given = options.dataset, key_values(options.dataset_arg, "--dataset-arg")
    path = Path(name).expanduser()
    # What looks like a path is one, so that a missing file is called a missing file.
    is_path = path.exists() or "/" in name or "\\" in name or bool(path.suffix)
    if name in registry.names("dataset") or not is_path:
        return name, given
    from pyg_energyloss.data import MoleculeTable, read_molecules
    from pyg_energyloss.files import write_bytes

    molecules = read_molecules(path, group_key=given.pop("group_key", None))
    content, digest = MoleculeTable.from_molecules(molecules).to_bytes()
    packed = write_bytes(options.out / f"structures-{digest}.npz", content)
    return "table", {"path": str(packed.resolve()), **given}


def need_extras(command: str, extras: Mapping[str, Sequence[str]]) -> None:
    """Check that the modules of each extra are there.

    Raises:
        ImportError: one is missing; the message tells what to install.
    """
    lacking = {e: [m for m in ms if not util.find_spec(m)] for e, ms in extras.items()}
    if any(lacking.values()):
        missing = ", ".join(m for ms in lacking.values() for m in ms)
        names = ",".join(e for e, ms in lacking.items() if ms)
        raise ImportError(
            f"`energyloss {command}` needs {missing}: pip install 'pyg-energyloss[{names}]'"
        )


def check_writable(out: Path) -> None:
    """Fail before the training, not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UserError(f"cannot write to --out {out}: {error.strerror}") from error


def launch(name: str, specs: Sequence[Spec], options: argparse.Namespace) -> int:
    """Make the runs of a study, write its files, print its table; 1 if a run failed."""
    from pyg_energyloss.experiments.executors import FolderInUseError
    from pyg_energyloss.experiments.fitting.nodes import Nodes
    from pyg_energyloss.experiments.study import join_study, run_study
    from pyg_energyloss.report import print_document, write_report

    given = vars(options)  # a command without training has no such options
    devices, nodes = given.get("devices", 1), given.get("nodes", 1)
    several = devices * nodes > 1
    hardware = {"devices": devices, "num_nodes": nodes, "strategy": given.get("strategy")}
    if nodes > 1:
        if options.executor != "local":
            raise UserError("--nodes goes with --executor local, on each of the nodes")
        if Nodes.from_environment(nodes).rank:
            join_study(name, specs, options.out, hardware=hardware)
            return 0
    try:
        with preparing() as show:
            document = run_study(
                name,
                specs,
                options.out,
                command=shlex.join(["energyloss", *sys.argv[1:]]),
                report=show,
                hardware=hardware if several else None,
                executor=options.executor,
                workers=1 if several else options.workers,
                runs_per_device=options.runs_per_device,
            )
    except KeyboardInterrupt:
        print(
            f"\nenergyloss: interrupted; finished runs are in {options.out}, the same command "
            "continues",
            file=sys.stderr,
        )
        return INTERRUPTED
    except FolderInUseError as error:
        raise UserError(str(error)) from error
    for run, problem in document["failed"].items():
        print(f"energyloss: run failed: {run}: {problem}", file=sys.stderr)
    if not document["runs"]:
        raise UserError(f"no run was finished; {len(document['failed'])} failed")
    page = write_report(document, options.out)
    print_document(document)
    print(f"\nreport   {page}\nresults  {options.out / 'results.json'}")
    return int(bool(document["failed"]))


@contextmanager
def preparing() -> Iterator[Report]:
    """Shows how far the data are: a bar on a terminal, one line at the end elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    terminal = sys.stderr.isatty()
    bar = Progress(console=Console(stderr=True), disable=not terminal)

    def show(step: int, steps: int, phase: str, values: Mapping[str, float]) -> None:
        del values
        if not terminal and step == steps:
            print(f"{phase}: {steps}", file=sys.stderr)
        if bar.finished:  # nothing yet, or the preparation before this one
            bar.start()
            bar.add_task(phase, total=steps)
        bar.update(bar.task_ids[-1], completed=step)
        if bar.finished:
            bar.stop()  # what follows has a display of its own

    try:
        yield show
    finally:
        bar.stop()
