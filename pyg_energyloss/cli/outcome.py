"""How a command that runs many trainings begins and ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import util
from pathlib import Path

from pyg_energyloss.cli.errors import UserError

TRAINING = ("lightning", "matplotlib", "plotly", "rich")


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


def interrupted(out: Path) -> int:
    """Say after Ctrl-C what is there; the exit code."""
    print(
        f"\nenergyloss: interrupted; finished runs are in {out}, the same command continues",
        file=sys.stderr,
    )
    return 130


def check_finished(results: Sequence[object], errors: Mapping[str, str]) -> None:
    """Tell which runs failed.

    Raises:
        UserError: all did.
    """
    for name, error in errors.items():
        print(f"energyloss: run failed: {name}: {error}", file=sys.stderr)
    if not results:
        raise UserError(f"no run was finished; {len(errors)} failed")
