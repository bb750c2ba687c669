"""One attempt at a run, in whatever process an executor gives."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from pyg_energyloss.experiments.executors.folder_lock import folder_lock
from pyg_energyloss.files import UNFINISHED

ERROR = "error.txt"

#: Read by the numerical libraries when they are imported.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def attempt(function: str, folder: str, threads: int) -> str:
    """Call a function for a run's folder; what it raises stays in the folder.

    Two processes never work on one folder: a second one waits for the first.

    Args:
        function: ``"module:name"``, called with the folder.
        folder: Folder of the run.
        threads: Threads of the numerical libraries.

    Returns:
        One line about what went wrong, empty if nothing did. The traceback is in ``error.txt``,
        also that of a crash of the interpreter.
    """
    run = Path(folder)
    with folder_lock(run, wait=True):
        for litter in run.glob(f".*{UNFINISHED}"):
            litter.unlink(missing_ok=True)
        error = run / ERROR
        with error.open("w", encoding="utf-8") as stream:
            crashes_here = not faulthandler.is_enabled()
            if crashes_here:
                faulthandler.enable(stream)
            try:
                _with_threads(function, threads)(folder)
            except (Exception, SystemExit) as problem:  # noqa: BLE001 - told to the study
                traceback.print_exc(file=stream)
                return " ".join(f"{type(problem).__name__}: {problem}".split())
            finally:
                if crashes_here:
                    faulthandler.disable()
        error.unlink(missing_ok=True)
    return ""


def tidy(folder: Path) -> None:
    """Take away what an attempt that was killed after its result left beside it."""
    with folder_lock(folder, wait=True):
        error = folder / ERROR
        if error.exists() and not error.stat().st_size:
            error.unlink()


def name_of(function: Callable[[str], None]) -> str:
    """Return ``"module:name"``, by which any process of the cluster finds a function.

    >>> name_of(traceback.print_exc)
    'traceback:print_exc'

    Raises:
        ValueError: other processes could not find it.
    """
    name = getattr(function, "__qualname__", repr(function))
    module = getattr(function, "__module__", "__main__")
    found = None
    if module != "__main__":
        with contextlib.suppress(AttributeError):
            found = getattr(sys.modules[module], name)
    if found is not function:
        raise ValueError(
            f"`function` must be a function at the top of a module that other processes can "
            f"import, got {name!r} of {module!r}; move it into a module"
        )
    return f"{module}:{name}"


def _with_threads(function: str, threads: int) -> Callable[[str], None]:
    """Import a function with the numerical libraries set to some threads."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    module, _, name = function.partition(":")
    found: Callable[[str], None] = getattr(importlib.import_module(module), name)
    if "torch" in sys.modules:  # it may have been imported before, with other variables
        sys.modules["torch"].set_num_threads(threads)
    return found
