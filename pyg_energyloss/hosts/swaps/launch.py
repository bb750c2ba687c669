r"""Start a program with its swaps by import path in place, its files as they are.

::

    PYG_ENERGYLOSS_SWAP="package.module:function=pair_energy" \
        python -m pyg_energyloss.hosts train.py --epochs 10
    PYG_ENERGYLOSS_SWAP="__main__:criterion=pair_energy?nodes=5" \
        python -m pyg_energyloss.hosts train.py --epochs 10

A program with a Lightning Trainer needs no launcher where the Lightning plugin is installed: its
callback does the same. Nothing of this library runs in a program that is started without either.
"""

from __future__ import annotations

import logging
import runpy
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.settings import SWAP, HostSettings, read_settings
from pyg_energyloss.hosts.swaps.imports import ImportSwap, is_import_path
from pyg_energyloss.hosts.swaps.presets import with_presets
from pyg_energyloss.hosts.swaps.script import MAIN, run_script
from pyg_energyloss.hosts.swaps.watch import SwapWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("pyg_energyloss")


@contextmanager
def imports_swapped(settings: HostSettings) -> Iterator[list[ImportSwap]]:
    """Keep swaps by import path in place for the duration of a block.

    Raises:
        ValueError: there are none, one does not fit, or one names an attribute, which only the
            callback of a framework can reach.

    >>> with imports_swapped(HostSettings({"pyg_energyloss.functional:coordinate_mse": {}})):
    ...     pass
    Traceback (most recent call last):
    ...
    ValueError: pyg_energyloss.functional:coordinate_mse(pos_pred: ...
    """
    settings = with_presets(settings)
    if attributes := [path for path in settings.swap if not is_import_path(path)]:
        raise ValueError(
            f"{', '.join(attributes)} name attributes of a module, which the callback of its "
            "framework swaps; here 'package.module:function' is needed"
        )
    if not settings.swap:
        raise ValueError(f"nothing is swapped: set {SWAP}='package.module:function=pair_energy'")
    swaps = [ImportSwap(p, FlatLoss(**s), settings.origin) for p, s in settings.swap.items()]
    watches = {swap.path: SwapWatch(swap.path, warn=swap.loss.check == "warn") for swap in swaps}
    for swap in swaps:
        swap.loss.on_call = watches[swap.path]
    try:
        for swap in swaps:
            swap.install()
        yield swaps
        for swap in swaps:
            if watches[swap.path].calls == 0:
                log.warning("%s was swapped, but never called", swap.path)
    finally:
        for swap in swaps:
            swap.undo()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``script arguments`` or ``-m module arguments`` as python would, with swaps in place."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print(__doc__)  # noqa: T201 - what a command line is asked for
        return 0
    settings = read_settings() or HostSettings()
    module = given[0] == "-m"
    target, *rest = given[1:] if module else given
    sys.argv = [target, *rest]
    sys.path.insert(0, str(Path.cwd() if module else Path(target).resolve().parent))
    with imports_swapped(settings) as swaps:
        own = [swap for swap in swaps if swap.module == MAIN]
        if module and own:
            raise ValueError(
                f"swap {own[0].path!r} names what a script makes, but {target!r} is run as a "
                "module; run its file instead"
            )
        if module:
            runpy.run_module(target, run_name=MAIN, alter_sys=True)
        else:
            run_script(Path(target), {s.attribute.partition(".")[0]: s.apply for s in own})
    return 0
