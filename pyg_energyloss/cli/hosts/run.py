"""``energyloss run``: start a program that has no place for a loss, with one rebound in it."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from pathlib import Path

from pyg_energyloss.cli.errors import UserError

#: host -> (function that rebinds, loss unless told otherwise).
PATCHES = {
    "boltz": ("patch_boltz", "pair_energy?parametrization=x0"),
    "edm": ("patch_edm", "pair_energy?parametrization=epsilon&weighting=epsilon"),
    "jodo": ("patch_jodo", "pair_energy?parametrization=x0"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss run``."""
    parser.description = (
        "Run a script of Boltz, EDM or JODO, unchanged on disk, in the root of its checkout. What\n"
        "is rebound in it is printed first. Example:\n\n"
        "  energyloss run --host edm -- main_qm9.py --n_epochs 3000 --exp_name edm_energy"
    )
    parser.add_argument("--host", required=True, choices=sorted(PATCHES))
    parser.add_argument(
        "--loss",
        help="loss?option=value&..., such as 'pair_energy?stiffness=inverse&weight=0.05'",
    )
    parser.add_argument("script", help="the host's script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Rebind the loss, then run the script as ``python script arguments`` would."""
    from pyg_energyloss.hosts import FlatLoss, parse_swaps, patches

    script = Path(options.script)
    if not script.is_file():
        raise UserError(f"no script {options.script!r} in {Path.cwd()}; go to the host's checkout")
    name, default = PATCHES[options.host]
    swap = parse_swaps(f"loss={default}")["loss"]
    if options.loss:
        swap |= parse_swaps(f"loss={options.loss}")["loss"]
    sys.path.insert(0, str(script.resolve().parent))
    loss = FlatLoss(**swap, reduction="none")
    for line in getattr(patches, name)(loss):
        print(f"energyloss: rebound {line}", file=sys.stderr)
    sys.argv = [options.script, *options.arguments]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except (KeyError, ValueError, ImportError, OSError):
        # The program's own error: with its traceback, as without us.
        os.environ.setdefault("PYG_ENERGYLOSS_TRACEBACK", "1")
        raise
    return 0
