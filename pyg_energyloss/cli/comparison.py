"""What `energyloss compare` makes of its options: names, data, evaluators, processes."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.values import key_values


def unique(names: Iterable[str]) -> list[str]:
    """Names in the order given, each once."""
    return list(dict.fromkeys(names))


def registered(kind: str, names: Iterable[str]) -> list[str]:
    """Names in the order given, each once, all of them known.

    Raises:
        UnknownNameError: one is not registered; the message lists the choices.
    """
    names = unique(names)
    for name in names:
        registry.get(kind, name)
    return names


def chosen_models(names: list[str] | None) -> list[str]:
    """The models that were named, or the default ones that are installed."""
    from pyg_energyloss.training.defaults import MODELS

    if names is not None:
        return names
    installed = registry.names("model")
    for name in MODELS:
        if name not in installed:
            print(
                f"energyloss: model {name!r} is left out: pip install pyg-energyloss-{name}",
                file=sys.stderr,
            )
    return [name for name in MODELS if name in installed]


def available_evaluators(xtb_graphs: int, atoms: float) -> dict[str, dict[str, Any]]:
    """Evaluators that are installed, with options; quantum chemistry on few, small molecules."""
    from pyg_energyloss.training.defaults import EVALUATORS

    # The cost of GFN2-xTB grows with the square of the size or faster.
    fitting = max(1, min(xtb_graphs, round(xtb_graphs * (14 / atoms) ** 2)))
    options: dict[str, dict[str, Any]] = {"gfn2": {"max_graphs": fitting}}
    installed = registry.names("evaluator")
    chosen = [name for name in EVALUATORS if name in installed]
    if "gfn2" not in chosen:
        print(
            "energyloss: xTB energies are left out: pip install pyg-energyloss-ase", file=sys.stderr
        )
    else:
        try:
            registry.create("evaluator", "gfn2")
        except ImportError as error:
            chosen.remove("gfn2")
            print(f"energyloss: xTB energies are left out: {error}", file=sys.stderr)
    return {name: options.get(name, {}) for name in chosen}


def noise_levels_of(options: argparse.Namespace) -> tuple[float, ...]:
    """Noise levels of the task, none for the task geometry."""
    from pyg_energyloss.training.tasks import Denoise

    if options.task == "denoise":
        return tuple(options.noise_levels or Denoise().levels)
    if options.noise_levels:
        raise UserError("--noise-levels goes with --task denoise")
    return ()


def dataset_of(options: argparse.Namespace) -> tuple[str, dict[str, Any], Any]:
    """Registered name, options and splits of what --dataset asks for."""
    from pyg_energyloss.training.run import load_splits

    name, given = options.dataset, key_values(options.dataset_arg)
    path = Path(name).expanduser()
    # What looks like a path is one, so that a missing file is called a missing file.
    is_path = path.exists() or os.sep in name or bool(path.suffix)
    if name not in registry.names("dataset") and is_path:
        name, given = "table", {"path": _packed(path, given, options.out), **given}
    return name, given, load_splits(name, given)


def _packed(path: Path, given: dict[str, Any], out: Path) -> str:
    """Read the user's files once, not once per run."""
    from pyg_energyloss.data import MoleculeTable, read_molecules
    from pyg_energyloss.files import write_bytes

    molecules = read_molecules(path, group_key=given.pop("group_key", None))
    content, digest = MoleculeTable.from_molecules(molecules).to_bytes()
    return str(write_bytes(out / f"structures-{digest}.npz", content))


def check_writable(out: Path) -> None:
    """Fail before the training, not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UserError(f"cannot write to --out {out}: {error.strerror}") from error


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def processes(workers: int | None, runs: int) -> tuple[int, int]:
    """Processes, and threads of each."""
    import torch

    if workers is None:
        workers = 1 if torch.cuda.is_available() else cores()
    workers = max(1, min(workers, runs))
    return workers, max(1, cores() // workers)
